"""How scales are printed: `kubectl get --subresource=scale`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.durations import age
from tuik8s.apiserver.tables.printer import AGE, NAME, column

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj

_COLUMNS = [
    NAME,
    column("Desired", "Number of desired instances of the scaled object.", of="integer"),
    column("Available", "Number of observed instances of the scaled object.", of="integer"),
    AGE,
]


def scale_table(scale: Obj, now: datetime) -> Obj:
    """A Table of one row."""
    meta = scale["metadata"]
    cells = [meta["name"], scale["spec"]["replicas"], scale["status"]["replicas"], age(scale, now)]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": meta.get("resourceVersion", "")},
        "columnDefinitions": _COLUMNS,
        "rows": [{"cells": cells, "object": scale}],
    }
