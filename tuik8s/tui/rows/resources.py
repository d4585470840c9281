"""The kinds that are served as a table, as `kubectl api-resources` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.kinds import Kind
from tuik8s.tui.rows.manifests import MANIFEST_FILE
from tuik8s.tui.rows.model import Column

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

API_RESOURCE = Kind("", "", "APIResource", "apiresources", namespaced=False)
"""Not served by the API: a row of discovery."""

UNSERVED = (MANIFEST_FILE, API_RESOURCE)
"""What stands in tables like objects of the API, and is none: nothing can be asked about it."""

COLUMNS = (
    Column("Name"), Column("ShortNames"), Column("APIVersion"), Column("Namespaced"), Column("Kind"),
    Column("Verbs", priority=1), Column("Categories", priority=1),
)  # fmt: skip


def table_row(kind: Kind) -> Obj:
    """A row as a feed would deliver it."""
    verbs, names, categories = (",".join(texts) for texts in (kind.verbs, kind.short_names, kind.categories))
    cells = [kind.plural, names, kind.api_version, kind.namespaced, kind.kind, verbs, categories]
    return {
        "cells": cells,
        "object": {
            "kind": "APIResource",
            "metadata": {
                "uid": f"{kind.api_version}/{kind.plural}",
                "name": kind.plural,
                "resourceVersion": str(cells),  # a row that shows the same is the same
            },
            "group": kind.group,
            "version": kind.version,
        },
    }
