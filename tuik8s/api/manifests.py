"""What became of one file of the manifest folder: written by the applier, shown by the interface."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

ManifestState = Literal["applied", "error", "waiting", "removed", "drifted"]
"""`waiting`: seen, not applied yet, or an object waits for its namespace; `removed`: the file is gone and
what it owned was pruned; `drifted`: someone changed what the file asks for, which stays until the file
changes."""


class ObjectRef(NamedTuple):
    """An object that a file owns; `namespace` is empty for cluster-scoped kinds."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        subject = f"{self.kind.lower()}/{self.name}"
        return f"{self.namespace}/{subject}" if self.namespace else subject


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """The state of one file. `line` and `column` count from 1 and are 0 where no place is known."""

    path: str
    """Relative to the manifest folder, with forward slashes."""
    state: ManifestState
    time: datetime
    """When the state was reached."""
    message: str = ""
    """Why, for `error`, `waiting` and `drifted`; one sentence, no markup."""
    line: int = 0
    column: int = 0
    objects: tuple[ObjectRef, ...] = field(default=())
    revision: int = 0
    """The store revision of the last write made for this file."""
