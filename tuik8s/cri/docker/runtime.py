"""The Docker runtime: the runtime protocol in terms of the engine's API."""

from __future__ import annotations

import asyncio
import logging
import math
from typing import TYPE_CHECKING

from docker import APIClient

from tuik8s.cri.docker import naming
from tuik8s.cri.docker.dialing import Dialer
from tuik8s.cri.docker.engine import Engine, EngineRefused
from tuik8s.cri.docker.events import EventReader
from tuik8s.cri.docker.execution import DockerAttach, DockerExec, run_to_end
from tuik8s.cri.docker.images import all_images, ensure_pause_image, find_image, pull_image
from tuik8s.cri.docker.inventory import clusters_on
from tuik8s.cri.docker.logs import read_logs
from tuik8s.cri.docker.network import ensure_network, host_address, is_reachable, remove_network
from tuik8s.cri.docker.oom import OomProbe
from tuik8s.cri.docker.payloads import container_payload, limits_payload, sandbox_payload
from tuik8s.cri.docker.stats import read_stats
from tuik8s.cri.docker.statuses import Statuses
from tuik8s.cri.docker.wire import Wire
from tuik8s.cri.events import EventHub
from tuik8s.cri.protocol import (
    ContainerConfig,
    ContainerEvent,
    ContainerStats,
    ContainerStatus,
    ExecResult,
    ExecSession,
    Image,
    ImageNotFound,
    LogLine,
    LogQuery,
    PodSandboxConfig,
    PodSandboxStatus,
    RegistryCredentials,
    Resources,
    RuntimeFault,
    Version,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
    from typing import Any

    from tuik8s.api.clock import Clock
    from tuik8s.cri.docker.inventory import Found, Home

log = logging.getLogger(__name__)

KILL_AFTER = 10.0
"""Seconds the engine gets beyond the grace period to report the end."""


class DockerRuntime:
    """See the package for what is guaranteed. `workers` bounds the calls that are under way at once.

    `home` is written on the cluster's network, so that what is left of a dead cluster can be told.
    """

    def __init__(
        self,
        *,
        cluster: str,
        clock: Clock,
        home: Home | None = None,
        base_url: str | None = None,
        workers: int = 16,
    ) -> None:
        self._cluster, self._clock, self._home = cluster, clock, home
        self._engine = Engine(base_url, workers)
        self._wire = Wire(self._engine)
        self._statuses = Statuses(self._engine, cluster)
        self._hub = EventHub()
        self._dialer = Dialer(self._engine, self._statuses)
        self._reader = EventReader(self._wire, self._statuses, self._hub, cluster, gone=self._forget)
        self._reading: asyncio.Task[None] | None = None
        self._pause_image = ""
        self._pod_cidr = self._host_address = ""
        self._oom = OomProbe(self._engine, cluster)

    @property
    def pod_cidr(self) -> str:
        return self._pod_cidr

    @property
    def host_address(self) -> str:
        return self._host_address

    async def start(self) -> None:
        await self._engine.open()
        await self._prepare()
        if self._reading is None:
            self._reading = asyncio.create_task(self._reader.run(), name="docker-events")
            await self._reader.listening.wait()

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None
        await self._oom.close()
        self._hub.close()
        self._engine.close()

    async def remove_cluster(self) -> None:
        """Remove this cluster's containers and its network, and nothing else."""
        await self._engine.open()
        await self._oom.close()
        await self._engine.settled()
        for kind in (naming.CONTAINER, "", ""):
            # The last round takes what a call under way has made meanwhile.
            identifiers = await self._statuses.identifiers(kind)
            await asyncio.gather(*(self._remove(identifier) for identifier in identifiers))
        await remove_network(self._engine, self._cluster)

    async def clusters(self) -> list[Found]:
        """Every cluster that has something on this engine. Needs no `start`."""
        return await clusters_on(self._engine)

    async def version(self) -> Version:
        found = await self._engine.call(APIClient.version)
        return Version("docker", found["Version"], found["Os"], found["KernelVersion"])

    # Sandboxes --------------------------------------------------------------------------------------------

    async def run_sandbox(self, config: PodSandboxConfig) -> str:
        payload = sandbox_payload(
            self._cluster, config, image=self._pause_image, publish_all=not self._dialer.reachable,
            lower_oom=await self._oom.may_lower(),
        )  # fmt: skip
        identifier = ""
        try:
            identifier = await self._create(payload, naming.sandbox_name(config))
            await self._engine.call(APIClient.start, identifier)
        except (RuntimeFault, asyncio.CancelledError) as fault:
            await asyncio.shield(self._undo(identifier))
            if isinstance(fault, EngineRefused) and fault.status == 404:
                # Somebody removed the network or the pause image: the next attempt finds new ones.
                await self._prepare()
            raise
        self._dialer.learn(identifier, config)
        return identifier

    async def stop_sandbox(self, sandbox_id: str) -> None:
        """Also ends its containers, at once: who wants grace stops them first."""
        identifiers = await self._statuses.identifiers(**{naming.SANDBOX_ID: sandbox_id})
        await asyncio.gather(*(self._kill(identifier) for identifier in identifiers))
        await self._kill(sandbox_id)

    async def remove_sandbox(self, sandbox_id: str) -> None:
        identifiers = await self._statuses.identifiers(**{naming.SANDBOX_ID: sandbox_id})
        await asyncio.gather(*(self._remove(identifier) for identifier in identifiers))
        await self._remove(sandbox_id)

    async def list_sandboxes(self, pod_uid: str = "") -> list[PodSandboxStatus]:
        return await self._statuses.sandboxes(**({naming.POD_UID: pod_uid} if pod_uid else {}))

    # Containers -------------------------------------------------------------------------------------------

    async def create_container(self, sandbox_id: str, config: ContainerConfig, pod: PodSandboxConfig) -> str:
        lower_oom = await self._oom.may_lower()
        payload = container_payload(self._cluster, sandbox_id, config, pod, lower_oom=lower_oom)
        try:
            return await self._create(payload, naming.container_name(config, pod))
        except EngineRefused as refusal:
            if refusal.status == 404 and "No such image" in str(refusal):
                raise ImageNotFound(str(refusal)) from None
            raise

    async def start_container(self, container_id: str) -> None:
        try:
            await self._engine.call(APIClient.start, container_id)
        finally:
            self._statuses.forget(container_id)

    async def update_container(self, container_id: str, resources: Resources) -> None:
        try:
            async with await self._wire.request(
                "POST", f"/containers/{container_id}/update", body=limits_payload(resources)
            ):
                pass
        finally:
            self._statuses.forget(container_id)

    async def stop_container(self, container_id: str, grace_seconds: float) -> None:
        grace = max(0, math.ceil(grace_seconds))
        async with asyncio.timeout(grace + KILL_AFTER + 60):
            await self._gone_is_fine(self._stop(container_id, grace))

    async def remove_container(self, container_id: str) -> None:
        await self._remove(container_id)

    async def list_containers(self, pod_uid: str = "") -> list[ContainerStatus]:
        return await self._statuses.containers(pod_uid)

    async def container_status(self, container_id: str) -> ContainerStatus | None:
        return await self._statuses.one(container_id)

    # Streams ----------------------------------------------------------------------------------------------

    def events(self) -> AsyncIterator[ContainerEvent]:
        return self._hub.subscribe()

    async def logs(self, container_id: str, query: LogQuery) -> AsyncIterator[LogLine]:
        details = await self._engine.call(APIClient.inspect_container, container_id)
        tty = bool(details["Config"]["Tty"])
        async for line in read_logs(self._wire, container_id, query, tty=tty):
            yield line

    async def exec_sync(self, container_id: str, command: Sequence[str], timeout: float) -> ExecResult:
        return await run_to_end(self._engine, self._wire, container_id, command, timeout)

    async def exec(self, container_id: str, command: Sequence[str], *, tty: bool, stdin: bool) -> ExecSession:
        return await DockerExec.start(self._engine, self._wire, container_id, command, tty=tty, stdin=stdin)

    async def attach(self, container_id: str, *, stdin: bool) -> ExecSession:
        return await DockerAttach.start(self._engine, self._wire, container_id, stdin=stdin)

    async def dial(self, sandbox_id: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*await self._dialer.address(sandbox_id, port, "tcp"))

    async def dial_udp(self, sandbox_id: str, port: int) -> tuple[str, int]:
        return await self._dialer.address(sandbox_id, port, "udp")

    async def stats(self) -> list[ContainerStats]:
        return await read_stats(self._engine, await self._statuses.containers())

    # Images -----------------------------------------------------------------------------------------------

    async def image(self, reference: str, sandbox: PodSandboxConfig | None = None) -> Image | None:
        return await find_image(self._engine, reference)

    async def pull(
        self,
        reference: str,
        progress: Callable[[str], None],
        sandbox: PodSandboxConfig | None = None,
        credentials: RegistryCredentials | None = None,
    ) -> Image:
        return await pull_image(self._engine, self._wire, reference, progress, credentials)

    async def images(self) -> list[Image]:
        return await all_images(self._engine)

    # Inside -----------------------------------------------------------------------------------------------

    async def _prepare(self) -> None:
        self._pause_image = await ensure_pause_image(self._engine)
        subnet = await ensure_network(self._engine, self._cluster, self._home)
        self._pod_cidr = str(subnet)
        self._dialer.reachable = is_reachable(subnet)
        self._host_address = await host_address(self._engine, subnet)
        sandboxes = await self._statuses.identifiers(naming.SANDBOX)
        self._oom.begin(self._pause_image, adopted=sandboxes[0] if sandboxes else "")

    async def _create(self, payload: dict[str, Any], name: str) -> str:
        try:
            created = await self._engine.call(APIClient.create_container_from_config, payload, name)
        except EngineRefused as refusal:
            if refusal.status != 409 or not await self._remove_leftover(name):
                raise
            created = await self._engine.call(APIClient.create_container_from_config, payload, name)
        return str(created["Id"])

    async def _remove_leftover(self, name: str) -> bool:
        """A crash may have come between making a container and recording it; a running one is kept."""
        details = await self._engine.call(APIClient.inspect_container, name)
        ours = (details["Config"].get("Labels") or {}).get(naming.CLUSTER) == self._cluster
        if not ours or details["State"]["Running"]:
            return False
        await self._remove(details["Id"])
        return True

    async def _undo(self, identifier: str) -> None:
        try:
            if identifier:
                await self._remove(identifier)
        except RuntimeFault as fault:
            log.warning("sandbox %s could not be started, nor removed: %s", identifier[:12], fault)

    async def _stop(self, container_id: str, grace: int) -> None:
        async with await self._wire.request("POST", f"/containers/{container_id}/stop", {"t": grace}):
            self._statuses.forget(container_id)

    async def _kill(self, container_id: str) -> None:
        await self._gone_is_fine(self._engine.call(APIClient.kill, container_id))
        self._statuses.forget(container_id)

    async def _remove(self, container_id: str) -> None:
        await self._gone_is_fine(
            self._engine.call(APIClient.remove_container, container_id, v=True, force=True)
        )
        self._forget(container_id)

    async def _gone_is_fine(self, call: Coroutine[Any, Any, Any]) -> None:
        """404: no such container; 409: it is not running, or its removal is under way."""
        try:
            await call
        except EngineRefused as refusal:
            if refusal.status not in (304, 404, 409):
                raise

    def _forget(self, container_id: str) -> None:
        self._statuses.forget(container_id)
        self._dialer.forget(container_id)
