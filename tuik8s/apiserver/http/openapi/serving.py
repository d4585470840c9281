"""Which document is asked for. Each is made when it first is, beside the loop, and kept."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from aiohttp import web

from tuik8s.api import gotypes
from tuik8s.api.kinds import MEASURED
from tuik8s.api.patch import structure
from tuik8s.apiserver.http import discovery
from tuik8s.apiserver.http.answers import COMPRESS_ABOVE, json_response, text_response
from tuik8s.apiserver.http.errors import NotAcceptable
from tuik8s.apiserver.http.negotiation import JSON, clauses
from tuik8s.apiserver.http.openapi import documents, gnostic, schemas
from tuik8s.apiserver.http.openapi.swagger import swagger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.http.options import Query

    Kinds = tuple[Kind, ...]

_YEAR = timedelta(days=365)
_PLAIN = {
    "version": ("/version/", "version:Info", "get the version information for this server"),
    "api": ("/api/", "meta_v1:APIVersions", "get available API versions"),
    "apis": ("/apis/", "meta_v1:APIGroupList", "get available API versions"),
}
"""Documents of what is no resource."""
_V2 = {JSON: JSON, gnostic.ASKED_AS: gnostic.MEDIA_TYPE, gnostic.MEDIA_TYPE: gnostic.MEDIA_TYPE}
_ANY = ("*/*", "application/*")


class Document(NamedTuple):
    """One encoding of one document."""

    body: bytes
    compressed: bytes


class OpenApi:
    """Follows the registry: `kinds` is read again for each request.

    A document is named by a digest of all that it is made from, so that the index of documents costs none of
    them, and what a client has kept stays good for as long as it is right.
    """

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds = kinds
        self._made: dict[str, tuple[str, asyncio.Future[Document]]] = {}

    async def serve(self, request: web.BaseRequest, rest: list[str], query: Query) -> web.Response:
        groups = self._groups()
        match rest:
            case ["v2"]:
                return await self._v2(request)
            case ["v3"]:
                return json_response({"paths": {path: _entry(path, kinds) for path, kinds in groups.items()}})
            case ["v3", *path] if (name := "/".join(path)) in groups:
                return await self._v3(request, name, groups[name], query)
        return text_response("404 page not found\n", status=404)

    def _groups(self) -> Mapping[str, Kinds]:
        """By path of the document: the kinds in it; none in those that are about no resource."""
        found: dict[str, Kinds] = dict.fromkeys(_PLAIN, ())
        for kind in self._kinds:
            if kind in MEASURED:
                continue  # the schema package does not know them
            if kind.group:
                found.setdefault(f"apis/{kind.group}", ())
            path = f"apis/{kind.group}/{kind.version}" if kind.group else f"api/{kind.version}"
            found[path] = (*found.get(path, ()), kind)
        return dict(sorted(found.items()))

    async def _v3(self, request: web.BaseRequest, path: str, kinds: Kinds, query: Query) -> web.Response:
        _negotiate(request, {JSON: JSON})
        digest = _digest(path, kinds)
        headers = {"ETag": f'"{digest}"'}
        asked = query.get("hash", [""])[0]
        if asked and asked != digest:
            return web.Response(status=301, headers={"Location": _url(path, digest)})
        if asked:
            headers["Cache-Control"] = "public, immutable"
            headers["Expires"] = format_datetime(datetime.now(UTC) + _YEAR, usegmt=True)
        if _is_known(request, digest):
            return web.Response(status=304, headers=headers)
        made = await self._document(path, digest, partial(_v3_document, path, kinds))
        return _respond(request, made, JSON, headers)

    async def _v2(self, request: web.BaseRequest) -> web.Response:
        media_type = _negotiate(request, _V2)
        kinds = tuple(self._kinds)
        digest = _digest(media_type, kinds)
        headers = {"ETag": f'"{digest}"'}
        if _is_known(request, digest):
            return web.Response(status=304, headers=headers)
        make = partial(_v2_document, list(self._groups().items()), media_type)
        return _respond(request, await self._document(media_type, digest, make), media_type, headers)

    async def _document(self, name: str, digest: str, make: Callable[[], bytes]) -> Document:
        """The one made before; while it is being made, all who ask wait for the same."""
        known = self._made.get(name)
        if known is None or known[0] != digest:
            making = asyncio.ensure_future(asyncio.to_thread(_make, make))
            known = self._made[name] = digest, making
        try:
            return await asyncio.shield(known[1])
        except Exception:
            if self._made.get(name) is known:
                del self._made[name]
            raise


def _make(make: Callable[[], bytes]) -> Document:
    try:
        body = make()
    finally:
        schemas.forget()
    return Document(body, gzip.compress(body, 6, mtime=0))


def _v3_document(path: str, kinds: Kinds) -> bytes:
    return _json(documents.document(kinds) if kinds else _plain(path))


def _v2_document(groups: list[tuple[str, Kinds]], media_type: str) -> bytes:
    made = swagger(documents.document(kinds) if kinds else _plain(path) for path, kinds in groups)
    return _json(made) if media_type == JSON else gnostic.encode(made)


def _plain(path: str) -> Obj:
    group = path.removeprefix("apis/")
    default = (f"/apis/{group}/", "meta_v1:APIGroup", "get information of a group")
    return documents.plain_document(*_PLAIN.get(path, default))


def _json(document: Obj) -> bytes:
    """Part by part: the encoder does not let the loop run meanwhile."""
    parts = []
    for name, value in document.items():
        if name in ("paths", "definitions"):
            entries = (b"%s:%s" % (msgspec.json.encode(k), msgspec.json.encode(v)) for k, v in value.items())
            parts.append(b'"%s":{%s}' % (name.encode(), b",".join(entries)))
        else:
            parts.append(b'"%s":%s' % (name.encode(), msgspec.json.encode(value)))
    return b"{%s}" % b",".join(parts)


def _entry(path: str, kinds: Kinds) -> dict[str, str]:
    return {"serverRelativeURL": _url(path, _digest(path, kinds))}


def _url(path: str, digest: str) -> str:
    return f"/openapi/v3/{path}?hash={digest}"


@cache
def _sources() -> str:
    """A digest of the code and the packages that make documents."""
    files = [
        *Path(__file__).parent.glob("*.*"),
        *(Path(str(m.__file__)) for m in (gotypes, structure, discovery)),
    ]
    found = hashlib.sha256(version("lightkube-models").encode())
    for file in sorted(files):
        found.update(file.read_bytes())
    return found.hexdigest()


def _digest(name: str, kinds: Kinds) -> str:
    text = f"{_sources()} {name} {kinds!r}"
    return hashlib.sha512(text.encode()).hexdigest().upper()


def _is_known(request: web.BaseRequest, digest: str) -> bool:
    known = request.headers.get("If-None-Match", "")
    return any(tag.strip().removeprefix("W/") in (f'"{digest}"', "*") for tag in known.split(","))


def _negotiate(request: web.BaseRequest, offered: Mapping[str, str]) -> str:
    accepted = [clause.media_type for clause in clauses(request.headers.get("Accept", ""))]
    for media_type in accepted or _ANY:
        if media_type in offered:
            return offered[media_type]
        if media_type in _ANY:
            return JSON
    raise NotAcceptable.offering(list(offered))


def _respond(
    request: web.BaseRequest, made: Document, media_type: str, headers: dict[str, str]
) -> web.Response:
    headers |= {"Content-Type": media_type, "Vary": "Accept, Accept-Encoding"}
    zipped = len(made.body) > COMPRESS_ABOVE and "gzip" in request.headers.get("Accept-Encoding", "")
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=made.compressed if zipped else made.body, headers=headers)
