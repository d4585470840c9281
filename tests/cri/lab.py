"""A runtime with the little machinery that contract tests need: addresses, names, waiting."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any, TypeVar

from tuik8s.cri import ContainerConfig, ContainerState, ContainerStatus, LogQuery, PodSandboxConfig

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tuik8s.cri.docker import DockerRuntime
    from tuik8s.cri.simulated import SimulatedRuntime

WAIT = 120.0
T = TypeVar("T")


class Lab:
    """`runtime` is started; `another(cluster)` makes a second object, by default of the same cluster."""

    def __init__(
        self, kind: str, cluster: str, make: Callable[[str], SimulatedRuntime | DockerRuntime]
    ) -> None:
        self.kind, self.cluster = kind, cluster
        self._make = make
        self._numbers = itertools.count(2)
        self.others: list[SimulatedRuntime | DockerRuntime] = []
        self.runtime = make(cluster)

    async def another(self, cluster: str = "") -> SimulatedRuntime | DockerRuntime:
        other = self._make(cluster or self.cluster)
        await other.start()
        self.others.append(other)
        return other

    def pod(self, name: str = "web", **fields: Any) -> PodSandboxConfig:
        """A pod with an address of its own; annotations are given with their short keys."""
        annotations = {f"sim.tuik8s.io/{k}": v for k, v in fields.pop("annotations", {}).items()}
        network = self.runtime.pod_cidr.split(".")
        ip = f"{network[0]}.{network[1]}.7.{next(self._numbers)}"
        values: dict[str, Any] = {
            "name": name,
            "namespace": "default",
            "uid": f"uid-{name}",
            "node": "node-1",
            "hostname": name,
            "ip": ip,
            "annotations": annotations,
        }
        return PodSandboxConfig(**(values | fields))

    async def run(
        self, *command: str, pod: PodSandboxConfig | None = None, sandbox: str = "", **fields: Any
    ) -> tuple[str, str]:
        """A started container, in a new sandbox unless one is given: (sandbox, container)."""
        pod = pod or self.pod()
        sandbox = sandbox or await self.runtime.run_sandbox(pod)
        values = {"name": "main", "image": "busybox:latest", "command": command} | fields
        container = await self.runtime.create_container(sandbox, ContainerConfig(**values), pod)
        await self.runtime.start_container(container)
        return sandbox, container

    async def status(self, container: str) -> ContainerStatus:
        found = await self.runtime.container_status(container)
        assert found is not None
        return found

    async def ended(self, container: str) -> ContainerStatus:
        return await self.until(lambda: self.status(container), lambda s: s.state is ContainerState.EXITED)

    async def until(self, look: Callable[[], Awaitable[T]], done: Callable[[T], bool]) -> T:
        """Look again and again: what the runtime says counts here, not what it announces."""
        async with asyncio.timeout(WAIT):
            while not done(found := await look()):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return found

    async def log_lines(self, container: str, **query: Any) -> list[bytes]:
        async with asyncio.timeout(WAIT):
            return [line.text async for line in self.runtime.logs(container, LogQuery(**query))]

    async def fetch(self, sandbox: str, port: int, path: str = "/") -> str:
        """An HTTP GET over `dial`, tried again while the server is starting."""
        async with asyncio.timeout(WAIT):
            while True:
                try:
                    reader, writer = await self.runtime.dial(sandbox, port)
                    break
                except ConnectionRefusedError:
                    await asyncio.sleep(0.05)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n".encode())
                return (await reader.read()).decode()
            finally:
                writer.close()
