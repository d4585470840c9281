"""What the API server needs from others; the cluster injects it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from tuik8s.api.objects import Obj
    from tuik8s.api.usage import NodeUsage
    from tuik8s.client.transport import ExecStream, LogOptions

    Connection: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
    Dial: TypeAlias = Callable[[int], Awaitable[Connection]]
    """A connection to a port; raises OSError as connect(2) would, with a text for people."""


class KubeletPort(Protocol):
    """The kubelets of all nodes, behind one door: each call goes to the one that runs the pod.

    Raises `ApiError`; a node that does not answer is a `ServiceUnavailable`.
    """

    def logs(self, pod: Obj, options: LogOptions) -> AsyncIterator[bytes]:
        """Lines of one container, each with its newline; `options.container` is set."""

    async def exec(
        self, pod: Obj, container: str, command: Sequence[str], *, tty: bool, stdin: bool
    ) -> ExecStream:
        """Start a process in a running container."""

    async def attach(self, pod: Obj, container: str, *, stdin: bool) -> ExecStream:
        """Join the streams of a running container's own process; its exit code does not come this way."""

    async def dial_pod(self, pod: Obj, port: int) -> Connection:
        """Inside the pod; raises OSError as connect(2) would."""

    async def dial_node(self, node: str, port: int) -> Connection:
        """One of the node's kubelet's own HTTP ports; raises OSError as connect(2) would."""

    async def usage(self) -> Mapping[str, NodeUsage]:
        """What containers use, by node; without the nodes that cannot say."""
