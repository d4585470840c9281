"""Autoscalers go from one version to the other and back without loss."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tuik8s.api import autoscaling

CPU = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
}
MEMORY = {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}
METRICS: list[dict[str, Any]] = [
    {"type": "Resource", "resource": MEMORY},
    {"type": "Pods", "pods": {
        "metric": {"name": "packets", "selector": {"matchLabels": {"a": "b"}}},
        "target": {"type": "AverageValue", "averageValue": "1k"},
    }},
    {"type": "Object", "object": {
        "describedObject": {"kind": "Ingress", "name": "main", "apiVersion": "networking.k8s.io/v1"},
        "metric": {"name": "requests"}, "target": {"type": "Value", "value": "2k"},
    }},
    {"type": "External", "external": {
        "metric": {"name": "queue", "selector": {"matchLabels": {"a": "b"}}},
        "target": {"type": "AverageValue", "averageValue": "30"},
    }},
    {"type": "ContainerResource", "containerResource": {
        "name": "cpu", "container": "web", "target": {"type": "Utilization", "averageUtilization": 60},
    }},
]  # fmt: skip


def _autoscaler(*metrics: Any, **fields: Any) -> dict[str, Any]:
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 1, "maxReplicas": 5}
    return {
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"},
        "spec": {**spec, **({"metrics": list(metrics)} if metrics else {})}, **fields,
    }  # fmt: skip


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric["type"])
def test_every_kind_of_metric_survives(metric: dict[str, Any]) -> None:
    autoscaler = _autoscaler(metric, CPU)
    older = autoscaling.to_v1(autoscaler)
    assert older["apiVersion"] == "autoscaling/v1"
    assert older["spec"]["targetCPUUtilizationPercentage"] == 80
    assert "metrics" not in older["spec"]
    assert autoscaling.to_v2(older) == autoscaler


def test_a_cpu_target_is_all_that_the_older_version_needs() -> None:
    older = autoscaling.to_v1(_autoscaler(CPU))
    assert "annotations" not in older["metadata"]
    assert autoscaling.to_v2(older)["spec"]["metrics"] == [CPU]


def test_the_older_version_always_counts_the_replicas() -> None:
    autoscaler = _autoscaler(CPU, status={"desiredReplicas": 0})
    older = autoscaling.to_v1(autoscaler)
    assert older["status"] == {"currentReplicas": 0, "desiredReplicas": 0}
    assert autoscaling.to_v2(older) == autoscaler


def test_status_and_behaviour_are_carried_in_annotations() -> None:
    current = {"averageUtilization": 10, "averageValue": "5m"}
    status = {
        "currentReplicas": 2, "desiredReplicas": 3,
        "conditions": [{"type": "AbleToScale", "status": "True"}],
        "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": current}}],
    }  # fmt: skip
    autoscaler = _autoscaler(CPU, status=status)
    autoscaler["spec"]["behavior"] = {"scaleDown": {"stabilizationWindowSeconds": 0}}
    older = autoscaling.to_v1(autoscaler)
    assert older["status"] == {
        "currentReplicas": 2,
        "desiredReplicas": 3,
        "currentCPUUtilizationPercentage": 10,
    }
    assert json.loads(older["metadata"]["annotations"][autoscaling.BEHAVIOR])["scaleDown"]
    assert autoscaling.to_v2(older) == autoscaler


@pytest.mark.parametrize("text", ["{", "[1, null]", '"x"', "[[]]", '[{"type": 3}]'])
def test_a_spoilt_annotation_harms_nothing(text: str) -> None:
    older = autoscaling.to_v1(_autoscaler(CPU))
    older["metadata"] = {"name": "web", "annotations": {autoscaling.METRICS: text, "mine": "x"}}
    newer = autoscaling.to_v2(older)
    assert newer["metadata"]["annotations"] == {"mine": "x"}
    assert newer["spec"]["metrics"][-1] == CPU
