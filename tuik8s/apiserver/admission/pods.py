"""What Kubernetes adds to every new pod: its priority, and how long it tolerates a lost node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import Forbidden
from tuik8s.api.request import Verb

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.admission.chain import Attributes

TOLERATION_SECONDS = 300
TOLERATED_KEYS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
SYSTEM_PRIORITIES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}


def _is_new_pod(attributes: Attributes) -> bool:
    return attributes.kind == kinds.POD and attributes.operation is Verb.CREATE


class Priority:
    """Without a class the priority is 0; the two system classes are built in, others cannot exist yet."""

    name = "Priority"

    async def admit(self, attributes: Attributes) -> None:
        if not _is_new_pod(attributes):
            return
        spec = attributes.object["spec"]
        wanted = spec.get("priorityClassName", "")
        if wanted and wanted not in SYSTEM_PRIORITIES:
            why = f"no PriorityClass with name {wanted} was found"
            raise Forbidden.on(attributes.kind.resource, attributes.name, why)
        priority = SYSTEM_PRIORITIES.get(wanted, 0)
        given = spec.get("priority")
        if given is not None and given != priority:
            why = (
                f"the integer value of priority ({given}) must not be provided in pod spec; priority "
                f"admission controller computed {priority} from the given PriorityClass name"
            )
            raise Forbidden.on(attributes.kind.resource, attributes.name, why)
        spec["priority"] = priority
        spec.setdefault("preemptionPolicy", "PreemptLowerPriority")


class DefaultTolerationSeconds:
    """A pod stays 300 seconds on a node that is not ready or unreachable, unless it says otherwise."""

    name = "DefaultTolerationSeconds"

    async def admit(self, attributes: Attributes) -> None:
        if not _is_new_pod(attributes):
            return
        spec = attributes.object["spec"]
        tolerations = spec.get("tolerations") or []
        missing = [key for key in TOLERATED_KEYS if not any(_covers(t, key) for t in tolerations)]
        if missing:
            spec["tolerations"] = [*tolerations, *map(_default, missing)]


def _covers(toleration: Obj, key: str) -> bool:
    return toleration.get("key", "") in ("", key) and toleration.get("effect", "") in ("", "NoExecute")


def _default(key: str) -> Obj:
    return {
        "key": key,
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": TOLERATION_SECONDS,
    }
