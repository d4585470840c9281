"""TaintNodesByCondition: a new node takes no pod before it is ready (plugin/pkg/admission/nodetaint)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.request import Verb

if TYPE_CHECKING:
    from tuik8s.apiserver.admission.chain import Attributes

_NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


class TaintNodesByCondition:
    """Every node comes with the taint, which the node controller takes off as its conditions allow."""

    name = "TaintNodesByCondition"

    async def admit(self, attributes: Attributes) -> None:
        if attributes.kind != kinds.NODE or attributes.operation is not Verb.CREATE:
            return
        spec = attributes.object.setdefault("spec", {})
        taints = spec.get("taints") or []
        if not any(taint.items() >= _NOT_READY.items() for taint in taints):
            spec["taints"] = [*taints, dict(_NOT_READY)]
