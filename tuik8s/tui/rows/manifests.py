"""The manifest folder as a table: each file a row, so that it sorts, filters and marks like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.clock import timestamp
from tuik8s.api.kinds import Kind
from tuik8s.tui.rows.model import Column

if TYPE_CHECKING:
    from tuik8s.api.manifests import ManifestFile
    from tuik8s.api.objects import Obj

MANIFEST_FILE = Kind("", "", "ManifestFile", "manifests", namespaced=False)
"""Not served by the API: a row of the folder."""

COLUMNS = (
    Column("File"), Column("State"), Column("Problem"), Column("Age"), Column("Objects", "integer", 1),
    Column("Rev", "integer", 1),
)  # fmt: skip


def table_row(file: ManifestFile) -> Obj:
    """A row as a feed would deliver it; its uid is the path."""
    place = f":{file.line}" if file.line else ""
    state_key = f"{file.state}@{timestamp(file.time)}@{file.revision}@{file.line}@{hash(file.message)}"
    return {
        "cells": [file.path + place, file.state, file.message, "", len(file.objects), file.revision],
        "object": {
            "kind": "ManifestFile",
            "metadata": {
                "uid": file.path,
                "name": file.path,
                "creationTimestamp": timestamp(file.time),
                "resourceVersion": state_key,
            },
            "state": file.state,
            "message": file.message,
            "line": file.line,
            "column": file.column,
            "revision": file.revision,
            "objects": [reference._asdict() for reference in file.objects],
        },
    }


def problem_text(file: ManifestFile) -> str:
    """`bad.yaml:17:3: unknown field "spec.replica"`; empty when there is none."""
    if file.state != "error":
        return ""
    place = f":{file.line}" if file.line else ""
    place += f":{file.column}" if file.column else ""
    return f"{file.path}{place}: {file.message}"
