"""What servers answer, in the shape that the in-process server gives it."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import msgspec

from tuik8s.api.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

PIECE = 25
"""Entries of a list that are decoded without a pause."""
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
_COLUMNS = [
    {"name": "Name", "type": "string", "format": "name", "priority": 0},
    {"name": "Created At", "type": "date", "priority": 0},
]
"""What the API server itself shows of kinds without columns."""


def decoded(body: bytes, what: str) -> Any:
    """JSON; InternalError for anything else, as from a web page that stands in the way."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        start = " ".join(body[:100].decode(errors="replace").split())
        raise InternalError(f"{what}: the server's answer is no JSON ({error}): {start}") from error


class _List(msgspec.Struct):
    """A list or Table whose entries are not decoded yet."""

    api_version: str = msgspec.field(default="", name="apiVersion")
    kind: str = ""
    metadata: dict[str, Any] | None = None
    columns: Any = msgspec.field(default=None, name="columnDefinitions")
    rows: list[msgspec.Raw] | None = None
    items: list[msgspec.Raw] | None = None


_lists = msgspec.json.Decoder(_List)


async def decoded_list(body: bytes, what: str) -> Any:
    """The same as `decoded`, in pieces: a page of large objects takes longer than a frame to decode."""
    try:
        shell = _lists.decode(body)
    except msgspec.DecodeError:
        return decoded(body, what)  # whatever it is, its place is told there
    found: Obj = {"apiVersion": shell.api_version, "kind": shell.kind, "metadata": shell.metadata or {}}
    if shell.columns is not None:
        found["columnDefinitions"] = shell.columns
    for field, raw in (("rows", shell.rows), ("items", shell.items)):
        if raw is not None or (field == "items" and shell.rows is None):
            found[field] = await _entries(raw or [])
    return found


async def _entries(raw: list[msgspec.Raw]) -> list[Any]:
    entries: list[Any] = []
    for start in range(0, len(raw), PIECE):
        entries += [msgspec.json.decode(item) for item in raw[start : start + PIECE]]
        await asyncio.sleep(0)
    return entries


def shaped(obj: Any, kind: Kind, *, as_table: bool) -> Obj:
    """List items and rows tell their kind; a list where a Table was asked for becomes one."""
    if not isinstance(obj, dict):
        raise InternalError(f"{kind}: the server's answer is no object")
    if isinstance(obj.get("items"), list) or (obj.get("items", ...) is None):
        items = [_typed(item, kind) for item in obj["items"] or ()]
        obj = {**obj, "items": items}
        return table_of(items, obj) if as_table else obj
    if obj.get("kind") == "Table":
        rows = [{**row, "object": _typed(row.get("object") or {}, kind)} for row in obj.get("rows") or ()]
        return {**obj, "rows": rows}
    return table_of([obj], obj) if as_table else obj


def table_of(items: list[Obj], carrier: Obj) -> Obj:
    """Names and times, from a server that knows no Tables (some aggregated ones do not)."""
    rows = [
        {"cells": [_meta(item, "name"), _meta(item, "creationTimestamp")], "object": item} for item in items
    ]
    metadata = carrier.get("metadata") or {}
    kept = {
        key: metadata[key] for key in ("resourceVersion", "continue", "remainingItemCount") if key in metadata
    }
    return {
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": kept, "columnDefinitions": _COLUMNS,
        "rows": rows,
    }  # fmt: skip


def joined(pages: list[Obj]) -> Obj:
    """One list or Table of several pages, at the revision of the first."""
    first, field = pages[0], "rows" if pages[0].get("kind") == "Table" else "items"
    if len(pages) == 1:
        return first
    entries = [entry for page in pages for entry in page.get(field) or ()]
    metadata = {
        key: value
        for key, value in (first.get("metadata") or {}).items()
        if key not in ("continue", "remainingItemCount")
    }
    return {**first, "metadata": metadata, field: entries}


def warnings_of(headers: Iterable[str]) -> tuple[str, ...]:
    """The texts of `Warning` headers: code 299, an agent, quoted text."""
    texts = [match for header in headers for match in _WARNING.findall(header)]
    return tuple(re.sub(r"\\(.)", r"\1", text) for text in texts)


def _typed(obj: Obj, kind: Kind) -> Obj:
    if "kind" in obj and obj["kind"] != "PartialObjectMetadata":
        return obj
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        **{k: v for k, v in obj.items() if k not in _TYPE},
    }


_TYPE = ("apiVersion", "kind")


def _meta(obj: Obj, field: str) -> str:
    return str((obj.get("metadata") or {}).get(field) or "")
