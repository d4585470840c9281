"""What carries requests to an API server: in the same process, or over HTTPS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tuik8s.api.request import LogOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tuik8s.api.request import Request, Response, User, WatchEvent

__all__ = ["ExecStream", "LogOptions", "Transport"]


class ExecStream(Protocol):
    """A process in a container. Closing ends the streams; `exit_code` is known once output has ended."""

    def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """Chunks as (1 stdout | 2 stderr, bytes) until the process ends; with a tty all is stdout."""

    async def send(self, data: bytes) -> None: ...

    async def close_stdin(self) -> None: ...

    async def resize(self, width: int, height: int) -> None: ...

    async def exit_code(self) -> int: ...

    async def close(self) -> None: ...


class Transport(Protocol):
    """Raises `ApiError` for every refusal."""

    async def send(self, request: Request) -> Response: ...

    def watch(self, request: Request) -> AsyncIterator[WatchEvent]:
        """Changes after `selection.resource_version`; raises `Expired` when history does not reach back."""

    def logs(self, user: User, namespace: str, pod: str, options: LogOptions) -> AsyncIterator[bytes]:
        """Lines, each with its newline."""

    async def exec(
        self,
        user: User,
        namespace: str,
        pod: str,
        container: str,
        command: Sequence[str],
        *,
        tty: bool,
        stdin: bool,
    ) -> ExecStream: ...
