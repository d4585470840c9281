"""Custom resources as they were stored, seen in the version and under the schema of today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.objects import revision_of
from tuik8s.api.scalars import Mismatch
from tuik8s.apiserver.views import View

if TYPE_CHECKING:
    from tuik8s.api.customresources import CustomKind, Stored
    from tuik8s.api.objects import Obj
    from tuik8s.api.structural import StructuralSchema

KEPT = 4096
"""Converted objects that are remembered, for the next list and the next watcher."""


class CustomResourcesView(View):
    """Conversion by name (strategy None): versions differ in `apiVersion` and in what their schemas keep.

    What was stored in this version after the definition took its present form is served as it is.
    """

    def __init__(self, kind: CustomKind, stored_as: Stored, since: int) -> None:
        self._kind = kind
        self._stored_as = stored_as
        self._since = since
        self._converted: dict[int, tuple[Obj, Obj]] = {}

    def inward(self, obj: Obj) -> Obj:
        if obj["apiVersion"] == self._stored_as.api_version:
            return obj
        return _converted(obj, self._stored_as.api_version, self._stored_as.schema)

    def outward(self, obj: Obj) -> Obj:
        if obj["apiVersion"] == self._kind.api_version and revision_of(obj) > self._since:
            return obj
        known = self._converted.get(id(obj))
        if known is not None and known[0] is obj:
            return known[1]
        converted = _converted(obj, self._kind.api_version, self._kind.definition.schema)
        if len(self._converted) >= KEPT:
            del self._converted[next(iter(self._converted))]
        self._converted[id(obj)] = obj, converted
        return converted


def _converted(obj: Obj, api_version: str, schema: StructuralSchema) -> Obj:
    wanted = {**obj, "apiVersion": api_version}
    try:
        converted, _ = schema.pruned(wanted)
    except (Mismatch, ValueError):  # stored under rules that have become stricter
        return wanted
    schema.set_defaults(converted)
    return obj if converted == obj else converted
