"""Links of a proxied page, made to lead through the proxy again (apimachinery's util/proxy)."""

from __future__ import annotations

import gzip
import posixpath
import re
import zlib
from html import escape, unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LINKS = {
    "a": "href", "area": "href", "applet": "codebase", "audio": "src", "base": "href", "blockquote": "cite",
    "body": "background", "button": "formaction", "command": "icon", "del": "cite", "embed": "src",
    "form": "action", "frame": "longdesc src", "head": "profile", "html": "manifest",
    "iframe": "longdesc src", "img": "longdesc src usemap", "input": "formaction src usemap", "ins": "cite",
    "link": "href", "object": "classid codebase data usemap", "q": "cite", "script": "src", "source": "src",
    "track": "src", "video": "poster src",
}  # fmt: skip
PAGE_LIMIT = 32 * 1024 * 1024
"""Bytes of a compressed page once it is unpacked."""
_ATTRIBUTE = re.compile(r"""(\s)([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'=<>`]+)""")


class Rewriting:
    """`prefix` is the path of the proxy; `hosts` are those that mean the backend."""

    def __init__(self, prefix: str, *hosts: str) -> None:
        self._prefix, self._hosts = prefix, ("", *hosts)

    def applies(self, headers: Mapping[str, str]) -> bool:
        """Whether an answer is a page, in an encoding that is understood."""
        media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return media_type == "text/html" and headers.get("Content-Encoding", "") in ("", "gzip", "deflate")

    def link(self, url: str) -> str:
        """A link to the backend by an absolute path leads through the proxy; all others stay."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return url
        if parts.netloc not in self._hosts or parts.scheme not in ("", "http", "https"):
            return url
        if not parts.path.startswith("/") or parts.path.startswith(self._prefix + "/"):
            return url
        path = self._prefix + posixpath.normpath("/" + parts.path.lstrip("/"))
        if parts.path.endswith("/") and not path.endswith("/"):
            path += "/"
        return urlunsplit(("", "", path, parts.query, parts.fragment))

    def page(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The page with its links rewritten, encoded as before; as it was where it cannot be read."""
        encoding = headers.get("Content-Encoding", "")
        try:
            plain = _unpacked(body, encoding)
        except (OSError, EOFError, zlib.error):
            return body
        # Byte for byte: links that matter are ASCII, whatever the rest of the page is encoded in.
        text = plain.decode("latin-1")
        result = "".join(_Links(self).rewritten(text)).encode("latin-1")
        return gzip.compress(result) if encoding == "gzip" else zlib.compress(result) if encoding else result


class _Links(HTMLParser):
    """Finds the start tags; everything else is left alone."""

    def __init__(self, rewriting: Rewriting) -> None:
        super().__init__(convert_charrefs=False)
        self._rewriting = rewriting
        self._pieces: list[str] = []
        self._text, self._done = "", 0
        self._lines: list[int] = []

    def rewritten(self, text: str) -> list[str]:
        self._text = text
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self.feed(text)
        self.close()
        return [*self._pieces, text[self._done :]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        source, names = self.get_starttag_text(), LINKS.get(tag, "").split()
        if not source or not any(name in names for name, _ in attrs):
            return
        line, column = self.getpos()
        start = self._lines[line - 1] + column
        self._pieces += [self._text[self._done : start], _ATTRIBUTE.sub(self._attribute(names), source)]
        self._done = start + len(source)

    def _attribute(self, names: list[str]) -> Callable[[re.Match[str]], str]:
        def replaced(match: re.Match[str]) -> str:
            if match[2].lower() not in names:
                return match[0]
            value = unescape(match[4].strip("\"'"))
            link = self._rewriting.link(value)
            return match[0] if link == value else f'{match[1]}{match[2]}{match[3]}"{escape(link)}"'

        return replaced


def _unpacked(body: bytes, encoding: str) -> bytes:
    if not encoding:
        return body
    unpacker = zlib.decompressobj(31 if encoding == "gzip" else 15)
    plain = unpacker.decompress(body, PAGE_LIMIT)
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise EOFError(encoding)
    return plain
