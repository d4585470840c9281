"""What a client asks of the API server, whatever transport carries it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj


class Verb(StrEnum):
    GET = "get"
    LIST = "list"
    WATCH = "watch"
    CREATE = "create"
    UPDATE = "update"
    PATCH = "patch"
    DELETE = "delete"
    DELETE_COLLECTION = "deletecollection"


class PatchType(StrEnum):
    """The media types of `PATCH`, by their short names."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"
    APPLY = "application/apply-patch+yaml"


Propagation = Literal["Background", "Foreground", "Orphan"]
FieldValidation = Literal["Strict", "Warn", "Ignore"]


@dataclass(frozen=True, slots=True)
class User:
    """Who asks: an authenticated identity."""

    name: str
    groups: tuple[str, ...] = ("system:authenticated",)
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What else the authenticator knows, by key; not for authorisation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which objects a list, watch or delete-collection is about, and at which revision."""

    label_selector: str = ""
    field_selector: str = ""
    limit: int = 0
    continue_token: str = ""
    resource_version: str = ""
    """Empty: the current state. A watch starts after it."""
    resource_version_match: Literal["", "Exact", "NotOlderThan"] = ""
    allow_bookmarks: bool = False
    send_initial_events: bool = False
    timeout_seconds: float | None = None
    """How long a watch lasts; None: until either side ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteOptions:
    propagation: Propagation | None = None
    grace_period_seconds: int | None = None
    uid: str = ""
    """Precondition: delete only this incarnation."""
    resource_version: str = ""
    """Precondition: delete only this revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; fields that do not belong to its verb keep their defaults."""

    verb: Verb
    kind: Kind
    namespace: str = ""
    """Empty for cluster-scoped kinds, and to list or watch across all namespaces."""
    name: str = ""
    subresource: str = ""
    body: Any = None
    """An object (create, update, merge patches, apply) or a list of operations (JSON patch). Not changed."""
    duplicate_fields: tuple[str, ...] = ()
    """Paths of fields that stood twice in what the body was decoded from."""
    patch_type: PatchType | None = None
    selection: Selection = field(default_factory=Selection)
    delete: DeleteOptions = field(default_factory=DeleteOptions)
    dry_run: bool = False
    field_manager: str = ""
    force: bool = False
    """Apply: take over fields that other managers own."""
    field_validation: FieldValidation = "Strict"
    as_table: bool = False
    """List, get, watch: answer `meta.k8s.io/v1 Table`; every row's `object` is the full object."""
    user: User = field(default_factory=lambda: User("system:anonymous", ("system:unauthenticated",)))
    agent: str = ""
    """The asking program, stored as the author of a write."""
    cause: int = 0
    """Revision of the write that made the author act; 0 when unknown."""


class Response(NamedTuple):
    """The answer: an object, list, Table or Status, shared and not to be changed; and warnings to show."""

    object: Obj
    warnings: tuple[str, ...] = ()
    created: bool = False
    """The object was not there before."""


class WatchEvent(NamedTuple):
    """One change. `object` is shared and not to be changed; for DELETED it is the last state."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    object: Obj


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """`kubectl logs`' options. `since` and `tail_lines` limit what is replayed; `previous` is the last
    terminated instance; `timestamps` puts an RFC 3339 time and a space before each line."""

    container: str = ""
    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    since: datetime | None = None
    tail_lines: int | None = None
    limit_bytes: int | None = None
