"""The smallest HTTP/1.1 client that serves: one TLS connection, one request at a time."""

from __future__ import annotations

import base64
import socket
import ssl
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


JSON = "application/json"


class Endpoint(NamedTuple):
    """Where a server is and who we are: files of PEM text."""

    host: str
    port: int
    authority: str
    certificate: str
    key: str

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.authority)
        context.load_cert_chain(self.certificate, self.key)
        return context

    @classmethod
    def of_kubeconfig(cls, path: Path, folder: Path) -> Endpoint:
        """Writes the certificates of the kubeconfig into the folder."""
        config: Mapping[str, Any] = yaml.safe_load(path.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        host, _, port = cluster["server"].removeprefix("https://").rpartition(":")
        files = []
        for name, data in (
            ("ca.crt", cluster["certificate-authority-data"]),
            ("client.crt", user["client-certificate-data"]),
            ("client.key", user["client-key-data"]),
        ):
            (folder / name).write_bytes(base64.b64decode(data))
            files.append(str(folder / name))
        return cls(host, int(port), *files)


class Answer(NamedTuple):
    code: int
    body: bytes


class Connection:
    def __init__(self, endpoint: Endpoint) -> None:
        plain = socket.create_connection((endpoint.host, endpoint.port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = endpoint.context().wrap_socket(plain, server_hostname=endpoint.host)
        self._host = f"{endpoint.host}:{endpoint.port}"

    def request(
        self, method: str, path: str, body: bytes = b"", media_type: str = JSON, *, accept: str = JSON
    ) -> Answer:
        """Of an answer with a Content-Length, not compressed."""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nAccept: {accept}\r\n"
        if body:
            head += f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
        self._socket.sendall(head.encode() + b"\r\n" + body)
        return self._answer()

    def close(self) -> None:
        self._socket.close()

    def _answer(self) -> Answer:
        data = bytearray()
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._received()
        head = bytes(data[:end])
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        size = end + 4 + length
        while len(data) < size:
            data += self._received()
        return Answer(int(head.split(b" ", 2)[1]), bytes(data[end + 4 :]))

    def _received(self) -> bytes:
        received = self._socket.recv(256 * 1024)
        if not received:
            raise ConnectionError("the server has closed the connection")
        return received
