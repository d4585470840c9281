"""The kubelets of all nodes, and the one door to them."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tuik8s.api.errors import ServiceUnavailable
from tuik8s.client import Client, EventRecorder
from tuik8s.cluster import identities
from tuik8s.cluster.together import together
from tuik8s.cri import RuntimeFault

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
    from pathlib import Path

    from tuik8s.api.clock import Clock, Ids
    from tuik8s.api.objects import Obj
    from tuik8s.api.usage import NodeUsage
    from tuik8s.client import ExecStream, LogOptions, Transport
    from tuik8s.config import Config
    from tuik8s.cri import Runtime
    from tuik8s.kubelet import Kubelet, NodeConfig
    from tuik8s.kubelet.kubelet import KubeletStatistics
    from tuik8s.kubelet.pleg import Pleg
    from tuik8s.reconcile import Informers


class Kubelets:
    """Builds one kubelet a node; afterwards logs, exec and connections go to the one that runs the pod."""

    def __init__(self, config: Config, *, clock: Clock, ids: Ids) -> None:
        self.names = tuple(f"node-{number}" for number in range(1, config.nodes + 1))
        self._config = config
        self._clock = clock
        self._ids = ids
        self.powered_off: set[str] = set()
        """Nodes that nothing gets an answer from."""
        self._kubelets: dict[str, Kubelet] = {}
        self._recorders: dict[str, EventRecorder] = {}
        self._runtime: Runtime | None = None
        self._pleg: Pleg | None = None

    def build(
        self, runtime: Runtime, transport: Transport, informers: Informers, root: Path, *,
        api_server: tuple[str, int] | None = None,
    ) -> None:  # fmt: skip
        """One kubelet a node, each under its own identity; all read from the same informers.

        `api_server` is where containers reach the API, if not at the address of its Service.
        """
        from tuik8s.kubelet import Kubelet
        from tuik8s.kubelet.pleg import Pleg

        self._runtime, self._pleg = runtime, Pleg.of(runtime)
        for name in self.names:
            client = Client(transport, identities.of_node(name), agent="kubelet")
            recorder = EventRecorder(client, "kubelet", host=name, clock=self._clock)
            self._recorders[name] = recorder
            self._kubelets[name] = Kubelet(
                client, informers, recorder, runtime, self._node(name, api_server),
                clock=self._clock, ids=self._ids, root=root,
            )  # fmt: skip

    def runs(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
        for name, kubelet in self._kubelets.items():
            yield f"kubelet-{name}", together(kubelet.run, self._recorders[name].run)

    @property
    def runtime_answers(self) -> bool:
        """False while the runtime cannot be reached; true before there is one."""
        return self._pleg is None or self._pleg.available or not self._pleg.synced.is_set()

    def statistics(self) -> list[KubeletStatistics]:
        return [kubelet.statistics() for kubelet in self._kubelets.values()]

    def pulls(self) -> dict[str, str]:
        """Images being pulled on any node, and how far each is, in the runtime's words."""
        return {
            image: words
            for kubelet in self._kubelets.values()
            for image, words in kubelet.statistics().pulling.items()
        }

    # What the API server needs (`apiserver.ports.KubeletPort`) ---------------------------------------------

    def logs(self, pod: Obj, options: LogOptions) -> AsyncIterator[bytes]:
        return self._of(pod).logs(pod, options)

    async def exec(
        self, pod: Obj, container: str, command: Sequence[str], *, tty: bool, stdin: bool
    ) -> ExecStream:
        return await self._of(pod).exec(pod, container, command, tty=tty, stdin=stdin)

    async def attach(self, pod: Obj, container: str, *, stdin: bool) -> ExecStream:
        return await self._of(pod).attach(pod, container, stdin=stdin)

    async def dial_pod(self, pod: Obj, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await self.dial(pod["spec"].get("nodeName", ""), pod["metadata"]["uid"], port)

    async def dial_node(self, node: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._check_power(node)
        kubelet = self._kubelets.get(node)
        if kubelet is None:
            raise ConnectionRefusedError(111, "connect: connection refused: no such node runs here")
        return kubelet.dial(port)

    async def usage(self) -> dict[str, NodeUsage]:
        found: dict[str, NodeUsage] = {}
        for name, kubelet in self._kubelets.items():
            with suppress(ServiceUnavailable, OSError):
                self._check_power(name)
                found[name] = await kubelet.usage()
        return found

    # What the proxy needs -----------------------------------------------------------------------------------

    async def dial(
        self, node: str, pod_uid: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to a port in a pod; raises OSError as connect(2) would."""
        runtime, sandbox = self._sandbox(node, pod_uid)
        with _unreachable():
            return await runtime.dial(sandbox, port)

    async def dial_udp(self, node: str, pod_uid: str, port: int) -> tuple[str, int]:
        runtime, sandbox = self._sandbox(node, pod_uid)
        with _unreachable():
            return await runtime.dial_udp(sandbox, port)

    def _sandbox(self, node: str, pod_uid: str) -> tuple[Runtime, str]:
        self._check_power(node)
        sandbox = self._pleg.state(pod_uid).sandbox if self._pleg else None
        if self._runtime is None or sandbox is None:
            raise ConnectionRefusedError(f"node {node} runs no pod {pod_uid}")
        return self._runtime, sandbox.id

    def _of(self, pod: Obj) -> Kubelet:
        node = pod["spec"].get("nodeName", "")
        kubelet = self._kubelets.get(node)
        if kubelet is None or node in self.powered_off:
            raise ServiceUnavailable(f"the kubelet of node {node} is not running")
        return kubelet

    def _check_power(self, node: str) -> None:
        if node in self.powered_off:
            raise OSError(errno.EHOSTUNREACH, f"connect: no route to host: {node}")

    def _node(self, name: str, api_server: tuple[str, int] | None) -> NodeConfig:
        from tuik8s.kubelet import NodeConfig

        cpu, memory = self._config.node_cpu, self._config.node_memory
        return NodeConfig(
            name=name,
            api_server=api_server,
            cpu=cpu or f"{max(_host_cpus() * 1000 // len(self.names), 100)}m",
            memory=memory or f"{max(_host_memory() // len(self.names) // 1024, 64 * 1024)}Ki",
            max_pods=self._config.max_pods,
            address=self._config.host or "127.0.0.1",
        )


def _host_cpus() -> int:
    return os.cpu_count() or 1


def _host_memory() -> int:
    """Bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@contextmanager
def _unreachable() -> Iterator[None]:
    """Whoever dials learns of an engine that does not answer as of any other broken way."""
    try:
        yield
    except RuntimeFault as error:
        raise OSError(errno.EHOSTUNREACH, str(error)) from error
