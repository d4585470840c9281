"""Objects as on the wire: keys, metadata, owner references, conditions, copies."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias, TypeVar

Obj: TypeAlias = dict[str, Any]
"""One Kubernetes object or part of one, JSON-shaped."""

T = TypeVar("T")


class Key(NamedTuple):
    """Where an object of a known kind lives; `namespace` is empty for cluster-scoped kinds."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def key_of(obj: Obj) -> Key:
    meta = obj["metadata"]
    return Key(meta.get("namespace", ""), meta["name"])


def uid_of(obj: Obj) -> str:
    uid: str = obj["metadata"].get("uid", "")
    return uid


def revision_of(obj: Obj) -> int:
    """The store revision an object or list was read at; 0 when it carries none."""
    return int(obj.get("metadata", {}).get("resourceVersion") or 0)


def labels_of(obj: Obj) -> dict[str, str]:
    return obj.get("metadata", {}).get("labels") or {}


def annotations_of(obj: Obj) -> dict[str, str]:
    return obj.get("metadata", {}).get("annotations") or {}


def is_deleting(obj: Obj) -> bool:
    return bool(obj["metadata"].get("deletionTimestamp"))


def copy(value: T) -> T:
    """A deep copy of a JSON-shaped value; about five times faster than `copy.deepcopy`."""
    return _copy(value)  # type: ignore[no-any-return]


def _copy(value: Any) -> Any:
    if type(value) is dict:
        return {key: _copy(item) for key, item in value.items()}
    if type(value) is list:
        return [_copy(item) for item in value]
    return value


def controller_of(obj: Obj) -> Obj | None:
    """The owner reference marked `controller: true`, of which an object has at most one."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            return reference  # type: ignore[no-any-return]
    return None


def is_controlled_by(obj: Obj, owner: Obj) -> bool:
    reference = controller_of(obj)
    return reference is not None and reference["uid"] == uid_of(owner)


def owner_reference(owner: Obj) -> Obj:
    """A reference that makes `owner` the controller, and holds its foreground deletion until we are gone."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def condition_of(obj: Obj, kind: str) -> Obj | None:
    """The entry of `status.conditions` with this `type`."""
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition["type"] == kind:
            return condition  # type: ignore[no-any-return]
    return None


def is_true(obj: Obj, kind: str) -> bool:
    condition = condition_of(obj, kind)
    return condition is not None and condition["status"] == "True"


def is_pod_ready(pod: Obj) -> bool:
    return is_true(pod, "Ready")


def is_pod_finished(pod: Obj) -> bool:
    """Succeeded or Failed: no container of it will run again."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def reference_to(obj: Obj) -> Obj:
    """An ObjectReference, as events carry it."""
    meta = obj["metadata"]
    reference = {
        "kind": obj["kind"],
        "apiVersion": obj["apiVersion"],
        "namespace": meta.get("namespace"),
        "name": meta["name"],
        "uid": meta.get("uid"),
        "resourceVersion": meta.get("resourceVersion"),
    }
    return {key: value for key, value in reference.items() if value}
