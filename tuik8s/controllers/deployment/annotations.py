"""What a Deployment and its ReplicaSets note about revisions and sizes in their annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.objects import annotations_of
from tuik8s.api.workloads import (
    ANNOTATIONS_NOT_COPIED,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    REVISION,
    REVISION_HISTORY,
    max_surge,
    replicas_of,
    revision_number,
)

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

HISTORY_LENGTH = 2000
"""Most characters of the revision-history annotation; the oldest revisions are dropped first."""


def new_replica_set_annotations(deployment: Obj, replica_set: Obj, revision: int) -> dict[str, str]:
    """The Deployment's own annotations, the revision if it rises, and in that case the one it had before."""
    annotations = dict(annotations_of(replica_set))
    own = annotations_of(deployment)
    annotations |= {key: text for key, text in own.items() if key not in ANNOTATIONS_NOT_COPIED}
    before = revision_number(replica_set)
    if before >= revision:
        return annotations  # old ReplicaSets with higher numbers may have been cleaned up
    annotations[REVISION] = str(revision)
    if before:
        annotations[REVISION_HISTORY] = _extended(annotations.get(REVISION_HISTORY, ""), before)
    return annotations


def size_annotations(deployment: Obj) -> dict[str, str]:
    """How large the Deployment was when a ReplicaSet was last scaled."""
    wanted = replicas_of(deployment)
    return {DESIRED_REPLICAS: str(wanted), MAX_REPLICAS: str(wanted + max_surge(deployment))}


def noted_size(replica_set: Obj, annotation: str) -> int | None:
    text = annotations_of(replica_set).get(annotation, "")
    return int(text) if text.isdecimal() else None


def _extended(history: str, revision: int) -> str:
    entries = [*filter(None, history.split(",")), str(revision)]
    while len(",".join(entries)) > HISTORY_LENGTH:
        entries.pop(0)
    return ",".join(entries)
