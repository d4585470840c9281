"""What a simulated process reads, and the terminal that may stand before it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = 1024 * 1024
"""Bytes that may wait to be read before the sender waits."""
_INTERRUPT, _END, _BACKSPACES = 0x03, 0x04, (0x08, 0x7F)


class Input:
    """Bytes in the order they came, then the end. `changed` is called whenever there is something new."""

    __slots__ = ("_drained", "_waiting", "changed", "ended", "interrupted")

    def __init__(self, *, ended: bool = False, changed: Callable[[], None] = lambda: None) -> None:
        self._waiting = bytearray()
        self._drained: asyncio.Event | None = None
        self.ended = ended
        self.interrupted = False
        """^C was typed; whoever acts on it takes it back."""
        self.changed = changed

    @property
    def ready(self) -> bool:
        """Whether a reader would not wait."""
        return bool(self._waiting) or self.ended

    def feed(self, data: bytes) -> None:
        if not self.ended:
            self._waiting += data
            self.changed()

    def end(self) -> None:
        self.ended = True
        self.changed()

    def interrupt(self) -> None:
        self.interrupted = True
        self.changed()

    def take(self) -> bytes | None:
        """All there is; empty at the end, None when a reader would wait."""
        if not self.ready:
            return None
        data = bytes(self._waiting)
        self._consume(len(data))
        return data

    def line(self) -> bytes | None:
        """One line with its newline; the last may have none. Empty and None as for `take`."""
        found = self._waiting.find(b"\n")
        if found < 0 and not self.ended:
            return None
        data = bytes(self._waiting[: found + 1] if found >= 0 else self._waiting)
        self._consume(len(data))
        return data

    async def room(self) -> None:
        """Until the process has read enough of what was sent."""
        while len(self._waiting) > FULL and not self.ended:
            self._drained = self._drained or asyncio.Event()
            self._drained.clear()
            await self._drained.wait()

    def _consume(self, count: int) -> None:
        del self._waiting[:count]
        if self._drained is not None:
            self._drained.set()


class Terminal:
    """The line discipline: echoes what is typed, lets a line be edited, and knows ^C and ^D."""

    def __init__(self, process: Input, echo: Callable[[bytes], None]) -> None:
        self._process, self._echo = process, echo
        self._line = bytearray()
        self.size = (80, 24)

    def feed(self, data: bytes) -> None:
        shown = bytearray()
        for byte in data:
            shown += self._typed(byte)
        if shown:
            self._echo(bytes(shown))

    def _typed(self, byte: int) -> bytes:
        """What the terminal shows for it."""
        if byte in (0x0A, 0x0D):
            self._process.feed(bytes(self._line) + b"\n")
            self._line.clear()
            return b"\n"
        if byte == _INTERRUPT:
            self._line.clear()
            self._process.interrupt()
            return b"^C\n"
        if byte == _END:
            if not self._line:
                self._process.end()
            return b""
        if byte in _BACKSPACES:
            if not self._line:
                return b""
            self._line.pop()
            return b"\b \b"
        self._line.append(byte)
        return bytes([byte]) if byte >= 0x20 else b""


def on_terminal(output: bytes) -> bytes:
    """Lines as a terminal gets them."""
    return output.replace(b"\n", b"\r\n")
