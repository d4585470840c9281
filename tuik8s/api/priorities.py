"""Priorities of pods (pkg/apis/scheduling)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.objects import Obj

NO_PRIORITY = 0
HIGHEST_USER_PRIORITY = 1_000_000_000
SYSTEM_PREFIX = "system-"

SYSTEM_CLASSES: tuple[Obj, ...] = (
    {
        "metadata": {"name": "system-node-critical"},
        "value": 2_000_001_000,
        "description": ("Used for system critical pods that must not be moved from their current node."),
    },
    {
        "metadata": {"name": "system-cluster-critical"},
        "value": 2_000_000_000,
        "description": (
            "Used for system critical pods that must run in the cluster, but can be moved to another node "
            "if necessary."
        ),
    },
)
"""Every cluster has them."""


def default_class(classes: Iterable[Obj]) -> Obj | None:
    """Of pods that name none: that marked as the default; of several, that of the least value."""
    marked = [item for item in classes if item.get("globalDefault")]
    return min(marked, key=lambda item: item.get("value", 0)) if marked else None


def system_value(name: str) -> int | None:
    """The priority that a class of this name must have; None where the name is not the system's."""
    return next((item["value"] for item in SYSTEM_CLASSES if item["metadata"]["name"] == name), None)
