"""Container logs from the engine: frames taken apart, times split off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from tuik8s.cri.docker.statuses import parse_time
from tuik8s.cri.protocol import LogLine, RuntimeFault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tuik8s.cri.docker.wire import Wire
    from tuik8s.cri.protocol import LogQuery

FRAME_HEADER = 8
LINE_LIMIT = 1024 * 1024
_Stamped = tuple[bytes, LogLine]
"""The engine's own time, with nanoseconds and of fixed width, and the line."""


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
    """A followed log ends with the container."""
    parameters: dict[str, Any] = {
        "follow": int(query.follow),
        "tail": "all" if query.tail_lines is None else max(0, query.tail_lines),
    }
    if query.since is not None:
        parameters["since"] = f"{query.since.timestamp():.6f}"
    last = b""
    async for stamp, line in _read(wire, container_id, parameters, tty=tty):
        last = stamp
        yield line
    if not query.follow or not last:
        return
    # An engine may end a followed log before it hands out a last line without a newline.
    parameters |= {"follow": 0, "tail": "all", "since": _unix_time(last)}
    async for stamp, line in _read(wire, container_id, parameters, tty=tty):
        if stamp > last:
            yield line


async def _read(
    wire: Wire, container_id: str, parameters: dict[str, Any], *, tty: bool
) -> AsyncIterator[_Stamped]:
    wanted = {"stdout": 1, "stderr": 1, "timestamps": 1, **parameters}
    async with await wire.request("GET", f"/containers/{container_id}/logs", wanted) as stream:
        records = _lines(stream.body()) if tty else demultiplex(stream.body())
        # The engine cuts long lines into records of 16 KiB, each with a time; only the last has a newline.
        unfinished: dict[int, _Stamped] = {}
        async for number, record in records:
            stamp, line = _line(number, record)
            if number in unfinished:
                stamp, line = unfinished[number][0], _joined(unfinished.pop(number)[1], line)
            if record.endswith(b"\n") or len(line.text) > LINE_LIMIT:
                yield stamp, line
            else:
                unfinished[number] = (stamp, line)
        for stamped in unfinished.values():
            yield stamped


async def _lines(body: AsyncIterator[bytes]) -> AsyncIterator[tuple[int, bytes]]:
    """A terminal's output is not in frames: every line is one record."""
    rest = b""
    async for piece in body:
        *complete, rest = (rest + piece).split(b"\n")
        for text in complete:
            yield 1, text + b"\n"
    if rest:
        yield 1, rest


def _line(number: int, record: bytes) -> _Stamped:
    stamp, _, text = record.partition(b" ")
    time = parse_time(stamp.decode("ascii", errors="replace"))
    name: Literal["stdout", "stderr"] = "stderr" if number == 2 else "stdout"
    if time is None:
        raise RuntimeFault(f"the engine's log record has no time: {record[:80]!r}")
    return stamp, LogLine(time, name, text.removesuffix(b"\n").removesuffix(b"\r"))


def _joined(first: LogLine, second: LogLine) -> LogLine:
    return first._replace(text=first.text + second.text)


def _unix_time(stamp: bytes) -> str:
    """Seconds and nanoseconds, as the engine wants them back."""
    whole = parse_time(f"{stamp[:19].decode()}Z")
    assert whole is not None
    return f"{int(whole.timestamp())}.{stamp[20:29].decode()}"
