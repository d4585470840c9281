"""From a CustomResourceDefinition to the kinds that it defines, one for each served version."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tuik8s.api.kinds import Kind
from tuik8s.api.objects import is_true
from tuik8s.api.structural import StructuralSchema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.objects import Obj

ESTABLISHED = "Established"
_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")
_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
"""In the order in which custom resources show them, unlike built-in kinds."""
_STABILITY = {"": 2, "beta": 1, "alpha": 0}


class ScalePaths(NamedTuple):
    """Where the scale subresource finds its numbers: fields from the root. `selector` may be none."""

    replicas: tuple[str, ...]
    status_replicas: tuple[str, ...]
    selector: tuple[str, ...]


class Version:
    """One version of a definition, for whoever serves, prints or selects its objects."""

    def __init__(self, spec: Obj, successor: str = "") -> None:
        self.spec = spec
        self.successor = successor
        """The version to use instead of this one, if it is deprecated and another is served."""

    def __repr__(self) -> str:
        """Differs where anything of the version does."""
        return f"Version({self._digest})"

    @cached_property
    def _digest(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self.spec)).hexdigest()[:16]

    @cached_property
    def schema(self) -> StructuralSchema:
        return StructuralSchema((self.spec.get("schema") or {}).get("openAPIV3Schema") or {})

    @property
    def columns(self) -> list[Obj]:
        return self.spec.get("additionalPrinterColumns") or []

    @property
    def selectable_fields(self) -> tuple[str, ...]:
        """As field selectors name them: without the leading dot."""
        return tuple(item["jsonPath"].removeprefix(".") for item in self.spec.get("selectableFields") or ())

    @property
    def scale(self) -> ScalePaths | None:
        paths = (self.spec.get("subresources") or {}).get("scale")
        if paths is None:
            return None
        names = ("specReplicasPath", "statusReplicasPath", "labelSelectorPath")
        return ScalePaths(*(tuple(filter(None, (paths.get(name) or "").split("."))) for name in names))


@dataclass(frozen=True, eq=False)
class CustomKind(Kind):
    """A kind that a definition defines. It is the same kind whatever else of the definition changes."""

    singular_name: str = ""
    list_name: str = ""
    definition: Version = field(default_factory=lambda: Version({}))

    @property
    def singular(self) -> str:
        return self.singular_name

    @property
    def list_kind(self) -> str:
        return self.list_name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CustomKind) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[Any, ...]:
        return self.group, self.version, self.kind, self.plural, self.namespaced


def kinds_of(definition: Obj) -> list[CustomKind]:
    """Of the served versions, the preferred one first; with the names that have been accepted."""
    spec, names = definition["spec"], (definition.get("status") or {}).get("acceptedNames") or {}
    names = names if names.get("plural") else spec["names"]
    versions = [version for version in spec["versions"] if version.get("served")]
    return [
        CustomKind(
            spec["group"], version["name"], names["kind"], names["plural"], spec["scope"] == "Namespaced",
            tuple(names.get("shortNames") or ()), tuple(names.get("categories") or ()),
            tuple(sorted(version.get("subresources") or {})),
            singular_name=names.get("singular") or names["kind"].lower(),
            list_name=names.get("listKind") or f"{names['kind']}List",
            definition=Version(version, _successor(version, versions)),
            verbs=_VERBS, encoded_as=f"{spec['group']}/{storage_version(definition)}",
        )
        for version in sorted(versions, key=lambda version: version_priority(version["name"]), reverse=True)
    ]  # fmt: skip


def _successor(version: Obj, versions: Sequence[Obj]) -> str:
    priority = version_priority(version["name"])
    better = (v["name"] for v in versions if not v.get("deprecated"))
    return max(
        (name for name in better if version_priority(name) > priority), key=version_priority, default=""
    )


def deprecation_warnings(kind: CustomKind) -> tuple[str, ...]:
    """What clients of a deprecated version are told (…/pkg/apiserver/customresource_handler.go)."""
    spec = kind.definition.spec
    if not spec.get("deprecated"):
        return ()
    instead = f"{kind.group}/{kind.definition.successor} {kind.kind}"
    use = f"; use {instead}" if kind.definition.successor else ""
    return (spec.get("deprecationWarning") or f"{kind.api_version} {kind.kind} is deprecated{use}",)


def served_kinds(definition: Obj) -> list[CustomKind]:
    """None as long as the definition is not established."""
    return kinds_of(definition) if is_true(definition, ESTABLISHED) else []


def storage_version(definition: Obj) -> str:
    """The name of the version that objects are stored in; empty in a definition that is not valid yet."""
    versions = (definition.get("spec") or {}).get("versions") or ()
    return next((str(version.get("name", "")) for version in versions if version.get("storage")), "")


class Stored(NamedTuple):
    """How objects of all versions are stored."""

    api_version: str
    schema: StructuralSchema


def stored_as(definition: Obj) -> Stored:
    name = storage_version(definition)
    version = next(version for version in definition["spec"]["versions"] if version["name"] == name)
    return Stored(f"{definition['spec']['group']}/{name}", Version(version).schema)


def version_priority(name: str) -> tuple[int, int, int, list[float]]:
    """Sorts versions by what clients should prefer (k8s.io/apimachinery/pkg/version): v2, v1, v1beta1, then
    whatever is called otherwise, by its name."""
    match = _VERSION.fullmatch(name)
    if match is None:
        # What begins another name comes before it, so the end is better than any character.
        return -1, 0, 0, [*(-ord(character) for character in name), 1]
    return _STABILITY[match[2] or ""], int(match[1]), int(match[3] or 0), []
