"""What a pod may learn about itself: `fieldRef` and `resourceFieldRef` (k8s.io/kubernetes/pkg/fieldpath).

Every function raises `ValueError`, in Kubernetes' words, for a path that is not served.
"""

from __future__ import annotations

import json
import re
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from tuik8s.api import quantity
from tuik8s.api.objects import Obj, annotations_of, labels_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_SUBSCRIPT = re.compile(r"^(metadata\.(?:labels|annotations))\['(.+)'\]$")


def field_value(pod: Obj, path: str) -> str:
    """The value at `path` of the pod; what is not known yet (an address) is empty."""
    subscript = _SUBSCRIPT.match(path)
    if subscript:
        source = labels_of(pod) if subscript.group(1) == "metadata.labels" else annotations_of(pod)
        return source.get(subscript.group(2), "")
    if path in ("metadata.labels", "metadata.annotations"):
        return format_map(labels_of(pod) if path == "metadata.labels" else annotations_of(pod))
    reader = _READERS.get(path)
    if reader is None:
        raise ValueError(f"unsupported fieldPath: {path}")
    section, name = reader
    value = (pod.get(section) or {}).get(name)
    if name in ("podIPs", "hostIPs"):
        return ",".join(entry["ip"] for entry in value or ())
    return str(value or "")


_READERS = {
    path: (path.split(".")[0], path.split(".")[1])
    for path in (
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    )
}  # fmt: skip


def format_map(values: Mapping[str, str]) -> str:
    """One `key="value"` a line, sorted, the value quoted as a Go string."""
    return "\n".join(f"{key}={json.dumps(values[key], ensure_ascii=False)}" for key in sorted(values))


def resource_value(pod: Obj, reference: Obj, *, allocatable: Mapping[str, str], container: str = "") -> str:
    """`limits.cpu` and the like in units of the divisor, rounded up; an unset limit is what the node has."""
    name = reference.get("containerName") or container
    spec = next((c for c in _containers(pod) if c["name"] == name), None)
    if spec is None:
        raise ValueError(f"container {name} not found")
    section, _, resource = reference["resource"].partition(".")
    if section not in ("limits", "requests") or not resource:
        raise ValueError(f"unsupported container resource : {reference['resource']}")
    declared = (spec.get("resources") or {}).get(section) or {}
    amount = declared.get(resource)
    if amount is None and section == "limits":
        amount = allocatable.get(resource)
    divisor = quantity.parse(reference.get("divisor") or "1") or Decimal(1)
    units = (quantity.parse(amount or "0") / divisor).to_integral_value(ROUND_CEILING)
    return str(int(units))


def _containers(pod: Obj) -> list[Obj]:
    spec = pod["spec"]
    return [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
