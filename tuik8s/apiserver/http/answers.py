"""Objects, lists, Tables and refusals as HTTP responses."""

from __future__ import annotations

import asyncio
import gzip
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
import yaml
from aiohttp import web

from tuik8s.api.errors import BadRequest, TooManyRequests
from tuik8s.apiserver.http.encoding import SLICE, encode, with_list
from tuik8s.apiserver.http.negotiation import JSON, YAML, Wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.errors import ApiError
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.http.encoding import Encodings
    from tuik8s.apiserver.http.options import Query

COMPRESS_ABOVE = 128 * 1024
"""Bytes, as in k8s.io/apiserver/pkg/endpoints/handlers/responsewriters."""
RETRY_SECONDS = 1
WARNINGS_LIMIT = 4 * 1024
"""Bytes of all warnings of one answer; beyond them each is cut to its first characters."""
WARNING_TRUNCATED = 256
_BROWSERS = ("curl", "Wget", "Mozilla/5.0")
AUDIT_ID_LIMIT = 64
SOFTWARE = "tuik8s"
_audit_id: ContextVar[str] = ContextVar("audit-id", default="")


def begin(request: web.BaseRequest) -> None:
    """Name the request: as its client does, so that both logs can be laid side by side, or anew."""
    given = request.headers.get("Audit-ID", "")
    _audit_id.set(given if 0 < len(given) <= AUDIT_ID_LIMIT and given.isprintable() else str(uuid4()))


def sign(response: web.StreamResponse) -> None:
    """The headers that all answers have; before the response is prepared."""
    response.headers["Audit-Id"] = _audit_id.get()
    response.headers["Server"] = SOFTWARE
    response.headers.setdefault("Cache-Control", "no-cache, private")


class Formatter:
    """How one request wants its answers: media type, form, indentation, compression."""

    def __init__(self, request: web.BaseRequest, wanted: Wanted, query: Query, encodings: Encodings) -> None:
        self.wanted = wanted
        self._encodings = encodings
        self.include = _include(query) if wanted.form == "Table" else "Metadata"
        pretty = query.get("pretty", [""])[0].lower()
        agent = request.headers.get("User-Agent", "")
        self._pretty = pretty not in ("0", "false") if pretty else agent.startswith(_BROWSERS)
        self._gzip = "gzip" in request.headers.get("Accept-Encoding", "")

    async def respond(self, obj: Obj, *, status: int = 200, warnings: Sequence[str] = ()) -> web.Response:
        headers: dict[str, str] = {}
        body = await self._body(obj)
        if self._gzip and len(body) > COMPRESS_ABOVE:
            body = await asyncio.to_thread(gzip.compress, body, 1)
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        response = web.Response(
            body=body, status=status, content_type=self.wanted.media_type, headers=headers
        )
        add_warnings(response, warnings)
        return response

    def shaped(self, obj: Obj) -> Obj:
        """The form asked for; a new object where it differs."""
        version = f"meta.k8s.io/{self.wanted.version}"
        if self.wanted.form == "PartialObjectMetadata":
            return partial_list(obj, version) if "items" in obj else partial(obj, version)
        if self.wanted.form == "Table" and obj.get("kind") == "Table":
            return {**obj, "apiVersion": version, "rows": [self._row(row, version) for row in obj["rows"]]}
        return obj

    def _row(self, row: Obj, version: str) -> Obj:
        if self.include == "Object":
            return row
        shown = None if self.include == "None" else partial(row["object"], version)
        return {**row, "object": shown}

    async def _body(self, obj: Obj) -> bytes:
        if self.wanted.media_type == YAML:
            shaped = obj if obj.get("kind") == "Status" else self.shaped(obj)
            return await asyncio.to_thread(_yaml, shaped)
        encoded = await self._json(obj)
        return msgspec.json.format(encoded, indent=2) + b"\n" if self._pretty else encoded

    async def _json(self, obj: Obj) -> bytes:
        """Of stored objects, from what has been encoded before; ends in a newline."""
        form = self.wanted.form
        if form == "Table" and obj.get("kind") == "Table":
            return await self._table(obj)
        if form == "PartialObjectMetadata" and obj.get("kind") != "Status":
            return encode(self.shaped(obj)) + b"\n"
        if "items" in obj:
            head = {name: value for name, value in obj.items() if name != "items"}
            return with_list(head, "items", await self._encodings.all(obj["items"]))
        return self._encodings.encode(obj) + b"\n"

    async def _table(self, table: Obj) -> bytes:
        version = f"meta.k8s.io/{self.wanted.version}"
        metadata = b'{"kind":"PartialObjectMetadata","apiVersion":"%s","metadata":%%s}' % version.encode()
        rows = []
        for number, row in enumerate(table["rows"], 1):
            rows.append(self._row_json(row, metadata))
            if not number % SLICE:
                await asyncio.sleep(0)
        head = {name: value for name, value in table.items() if name != "rows"}
        return with_list({**head, "apiVersion": version}, "rows", rows)

    def _row_json(self, row: Obj, metadata: bytes) -> bytes:
        obj = row["object"]
        if self.include == "Object":
            shown = self._encodings.encode(obj)
        elif self.include == "None":
            shown = b"null"
        else:
            shown = metadata % self._encodings.encode(obj.get("metadata", {}))
        cells = encode(row["cells"])
        if "conditions" in row:
            return b'{"cells":%s,"conditions":%s,"object":%s}' % (cells, encode(row["conditions"]), shown)
        return b'{"cells":%s,"object":%s}' % (cells, shown)


def _yaml(obj: Obj) -> bytes:
    text: str = yaml.dump(obj, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text.encode()


class _Dumper(yaml.CSafeDumper):
    """Objects share what is equal in them; on the wire everything stands where it belongs."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _include(query: Query) -> str:
    value = query.get("includeObject", [""])[0] or "Metadata"
    if value not in ("None", "Metadata", "Object"):
        raise BadRequest(f'unrecognized includeObject value: "{value}"')
    return value


def partial(obj: Obj, version: str) -> Obj:
    return {"kind": "PartialObjectMetadata", "apiVersion": version, "metadata": obj.get("metadata", {})}


def partial_list(obj: Obj, version: str) -> Obj:
    items = [partial(item, version) for item in obj["items"]]
    kind = "PartialObjectMetadataList"
    return {"kind": kind, "apiVersion": version, "metadata": obj["metadata"], "items": items}


def refusal(error: ApiError) -> web.Response:
    """Always JSON, whatever was asked for."""
    response = web.Response(
        body=encode(error.status()) + b"\n", status=error.code, content_type=JSON,
        headers={"Cache-Control": "no-cache, private"},
    )  # fmt: skip
    seconds = (error.details or {}).get("retryAfterSeconds")
    if seconds is None and isinstance(error, TooManyRequests):
        seconds = RETRY_SECONDS
    if seconds is not None:
        response.headers["Retry-After"] = str(seconds)
    return response


def json_response(value: Any, **options: Any) -> web.Response:
    return web.Response(body=encode(value) + b"\n", content_type=JSON, **options)


def text_response(text: str, *, status: int = 200) -> web.Response:
    return web.Response(
        text=text, status=status, content_type="text/plain", charset="utf-8",
        headers={"Cache-Control": "no-cache, private", "X-Content-Type-Options": "nosniff"},
    )  # fmt: skip


def add_warnings(response: web.StreamResponse, warnings: Sequence[str]) -> None:
    """RFC 7234 `Warning` headers: code 299, no agent, quoted text; each once, and all of limited size."""
    texts = ["".join(c if c.isprintable() else " " for c in warning) for warning in dict.fromkeys(warnings)]
    room = WARNINGS_LIMIT
    if sum(len(text.encode()) for text in texts) > room:
        texts = [text[:WARNING_TRUNCATED] for text in texts]
    for text in texts:
        room -= len(text.encode())
        if room < 0:
            return
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.add("Warning", f'299 - "{quoted}"')
