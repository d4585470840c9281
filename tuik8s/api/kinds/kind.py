"""What the program knows of one resource type."""

from __future__ import annotations

from dataclasses import dataclass

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
"""What most kinds can do."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource type, in one served version."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    model: str = ""
    """Where the schema package keeps its struct: `module:Class`."""
    stored_as: str = ""
    """Storage prefix when two kinds are views of the same objects (events); else derived."""
    encoded_as: str = ""
    """The apiVersion its objects are stored in, where it is not its own; see `storage_version`."""
    verbs: tuple[str, ...] = VERBS
    """What can be asked of the resource itself, as discovery says it; all others answer 405."""

    @property
    def api_version(self) -> str:
        """As manifests write it: `apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def storage_version(self) -> str:
        return self.encoded_as or self.api_version

    @property
    def resource(self) -> str:
        """As error messages and RBAC write it: `deployments.apps`, or `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        return self.kind.lower()

    @property
    def list_kind(self) -> str:
        return f"{self.kind}List"

    @property
    def prefix(self) -> str:
        """Under which its objects are stored, in all versions; always ends in a slash."""
        return f"/registry/{self.stored_as or self.resource}/"

    @property
    def collectable(self) -> bool:
        """Whether its objects are stored, and so can be found and deleted by the collectors of garbage."""
        return {"delete", "list", "watch"} <= set(self.verbs)

    def storage_key(self, namespace: str, name: str) -> str:
        return f"{self.prefix}{namespace}/{name}" if self.namespaced else f"{self.prefix}{name}"

    def __hash__(self) -> int:
        """Of what tells kinds apart: each write asks some ten tables, and all fields would take ten times as
        long."""
        return hash((self.group, self.version, self.plural))

    def __str__(self) -> str:
        return self.resource
