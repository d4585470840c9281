"""Which document is asked for, made when it first is."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from tuik8s.apiserver.http.answers import json_response, text_response
from tuik8s.apiserver.http.errors import NotAcceptable
from tuik8s.apiserver.http.negotiation import clauses
from tuik8s.apiserver.http.openapi import documents, v2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.kinds import Kind
    from tuik8s.apiserver.http.options import Query


class OpenApi:
    """Documents stay as long as the server: the kinds do not change. Each is named by a digest of itself."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds = list(kinds)
        self._groups: dict[str, list[Kind]] = {}
        for kind in self._kinds:
            path = f"apis/{kind.group}/{kind.version}" if kind.group else f"api/{kind.version}"
            self._groups.setdefault(path, []).append(kind)
        self._documents: dict[str, tuple[bytes, str]] = {}

    def serve(self, request: web.BaseRequest, rest: list[str], query: Query) -> web.Response:
        match rest:
            case ["v2"]:
                return self._v2(request)
            case ["v3"]:
                return json_response({"paths": {path: self._entry(path) for path in self._groups}})
            case ["v3", *path] if "/".join(path) in self._groups:
                return self._v3(request, "/".join(path), query)
        return text_response("404 page not found\n", status=404)

    def _entry(self, path: str) -> dict[str, str]:
        return {"serverRelativeURL": f"/openapi/v3/{path}?hash={self._document(path)[1]}"}

    def _document(self, path: str) -> tuple[bytes, str]:
        if path not in self._documents:
            body = msgspec.json.encode(documents.document(self._groups[path]))
            self._documents[path] = body, hashlib.sha256(body).hexdigest().upper()
        return self._documents[path]

    def _v3(self, request: web.BaseRequest, path: str, query: Query) -> web.Response:
        body, digest = self._document(path)
        headers = {"Vary": "Accept", "ETag": f'"{digest}"'}
        asked = query.get("hash", [""])[0]
        if asked and asked != digest:
            location = f"/openapi/v3/{path}?hash={digest}"
            return web.Response(status=301, headers={"Location": location})
        if asked:
            headers["Cache-Control"] = "public, immutable"
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/json", headers=headers)

    def _v2(self, request: web.BaseRequest) -> web.Response:
        """Protobuf alone: nobody who wants JSON does without v3."""
        accepted = [clause.media_type for clause in clauses(request.headers.get("Accept", ""))]
        if accepted and not {v2.ASKED_AS, v2.MEDIA_TYPE, "*/*", "application/*"} & set(accepted):
            raise NotAcceptable.offering([v2.ASKED_AS])
        body = v2.document(self._kinds)
        response = web.Response(body=body)
        response.headers["Content-Type"] = v2.MEDIA_TYPE
        return response
