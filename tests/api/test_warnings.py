"""What Kubernetes lets through and warns of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.api import kinds
from tuik8s.api.warnings import warnings_of

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

ZONE = "failure-domain.beta.kubernetes.io/zone"
ZONE_TEXT = 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'
NO_POD = "a null labelSelector results in matching no pod"


def container(name: str = "a", **fields: Any) -> Obj:
    return {"name": name, "image": "x", **fields}


def port(number: int = 80, **fields: Any) -> Obj:
    return {"containerPort": number, "protocol": "TCP", **fields}


def of(kind: Kind, spec: Obj, name: str = "web", **meta: Any) -> list[str]:
    return warnings_of(kind, {"metadata": {"name": name, **meta}, "spec": spec}, None)


@pytest.mark.parametrize(
    ("spec", "warning"),
    [
        ({"nodeSelector": {ZONE: "a"}}, f"spec.nodeSelector[{ZONE}]: {ZONE_TEXT}"),
        (
            {
                "affinity": {
                    "nodeAffinity": {
                        "preferredDuringSchedulingIgnoredDuringExecution": [
                            {"preference": {"matchExpressions": [{"key": ZONE}]}}
                        ]
                    }
                }
            },
            "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference."
            f"matchExpressions[0].key: {ZONE} is {ZONE_TEXT}",
        ),
        (
            {"topologySpreadConstraints": [{"topologyKey": "host"}]},
            f"spec.topologySpreadConstraints[0].labelSelector: {NO_POD}",
        ),
        (
            {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}}},
            "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: "
            f"{NO_POD}",
        ),
        ({"volumes": [{"name": "v", "gitRepo": {}}]}, "spec.volumes[0].gitRepo: deprecated in v1.11"),
        (
            {"hostAliases": [{"ip": "1.1.1.1"}, {"ip": "1.1.1.1"}]},
            'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"',
        ),
        ({"imagePullSecrets": [{}]}, 'spec.imagePullSecrets[0].name: invalid empty name ""'),
        (
            {"terminationGracePeriodSeconds": -1},
            "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be "
            "treated as 1",
        ),
        (
            {"initContainers": [container("i", resources={"limits": {"memory": "100m", "cpu": "100m"}})]},
            'spec.initContainers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must '
            "be an integer",
        ),
    ],
)
def test_pods(spec: Obj, warning: str) -> None:
    assert of(kinds.POD, {"containers": [container()], **spec}) == [warning]


@pytest.mark.parametrize(
    ("second", "hides"),
    [
        ({"value": "b"}, True),
        ({"value": "$(A)"}, True),
        ({"value": "$(A)b"}, False),
        ({"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, True),
    ],
)
def test_variables_that_are_given_twice(second: Obj, *, hides: bool) -> None:
    env = [{"name": "A", "value": "a"}, {"name": "B"}, {"name": "A", **second}]
    text = (
        'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply'
    )
    assert of(kinds.POD, {"containers": [container(env=env)]}) == ([text] if hides else [])


@pytest.mark.parametrize(
    ("one", "other", "problem"),
    [
        (port(), port(), "duplicate"),
        (port(), port(hostPort=8080), "overlapping"),
        (port(hostPort=80), port(hostPort=80, hostIP="1.2.3.4"), "dangerously ambiguous"),
        (port(hostPort=80), port(hostPort=81), ""),
        (port(), port(81), ""),
        (port(), port(protocol="UDP"), ""),
    ],
)
def test_ports_that_are_given_twice(one: Obj, other: Obj, problem: str) -> None:
    containers = [container(ports=[one]), container("b", ports=[other])]
    text = f"spec.containers[1].ports[0]: {problem} port definition with spec.containers[0].ports[0]"
    assert of(kinds.POD, {"containers": containers}) == ([text] if problem else [])


def test_templates_are_named_where_they_stand() -> None:
    template = {"spec": {"containers": [container()], "nodeSelector": {ZONE: "a"}}}
    paths: dict[Kind, tuple[str, Obj]] = {
        kinds.DEPLOYMENT: ("spec.template.", {"template": template}),
        kinds.CRON_JOB: (
            "spec.jobTemplate.spec.template.",
            {"jobTemplate": {"spec": {"template": template}}},
        ),
    }
    for kind, (path, spec) in paths.items():
        assert of(kind, spec) == [f"{path}spec.nodeSelector[{ZONE}]: {ZONE_TEXT}"]


def test_names_that_are_no_labels() -> None:
    advice = "which can result in surprising behavior; a DNS label is recommended: [must not contain dots]"
    in_pods = f"metadata.name: this is used in Pod names and hostnames, {advice}"
    spec: Obj = {"containers": [container()]}
    assert of(kinds.POD, spec, "a.b") == [f"metadata.name: this is used in the Pod's hostname, {advice}"]
    assert of(kinds.DEPLOYMENT, {"template": {"spec": spec}}, "a.b") == [in_pods]
    assert of(kinds.STATEFUL_SET, {"template": {"spec": spec}}, "a.b") == []


def test_annotations_whose_place_fields_have_taken() -> None:
    key = "container.apparmor.security.beta.kubernetes.io/a"
    template = {"metadata": {"annotations": {key: "x"}}, "spec": {"containers": [container()]}}
    assert of(kinds.DEPLOYMENT, {"template": template}) == [
        f"spec.template.metadata.annotations[{key}]: deprecated since v1.30; use the "
        '"appArmorProfile" field instead'
    ]


def test_only_a_changed_template_is_looked_at_again() -> None:
    template = {"spec": {"containers": [container()], "nodeSelector": {ZONE: "a"}}}
    old = {"metadata": {"name": "a", "generation": 1}, "spec": {"template": template}}
    new = {"metadata": {"name": "a", "generation": 2}, "spec": {"template": template}}
    assert warnings_of(kinds.DEPLOYMENT, old, old) == []
    assert warnings_of(kinds.DEPLOYMENT, new, old) != []


@pytest.mark.parametrize(
    ("spec", "warning"),
    [
        (
            {"type": "ClusterIP", "clusterIP": "None", "externalIPs": ["1.2.3.4"]},
            "spec.externalIPs is ignored for headless services",
        ),
        (
            {"type": "ClusterIP", "clusterIP": "None", "sessionAffinity": "ClientIP"},
            "spec.SessionAffinity is ignored for headless services",
        ),
        (
            {"type": "ClusterIP", "externalName": "x"},
            'spec.externalName is ignored when spec.type is not "ExternalName"',
        ),
        (
            {"type": "NodePort", "externalIPs": ["1.2.3.4"]},
            "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
        ),
        (
            {"type": "ExternalName", "externalIPs": ["1.2.3.4"]},
            'spec.externalIPs is ignored when spec.type is "ExternalName"',
        ),
    ],
)
def test_services(spec: Obj, warning: str) -> None:
    assert of(kinds.SERVICE, spec) == [warning]


def test_ingress_classes_of_old() -> None:
    annotations = {"kubernetes.io/ingress.class": "nginx"}
    assert of(kinds.INGRESS, {}, annotations=annotations) == [
        "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"
    ]
    assert of(kinds.INGRESS, {"ingressClassName": "nginx"}, annotations=annotations) == []


def test_persistent_volumes() -> None:
    assert of(kinds.PERSISTENT_VOLUME, {"persistentVolumeReclaimPolicy": "Recycle", "rbd": {}}) == [
        "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the "
        "recommended approach is to use dynamic provisioning.",
        "spec.rbd: deprecated in v1.28, non-functional in v1.31+",
    ]
