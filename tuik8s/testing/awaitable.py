"""A cluster for tests that await."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tuik8s.client import LogOptions
from tuik8s.testing.clients import AsyncClients
from tuik8s.testing.face import WAIT_SECONDS, Face, span

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.testing.conditions import Condition, Objects
    from tuik8s.testing.hosted import Manifest


class AsyncTestingCluster(Face):
    """As `TestingCluster`, every method a coroutine: the test's own event loop goes on meanwhile."""

    __test__ = False

    @cached_property
    def clients(self) -> AsyncClients:
        """Clients of other projects: `async with cluster.clients.kr8s() as api: ...`"""
        return AsyncClients(self.kubeconfig_path, self.namespace)

    def within(self, namespace: str) -> AsyncTestingCluster:
        return AsyncTestingCluster(self.hosted, namespace)

    # Objects

    async def apply(self, manifest: Manifest) -> Objects:
        return await self.hosted.thread.arun(self.hosted.apply(self.namespace, manifest))

    async def get(self, kind: str, name: str) -> Obj:
        found = self.hosted.get(self.hosted.kind(kind), self.namespace, name)
        return await self.hosted.thread.arun(found)

    async def list(self, kind: str, label_selector: str = "") -> Objects:
        found = self.hosted.list(self.hosted.kind(kind), self.namespace, label_selector)
        return await self.hosted.thread.arun(found)

    async def delete(self, kind: str, name: str) -> None:
        await self.hosted.thread.arun(self.hosted.delete(self.hosted.kind(kind), self.namespace, name))

    async def logs(self, pod: str, container: str = "", *, previous: bool = False) -> str:
        options = LogOptions(container=container, previous=previous)
        return await self.hosted.thread.arun(self.hosted.logs(self.namespace, pod, options))

    async def events(self, kind: str, name: str) -> Objects:
        found = self.hosted.events(self.hosted.kind(kind), self.namespace, name)
        return await self.hosted.thread.arun(found)

    async def wait_for(
        self, kind: str, name: str, condition: Condition = "Ready", timeout: float = WAIT_SECONDS
    ) -> Obj:
        waiting = self.hosted.wait_for(self.hosted.kind(kind), self.namespace, name, condition, timeout)
        return await self.hosted.thread.arun(waiting)

    # Time

    async def advance(
        self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        await self.hosted.thread.arun(self.hosted.advance(span(seconds, minutes, hours, days)))

    async def advance_until(
        self, kind: str, name: str, condition: Condition, *,
        seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0,
    ) -> Obj:  # fmt: skip
        limit = span(seconds, minutes, hours, days)
        waiting = self.hosted.advance_until(self.hosted.kind(kind), self.namespace, name, condition, limit)
        return await self.hosted.thread.arun(waiting)

    # Failures

    async def stop_node(self, name: str) -> None:
        await self.hosted.thread.arun(self.hosted.outages.stop_node(name))

    async def start_node(self, name: str) -> None:
        await self.hosted.thread.arun(self.hosted.start_node(name))

    async def crash_container(
        self, pod: str, container: str = "", *, exit_code: int = 1, reason: str = ""
    ) -> None:
        crash = self.hosted.outages.exit_container(
            self.namespace, pod, container, code=exit_code, reason=reason
        )
        await self.hosted.thread.arun(crash)
