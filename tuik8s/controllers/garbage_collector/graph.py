"""Owners and dependents across all kinds, from the caches."""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api import kinds
from tuik8s.api.errors import NotFound
from tuik8s.api.kinds import KindRegistry
from tuik8s.api.objects import Key, Obj, is_deleting, key_of, uid_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tuik8s.api.kinds import Kind
    from tuik8s.client import Client
    from tuik8s.reconcile import Informer, Informers

OWNER_UID = "owner-uid"
FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
ABSENT_OWNERS = 500
"""How many uids known to be gone are remembered; uids never come back."""

# Events own nothing and are owned by nobody.
IGNORED = frozenset({kinds.EVENT, kinds.EVENTS_EVENT})


class Ownership(Enum):
    """What has become of an owner."""

    SOLID = auto()
    """It exists and keeps its dependents."""
    WAITING = auto()
    """It is being deleted in the foreground: it waits for its dependents to go first."""
    ABSENT = auto()
    UNKNOWN = auto()
    """Its kind is not served here: nothing can be said."""
    MISPLACED = auto()
    """A cluster-scoped object names an owner of a namespaced kind."""


class Dependent(NamedTuple):
    kind: Kind
    obj: Obj


class OwnerGraph:
    """Who owns whom. Absence is believed only after the API server has been asked."""

    def __init__(self, client: Client, informers: Informers, served: Iterable[Kind]) -> None:
        self._client = client
        self._registry = KindRegistry(kind for kind in served if kind not in IGNORED and kind.collectable)
        # Several versions of a kind are views of the same objects: the preferred one is enough.
        self._views: dict[str, Kind] = {}
        for kind in self._registry:
            self._views.setdefault(kind.prefix, kind)
        self.informers: dict[Kind, Informer] = {kind: informers.of(kind) for kind in self._views.values()}
        for informer in self.informers.values():
            informer.add_index(OWNER_UID, _owner_uids)
        self._absent: OrderedDict[str, None] = OrderedDict()

    def add(self, versions: Sequence[Kind], informer: Informer) -> None:
        """Versions of one more kind; `informer` is of the first."""
        self._registry.define(versions[0].resource, versions)
        self._views[versions[0].prefix] = versions[0]
        self.informers[versions[0]] = informer
        informer.add_index(OWNER_UID, _owner_uids)

    def remove(self, kind: Kind) -> None:
        self._registry.define(kind.resource, ())
        self._views.pop(kind.prefix, None)
        self.informers.pop(kind, None)

    def dependents(self, owner: Obj) -> Iterator[Dependent]:
        uid = uid_of(owner)
        for kind, informer in self.informers.items():
            for obj in informer.by_index(OWNER_UID, uid):
                yield Dependent(kind, obj)

    def known_owner(self, reference: Obj, dependent: Obj) -> tuple[Kind, Key] | None:
        """Kind and key that a reference names, if such an object with its uid is in the caches."""
        kind = self._kind(reference)
        if kind is None:
            return None
        key = _key(kind, reference, dependent)
        cached = self.informers[kind].get(key)
        return (kind, key) if cached is not None and uid_of(cached) == reference["uid"] else None

    async def ownership(self, reference: Obj, dependent: Obj) -> Ownership:
        if reference["uid"] in self._absent:
            return Ownership.ABSENT
        kind = self._kind(reference)
        if kind is None:
            return Ownership.UNKNOWN
        if kind.namespaced and not dependent["metadata"].get("namespace"):
            return Ownership.MISPLACED
        owner = await self._owner(kind, _key(kind, reference, dependent), reference["uid"])
        if owner is None:
            self.remember_absent(reference["uid"])
            return Ownership.ABSENT
        return Ownership.WAITING if waits_for_dependents(owner) else Ownership.SOLID

    async def _owner(self, kind: Kind, key: Key, uid: str) -> Obj | None:
        cached = self.informers[kind].get(key)
        if cached is not None and uid_of(cached) == uid:
            return cached
        try:
            fresh = await self._client.get(kind, key.namespace, key.name)
        except NotFound:
            return None
        return fresh if uid_of(fresh) == uid else None

    def _kind(self, reference: Obj) -> Kind | None:
        kind = self._registry.by_kind(reference["apiVersion"], reference["kind"])
        return None if kind is None else self._views[kind.prefix]

    def remember_absent(self, uid: str) -> None:
        """Nothing with this uid will ever be there again."""
        self._absent[uid] = None
        if len(self._absent) > ABSENT_OWNERS:
            self._absent.popitem(last=False)


def owner_references(obj: Obj) -> list[Obj]:
    return obj["metadata"].get("ownerReferences") or []


def has_finalizer(obj: Obj, name: str) -> bool:
    return name in (obj["metadata"].get("finalizers") or ())


def waits_for_dependents(obj: Obj) -> bool:
    return is_deleting(obj) and has_finalizer(obj, FOREGROUND)


def orphans_dependents(obj: Obj) -> bool:
    return is_deleting(obj) and has_finalizer(obj, ORPHAN)


def blocks(dependent: Obj, owner: Obj) -> bool:
    """Whether the owner's foreground deletion must wait for this dependent."""
    uid = uid_of(owner)
    return any(item["uid"] == uid and item.get("blockOwnerDeletion") for item in owner_references(dependent))


def _key(kind: Kind, reference: Obj, dependent: Obj) -> Key:
    return Key(key_of(dependent).namespace if kind.namespaced else "", reference["name"])


def _owner_uids(obj: Obj) -> Iterable[str]:
    return [reference["uid"] for reference in owner_references(obj)]
