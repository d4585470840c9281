"""Any kind without a description of its own: all its fields, as kubectl shows unstructured objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tuik8s.tui.describe.metadata import add_identity

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.tui.describe.page import Page
    from tuik8s.tui.host import DescribeContext

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HIDDEN = ("managedFields", "name", "namespace", "labels", "annotations")


def describe_any(page: Page, obj: Obj, context: DescribeContext) -> None:
    add_identity(page, obj)
    page.field("API Version", obj.get("apiVersion", ""))
    page.field("Kind", obj.get("kind", ""))
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _HIDDEN}
    rest = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind", "metadata")}
    _add(page, {"metadata": metadata, **rest}, 0)


def _add(page: Page, value: dict[str, Any], level: int) -> None:
    for key, item in value.items():
        title = _title(key)
        if isinstance(item, dict):
            page.line(f"{title}:", level)
            _add(page, item, level + 1)
        elif isinstance(item, list):
            page.line(f"{title}:", level)
            for entry in item:
                if isinstance(entry, dict):
                    _add(page, entry, level + 1)
                else:
                    page.line(str(entry), level + 1)
        else:
            page.field(title, item, level)


def _title(key: str) -> str:
    """`lastTransitionTime` as `Last Transition Time`."""
    return " ".join(word[:1].upper() + word[1:] for word in _WORD.split(key))
