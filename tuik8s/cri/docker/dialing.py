"""Where the host reaches a pod's ports: at the pod's address, or where no route leads there, at a published
port on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docker import APIClient

from tuik8s.cri.docker.engine import EngineRefused

if TYPE_CHECKING:
    from tuik8s.cri.docker.engine import Engine
    from tuik8s.cri.docker.statuses import Statuses
    from tuik8s.cri.protocol import PodSandboxConfig

LOOPBACK = "127.0.0.1"


class Dialer:
    """Remembers addresses; asks the engine only for sandboxes that it has not seen made."""

    def __init__(self, engine: Engine, statuses: Statuses) -> None:
        self._engine, self._statuses = engine, statuses
        self._addresses: dict[str, str] = {}
        self._published: dict[str, dict[str, tuple[str, int]]] = {}
        self.reachable = True

    def learn(self, sandbox_id: str, config: PodSandboxConfig) -> None:
        self._addresses[sandbox_id] = LOOPBACK if config.host_network else config.ip

    def forget(self, sandbox_id: str) -> None:
        self._addresses.pop(sandbox_id, None)
        self._published.pop(sandbox_id, None)

    async def address(self, sandbox_id: str, port: int, protocol: str) -> tuple[str, int]:
        """Raises ConnectionRefusedError where no such sandbox or published port is."""
        if sandbox_id not in self._addresses:
            for sandbox in await self._statuses.sandboxes():
                self._addresses[sandbox.id] = sandbox.ip or LOOPBACK
        host = self._addresses.get(sandbox_id)
        if host is None:
            raise ConnectionRefusedError(111, f"connect: connection refused: no sandbox {sandbox_id[:12]}")
        if self.reachable or host == LOOPBACK:
            return host, port
        if sandbox_id not in self._published:
            self._published[sandbox_id] = await self._bindings(sandbox_id)
        found = self._published[sandbox_id].get(f"{port}/{protocol}")
        if found is None:
            reason = f"no route leads to {host}, and the pod does not declare port {port}/{protocol}"
            raise ConnectionRefusedError(111, f"connect: connection refused: {reason}")
        return found

    async def _bindings(self, sandbox_id: str) -> dict[str, tuple[str, int]]:
        try:
            details = await self._engine.call(APIClient.inspect_container, sandbox_id)
        except EngineRefused as refusal:
            raise ConnectionRefusedError(111, f"connect: connection refused: {refusal}") from None
        ports = (details.get("NetworkSettings") or {}).get("Ports") or {}
        return {
            key: (bindings[0]["HostIp"] or LOOPBACK, int(bindings[0]["HostPort"]))
            for key, bindings in ports.items()
            if bindings
        }
