"""HorizontalPodAutoscalers (pkg/apis/autoscaling/{v1,v2}/defaults.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.autoscaling import METRICS

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

_CPU_UTILIZATION = 80  # percent
_ALL_IN_15_SECONDS: Obj = {"type": "Percent", "value": 100, "periodSeconds": 15}
_UP = (_ALL_IN_15_SECONDS, {"type": "Pods", "value": 4, "periodSeconds": 15})
_DOWN = (_ALL_IN_15_SECONDS,)


def default_autoscaler(autoscaler: Obj) -> None:
    if autoscaler.get("apiVersion") == "autoscaling/v1":
        _default_v1(autoscaler)
        return
    spec = autoscaler.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": _CPU_UTILIZATION}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    behavior = spec.get("behavior")
    if behavior is not None:
        _default_rules(behavior.setdefault("scaleUp", {}), _UP)
        behavior["scaleUp"].setdefault("stabilizationWindowSeconds", 0)
        _default_rules(behavior.setdefault("scaleDown", {}), _DOWN)


def _default_v1(autoscaler: Obj) -> None:
    spec = autoscaler.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if METRICS not in (autoscaler["metadata"].get("annotations") or {}):
        spec.setdefault("targetCPUUtilizationPercentage", _CPU_UTILIZATION)


def _default_rules(rules: Obj, policies: tuple[Obj, ...]) -> None:
    rules.setdefault("selectPolicy", "Max")
    if not rules.get("policies"):
        rules["policies"] = [dict(policy) for policy in policies]
