from __future__ import annotations

import pytest

from tests.api.objects import REGISTRY, errors_of
from tuik8s.api import kinds, schema
from tuik8s.api.conversion import to_served
from tuik8s.api.objects import Obj, copy

TEMPLATE: Obj = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "a", "image": "b"}]}}


@pytest.mark.parametrize(
    ("version", "kind", "warning"),
    [
        (
            "extensions/v1beta1",
            "Deployment",
            "extensions/v1beta1 Deployment is deprecated in v1.8+, unavailable in v1.16+; "
            "use apps/v1 Deployment",
        ),
        (
            "apps/v1beta2",
            "ReplicaSet",
            "apps/v1beta2 ReplicaSet is deprecated in v1.9+, unavailable in v1.16+; use apps/v1 ReplicaSet",
        ),
        (
            "batch/v1beta1",
            "CronJob",
            "batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; use batch/v1 CronJob",
        ),
        (
            "policy/v1beta1",
            "PodDisruptionBudget",
            "policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; "
            "use policy/v1 PodDisruptionBudget",
        ),
    ],
)
def test_warnings(version: str, kind: str, warning: str) -> None:
    converted, warnings = to_served({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}})
    assert warnings == [warning]
    assert schema.is_kubernetes_kind(converted["apiVersion"], converted["kind"])


def test_current_objects_come_back_as_they_are() -> None:
    current: list[Obj] = [{"apiVersion": "apps/v1", "kind": "Deployment"}, {}, {"apiVersion": [], "kind": {}}]
    for obj in current:
        assert to_served(obj) == (obj, [])
        assert to_served(obj)[0] is obj


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("extensions/v1beta1", "Deployment"),
        ("extensions/v1beta1", "ReplicaSet"),
        ("apps/v1beta1", "Deployment"),
        ("apps/v1beta2", "Deployment"),
        ("apps/v1beta2", "ReplicaSet"),
    ],
)
def test_old_workloads_become_valid_ones(version: str, kind: str) -> None:
    old: Obj = {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": "a", "namespace": "default"},
        "spec": {"template": TEMPLATE},
    }
    if version == "apps/v1beta2":
        old["spec"]["selector"] = {"matchLabels": {"app": "a"}}
    before = copy(old)
    converted, _ = to_served(old)
    assert old == before, "the input is never changed"
    served = REGISTRY.by_kind(converted["apiVersion"], kind)
    assert served is not None
    assert converted["spec"]["selector"] == {"matchLabels": {"app": "a"}}
    assert errors_of(served, converted) == []


def test_defaults_of_their_time() -> None:
    old: Obj = {"apiVersion": "extensions/v1beta1", "kind": "Deployment", "metadata": {"name": "a"}}
    old["spec"] = {"template": TEMPLATE, "rollbackTo": {"revision": 2}}
    converted, _ = to_served(old)
    assert converted["spec"]["strategy"] == {"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 1}}
    assert converted["spec"]["progressDeadlineSeconds"] == 2**31 - 1
    assert converted["metadata"]["labels"] == {"app": "a"}
    assert converted["metadata"]["annotations"] == {"deprecated.deployment.rollback.revision": "2"}
    schema.decode(kinds.DEPLOYMENT, converted)
    beta, _ = to_served({**old, "apiVersion": "apps/v1beta1"})
    assert beta["spec"]["revisionHistoryLimit"] == 2
    assert "strategy" not in beta["spec"]


def test_old_ingress() -> None:
    old = {
        "apiVersion": "extensions/v1beta1",
        "kind": "Ingress",
        "spec": {
            "backend": {"serviceName": "a", "servicePort": "http"},
            "rules": [{"http": {"paths": [{"backend": {"serviceName": "b", "servicePort": 80}}]}}],
        },
    }
    converted, _ = to_served(old)
    assert converted["apiVersion"] == "networking.k8s.io/v1"
    assert converted["spec"] == {
        "defaultBackend": {"service": {"name": "a", "port": {"name": "http"}}},
        "rules": [
            {
                "http": {
                    "paths": [
                        {
                            "backend": {"service": {"name": "b", "port": {"number": 80}}},
                            "pathType": "ImplementationSpecific",
                        }
                    ]
                }
            }
        ],
    }


def test_old_endpoint_slice() -> None:
    topology = {"kubernetes.io/hostname": "n1", "topology.kubernetes.io/zone": "z", "rack": "4"}
    old = {
        "apiVersion": "discovery.k8s.io/v1beta1",
        "kind": "EndpointSlice",
        "endpoints": [{"addresses": ["10.0.0.1"], "topology": topology}],
    }
    assert to_served(old)[0]["endpoints"] == [
        {"addresses": ["10.0.0.1"], "nodeName": "n1", "zone": "z", "deprecatedTopology": {"rack": "4"}}
    ]
    assert "rack" in topology
    assert len(topology) == 3


@pytest.mark.parametrize(
    "spec", [None, [], "x", {"template": []}, {"template": {"metadata": 1}}, {"strategy": 1}]
)
@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Ingress"])
@pytest.mark.parametrize("version", ["extensions/v1beta1", "apps/v1beta1"])
def test_broken_objects_are_left_to_the_schema(version: str, kind: str, spec: object) -> None:
    old = {"apiVersion": version, "kind": kind, "metadata": [], "spec": spec}
    to_served(old)
    assert old["spec"] == spec


def test_an_empty_selector_of_a_disruption_budget_selected_nothing() -> None:
    old = {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "spec": {"selector": {}}}
    expression = {"key": "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match", "operator": "Exists"}
    assert to_served(old)[0]["spec"]["selector"] == {"matchExpressions": [expression]}
    assert "selector" not in to_served({**old, "spec": {"minAvailable": 1}})[0]["spec"]


def test_targets_of_an_old_autoscaler() -> None:
    metrics = [
        {"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 50}},
        {"type": "Pods", "pods": {"metricName": "packets", "targetAverageValue": "1k"}},
        "rubbish",
    ]
    old = {
        "apiVersion": "autoscaling/v2beta1",
        "kind": "HorizontalPodAutoscaler",
        "spec": {"metrics": metrics},
    }
    converted, warnings = to_served(old)
    assert converted["spec"]["metrics"] == [
        {
            "type": "Resource",
            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
        },
        {
            "type": "Pods",
            "pods": {"metric": {"name": "packets"}, "target": {"type": "AverageValue", "averageValue": "1k"}},
        },
        "rubbish",
    ]
    assert warnings[0].endswith("use autoscaling/v2 HorizontalPodAutoscaler")


def test_what_was_optional_gets_the_defaults_of_then() -> None:
    hook = {
        "apiVersion": "admissionregistration.k8s.io/v1beta1",
        "kind": "MutatingWebhookConfiguration",
        "webhooks": [{"name": "a"}],
    }
    assert to_served(hook)[0]["webhooks"][0]["failurePolicy"] == "Ignore"
    request = {"apiVersion": "certificates.k8s.io/v1beta1", "kind": "CertificateSigningRequest", "spec": {}}
    assert to_served(request)[0]["spec"]["signerName"] == "kubernetes.io/legacy-unknown"
    level = {
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1beta2",
        "kind": "PriorityLevelConfiguration",
        "spec": {"limited": {"assuredConcurrencyShares": 5}},
    }
    assert to_served(level)[0]["spec"]["limited"] == {"nominalConcurrencyShares": 5}
