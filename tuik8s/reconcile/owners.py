"""Which objects a controller owns: adopt orphans that match, release what no longer does.

After Kubernetes' controller reference manager (k8s.io/kubernetes/pkg/controller/controller_ref_manager.go).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tuik8s.api.errors import Conflict, Invalid, NotFound
from tuik8s.api.objects import (
    Key,
    Obj,
    controller_of,
    is_deleting,
    key_of,
    labels_of,
    owner_reference,
    uid_of,
)
from tuik8s.api.request import PatchType
from tuik8s.api.workloads import selector_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tuik8s.api.kinds import Kind
    from tuik8s.client import Client
    from tuik8s.reconcile.informer import Informer

log = logging.getLogger(__name__)

CONTROLLER_UID = "controller-uid"
ORPHAN = "orphan"


class Claims:
    """Claim objects of one kind for owners of another.

    An orphan is adopted only after a fresh read has shown that the owner still is, with the same uid, and is
    not being deleted; so a stale cache can never adopt for an owner that is gone.
    """

    def __init__(self, client: Client, owner_kind: Kind, kind: Kind, informer: Informer) -> None:
        self._client = client
        self._owner_kind = owner_kind
        self._kind = kind
        self._informer = informer
        informer.add_index(CONTROLLER_UID, _controller_uid)
        informer.add_index(ORPHAN, _orphan_namespace)

    def owned(self, owner: Obj) -> list[Obj]:
        """What the owner's uid already controls, whatever its labels."""
        return list(self._informer.by_index(CONTROLLER_UID, uid_of(owner)))

    def orphans(self, namespace: str) -> list[Obj]:
        """What nobody controls."""
        return list(self._informer.by_index(ORPHAN, namespace))

    async def claim(self, owner: Obj, *, adoptable: Callable[[Obj], bool] = lambda _: True) -> list[Obj]:
        """Owned and matching objects, after releasing and adopting; shared, not to be changed."""
        selector = selector_of(owner)
        claimed: list[Obj] = []
        for item in self.owned(owner):
            if selector.matches(labels_of(item)):
                claimed.append(item)
            elif not is_deleting(owner):
                await self._release(owner, item)
        if is_deleting(owner):
            return claimed
        wanted = [
            item
            for item in self.orphans(owner["metadata"].get("namespace", ""))
            if not is_deleting(item) and adoptable(item) and selector.matches(labels_of(item))
        ]
        if wanted and await self._may_adopt(owner):
            claimed += [item for item in [await self._adopt(owner, item) for item in wanted] if item]
        return claimed

    async def _may_adopt(self, owner: Obj) -> bool:
        key = key_of(owner)
        try:
            fresh = await self._client.get(self._owner_kind, key.namespace, key.name)
        except NotFound:
            return False
        return uid_of(fresh) == uid_of(owner) and not is_deleting(fresh)

    async def _adopt(self, owner: Obj, item: Obj) -> Obj | None:
        patch = {"metadata": {"uid": uid_of(item), "ownerReferences": [owner_reference(owner)]}}
        return await self._patch(item, patch)

    async def _release(self, owner: Obj, item: Obj) -> None:
        log.info("%s/%s no longer owns %s", self._owner_kind, key_of(owner), key_of(item))
        gone = {"$patch": "delete", "uid": uid_of(owner)}
        await self._patch(item, {"metadata": {"uid": uid_of(item), "ownerReferences": [gone]}})

    async def _patch(self, item: Obj, patch: Obj) -> Obj | None:
        """None when the object is gone, is another by now, or was claimed by somebody faster."""
        key = key_of(item)
        try:
            return await self._client.patch(
                self._kind, key.namespace, key.name, patch, patch_type=PatchType.STRATEGIC
            )
        except (NotFound, Conflict, Invalid) as error:
            log.debug("%s %s not claimed: %s", self._kind, key, error)
            return None


def owners_of(obj: Obj, owner_kind: Kind, informer: Informer) -> Iterable[Key]:
    """Keys to look at when `obj` changed: its controller, or whoever might adopt it."""
    reference = controller_of(obj)
    namespace = obj["metadata"].get("namespace", "")
    if reference is not None:
        group = reference["apiVersion"].rpartition("/")[0]
        if (group, reference["kind"]) == (owner_kind.group, owner_kind.kind):
            yield Key(namespace, reference["name"])
        return
    labels = labels_of(obj)
    if not labels:
        return
    for owner in informer.list(namespace):
        if selector_of(owner).matches(labels):
            yield key_of(owner)


def _controller_uid(obj: Obj) -> Iterable[str]:
    reference = controller_of(obj)
    return (reference["uid"],) if reference is not None else ()


def _orphan_namespace(obj: Obj) -> Iterable[str]:
    return (obj["metadata"].get("namespace", ""),) if controller_of(obj) is None else ()
