"""CustomResourceDefinitions (k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/defaults.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


def default_definition(definition: Obj) -> None:
    spec = definition.get("spec") or {}
    names = spec.get("names")
    if isinstance(names, dict) and names.get("kind"):
        names.setdefault("singular", names["kind"].lower())
        names.setdefault("listKind", f"{names['kind']}List")
    spec.setdefault("conversion", {"strategy": "None"})
    if not spec["conversion"].get("strategy"):
        spec["conversion"]["strategy"] = "None"
