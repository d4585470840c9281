"""The simulated runtime: tables of sandboxes and containers behind the runtime protocol."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import platform
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, cast

from tuik8s import __version__
from tuik8s.cri.events import EventHub
from tuik8s.cri.memory import connect
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
    RuntimeUnavailable,
    Version,
)  # fmt: skip
from tuik8s.cri.references import parse_reference
from tuik8s.cri.simulated.behaviour import SERVER, Behaviour, annotated
from tuik8s.cri.simulated.builtins import BUILTINS
from tuik8s.cri.simulated.container import SimulatedContainer
from tuik8s.cri.simulated.execution import SimulatedAttach, SimulatedExec, run_to_end
from tuik8s.cri.simulated.host_ports import HostPorts, Refusal
from tuik8s.cri.simulated.images import SimulatedImages
from tuik8s.cri.simulated.plugins import Plugins
from tuik8s.cri.simulated.serving import EchoDatagrams, ServingProtocol
from tuik8s.cri.simulated.shell import Unsupported, argument_vector, parse
from tuik8s.cri.simulated.shells import SHELLS, script_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence
    from datetime import datetime

    from tuik8s.api.clock import Clock
    from tuik8s.cri.simulated.plugins import ImagePlugin
    from tuik8s.cri.simulated.shell import Block

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
EPHEMERAL_PORT = 49152


@dataclass(slots=True)
class _Sandbox:
    status: PodSandboxStatus
    config: PodSandboxConfig
    containers: dict[str, SimulatedContainer] = field(default_factory=dict)
    datagrams: dict[int, asyncio.DatagramTransport] = field(default_factory=dict)
    host_ports: HostPorts | None = None


class SimulatedRuntime:
    """See the package for what is guaranteed. `local_images` says which names count as built by the user.

    Host ports are opened on `host`; empty: on none.
    """

    def __init__(
        self, *, cluster: str, clock: Clock, seed: int = 0, pod_cidr: str = "10.244.0.0/16",
        plugins: Iterable[ImagePlugin] = (), local_images: Callable[[str], bool] | None = None,
        host: str = "",
    ) -> None:  # fmt: skip
        self._cluster, self._clock, self._seed = cluster, clock, seed
        self._pod_cidr = pod_cidr
        self._host = host
        self._plugins = Plugins(plugins)
        self._images = SimulatedImages(seed, local_images or self._built_by_user)
        self._sandboxes: dict[str, _Sandbox] = {}
        self._containers: dict[str, SimulatedContainer] = {}
        self._pods: dict[str, dict[str, _Sandbox]] = {}
        self._addresses: dict[str, _Sandbox] = {}
        self._events = EventHub()
        self._made = 0
        self._closed = False

    @property
    def pod_cidr(self) -> str:
        return self._pod_cidr

    @property
    def host_address(self) -> str:
        return ""

    async def start(self) -> None:
        self._closed = False

    async def close(self) -> None:
        """All containers end, and with them their streams."""
        for container in list(self._containers.values()):
            container.kill()
        for sandbox in self._sandboxes.values():
            _close_sockets(sandbox)
        for table in (self._sandboxes, self._containers, self._pods, self._addresses):
            table.clear()
        self._events.close()
        self._closed = True

    async def remove_cluster(self) -> None:
        """Remove every sandbox and container."""
        await self.close()
        self._closed = False

    async def version(self) -> Version:
        return Version("simulated", __version__, "linux", platform.release())

    # Sandboxes --------------------------------------------------------------------------------------------

    async def run_sandbox(self, config: PodSandboxConfig) -> str:
        self._answer()
        if config.ip and not config.host_network:
            owner = self._addresses.get(config.ip)
            if owner is not None:
                raise RuntimeFault(f"Address already in use: {config.ip} belongs to pod {owner.config.name}")
        identifier = self._identifier("sandbox")
        status = PodSandboxStatus(
            id=identifier, name=config.name, namespace=config.namespace, uid=config.uid, node=config.node,
            attempt=config.attempt, ready=True, ip="" if config.host_network else config.ip,
            created_at=self._clock.now(),
        )  # fmt: skip
        sandbox = _Sandbox(status, config)
        await self._open_host_ports(sandbox)
        self._sandboxes[identifier] = sandbox
        self._pods.setdefault(config.uid, {})[identifier] = sandbox
        if status.ip:
            self._addresses[status.ip] = sandbox
        self._events.publish(ContainerEvent(config.node, config.uid, "started"))
        return identifier

    async def stop_sandbox(self, sandbox_id: str) -> None:
        self._answer()
        sandbox = self._sandboxes.get(sandbox_id)
        if sandbox is None or not sandbox.status.ready:
            return
        for container in list(sandbox.containers.values()):
            container.kill()
        _close_sockets(sandbox)
        sandbox.status = replace(sandbox.status, ready=False)
        if self._addresses.get(sandbox.status.ip) is sandbox:
            del self._addresses[sandbox.status.ip]
        self._events.publish(ContainerEvent(sandbox.config.node, sandbox.config.uid, "died"))

    async def remove_sandbox(self, sandbox_id: str) -> None:
        await self.stop_sandbox(sandbox_id)
        sandbox = self._sandboxes.pop(sandbox_id, None)
        if sandbox is not None:
            for identifier in sandbox.containers:
                self._containers.pop(identifier, None)
            pod = self._pods[sandbox.config.uid]
            del pod[sandbox_id]
            if not pod:
                del self._pods[sandbox.config.uid]
            self._events.publish(ContainerEvent(sandbox.config.node, sandbox.config.uid, "removed"))

    async def list_sandboxes(self, pod_uid: str = "") -> list[PodSandboxStatus]:
        self._answer()
        if pod_uid:
            return [sandbox.status for sandbox in reversed(self._pods.get(pod_uid, {}).values())]
        return [sandbox.status for sandbox in reversed(self._sandboxes.values())]

    # Containers -------------------------------------------------------------------------------------------

    async def create_container(self, sandbox_id: str, config: ContainerConfig, pod: PodSandboxConfig) -> str:
        self._answer()
        sandbox = self._sandboxes.get(sandbox_id)
        if sandbox is None or not sandbox.status.ready:
            raise RuntimeFault(f"sandbox {sandbox_id!r} is not running")
        image = self._images.present(config.image, pod.annotations)
        if image is None:
            raise ImageNotFound(f"No such image: {parse_reference(config.image).familiar}")
        if any(
            other.config.name == config.name and other.config.attempt == config.attempt
            for other in sandbox.containers.values()
        ):
            raise RuntimeFault(f"container {config.name!r} attempt {config.attempt} exists already")
        identifier = self._identifier(f"container/{config.attempt}")
        container = SimulatedContainer(
            identifier, sandbox_id, config, pod, image=image, behaviour=self._behaviour(config, pod),
            clock=self._clock, changed=self._container_changed,
        )  # fmt: skip
        self._containers[identifier] = sandbox.containers[identifier] = container
        return identifier

    async def start_container(self, container_id: str) -> None:
        self._known(container_id).start()

    async def update_container(self, container_id: str, resources: Resources) -> None:
        self._running(container_id).resize(resources)

    async def stop_container(self, container_id: str, grace_seconds: float) -> None:
        self._answer()
        container = self._containers.get(container_id)
        if container is not None:
            container.stop(grace_seconds)
            await container.wait()

    async def remove_container(self, container_id: str) -> None:
        self._answer()
        container = self._containers.pop(container_id, None)
        if container is None:
            return
        container.kill()
        sandbox = self._sandboxes.get(container.sandbox_id)
        if sandbox is not None:
            sandbox.containers.pop(container_id, None)
        self._events.publish(ContainerEvent(container.pod.node, container.pod.uid, "removed"))

    async def list_containers(self, pod_uid: str = "") -> list[ContainerStatus]:
        self._answer()
        if pod_uid:
            sandboxes = reversed(self._pods.get(pod_uid, {}).values())
            return [one.status for sandbox in sandboxes for one in reversed(sandbox.containers.values())]
        return [container.status for container in reversed(self._containers.values())]

    async def container_status(self, container_id: str) -> ContainerStatus | None:
        self._answer()
        container = self._containers.get(container_id)
        return container.status if container is not None else None

    # Failures on purpose ------------------------------------------------------------------------------------

    def exit_container(self, container_id: str, code: int, reason: str = "") -> None:
        """The program in a running container ends, as if by itself. `RuntimeFault` when none runs there."""
        self._running(container_id).exit(code, reason)

    def lose_images(self, glob: str) -> None:
        """No image of such a name can be had any more, pulled before or not; containers run on."""
        self._images.lost.add(glob)

    def find_images(self, glob: str) -> None:
        """Undo `lose_images`."""
        self._images.lost.discard(glob)

    # Streams ----------------------------------------------------------------------------------------------

    def events(self) -> AsyncIterator[ContainerEvent]:
        return self._events.subscribe()

    async def logs(self, container_id: str, query: LogQuery) -> AsyncIterator[LogLine]:
        container = self._known(container_id)
        if container.status.finished_at is not None:
            query = replace(query, follow=False)
        async for line in container.log.read(query):
            yield line

    async def exec_sync(self, container_id: str, command: Sequence[str], timeout: float) -> ExecResult:
        container = self._running(container_id)
        if not container.is_ready():
            return ExecResult(1, b"not ready yet (simulated)\n")
        return await run_to_end(container, command, timeout)

    async def exec(self, container_id: str, command: Sequence[str], *, tty: bool, stdin: bool) -> ExecSession:
        return SimulatedExec(self._running(container_id), command, tty=tty, stdin=stdin)

    async def attach(self, container_id: str, *, stdin: bool) -> ExecSession:
        return SimulatedAttach(self._running(container_id), stdin=stdin)

    async def dial(self, sandbox_id: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._answer()
        sandbox = self._sandboxes.get(sandbox_id)
        address = sandbox.status.ip or LOOPBACK if sandbox else LOOPBACK
        for container in sandbox.containers.values() if sandbox else ():
            if container.listens(port):
                return self._connect(container, address, port)
        raise ConnectionRefusedError(111, f"connect: connection refused: {address}:{port}")

    async def dial_udp(self, sandbox_id: str, port: int) -> tuple[str, int]:
        """A loopback socket that echoes, opened at the first call, closed with the sandbox."""
        self._answer()
        sandbox = self._sandboxes.get(sandbox_id)
        if sandbox is None or not any(one.running and one.serving for one in sandbox.containers.values()):
            raise ConnectionRefusedError(111, f"connect: connection refused: port {port}")
        if port not in sandbox.datagrams:
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(EchoDatagrams, local_addr=(LOOPBACK, 0))
            sandbox.datagrams[port] = transport
        name: tuple[str, int] = sandbox.datagrams[port].get_extra_info("sockname")
        return name[0], name[1]

    async def stats(self) -> list[ContainerStats]:
        self._answer()
        now = self._clock.now()
        return [_stats_of(container, now) for container in self._containers.values() if container.running]

    # Images -----------------------------------------------------------------------------------------------

    async def image(self, reference: str, sandbox: PodSandboxConfig | None = None) -> Image | None:
        self._answer()
        return self._images.present(reference, sandbox.annotations if sandbox else {})

    async def pull(
        self,
        reference: str,
        progress: Callable[[str], None],
        sandbox: PodSandboxConfig | None = None,
        credentials: RegistryCredentials | None = None,
    ) -> Image:
        """There is no registry, and so nobody to show credentials to."""
        self._answer()
        return await self._images.pull(reference, progress, sandbox)

    async def images(self) -> list[Image]:
        self._answer()
        return self._images.all()

    # Inside -----------------------------------------------------------------------------------------------

    def _built_by_user(self, reference: str) -> bool:
        parsed = parse_reference(reference)
        return not parsed.domain and "/" not in parsed.path and not self._plugins.knows(parsed.repository)

    def _behaviour(self, config: ContainerConfig, pod: PodSandboxConfig) -> Behaviour:
        found = self._plugins.behaviour(config, pod)
        if found is None:
            found = Behaviour(program=_program(config))
        return annotated(found, pod.annotations, config.name)

    def _connect(
        self, container: SimulatedContainer, address: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        protocol = _serving(container, port)
        self._made += 1
        local = (LOOPBACK, EPHEMERAL_PORT + self._made % (65536 - EPHEMERAL_PORT))
        return connect(protocol, local=local, peer=(address, port))

    async def _open_host_ports(self, sandbox: _Sandbox) -> None:
        published = [port for port in sandbox.config.ports if port.host_port]
        if self._host and published:
            sandbox.host_ports = HostPorts(self._host, lambda port: self._accept(sandbox, port))
            await sandbox.host_ports.open(published)

    def _accept(self, sandbox: _Sandbox, port: int) -> asyncio.Protocol:
        for container in sandbox.containers.values():
            if container.listens(port):
                return _serving(container, port)
        return Refusal()

    def _container_changed(self, container: SimulatedContainer, kind: str) -> None:
        named = cast("Literal['started', 'died', 'oom']", kind)
        self._events.publish(ContainerEvent(container.pod.node, container.pod.uid, named))

    def _identifier(self, kind: str) -> str:
        self._made += 1
        return hashlib.sha256(f"{self._seed}/{self._cluster}/{kind}/{self._made}".encode()).hexdigest()

    def _answer(self) -> None:
        if self._closed:
            raise RuntimeUnavailable("the simulated runtime is closed")

    def _known(self, container_id: str) -> SimulatedContainer:
        self._answer()
        try:
            return self._containers[container_id]
        except KeyError:
            raise RuntimeFault(f"No such container: {container_id}") from None

    def _running(self, container_id: str) -> SimulatedContainer:
        container = self._known(container_id)
        if not container.running:
            raise RuntimeFault(f"Container {container_id} is not running")
        return container


def _program(config: ContainerConfig) -> Block:
    """The command where the small shell knows it, else a server."""
    words = [*config.command, *config.args]
    if not words or words[0].rsplit("/", 1)[-1] not in BUILTINS:
        return SERVER
    script = script_of(words) if words[0].rsplit("/", 1)[-1] in SHELLS else None
    if script is not None:
        try:
            return parse(script)
        except Unsupported as reason:
            log.debug("container %s runs as a server: %s", config.name, reason)
            return SERVER
    return argument_vector(tuple(words))


def _stats_of(container: SimulatedContainer, now: datetime) -> ContainerStats:
    age, behaviour = container.age, container.behaviour
    return ContainerStats(
        container_id=container.id, pod_uid=container.pod.uid, name=container.config.name,
        node=container.pod.node, time=now, started_at=container.status.started_at or now,
        cpu_nanoseconds=max(0, int(behaviour.cpu.until(age) * 1e9)),
        memory_bytes=max(0, int(behaviour.memory.at(age))),
    )  # fmt: skip


def _serving(container: SimulatedContainer, port: int) -> ServingProtocol:
    protocol = ServingProtocol(
        lambda path: container.answer(port, path), closed=container.connections.discard
    )
    container.connections.add(protocol)
    return protocol


def _close_sockets(sandbox: _Sandbox) -> None:
    if sandbox.host_ports is not None:
        sandbox.host_ports.close()
    for transport in sandbox.datagrams.values():
        transport.close()
    sandbox.datagrams.clear()
