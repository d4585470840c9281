"""What a kubelet asks of a container runtime (k8s.io/cri-api, reduced to what is used).

Identifiers are the runtime's own. Times are timezone-aware UTC. All methods raise `RuntimeUnavailable` while
the engine cannot be reached, and `RuntimeFault` with the engine's own text for anything it refuses.
Stopping or removing what is already gone is not an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime


class RuntimeFault(Exception):
    """The runtime refused or failed; the text is for people and goes into events."""


class RuntimeUnavailable(RuntimeFault):
    """The engine does not answer; it may come back."""


class ImageNotFound(RuntimeFault):
    """The image is not present on the node."""


class ImagePullFailed(RuntimeFault):
    """The registry or the network refused the image."""


class InvalidImageName(RuntimeFault):
    """The reference does not parse."""


class Version(NamedTuple):
    name: str
    """`docker` or `simulated`."""
    version: str
    operating_system: str
    kernel: str


class ContainerState(StrEnum):
    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortMapping:
    container_port: int
    host_port: int = 0
    """0: not published."""
    protocol: str = "TCP"
    host_ip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A path of the host inside the container; the kubelet prepares `host_path`."""

    host_path: str
    container_path: str
    read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Limits in cgroup terms; 0 means none."""

    cpu_shares: int = 2
    cpu_quota: int = 0
    """Microseconds per 100 ms period."""
    memory_limit: int = 0
    """Bytes."""
    oom_score_adj: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityContext:
    user: str = ""
    """`uid`, `uid:gid`, or empty for the image's own."""
    supplemental_groups: tuple[int, ...] = ()
    privileged: bool = False
    read_only_root: bool = False
    add_capabilities: tuple[str, ...] = ()
    drop_capabilities: tuple[str, ...] = ()
    no_new_privileges: bool = False
    sysctls: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSandboxConfig:
    """The pod-wide environment: network and IPC namespaces, hostname."""

    name: str
    namespace: str
    uid: str
    node: str
    attempt: int = 0
    hostname: str = ""
    domain_name: str = ""
    ip: str = ""
    """From the node's pod CIDR; empty with `host_network`."""
    host_network: bool = False
    host_pid: bool = False
    host_ipc: bool = False
    share_processes: bool = False
    dns_servers: tuple[str, ...] = ()
    dns_searches: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    host_aliases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(ip, host names) lines for /etc/hosts."""
    ports: tuple[PortMapping, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    security: SecurityContext = field(default_factory=SecurityContext)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerConfig:
    """One container of a sandbox; everything is resolved (no `$(VAR)`, no references)."""

    name: str
    image: str
    """As the pod spec writes it."""
    attempt: int = 0
    command: tuple[str, ...] = ()
    """Replaces the image's entrypoint when not empty."""
    args: tuple[str, ...] = ()
    working_dir: str = ""
    env: tuple[tuple[str, str], ...] = ()
    mounts: tuple[Mount, ...] = ()
    ports: tuple[PortMapping, ...] = ()
    resources: Resources = field(default_factory=Resources)
    security: SecurityContext = field(default_factory=SecurityContext)
    stdin: bool = False
    stdin_once: bool = False
    tty: bool = False
    stop_signal: str = ""
    spec_hash: str = ""
    """Of the container's spec; a running container with another hash is replaced."""
    process_target: str = ""
    """The container whose process namespace this one joins; empty for its own, or the pod's."""
    termination_message_path: str = "/dev/termination-log"
    grace_period: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSandboxStatus:
    id: str
    name: str
    namespace: str
    uid: str
    node: str
    attempt: int
    ready: bool
    ip: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStatus:
    id: str
    sandbox_id: str
    pod_uid: str
    pod_name: str
    pod_namespace: str
    node: str
    name: str
    attempt: int
    state: ContainerState
    image: str
    """As asked for."""
    image_id: str
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    """For EXITED: `Completed`, `Error`, `OOMKilled`, `ContainerCannotRun`, `StartError`."""
    message: str = ""
    """What the engine said about the exit, or the termination message."""
    spec_hash: str = ""
    grace_period: int = 30
    resources: Resources | None = None
    """What it may use now; None where the runtime does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    id: str
    """`sha256:…`"""
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    size: int = 0
    user: str = ""
    """The image's own user, `uid` or a name."""


class RegistryCredentials(NamedTuple):
    user: str
    password: str


class ContainerEvent(NamedTuple):
    """Something happened in a pod: its kubelet looks again. Level, not edge; may be lost or doubled."""

    node: str
    pod_uid: str
    kind: Literal["started", "died", "oom", "removed", "other"] = "other"


class LogLine(NamedTuple):
    time: datetime
    stream: Literal["stdout", "stderr"]
    text: bytes
    """Without the newline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    follow: bool = False
    since: datetime | None = None
    tail_lines: int | None = None


class ExecResult(NamedTuple):
    exit_code: int
    output: bytes
    """stdout and stderr together, at most 16 KiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStats:
    container_id: str
    pod_uid: str
    name: str
    node: str
    time: datetime
    """When it was measured."""
    started_at: datetime
    cpu_nanoseconds: int
    """Used since the start, all cores together."""
    memory_bytes: int
    """The working set."""


class ExecSession(Protocol):
    """A process in a container with open streams, or a container's own (shaped as `client.ExecStream`)."""

    def output(self) -> AsyncIterator[tuple[int, bytes]]: ...
    async def send(self, data: bytes) -> None: ...
    async def close_stdin(self) -> None: ...
    async def resize(self, width: int, height: int) -> None: ...
    async def exit_code(self) -> int: ...
    async def close(self) -> None: ...


class Runtime(Protocol):
    async def start(self) -> None:
        """Connect, prepare the cluster's network and the pause image."""

    async def close(self) -> None:
        """Let go of connections. Containers go on running (simulated ones end)."""

    async def remove_cluster(self) -> None:
        """Remove this cluster's containers and network, and nothing else. Needs no `start`."""

    async def version(self) -> Version: ...

    @property
    def pod_cidr(self) -> str:
        """The cluster's pod network, out of which nodes get theirs; known after `start`."""

    @property
    def host_address(self) -> str:
        """The address or name by which containers reach programs of this machine; known after `start`.

        Empty where they cannot, or where nothing runs inside them that would.
        """

    # Sandboxes and containers ---------------------------------------------------------------------------

    async def run_sandbox(self, config: PodSandboxConfig) -> str: ...
    async def stop_sandbox(self, sandbox_id: str) -> None: ...
    async def remove_sandbox(self, sandbox_id: str) -> None: ...
    async def list_sandboxes(self, pod_uid: str = "") -> list[PodSandboxStatus]:
        """Every sandbox of this cluster on every node (or of one pod), newest first, running or not."""

    async def create_container(
        self, sandbox_id: str, config: ContainerConfig, pod: PodSandboxConfig
    ) -> str: ...
    async def start_container(self, container_id: str) -> None: ...
    async def update_container(self, container_id: str, resources: Resources) -> None:
        """Change CPU and memory of a running container; limits may be changed and not taken away."""

    async def stop_container(self, container_id: str, grace_seconds: float) -> None:
        """The stop signal, then after the grace SIGKILL; returns when it has ended."""

    async def remove_container(self, container_id: str) -> None: ...
    async def list_containers(self, pod_uid: str = "") -> list[ContainerStatus]:
        """Every container of this cluster on every node (or of one pod), newest first; no sandboxes.

        A kubelet asks for one pod after each of that pod's events: answer that without looking at the others.
        """

    async def container_status(self, container_id: str) -> ContainerStatus | None: ...

    # Streams ----------------------------------------------------------------------------------------------

    def events(self) -> AsyncIterator[ContainerEvent]: ...
    def logs(self, container_id: str, query: LogQuery) -> AsyncIterator[LogLine]: ...
    async def exec_sync(self, container_id: str, command: Sequence[str], timeout: float) -> ExecResult:
        """Raises TimeoutError when the command is not done in time."""

    async def exec(
        self, container_id: str, command: Sequence[str], *, tty: bool, stdin: bool
    ) -> ExecSession: ...
    async def attach(self, container_id: str, *, stdin: bool) -> ExecSession:
        """Join a running container's own streams, from now on. `exit_code` is 0 once they have ended. With
        `stdin_once` the container's input ends with the first session that had it."""

    async def dial(self, sandbox_id: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A TCP connection to a port inside the pod; raises OSError as connect(2) would."""

    async def dial_udp(self, sandbox_id: str, port: int) -> tuple[str, int]:
        """An address of the host's from which datagrams reach the pod's UDP port."""

    async def stats(self) -> list[ContainerStats]:
        """Of every running container of this cluster on every node."""

    # Images -----------------------------------------------------------------------------------------------

    async def image(self, reference: str, sandbox: PodSandboxConfig | None = None) -> Image | None:
        """What is present under this name; raises `InvalidImageName`. As in CRI's PullImageRequest the
        sandbox the image is for may be given: the simulated runtime reads its annotations."""

    async def pull(
        self,
        reference: str,
        progress: Callable[[str], None],
        sandbox: PodSandboxConfig | None = None,
        credentials: RegistryCredentials | None = None,
    ) -> Image:
        """Fetch; `progress` is told in words. Without credentials the engine's own count, if it has any.

        Raises `ImagePullFailed`, `InvalidImageName`.
        """

    async def images(self) -> list[Image]: ...
