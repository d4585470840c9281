"""What carries requests to an API server: in the same process, or over HTTPS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from tuik8s.api.request import Request, Response, User, WatchEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """`kubectl logs`' options. `since` and `tail_lines` limit what is replayed; `previous` is the last
    terminated instance; `timestamps` puts an RFC 3339 time and a space before each line."""

    container: str = ""
    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    since: datetime | None = None
    tail_lines: int | None = None
    limit_bytes: int | None = None


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
