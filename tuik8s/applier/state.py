"""What is known of one file and its objects, and how that is shown."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tuik8s.api.manifests import ManifestFile, ManifestState, ObjectRef
from tuik8s.api.objects import Obj, key_of, revision_of
from tuik8s.applier.drift import differences

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.applier.composer import ManifestError
    from tuik8s.applier.documents import Document
    from tuik8s.applier.folder import Snapshot


@dataclass
class AppliedObject:
    """One object of a file: what was asked, and what the server made of it."""

    document: Document
    result: Obj
    live: Obj | None


@dataclass
class File:
    snapshot: Snapshot
    documents: list[Document] = field(default_factory=list)
    """The last good ones."""
    errors: list[ManifestError] = field(default_factory=list)
    waiting: list[ManifestError] = field(default_factory=list)
    applied: dict[ObjectRef, AppliedObject] = field(default_factory=dict)
    status: ManifestFile | None = None
    kinds_revision: int = 0
    """Of the kinds that were known when it was read."""
    applying: bool = False
    """What is seen of its objects meanwhile is our own doing, and no drift."""


def status_of(file: File, now: datetime) -> ManifestFile:
    objects = tuple(reference_of(document) for document in file.documents)
    revision = max((revision_of(applied.result) for applied in file.applied.values()), default=0)
    status = ManifestFile(
        path=file.snapshot.path, state="applied", time=now, objects=objects, revision=revision
    )
    if file.errors or file.waiting:
        first = (file.errors or file.waiting)[0]
        more = len(file.errors) + len(file.waiting) - 1
        message = first.message + (f" (and {more} more)" if more else "")
        state: ManifestState = "error" if file.errors else "waiting"
        return replace(status, state=state, message=message, line=first.line, column=first.column)
    drift = [text for applied in file.applied.values() for text in _drift(applied)]
    if drift:
        return replace(status, state="drifted", message="; ".join(drift))
    warnings = dict.fromkeys(text for document in file.documents for text in document.warnings)
    return replace(status, message="; ".join(warnings))


def _drift(applied: AppliedObject) -> list[str]:
    reference = reference_of(applied.document)
    if applied.live is None:
        return [f"{reference} was deleted"]
    if applied.live is applied.result:
        return []
    found = differences(applied.document.object, applied.result, applied.live)
    return [f"{reference} {text}" for text in found]


def reference_of(document: Document) -> ObjectRef:
    key = key_of(document.object)
    return ObjectRef(document.kind.api_version, document.kind.kind, key.namespace, key.name)
