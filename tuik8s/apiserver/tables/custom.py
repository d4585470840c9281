"""Custom resources: columns by JSONPath (…/pkg/registry/customresource/tableconvertor)."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tuik8s.api.clock import parse_time
from tuik8s.api.durations import human_duration
from tuik8s.api.jsonpath import compile_path
from tuik8s.apiserver.tables.printer import NAME, Printer

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.customresources import Version
    from tuik8s.api.jsonpath import JsonPath
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.tables.printer import Cells

AGE: Obj = {
    "name": "Age",
    "type": "date",
    "description": "Time since the object was created (metadata.creationTimestamp).",
    "jsonPath": ".metadata.creationTimestamp",
}
"""The one column of definitions that name none."""


@lru_cache(maxsize=512)
def custom_printer(version: Version) -> Printer:
    wanted = version.columns or [AGE]
    sources = [(column["type"], compile_path(column["jsonPath"])) for column in wanted]

    def cells(obj: Obj, now: datetime) -> Cells:
        return [obj["metadata"]["name"], *(_cell(kind, path, obj, now) for kind, path in sources)]

    return Printer([NAME, *map(_header, wanted)], cells)


def _header(column: Obj) -> Obj:
    text = f"Custom resource definition column (in JSONPath format): {column['jsonPath']}"
    return {
        "name": column["name"],
        "type": column["type"],
        "format": column.get("format") or "",
        "description": column.get("description") or text,
        "priority": column.get("priority") or 0,
    }


def _cell(kind: str, path: JsonPath, obj: Obj, now: datetime) -> Any:
    """None, which clients show as nothing, for what is missing or of another type."""
    found = path.find(obj)
    value = found[0] if found else None
    if value is None:
        return None
    match kind:
        case "integer" if isinstance(value, int | float) and not isinstance(value, bool):
            return int(value)
        case "number" if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        case "boolean" if isinstance(value, bool):
            return value
        case "date" if isinstance(value, str):
            return _age(value, now)
        case "string":
            return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return None


def _age(text: str, now: datetime) -> str:
    try:
        return human_duration((now - parse_time(text)).total_seconds())
    except (ValueError, TypeError):
        return "<invalid>"
