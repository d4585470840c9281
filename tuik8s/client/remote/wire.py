"""A `Request` as HTTP: method, path, query, headers and body, as client-go sends them."""

from __future__ import annotations

import random
from datetime import UTC
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from tuik8s.api.request import PatchType, Verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import DeleteOptions, LogOptions, Request, Selection

JSON = "application/json"
TABLE = ",".join(f"{JSON};as=Table;v={version};g=meta.k8s.io" for version in ("v1", "v1beta1")) + f",{JSON}"
WATCH_SECONDS = 300.0
"""Watches end after five to ten minutes, so that no middlebox takes them for dead (client-go's reflector)."""
_METHODS = {
    Verb.GET: "GET", Verb.LIST: "GET", Verb.WATCH: "GET", Verb.CREATE: "POST", Verb.UPDATE: "PUT",
    Verb.PATCH: "PATCH", Verb.DELETE: "DELETE", Verb.DELETE_COLLECTION: "DELETE",
}  # fmt: skip
_BODIES = {
    "scale": ("autoscaling/v1", "Scale"), "binding": ("v1", "Binding"), "eviction": ("policy/v1", "Eviction"),
    "token": ("authentication.k8s.io/v1", "TokenRequest"),
}  # fmt: skip
"""What subresources take that have a kind of their own."""


class HttpRequest(NamedTuple):
    """`target` is path and query, encoded."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None = None


def encoded(request: Request) -> HttpRequest:
    query: list[tuple[str, str]] = []
    headers = [("Accept", TABLE if request.as_table else JSON)]
    body: bytes | None = None
    if request.as_table:
        query.append(("includeObject", "Object"))
    if request.verb in (Verb.LIST, Verb.WATCH, Verb.DELETE_COLLECTION):
        query += _selection(request.selection, watch=request.verb is Verb.WATCH)
    if request.verb in (Verb.DELETE, Verb.DELETE_COLLECTION):
        body = msgspec.json.encode(_delete_options(request.delete, dry_run=request.dry_run))
        headers.append(("Content-Type", JSON))
    elif request.verb in (Verb.CREATE, Verb.UPDATE, Verb.PATCH):
        query += _write_options(request)
        body = msgspec.json.encode(_body(request))
        headers.append(("Content-Type", request.patch_type.value if request.patch_type else JSON))
    path = resource_path(request.kind, request.namespace, request.name, request.subresource)
    return HttpRequest(_METHODS[request.verb], _target(path, query), tuple(headers), body)


def resource_path(kind: Kind, namespace: str = "", name: str = "", subresource: str = "") -> str:
    parts = ["apis", kind.group, kind.version] if kind.group else ["api", kind.version]
    if kind.namespaced and namespace:
        parts += ["namespaces", namespace]
    parts += [part for part in (kind.plural, name, subresource) if part]
    return "/" + "/".join(quote(part, safe="") for part in parts)


def log_target(path: str, options: LogOptions) -> str:
    query = [
        ("container", options.container), ("follow", _flag(options.follow)),
        ("previous", _flag(options.previous)), ("timestamps", _flag(options.timestamps)),
        ("sinceTime", options.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if options.since else ""),
        ("tailLines", "" if options.tail_lines is None else str(options.tail_lines)),
        ("limitBytes", "" if options.limit_bytes is None else str(options.limit_bytes)),
    ]  # fmt: skip
    return _target(path, query)


def exec_target(path: str, container: str, command: Sequence[str], *, tty: bool, stdin: bool) -> str:
    query = [
        ("container", container), ("stdin", _flag(stdin)), ("stdout", "true"), ("stderr", _flag(not tty)),
        ("tty", _flag(tty)),
    ]  # fmt: skip
    return _target(path, [*query, *(("command", word) for word in command)], keep=("command",))


def _target(path: str, query: Sequence[tuple[str, str]], keep: Sequence[str] = ()) -> str:
    given = [(name, value) for name, value in query if value or name in keep]
    return f"{path}?{urlencode(given)}" if given else path


def _flag(value: bool) -> str:
    return "true" if value else ""


def _selection(selection: Selection, *, watch: bool) -> list[tuple[str, str]]:
    seconds = selection.timeout_seconds
    if watch and seconds is None:
        seconds = WATCH_SECONDS * (1 + random.random())
    return [
        ("watch", _flag(watch)), ("labelSelector", selection.label_selector),
        ("fieldSelector", selection.field_selector), ("limit", str(selection.limit or "")),
        ("continue", selection.continue_token), ("resourceVersion", selection.resource_version),
        ("resourceVersionMatch", selection.resource_version_match),
        ("allowWatchBookmarks", _flag(watch and selection.allow_bookmarks)),
        ("sendInitialEvents", _flag(watch and selection.send_initial_events)),
        ("timeoutSeconds", "" if seconds is None else str(max(1, round(seconds)))),
    ]  # fmt: skip


def _write_options(request: Request) -> list[tuple[str, str]]:
    return [
        ("fieldManager", request.field_manager), ("fieldValidation", request.field_validation),
        ("dryRun", "All" if request.dry_run else ""),
        ("force", _flag(request.force and request.patch_type is PatchType.APPLY)),
    ]  # fmt: skip


def _body(request: Request) -> Any:
    """Objects go with apiVersion and kind, which code beside a server may leave out."""
    partial = request.verb is Verb.PATCH and request.patch_type is not PatchType.APPLY
    if partial or not isinstance(request.body, dict):
        return request.body
    own = (request.kind.api_version, request.kind.kind)
    api_version, kind = _BODIES.get(request.subresource, own)
    return {"apiVersion": api_version, "kind": kind, **request.body}


def _delete_options(options: DeleteOptions, *, dry_run: bool) -> Obj:
    conditions = {"uid": options.uid, "resourceVersion": options.resource_version}
    found: Obj = {
        "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": options.propagation,
        "gracePeriodSeconds": options.grace_period_seconds, "dryRun": ["All"] if dry_run else None,
        "preconditions": {name: value for name, value in conditions.items() if value} or None,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}
