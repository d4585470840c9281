"""What the API server needs from others; the cluster injects it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tuik8s.api.objects import Obj
    from tuik8s.client.transport import ExecStream, LogOptions


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
