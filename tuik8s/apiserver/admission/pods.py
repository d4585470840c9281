"""What Kubernetes adds to every pod: how long it tolerates a lost node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.request import Verb

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.admission.chain import Attributes

TOLERATION_SECONDS = 300
TOLERATED_KEYS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


class DefaultTolerationSeconds:
    """A pod stays 300 seconds on a node that is not ready or unreachable, unless it says otherwise.

    Replacing a pod with the manifest it was made from is no change of its tolerations.
    """

    name = "DefaultTolerationSeconds"

    async def admit(self, attributes: Attributes) -> None:
        if attributes.kind != kinds.POD or attributes.operation is Verb.DELETE:
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
