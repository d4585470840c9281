"""Custom resources as they were stored, seen in the version and under the schema of today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.objects import revision_of
from tuik8s.api.scalars import Mismatch
from tuik8s.apiserver.views import View

if TYPE_CHECKING:
    from tuik8s.api.customresources import CustomKind
    from tuik8s.api.objects import Obj

KEPT = 4096
"""Converted objects that are remembered, for the next list and the next watcher."""


class CustomResourcesView(View):
    """Conversion by name (strategy None): versions differ in `apiVersion` and in what their schemas keep.

    What was stored in this version after the definition took its present form is served as it is.
    """

    def __init__(self, kind: CustomKind, stored_as: str, since: int) -> None:
        self._kind = kind
        self._stored_as = stored_as
        self._since = since
        self._converted: dict[int, tuple[Obj, Obj]] = {}

    def inward(self, obj: Obj) -> Obj:
        return obj if obj["apiVersion"] == self._stored_as else {**obj, "apiVersion": self._stored_as}

    def outward(self, obj: Obj) -> Obj:
        if obj["apiVersion"] == self._kind.api_version and revision_of(obj) > self._since:
            return obj
        known = self._converted.get(id(obj))
        if known is not None and known[0] is obj:
            return known[1]
        converted = self._convert(obj)
        if len(self._converted) >= KEPT:
            del self._converted[next(iter(self._converted))]
        self._converted[id(obj)] = obj, converted
        return converted

    def _convert(self, obj: Obj) -> Obj:
        schema = self._kind.definition.schema
        try:
            converted, _ = schema.pruned({**obj, "apiVersion": self._kind.api_version})
        except (Mismatch, ValueError):  # stored under rules that have become stricter
            return {**obj, "apiVersion": self._kind.api_version}
        schema.set_defaults(converted)
        return obj if converted == obj else converted
