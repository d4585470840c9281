"""From JSON values to those of expressions, as a schema types them (…/pkg/apiserver/schema/cel/values.go)."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from tuik8s.api.durations import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj

    Converter: TypeAlias = Callable[[Any], Any]

RESERVED = frozenset((
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if",
    "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
))  # fmt: skip
_SPECIAL = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}


def escape(name: str) -> str:
    """What a field is called in an expression."""
    if name in RESERVED:
        return f"__{name}__"
    return re.sub(r"__|[./-]", lambda match: _SPECIAL[match[0]], name)


def converter(schema: Any) -> Converter | None:
    """For what is a variable itself. None where values of the schema stay as they are. What has another type
    than the schema says stays.

    The engine takes times and durations as variables of those types alone: an object that held one would be
    no value at all, whatever was asked about it. So they stay texts inside objects and lists.
    """
    return _MOMENTS.get(_format(schema)) or _inner(schema)


def _inner(schema: Any) -> Converter | None:
    if not isinstance(schema, dict):
        return None
    match schema.get("type"):
        case "object":
            return _map(schema)
        case "array":
            items = _inner(schema.get("items"))
            return None if items is None else lambda value: _list(value, items)
        case "number":
            return lambda value: float(value) if type(value) is int else value
    return _bytes if _format(schema) == "byte" else None


def type_of(schema: Obj) -> str:
    """The type of a variable that holds values of the schema; empty for any."""
    format_ = _format(schema)
    if format_ in _MOMENTS:  # must have its type, or is none; rules are not asked about null
        return _FORMAT_TYPES[format_]
    if schema.get("x-kubernetes-int-or-string") or schema.get("nullable"):
        return ""
    return _FORMAT_TYPES.get(format_) or schema.get("type") or ""


def _format(schema: Any) -> str:
    """Without dashes; empty for what is no string."""
    if not isinstance(schema, dict) or schema.get("type") != "string":
        return ""
    return str(schema.get("format") or "").replace("-", "")


def _map(schema: Obj) -> Converter | None:
    properties = schema.get("properties") or {}
    renamed = {name: escape(name) for name in properties if escape(name) != name}
    below = {name: found for name, part in properties.items() if (found := _inner(part)) is not None}
    others = _inner(schema.get("additionalProperties"))
    if not (renamed or below or others):
        return None

    def convert(value: Any) -> Any:
        if type(value) is not dict:
            return value
        result = {}
        for name, item in value.items():
            deeper = below.get(name, None if name in properties else others)
            result[renamed.get(name, name)] = item if deeper is None or item is None else deeper(item)
        return result

    return convert


def _list(value: Any, items: Converter) -> Any:
    return [items(item) for item in value] if type(value) is list else value


def _timestamp(value: Any) -> Any:
    try:
        moment = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _duration(value: Any) -> Any:
    try:
        return parse_duration(value)
    except (ValueError, TypeError):
        return value


def _bytes(value: Any) -> Any:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError, TypeError):
        return value


_MOMENTS: dict[str, Converter] = {"date": _timestamp, "datetime": _timestamp, "duration": _duration}
_FORMAT_TYPES = {"date": "timestamp", "datetime": "timestamp", "duration": "duration", "byte": "bytes"}
