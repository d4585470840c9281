"""What belongs to an object: the rows to go to from it, and the events that are about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.kinds import DEPLOYMENT, NODE, POD, REPLICA_SET, SERVICE
from tuik8s.api.objects import controller_of, labels_of, uid_of
from tuik8s.api.selectors import LabelSelector
from tuik8s.tui.rows.order import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.tui.rows.model import Row

    Objects = Callable[[Kind], list[Obj]]


def pods_of(kind: Kind, row: Row) -> Scope | None:
    """The Pods to see after entering a row; None where that means nothing."""
    obj, label = row.object, f"{kind.singular}/{row.name}"
    spec = obj.get("spec") or {}
    if kind == NODE:
        return Scope(label, lambda pod: (pod.object.get("spec") or {}).get("nodeName") == row.name)
    if kind == SERVICE:
        if not spec.get("selector"):
            return None
        return _selected(label, row.namespace, LabelSelector.of({"matchLabels": spec["selector"]}))
    if kind != POD and isinstance(spec.get("selector"), dict) and spec.get("template"):
        return _selected(label, row.namespace, LabelSelector.of(spec["selector"]))
    return None


def _selected(label: str, namespace: str, selector: LabelSelector) -> Scope:
    return Scope(label, lambda row: row.namespace == namespace and selector.matches(labels_of(row.object)))


def family(kind: Kind, row: Row, objects: Objects) -> frozenset[str]:
    """The uids of the object and of what it controls, however deep (Deployment, ReplicaSets, Pods)."""
    found = {row.uid}
    if kind == DEPLOYMENT:
        found |= _controlled(objects(REPLICA_SET), found)
    if kind not in (POD, NODE):
        found |= _controlled(objects(POD), found)
    return frozenset(found)


def _controlled(candidates: list[Obj], owners: set[str]) -> set[str]:
    found = set()
    for obj in candidates:
        reference = controller_of(obj)
        if reference is not None and reference.get("uid") in owners:
            found.add(uid_of(obj))
    return found


def involved(event: Obj) -> Obj:
    """Whom an Event of either group is about."""
    reference: Obj = event.get("involvedObject") or event.get("regarding") or {}
    return reference


class EventScope(NamedTuple):
    """Whose events: equal scopes let the same events through, so that nothing need be sorted anew."""

    kind: Kind
    name: str
    uids: frozenset[str]

    @classmethod
    def of(cls, kind: Kind, row: Row, objects: Objects) -> EventScope:
        """The object and what it controls."""
        return cls(kind, row.name, family(kind, row, objects))

    def scope(self) -> Scope:
        return Scope(f"{self.kind.singular}/{self.name}", self._contains)

    def _contains(self, event: Row) -> bool:
        """Kubelets give a node's name as its uid, so nodes are known by name."""
        about = involved(event.object)
        if about.get("uid") in self.uids:
            return True
        return self.kind == NODE and about.get("kind") == "Node" and about.get("name") == self.name
