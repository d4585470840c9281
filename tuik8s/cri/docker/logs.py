"""Container logs from the engine: frames taken apart, times split off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from tuik8s.cri.docker.statuses import parse_time
from tuik8s.cri.protocol import LogLine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tuik8s.cri.docker.wire import Wire
    from tuik8s.cri.protocol import LogQuery

FRAME_HEADER = 8
PARTIAL_LIMIT = 1024 * 1024


async def demultiplex(body: AsyncIterator[bytes]) -> AsyncIterator[tuple[int, bytes]]:
    """The engine's frames: one byte stream number, three empty, four length, then the bytes."""
    buffer = bytearray()
    async for piece in body:
        buffer += piece
        while len(buffer) >= FRAME_HEADER:
            length = int.from_bytes(buffer[4:8], "big")
            if len(buffer) < FRAME_HEADER + length:
                break
            yield buffer[0], bytes(buffer[FRAME_HEADER : FRAME_HEADER + length])
            del buffer[: FRAME_HEADER + length]


async def read_logs(wire: Wire, container_id: str, query: LogQuery, *, tty: bool) -> AsyncIterator[LogLine]:
    parameters: dict[str, Any] = {
        "stdout": 1,
        "stderr": 1,
        "timestamps": 1,
        "follow": int(query.follow),
        "tail": "all" if query.tail_lines is None else max(0, query.tail_lines),
    }
    if query.since is not None:
        parameters["since"] = f"{query.since.timestamp():.6f}"
    async with await wire.request("GET", f"/containers/{container_id}/logs", parameters) as stream:
        frames = _as_frames(stream.body()) if tty else demultiplex(stream.body())
        rest: dict[int, bytes] = {}
        async for number, data in frames:
            *complete, partial = (rest.pop(number, b"") + data).split(b"\n")
            for text in complete:
                yield _line(number, text)
            if partial:
                rest[number] = partial[-PARTIAL_LIMIT:]
        for number, text in rest.items():
            yield _line(number, text)


async def _as_frames(body: AsyncIterator[bytes]) -> AsyncIterator[tuple[int, bytes]]:
    async for piece in body:
        yield 1, piece


def _line(number: int, text: bytes) -> LogLine:
    stamp, _, rest = text.partition(b" ")
    time = parse_time(stamp.decode("ascii", errors="replace"))
    name: Literal["stdout", "stderr"] = "stderr" if number == 2 else "stdout"
    if time is None:
        raise ValueError(f"the engine's log line has no time: {text[:80]!r}")
    return LogLine(time, name, rest.removesuffix(b"\r"))
