"""A client process that holds many watches open; a line of JSON with how late each change came.

A change carries the time it was asked for in `data.sent`, by the clock that all processes share.
"""

from __future__ import annotations

import json
import selectors
import socket
import ssl
import sys
import time
from typing import TYPE_CHECKING

from tests.bench.https.connection import Endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

MARK = b'"sent":"'


class Watcher:
    """One watch; `late` takes the delay of each change in seconds."""

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext, path: str, late: list[float]) -> None:
        plain = socket.create_connection((endpoint.host, endpoint.port))
        self.socket = context.wrap_socket(plain, server_hostname=endpoint.host)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {endpoint.host}\r\n\r\n".encode())
        self._late = late
        self._rest = b""
        while b"\r\n\r\n" not in self._rest:
            self._rest += self.socket.recv(65536)
        self.socket.setblocking(False)

    def read(self) -> None:
        while True:
            try:
                data = self.socket.recv(65536)
            except (ssl.SSLWantReadError, BlockingIOError):
                return
            now = time.time()
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                if (found := line.find(MARK)) >= 0:
                    start = found + len(MARK)
                    self._late.append(now - float(line[start : line.index(b'"', start)]))


def main() -> None:
    """Reads its task, opens its watches, and listens until its input ends."""
    task = json.loads(sys.stdin.readline())
    endpoint = Endpoint(*task["endpoint"])
    context, late = endpoint.context(), list[float]()
    selector = selectors.DefaultSelector()
    for path in task["paths"]:
        watcher = Watcher(endpoint, context, path, late)
        selector.register(watcher.socket, selectors.EVENT_READ, watcher)
    selector.register(sys.stdin, selectors.EVENT_READ)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while _pass_on(selector.select()):
        pass
    sys.stdout.write(json.dumps(late) + "\n")


def _pass_on(ready: Sequence[tuple[selectors.SelectorKey, int]]) -> bool:
    """False when nobody wants more."""
    for key, _ in ready:
        if key.data is None:
            return False
        key.data.read()
    return True


if __name__ == "__main__":
    main()
