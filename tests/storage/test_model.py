"""The store against a dict and a list, through concurrent writes, compactions and crashes.

Properties: one writer of a revision wins; revisions rise by one; what was acknowledged survives a crash;
every kept revision reads as it was; a watch from any kept revision turns the list of then into that of now.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.storage.support import FixedClock, read, thing
from tuik8s.storage import Store, StoreError

KEYS = st.sampled_from(["/a/1", "/a/2", "/a/21", "/b/1"])
WRITES = st.lists(st.tuples(st.sampled_from(["create", "update", "delete"]), KEYS, st.booleans()), max_size=6)


class Model:
    """What the store should hold."""

    def __init__(self) -> None:
        self.states: list[dict[str, tuple[int, int]]] = [{}]
        """Per revision: key to (revision, n)."""
        self.compacted = 0

    @property
    def revision(self) -> int:
        return len(self.states) - 1

    def write(self, operation: str, key: str, expected: int, n: int) -> bool:
        state = dict(self.states[-1])
        if (key in state) == (operation == "create") or state.get(key, (expected,))[0] != expected:
            return False
        if operation == "delete":
            del state[key]
        else:
            state[key] = (self.revision + 1, n)
        self.states.append(state)
        return True


class StoreMachine(RuleBasedStateMachine):
    durable = True

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.generation = self.n = 0
        self.model = Model()

    @initialize()
    def open(self) -> None:
        path = self.folder / f"{self.generation}.db" if self.durable else None
        self.store = self.runner.run(Store.open(path, clock=FixedClock(), watch_buffer=1_000))

    @rule(writes=WRITES)
    def write(self, writes: list[tuple[str, str, bool]]) -> None:
        """All in one turn; each expects what the model has just then, or something stale."""
        attempts, outcomes = [], []
        for operation, key, fresh in writes:
            self.n += 1
            current = self.model.states[-1].get(key, (0, 0))[0]
            expected = current if fresh or operation == "create" else current - 1
            attempts.append(self._attempt(operation, key, expected, self.n))
            outcomes.append(
                self.model.write(operation, key, current if operation == "create" else expected, self.n)
            )
        assert self.runner.run(_gather(attempts)) == outcomes

    @rule(share=st.floats(0, 1))
    def compact(self, share: float) -> None:
        model = self.model
        model.compacted += int((model.revision - model.compacted) * share)
        self.runner.run(self.store.compact(model.compacted))

    @rule(lost=KEYS)
    def crash(self, lost: str) -> None:
        """Take the files as they lie; what is written afterwards was never acknowledged by them."""
        if not self.durable:
            return
        old, self.generation = self.generation, self.generation + 1
        for suffix in ("", "-wal"):
            shutil.copy(self.folder / f"{old}.db{suffix}", self.folder / f"{self.generation}.db{suffix}")
        current = self.model.states[-1].get(lost, (0, 0))[0]
        operation = "delete" if current else "create"
        assert self.runner.run(self._attempt(operation, lost, current, 0))
        self.runner.run(self.store.close())
        self.open()

    @invariant()
    def reads_as_the_model(self) -> None:
        store, model = self.store, self.model
        assert (store.revision, store.compacted_revision) == (model.revision, model.compacted)
        assert _shown(store.list("/a/").items) == self._then(model.revision)
        for revision in {model.compacted, (model.compacted + model.revision) // 2}:
            past = self.runner.run(store.list_at("/a/", revision))
            assert _shown(past.items) == self._then(revision)

    @invariant()
    def a_watch_is_the_difference_of_two_lists(self) -> None:
        since = (self.model.compacted + self.model.revision) // 2
        state = dict(self.model.states[since])
        for record in self.runner.run(self._changes(since)):
            before = state.pop(record.key, None)
            assert (record.previous is None) == (before is None) == (record.operation == "create")
            assert record.value["metadata"]["resourceVersion"] == str(record.revision)
            if record.operation != "delete":
                state[record.key] = (record.revision, record.value["spec"]["n"])
        assert state == self.model.states[-1]

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    async def _changes(self, since: int) -> Any:
        watch = self.store.watch("", since)
        records = await read(watch, self.model.revision - since)
        watch.close()
        return records

    async def _attempt(self, operation: str, key: str, expected: int, n: int) -> bool:
        try:
            if operation == "create":
                await self.store.create(key, thing(n=n))
            elif operation == "update":
                await self.store.update(key, thing(n=n), expected=expected)
            else:
                await self.store.delete(key, expected=expected)
        except StoreError:
            return False
        return True

    def _then(self, revision: int) -> list[tuple[int, int]]:
        state = self.model.states[revision]
        return [state[key] for key in sorted(state) if key.startswith("/a/")]


class MemoryMachine(StoreMachine):
    durable = False


async def _gather(attempts: list[Any]) -> list[bool]:
    return list(await asyncio.gather(*attempts))


def _shown(items: list[Any]) -> list[tuple[int, int]]:
    return [(int(obj["metadata"]["resourceVersion"]), obj["spec"]["n"]) for obj in items]


TestSqlite = StoreMachine.TestCase
TestSqlite.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
TestMemory = MemoryMachine.TestCase
TestMemory.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
