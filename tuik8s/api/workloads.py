"""Rules about Deployments and their ReplicaSets that controllers and the interface share.

Revisions and rollback follow kubectl (k8s.io/kubectl/pkg/polymorphichelpers), rolling-update arithmetic
k8s.io/kubernetes/pkg/controller/deployment/util. Functions change nothing they are given.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from tuik8s.api.clock import timestamp
from tuik8s.api.objects import Obj, annotations_of, copy, is_controlled_by, uid_of
from tuik8s.api.selectors import LabelSelector

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

TEMPLATE_HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS = "deployment.kubernetes.io/max-replicas"
CHANGE_CAUSE = "kubernetes.io/change-cause"
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
ROLLBACK_TO = "deprecated.deployment.rollback.to"

ANNOTATIONS_NOT_COPIED = frozenset(
    {LAST_APPLIED, REVISION, REVISION_HISTORY, DESIRED_REPLICAS, MAX_REPLICAS, ROLLBACK_TO}
)
"""Annotations that belong to one object and travel neither from Deployment to ReplicaSet nor back."""

UNLIMITED = 2**31 - 1
"""A history limit or progress deadline of this size stands for none (math.MaxInt32)."""


class RollbackRefused(ValueError):
    """This rollback cannot or need not be done; the text is kubectl's."""


class Revision(NamedTuple):
    """One entry of a Deployment's rollout history."""

    number: int
    replica_set: str
    change_cause: str
    images: tuple[str, ...]
    created: str
    replicas: int
    current: bool
    template: Obj
    """Without the pod-template-hash label, as `rollback_patch` would restore it."""


def revision_number(obj: Obj) -> int:
    """The number in the revision annotation; 0 when there is none or it is not a number."""
    text = annotations_of(obj).get(REVISION, "")
    return int(text) if text.isdecimal() else 0


def owned_replica_sets(deployment: Obj, replica_sets: Iterable[Obj]) -> list[Obj]:
    return [item for item in replica_sets if is_controlled_by(item, deployment)]


def revisions(deployment: Obj, replica_sets: Iterable[Obj]) -> list[Revision]:
    """The rollout history, newest first; ReplicaSets of others and those without a revision are left out."""
    owned = owned_replica_sets(deployment, replica_sets)
    current = find_new_replica_set(deployment, owned)
    history = [_revision(item, item is current) for item in owned if revision_number(item)]
    return sorted(history, key=lambda revision: -revision.number)


def find_revision(deployment: Obj, replica_sets: Iterable[Obj], to_revision: int = 0) -> Obj:
    """The ReplicaSet of that revision; 0 is the one before the latest. Raises `RollbackRefused`."""
    numbered = {revision_number(item): item for item in owned_replica_sets(deployment, replica_sets)}
    numbered.pop(0, None)
    if to_revision:
        if to_revision not in numbered:
            raise RollbackRefused(f"unable to find specified revision {to_revision} in history")
        return numbered[to_revision]
    if len(numbered) < 2:
        name = deployment["metadata"]["name"]
        raise RollbackRefused(f'no rollout history found for deployment "{name}"')
    return numbered[sorted(numbered)[-2]]


def rollback_patch(deployment: Obj, replica_set: Obj) -> list[Obj]:
    """A JSON patch for the Deployment that brings back a revision. Raises `RollbackRefused`."""
    if deployment["spec"].get("paused"):
        name = deployment["metadata"]["name"]
        raise RollbackRefused(
            "you cannot rollback a paused deployment; resume it first with "
            f"'kubectl rollout resume deployment/{name}' and try again"
        )
    template = replica_set["spec"]["template"]
    if same_template(deployment["spec"]["template"], template):
        number = revision_number(replica_set)
        raise RollbackRefused(f"skipped rollback (current template already matches revision {number})")
    kept = {key: text for key, text in annotations_of(deployment).items() if key in ANNOTATIONS_NOT_COPIED}
    restored = {
        key: text for key, text in annotations_of(replica_set).items() if key not in ANNOTATIONS_NOT_COPIED
    }
    return [
        {"op": "replace", "path": "/spec/template", "value": without_hash(template)},
        # "add" also replaces, and does not fail on a Deployment that has no annotation yet.
        {"op": "add", "path": "/metadata/annotations", "value": kept | restored},
    ]


def restart_patch(now: datetime) -> Obj:
    """A strategic merge patch that changes the pod template and so starts a rollout of the same images."""
    annotations = {RESTARTED_AT: timestamp(now)}
    return {"spec": {"template": {"metadata": {"annotations": annotations}}}}


def without_hash(template: Obj) -> Obj:
    """A copy of a pod template that lacks the label pod-template-hash."""
    clean = copy(template)
    metadata = clean.get("metadata") or {}
    (metadata.get("labels") or {}).pop(TEMPLATE_HASH, None)
    return clean


def same_template(one: Obj, other: Obj) -> bool:
    """Equal but for pod-template-hash; absent, null and empty are the same (equality.Semantic)."""
    return bool(_meaning(without_hash(one)) == _meaning(without_hash(other)))


def find_new_replica_set(deployment: Obj, owned: Iterable[Obj]) -> Obj | None:
    """The oldest ReplicaSet that has the Deployment's current template."""
    template = deployment["spec"]["template"]
    for candidate in sorted(owned, key=by_age):
        if same_template(template, candidate["spec"]["template"]):
            return candidate
    return None


def by_age(obj: Obj) -> tuple[str, str]:
    """Sort key, oldest first; the name decides between equal creation times."""
    return obj["metadata"].get("creationTimestamp", ""), obj["metadata"]["name"]


def selector_of(obj: Obj) -> LabelSelector:
    """Which pods a workload counts as its own; that of ReplicationControllers is a plain map of labels."""
    selector = obj["spec"].get("selector")
    if obj.get("kind") == "ReplicationController":
        return LabelSelector.of_map(selector)
    return LabelSelector.of(selector)


def replicas_of(obj: Obj) -> int:
    """`spec.replicas`, which the API server sets to 1 when it is left out."""
    replicas = obj["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def total_replicas(replica_sets: Iterable[Obj]) -> int:
    return sum(replicas_of(item) for item in replica_sets)


def total_status(replica_sets: Iterable[Obj], field: str) -> int:
    return sum((item.get("status") or {}).get(field) or 0 for item in replica_sets)


def active(replica_sets: Iterable[Obj]) -> list[Obj]:
    """Those that are to have pods."""
    return [item for item in replica_sets if replicas_of(item) > 0]


def is_rolling(deployment: Obj) -> bool:
    return bool(_strategy(deployment).get("type", "RollingUpdate") == "RollingUpdate")


def max_surge(deployment: Obj) -> int:
    """How many pods more than asked for a rolling update may have."""
    return _fenceposts(deployment)[0] if is_rolling(deployment) else 0


def max_unavailable(deployment: Obj) -> int:
    """How many of the pods asked for may be unavailable during a rolling update; 0 for Recreate."""
    wanted = replicas_of(deployment)
    if not is_rolling(deployment) or wanted == 0:
        return 0
    return min(_fenceposts(deployment)[1], wanted)


def scaled_value(value: int | str, total: int, *, round_up: bool) -> int:
    """An IntOrString: a number as it is, a percentage of `total`."""
    if isinstance(value, int):
        return value
    share = int(value.removesuffix("%")) * total / 100
    return math.ceil(share) if round_up else math.floor(share)


def new_replica_set_size(deployment: Obj, replica_sets: Sequence[Obj], new: Obj) -> int:
    """How far the new ReplicaSet may be scaled up now, given all there are."""
    wanted = replicas_of(deployment)
    if not is_rolling(deployment):
        return wanted
    room = wanted + max_surge(deployment) - total_replicas(replica_sets)
    if room <= 0:
        return replicas_of(new)
    return replicas_of(new) + min(room, wanted - replicas_of(new))


def has_progress_deadline(deployment: Obj) -> bool:
    return deployment["spec"].get("progressDeadlineSeconds") not in (None, UNLIMITED)


def is_complete(deployment: Obj, status: Obj) -> bool:
    """All replicas are of the new template and available, and no old one is left."""
    wanted = replicas_of(deployment)
    counts = [status.get(field) or 0 for field in ("updatedReplicas", "replicas", "availableReplicas")]
    observed = status.get("observedGeneration") or 0
    return counts == [wanted] * 3 and observed >= (deployment["metadata"].get("generation") or 0)


def same_incarnation(one: Obj | None, other: Obj) -> bool:
    return one is not None and uid_of(one) == uid_of(other)


def _strategy(deployment: Obj) -> Obj:
    return deployment["spec"].get("strategy") or {}


def _fenceposts(deployment: Obj) -> tuple[int, int]:
    """Surge rounds up, unavailable down; both 0 would stop every rollout, so then one may be unavailable."""
    rolling = _strategy(deployment).get("rollingUpdate") or {}
    wanted = replicas_of(deployment)
    surge = scaled_value(_given(rolling, "maxSurge"), wanted, round_up=True)
    unavailable = scaled_value(_given(rolling, "maxUnavailable"), wanted, round_up=False)
    return surge, 1 if surge == 0 and unavailable == 0 else unavailable


def _given(rolling: Obj, field: str) -> int | str:
    value = rolling.get(field)
    return "25%" if value is None else value


def _revision(replica_set: Obj, current: bool) -> Revision:
    template = without_hash(replica_set["spec"]["template"])
    return Revision(
        number=revision_number(replica_set),
        replica_set=replica_set["metadata"]["name"],
        change_cause=annotations_of(replica_set).get(CHANGE_CAUSE, ""),
        images=tuple(item.get("image", "") for item in template["spec"].get("containers") or ()),
        created=replica_set["metadata"].get("creationTimestamp", ""),
        replicas=replicas_of(replica_set),
        current=current,
        template=template,
    )


def _meaning(value: Any) -> Any:
    """The value without what says nothing: nulls, empty lists, empty objects."""
    if isinstance(value, dict):
        items = {key: _meaning(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if item not in (None, [], {})}
    if isinstance(value, list):
        return [_meaning(item) for item in value]
    return value
