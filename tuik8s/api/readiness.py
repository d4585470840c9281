"""Has an object become what it asks for? (the rules of kstatus and `kubectl rollout status`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.objects import condition_of, is_deleting, is_pod_ready, is_true

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj


class Readiness(NamedTuple):
    """`done`: nothing more is to come. `failed`: waiting will not help. `message`: where it stands."""

    done: bool
    message: str
    failed: bool = False


def readiness_of(obj: Obj) -> Readiness:
    """Kinds without a status of their own are ready once they exist."""
    if is_deleting(obj):
        return Readiness(False, "is being deleted")
    group, _, _ = obj["apiVersion"].rpartition("/")
    rule = _RULES.get((group, obj["kind"]))
    return rule(obj) if rule else Readiness(True, "exists")


def _deployment(obj: Obj) -> Readiness:
    spec, status = obj["spec"], obj.get("status") or {}
    wanted = spec.get("replicas", 1)
    if status.get("observedGeneration", 0) < obj["metadata"].get("generation", 0):
        return Readiness(False, "waiting for the deployment controller to see it")
    progressing = condition_of(obj, "Progressing")
    if progressing and progressing.get("reason") == "ProgressDeadlineExceeded":
        return Readiness(False, "exceeded its progress deadline", failed=True)
    total, updated = status.get("replicas", 0), status.get("updatedReplicas", 0)
    available = status.get("availableReplicas", 0)
    if updated < wanted:
        return Readiness(False, f"{updated} of {wanted} replicas updated")
    if total > updated:
        return Readiness(False, f"{total - updated} old replicas are still there")
    return _available(available, wanted)


def _replica_set(obj: Obj) -> Readiness:
    status = obj.get("status") or {}
    wanted = obj["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < obj["metadata"].get("generation", 0):
        return Readiness(False, "waiting for the replicaset controller to see it")
    return _available(status.get("availableReplicas", 0), wanted)


def _available(available: int, wanted: int) -> Readiness:
    return Readiness(available >= wanted, f"{available} of {wanted} replicas available")


def _replication_controller(obj: Obj) -> Readiness:
    status = obj.get("status") or {}
    if status.get("observedGeneration", 0) < obj["metadata"].get("generation", 0):
        return Readiness(False, "waiting for the replication controller to see it")
    return _available(status.get("availableReplicas", 0), obj["spec"].get("replicas", 1))


def _stateful_set(obj: Obj) -> Readiness:
    spec, status = obj["spec"], obj.get("status") or {}
    wanted, ready = spec.get("replicas", 1), status.get("readyReplicas", 0)
    if status.get("observedGeneration", 0) < obj["metadata"].get("generation", 0):
        return Readiness(False, "waiting for the statefulset controller to see it")
    if ready < wanted:
        return Readiness(False, f"{ready} of {wanted} replicas ready")
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "RollingUpdate":
        kept = (strategy.get("rollingUpdate") or {}).get("partition", 0)
        updated = status.get("updatedReplicas", 0)
        if updated < wanted - kept:
            return Readiness(False, f"{updated} of {wanted - kept} replicas updated")
    return Readiness(True, f"{ready} of {wanted} replicas ready")


def _daemon_set(obj: Obj) -> Readiness:
    status = obj.get("status") or {}
    if status.get("observedGeneration", 0) < obj["metadata"].get("generation", 0):
        return Readiness(False, "waiting for the daemon set controller to see it")
    wanted, updated = status.get("desiredNumberScheduled", 0), status.get("updatedNumberScheduled", 0)
    if updated < wanted:
        return Readiness(False, f"{updated} of {wanted} pods updated")
    available = status.get("numberAvailable", 0)
    return Readiness(available >= wanted, f"{available} of {wanted} pods available")


def _job(obj: Obj) -> Readiness:
    failure = condition_of(obj, "Failed")
    if failure and failure["status"] == "True":
        return Readiness(False, f"failed: {failure.get('message', '')}", failed=True)
    done = (obj.get("status") or {}).get("succeeded", 0)
    wanted = obj["spec"].get("completions") or 1
    return Readiness(is_true(obj, "Complete"), f"{done} of {wanted} completions")


def _claim(obj: Obj) -> Readiness:
    phase = (obj.get("status") or {}).get("phase", "Pending")
    return Readiness(phase == "Bound", phase.lower())


def _pod(obj: Obj) -> Readiness:
    phase = (obj.get("status") or {}).get("phase", "Pending")
    if phase == "Succeeded":
        return Readiness(True, "completed")
    if phase == "Failed":
        return Readiness(False, "failed", failed=True)
    if is_pod_ready(obj):
        return Readiness(True, "running and ready")
    return Readiness(False, "running, not ready" if phase == "Running" else phase.lower())


def _namespace(obj: Obj) -> Readiness:
    phase = (obj.get("status") or {}).get("phase", "")
    return Readiness(phase == "Active", phase.lower() or "new")


def _node(obj: Obj) -> Readiness:
    ready = is_true(obj, "Ready")
    return Readiness(ready, "ready" if ready else "not ready")


_RULES: dict[tuple[str, str], Callable[[Obj], Readiness]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("", "ReplicationController"): _replication_controller,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): _pod,
    ("", "Namespace"): _namespace,
    ("", "Node"): _node,
}
