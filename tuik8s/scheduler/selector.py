"""Label selectors of a pod's terms, compiled once per text."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tuik8s.api.selectors import NOTHING, LabelSelector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tuik8s.api.objects import Obj


def selector_of(selector: Obj | None) -> LabelSelector:
    """Null selects nothing, empty everything."""
    if selector is None:
        return NOTHING
    return _compile(json.dumps(selector, sort_keys=True, separators=(",", ":")))


def with_label_keys(
    selector: Obj | None,
    labels: Mapping[str, str],
    same: Iterable[str] | None,
    other: Iterable[str] | None = None,
) -> Obj | None:
    """The selector narrowed to pods with this pod's values of `same` (matchLabelKeys), and without its
    values of `other` (mismatchLabelKeys); keys the pod does not have are ignored."""
    added: list[dict[str, Any]] = [
        {"key": key, "operator": operator, "values": [labels[key]]}
        for keys, operator in ((same, "In"), (other, "NotIn"))
        for key in keys or ()
        if key in labels
    ]
    if selector is None or not added:
        return selector
    return {**selector, "matchExpressions": [*(selector.get("matchExpressions") or ()), *added]}


@lru_cache(4096)
def _compile(text: str) -> LabelSelector:
    return LabelSelector.of(json.loads(text))
