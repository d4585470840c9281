"""How an object came to be as it is: its writes, and for each the chain of writes that led to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.kinds import Kind, KindRegistry
    from tuik8s.api.objects import Obj
    from tuik8s.storage import Record, Store

LONGEST_CHAIN = 50
MOST_WRITES = 200
_UNTOLD = ("metadata.resourceVersion", "metadata.managedFields", "metadata.generation")
_DEEPEST = 3


class Write(NamedTuple):
    """One write, as people are told of it. `cause` is the revision of the write that woke its author."""

    revision: int
    time: datetime
    author: str
    operation: str
    subject: str
    """`Pod default/web`"""
    changes: tuple[str, ...]
    """Paths of the fields that changed, to a depth of three; empty for creations and deletions."""
    cause: int


class Story(NamedTuple):
    """`chain` leads from the object's latest write back to the first cause; `writes` are the object's own,
    newest first, as far as the history is kept."""

    chain: tuple[Write, ...]
    writes: tuple[Write, ...]


async def story_of(store: Store, kinds: KindRegistry, kind: Kind, namespace: str, name: str) -> Story:
    records = (await store.history(kind.storage_key(namespace, name)))[-MOST_WRITES:]
    chain: list[Record] = []
    record: Record | None = records[-1] if records else None
    while record is not None and len(chain) < LONGEST_CHAIN:
        chain.append(record)
        record = await store.record(record.cause) if record.cause else None
    return Story(
        tuple(_write(item, kinds) for item in chain), tuple(_write(item, kinds) for item in reversed(records))
    )


def _write(record: Record, kinds: KindRegistry) -> Write:
    changes = tuple(changed_paths(record.previous, record.value)) if record.operation == "update" else ()
    return Write(
        record.revision, record.time, record.author, record.operation, _subject(record, kinds), changes,
        record.cause,
    )  # fmt: skip


def _subject(record: Record, kinds: KindRegistry) -> str:
    meta = record.value["metadata"]
    kind = next((kind.kind for kind in kinds if record.key.startswith(kind.prefix)), record.key)
    where = f"{meta['namespace']}/{meta['name']}" if meta.get("namespace") else meta["name"]
    return f"{kind} {where}"


def changed_paths(old: Obj | None, new: Obj) -> list[str]:
    """`spec.replicas`, `status.phase`: what differs, without what every write changes."""
    found: list[str] = []
    _compare(old or {}, new, "", found)
    return found


def _compare(old: Any, new: Any, path: str, found: list[str]) -> None:
    if old == new or path in _UNTOLD:
        return
    if isinstance(old, dict) and isinstance(new, dict) and path.count(".") < _DEEPEST - 1:
        for key in dict.fromkeys([*old, *new]):
            _compare(old.get(key), new.get(key), f"{path}.{key}" if path else key, found)
    else:
        found.append(path)
