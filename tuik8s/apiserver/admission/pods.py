"""What Kubernetes adds to every new pod: how long it tolerates a lost node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.request import Verb

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.admission.chain import Attributes

TOLERATION_SECONDS = 300
TOLERATED_KEYS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def _is_new_pod(attributes: Attributes) -> bool:
    return attributes.kind == kinds.POD and attributes.operation is Verb.CREATE


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
