"""The kinds that CustomResourceDefinitions define, as they come and go."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.customresources import served_kinds
from tuik8s.reconcile import Informer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.customresources import CustomKind
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.client import Client
    from tuik8s.reconcile import Controller


class _Followed(NamedTuple):
    kinds: list[CustomKind]
    tasks: tuple[asyncio.Task[None], ...]


class FollowedDefinitions:
    """Keeps an informer and a controller for the objects of each established definition.

    `begin` is told of the served versions and of an informer of the preferred one, and answers with the
    controller to run; `end` that they are served no longer.
    """

    def __init__(
        self, client: Client, definitions: Informer,
        begin: Callable[[list[CustomKind], Informer], Controller], end: Callable[[Kind], None],
    ) -> None:  # fmt: skip
        self._client = client
        self._definitions = definitions
        self._begin = begin
        self._end = end
        self._written = asyncio.Event()
        definitions.subscribe(self._note)

    async def run(self) -> None:
        followed: dict[str, _Followed] = {}
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    self._written.clear()
                    wanted = {
                        item["metadata"]["name"]: served_kinds(item) for item in self._definitions.list()
                    }
                    for name, (kinds, _) in list(followed.items()):
                        if wanted.get(name) != kinds:
                            self._leave(followed.pop(name))
                    for name, kinds in wanted.items():
                        if kinds and name not in followed:
                            followed[name] = self._follow(kinds, tasks)
                    await self._written.wait()
        finally:
            for one in followed.values():
                self._leave(one)

    def _follow(self, kinds: list[CustomKind], tasks: asyncio.TaskGroup) -> _Followed:
        informer = Informer(self._client, kinds[0])
        controller = self._begin(kinds, informer)
        return _Followed(kinds, (tasks.create_task(informer.run()), tasks.create_task(controller.run())))

    def _leave(self, followed: _Followed) -> None:
        for task in followed.tasks:
            task.cancel()
        self._end(followed.kinds[0])

    def _note(self, old: Obj | None, new: Obj | None) -> None:
        del old, new
        self._written.set()
