"""One object of every built-in kind, as short as it may be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tuik8s.api import kinds

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

_REGISTRY = kinds.KindRegistry()


def minimal_objects() -> list[tuple[Kind, Obj]]:
    """Fresh ones; those of namespaced kinds are in `default`."""
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    found = []
    for obj in yaml.safe_load_all(text):
        kind = _REGISTRY.by_kind(obj["apiVersion"], obj["kind"])
        assert kind is not None, obj
        if kind.namespaced:
            obj["metadata"]["namespace"] = "default"
        found.append((kind, obj))
    return found


EVERY_KIND = minimal_objects()
