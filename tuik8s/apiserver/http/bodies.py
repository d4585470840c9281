"""Read and decode the bodies of requests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import yaml
from aiohttp import ClientPayloadError
from aiohttp.http_exceptions import PayloadEncodingError

from tuik8s.api.errors import BadRequest, ServerTimeout, UnsupportedMediaType
from tuik8s.api.request import PatchType
from tuik8s.api.scalars import json_kind
from tuik8s.apiserver.http import protobuf
from tuik8s.apiserver.http.errors import RequestEntityTooLarge
from tuik8s.apiserver.http.json_problems import json_problem
from tuik8s.apiserver.http.negotiation import JSON, YAML

if TYPE_CHECKING:
    from aiohttp import web

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

BODY_LIMIT = 3 * 1024 * 1024
BODY_SECONDS = 60.0
"""How long a body may take to arrive."""
PROTOBUF = "application/vnd.kubernetes.protobuf"
ACCEPTED = (JSON, YAML, PROTOBUF)
_LARGE_YAML = 16 * 1024
_SHOWN = 30
_FORMS = "application/x-www-form-urlencoded", "application/octet-stream"


_TYPE_META = (
    r"""struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"""
)
"""How Go names the type that tells what a body is."""


class NotDecoded(Exception):
    """The bytes of a body are not what their media type says."""


async def read(request: web.BaseRequest) -> bytes:
    """The whole body; it is not read further than the limit."""
    if (request.content_length or 0) > BODY_LIMIT:
        raise _too_large()
    _ask_for(request)
    chunks, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                size += len(chunk)
                if size > BODY_LIMIT:
                    raise _too_large()
                chunks.append(chunk)
    except (PayloadEncodingError, ClientPayloadError) as error:
        raise BadRequest(f"the body of the request cannot be read: {error}") from None
    except TimeoutError:
        raise ServerTimeout("Timeout: request did not complete within the allotted timeout") from None
    return b"".join(chunks)


def _ask_for(request: web.BaseRequest) -> None:
    """Some clients wait to be told that a body is wanted, and send large ones only then."""
    expected = request.headers.get("Expect", "").lower() == "100-continue"
    if expected and request.version >= (1, 1) and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def media_type(request: web.BaseRequest) -> str:
    """Without parameters, in lower case; JSON when a client names none, as old ones do."""
    header: str = request.headers.get("Content-Type", "")
    return header.partition(";")[0].strip().lower() or JSON


async def decode(body: bytes, content_type: str, kind: Kind, expected: str = "") -> Any:
    """An object; `expected` is the kind of body where it is not the resource's own (`Scale`, say)."""
    if content_type == PROTOBUF:
        return protobuf.decode(body, kind, expected)
    if content_type not in ACCEPTED:
        raise UnsupportedMediaType.accepting(ACCEPTED)
    try:
        return await _yaml(body) if content_type == YAML else _json_object(body)
    except NotDecoded as error:
        wanted = f"(must be of type {expected or kind.kind})"
        why = f"the object provided is unrecognized {wanted}: {error} ({_summary(body)})"
        raise BadRequest(why) from None


async def decode_patch(body: bytes, content_type: str) -> tuple[PatchType, Any]:
    try:
        patch_type = PatchType(content_type)
    except ValueError:
        raise UnsupportedMediaType.accepting([str(known) for known in PatchType]) from None
    try:
        return patch_type, await _yaml(body) if patch_type is PatchType.APPLY else _json(body)
    except NotDecoded as error:
        what = {PatchType.STRATEGIC: "", PatchType.APPLY: "error decoding YAML: "}
        raise BadRequest(f"{what.get(patch_type, 'error decoding patch: ')}{error}") from None


async def decode_delete_options(body: bytes, content_type: str, kind: Kind) -> Obj:
    if content_type in _FORMS:
        content_type = JSON
    options = await decode(body, content_type, kind, "DeleteOptions")
    if not isinstance(options, dict) or options.get("kind", "DeleteOptions") != "DeleteOptions":
        raise BadRequest("the object provided is unrecognized (must be of type DeleteOptions)")
    return options


def _json_object(body: bytes) -> Any:
    try:
        value = _json(body)
    except NotDecoded as error:
        raise NotDecoded(f"couldn't get version/kind; json parse error: {error}") from None
    if isinstance(value, dict) or value is None:
        return value
    found = f"json: cannot unmarshal {json_kind(value)} into Go value of type {_TYPE_META}"
    raise NotDecoded(f"couldn't get version/kind; json parse error: {found}")


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotDecoded(json_problem(body) or str(error)) from None
    except RecursionError:
        raise NotDecoded("exceeded max depth") from None


async def _yaml(body: bytes) -> Any:
    """JSON is YAML, and much faster read as what it is; long YAML is read beside the loop."""
    if body.lstrip()[:1] in (b"{", b"["):
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # flow style, perhaps
    try:
        if len(body) < _LARGE_YAML:
            return _load(body)
        return await asyncio.to_thread(_load, body)
    except (yaml.YAMLError, ValueError) as error:
        raise NotDecoded(f"yaml: {error}") from None
    except RecursionError:
        raise NotDecoded("yaml: exceeded max depth") from None


class _Loader(yaml.CSafeLoader):
    """YAML as Kubernetes has it: dates are text."""


_Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for key, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _load(body: bytes) -> Any:
    """Aliases are refused: a few lines of them can stand for more than the memory holds."""
    if b"*" in body and any(
        isinstance(event, yaml.AliasEvent) for event in yaml.parse(body, yaml.CSafeLoader)
    ):
        raise yaml.YAMLError("aliases are not accepted")
    return yaml.load(body, Loader=_Loader)


def _summary(body: bytes) -> str:
    """The beginning of a body, for who wonders what was sent."""
    if not body:
        return "<empty>"
    start = body[:_SHOWN].decode(errors="replace") if body.startswith(b"{") else body[:_SHOWN].hex()
    return f"{start} ..." if len(body) > _SHOWN else start


def _too_large() -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"Request entity too large: limit is {BODY_LIMIT}")
