"""Deployments and ReplicaSets (pkg/apis/apps/v1/defaults.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.defaults.pods import default_template

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


def default_deployment(deployment: Obj) -> None:
    spec = deployment.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    spec.setdefault("template", {})
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    default_template(spec.get("template"))


def default_replica_set(replica_set: Obj) -> None:
    spec = replica_set.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    spec.setdefault("template", {})
    default_template(spec.get("template"))
