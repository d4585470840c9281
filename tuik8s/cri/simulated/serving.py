"""How the ports of a simulated container answer: HTTP where the client speaks it, an echo elsewhere."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from tuik8s.cri.simulated.behaviour import HttpAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER_LIMIT = 64 * 1024
_REQUEST_LINE = re.compile(rb"([A-Z]{3,16}) (\S+) HTTP/1\.([01])\r?\n")
_METHOD = re.compile(rb"[A-Z]{1,16}( .*)?", re.DOTALL)
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d+)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_CLOSE = re.compile(rb"^connection:[ \t]*close[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_KEEP = re.compile(rb"^connection:[ \t]*keep-alive[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


class ServingProtocol(asyncio.Protocol):
    """One connection. The first bytes decide: a request line gets HTTP answers, anything else comes back."""

    def __init__(
        self, answer: Callable[[str], HttpAnswer], closed: Callable[[ServingProtocol], None]
    ) -> None:
        self._answer = answer
        self._closed = closed
        self._buffer = bytearray()
        self._echoes = False
        self._skip = 0
        """Body bytes of the request still to come."""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed(self)

    def pause_writing(self) -> None:
        if self.transport is not None:
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._echoes:
            self._write(data)
            return
        self._buffer += data
        while self._buffer and self._step():
            continue

    def _step(self) -> bool:
        """Handle what is complete; False when more must come."""
        if self._skip:
            taken = min(self._skip, len(self._buffer))
            self._skip -= taken
            del self._buffer[:taken]
            return True
        head, separator, _ = bytes(self._buffer).partition(b"\r\n\r\n")
        if not _METHOD.fullmatch(self._buffer[:64].split(b"\r", 1)[0]):
            self._echoes = True
            self._write(bytes(self._buffer))
            return False
        if not separator:
            if len(self._buffer) > HEADER_LIMIT:
                self._close()
            return False
        del self._buffer[: len(head) + 4]
        self._respond(head + b"\r\n")
        return True

    def _respond(self, head: bytes) -> None:
        match = _REQUEST_LINE.match(head)
        if match is None:
            self._send(HttpAnswer(400, "bad request\n"), with_body=True, keep=False)
            return
        length = _LENGTH.search(head)
        self._skip = int(length[1]) if length else 0
        keep = not _CLOSE.search(head) if match[3] == b"1" else bool(_KEEP.search(head))
        answer = self._answer(match[2].decode("latin-1"))
        self._send(answer, with_body=match[1] != b"HEAD", keep=keep)

    def _send(self, answer: HttpAnswer, *, with_body: bool, keep: bool) -> None:
        body = answer.body.encode()
        kind = "text/html" if answer.body.lstrip().startswith("<") else "text/plain"
        try:
            phrase = HTTPStatus(answer.status).phrase
        except ValueError:
            phrase = "Simulated"
        lines = [
            f"HTTP/1.1 {answer.status} {phrase}",
            "Server: tuik8s (simulated)",
            "X-Tuik8s-Runtime: simulated",
            f"Content-Type: {kind}; charset=utf-8",
            f"Content-Length: {len(body)}",
            f"Connection: {'keep-alive' if keep else 'close'}",
        ]
        self._write("\r\n".join([*lines, "", ""]).encode() + (body if with_body else b""))
        if not keep:
            self._close()

    def _write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def _close(self) -> None:
        self._buffer.clear()
        if self.transport is not None:
            self.transport.close()


class EchoDatagrams(asyncio.DatagramProtocol):
    """A UDP port that sends everything back."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The loop's own class does not derive from DatagramTransport (CPython 3.11).
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        self.transport.sendto(data, addr)
