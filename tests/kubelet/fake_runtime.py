"""The simulated runtime with faults to order, and a record of what it was asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tuik8s.cri import RuntimeFault, RuntimeUnavailable
from tuik8s.cri.simulated import SimulatedRuntime

if TYPE_CHECKING:
    from tuik8s.cri import ContainerConfig, ContainerStatus, PodSandboxConfig, PodSandboxStatus


class FakeRuntime(SimulatedRuntime):
    """`down` makes every call fail; `faults` maps a method's name to what its next calls raise."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.down = False
        self.faults: dict[str, list[str]] = {}
        self.configs: dict[str, ContainerConfig] = {}
        """The last configuration asked for, by container name."""
        self.sandbox_configs: list[PodSandboxConfig] = []
        self.stopped: list[tuple[str, float]] = []
        """(container name, grace) in the order of stopping."""
        self.lists = 0
        self._hanging = ""
        self.refused_ports: set[int] = set()

    def _check(self, method: str) -> None:
        if self.down:
            raise RuntimeUnavailable("Cannot connect to the engine")
        if self.faults.get(method):
            raise RuntimeFault(self.faults[method].pop(0))

    def mute(self) -> None:
        """Lose every event from now on."""
        self._events.publish = lambda event: None  # type: ignore[method-assign]

    async def run_sandbox(self, config: PodSandboxConfig) -> str:
        self._check("run_sandbox")
        self.sandbox_configs.append(config)
        return await super().run_sandbox(config)

    async def stop_sandbox(self, sandbox_id: str) -> None:
        self._check("stop_sandbox")
        await super().stop_sandbox(sandbox_id)

    async def create_container(self, sandbox_id: str, config: ContainerConfig, pod: PodSandboxConfig) -> str:
        self._check("create_container")
        self.configs[config.name] = config
        return await super().create_container(sandbox_id, config, pod)

    def hang(self, method: str) -> None:
        """Let calls of this method (`start_container`) never return."""
        self._hanging = method

    async def start_container(self, container_id: str) -> None:
        self._check("start_container")
        if self._hanging == "start_container":
            await asyncio.Event().wait()
        await super().start_container(container_id)

    async def stop_container(self, container_id: str, grace_seconds: float) -> None:
        self._check("stop_container")
        status = await self.container_status(container_id)
        if status is not None:
            self.stopped.append((status.name, grace_seconds))
        await super().stop_container(container_id, grace_seconds)

    async def dial(self, sandbox_id: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._check("dial")
        if port in self.refused_ports:
            raise ConnectionRefusedError(111, "Connection refused")
        return await super().dial(sandbox_id, port)

    async def list_sandboxes(self, pod_uid: str = "") -> list[PodSandboxStatus]:
        self._check("list_sandboxes")
        return await super().list_sandboxes(pod_uid)

    async def list_containers(self, pod_uid: str = "") -> list[ContainerStatus]:
        self._check("list_containers")
        self.lists += not pod_uid
        return await super().list_containers(pod_uid)

    def sandbox_ids(self) -> list[str]:
        """In order of their making, whatever their state."""
        return list(self._sandboxes)

    async def running_names(self) -> list[str]:
        return sorted(c.name for c in await SimulatedRuntime.list_containers(self) if c.state == "running")
