"""Objects in words: pure functions from an object (and caches) to lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from tuik8s.api.objects import labels_of

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.tui.host import DescribeContext


def describe(obj: Obj, context: DescribeContext) -> list[Text]:
    """What every object has: identity, labels, conditions."""
    meta = obj["metadata"]
    pairs = [("Name", meta["name"]), ("Namespace", meta.get("namespace", ""))]
    pairs += [
        ("Labels" if not index else "", f"{k}={v}") for index, (k, v) in enumerate(labels_of(obj).items())
    ]
    for condition in (obj.get("status") or {}).get("conditions") or ():
        pairs.append((condition["type"], f"{condition['status']}  {condition.get('reason', '')}"))
    return [
        Text.assemble((f"{label + ':' if label else '':<18}", "bold"), value)
        for label, value in pairs
        if value
    ]


__all__ = ["describe"]
