from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.objects import container, deployment, pod, prepared, service
from tuik8s.api import defaults, kinds
from tuik8s.api.objects import Obj, copy

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind


def test_a_pod() -> None:
    web = container(
        ports=[{"containerPort": 80}],
        env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        livenessProbe={"httpGet": {"port": 80}},
        startupProbe={"grpc": {"port": 9}, "periodSeconds": 3},
        lifecycle={"preStop": {"httpGet": {"port": 80, "scheme": "HTTPS"}}},
        resources={"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}},
    )
    obj = prepared(kinds.POD, pod(web, serviceAccount="robot"))
    probe = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
    field = {"apiVersion": "v1", "fieldPath": "metadata.name"}
    assert obj["spec"] == {
        "containers": [
            {
                "name": "web",
                "image": "nginx:1.27",
                "imagePullPolicy": "IfNotPresent",
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "env": [{"name": "A", "valueFrom": {"fieldRef": field}}],
                "livenessProbe": {"httpGet": {"port": 80, "path": "/", "scheme": "HTTP"}, **probe},
                "startupProbe": {"grpc": {"port": 9, "service": ""}, **probe, "periodSeconds": 3},
                "lifecycle": {"preStop": {"httpGet": {"port": 80, "path": "/", "scheme": "HTTPS"}}},
                "resources": {
                    "limits": {"cpu": "1", "memory": "1Gi"},
                    "requests": {"cpu": "500m", "memory": "1Gi"},
                },
            }
        ],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
        "schedulerName": "default-scheduler",
        "enableServiceLinks": True,
        "serviceAccount": "robot",
        "serviceAccountName": "robot",
    }
    assert obj["status"] == {"phase": "Pending"}


@pytest.mark.parametrize(
    ("image", "policy"),
    [("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1", "IfNotPresent"), ("", "IfNotPresent")],
)
def test_pull_policy_by_tag(image: str, policy: str) -> None:
    obj = prepared(kinds.POD, pod(container(image=image)))
    assert obj["spec"]["containers"][0]["imagePullPolicy"] == policy
    kept = prepared(kinds.POD, pod(container(image=image, imagePullPolicy="Never")))
    assert kept["spec"]["containers"][0]["imagePullPolicy"] == "Never"


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        ({}, {"emptyDir": {}}),
        ({"emptyDir": {"sizeLimit": "1Gi"}}, {"emptyDir": {"sizeLimit": "1Gi"}}),
        ({"hostPath": {"path": "/a"}}, {"hostPath": {"path": "/a", "type": ""}}),
        ({"configMap": {"name": "a"}}, {"configMap": {"name": "a", "defaultMode": 420}}),
        (
            {"secret": {"secretName": "a", "defaultMode": 256}},
            {"secret": {"secretName": "a", "defaultMode": 256}},
        ),
        (
            {"downwardAPI": {"items": [{"path": "a", "fieldRef": {"fieldPath": "metadata.name"}}]}},
            {
                "downwardAPI": {
                    "defaultMode": 420,
                    "items": [{"path": "a", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}],
                }
            },
        ),
        (
            {"projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
            {
                "projected": {
                    "defaultMode": 420,
                    "sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 3600}}],
                }
            },
        ),
        ({"image": {"reference": "a:1"}}, {"image": {"reference": "a:1", "pullPolicy": "IfNotPresent"}}),
    ],
)
def test_volumes(volume: Obj, expected: Obj) -> None:
    obj = prepared(kinds.POD, pod(volumes=[{"name": "v", **volume}]))
    assert obj["spec"]["volumes"] == [{"name": "v", **expected}]


def test_host_network_ports_are_the_containers() -> None:
    web = container(ports=[{"containerPort": 80}, {"containerPort": 81, "hostPort": 81}])
    ports = prepared(kinds.POD, pod(web, hostNetwork=True))["spec"]["containers"][0]["ports"]
    assert [port.get("hostPort") for port in ports] == [80, 81]


def test_requests_of_the_whole_pod() -> None:
    obj = prepared(
        kinds.POD,
        pod(
            container(resources={"requests": {"cpu": "300m"}}),
            resources={"limits": {"cpu": "1", "memory": "1Gi"}},
        ),
    )
    assert obj["spec"]["resources"]["requests"] == {"cpu": "300m", "memory": "1Gi"}
    limited = container(resources={"limits": {"cpu": "2", "hugepages-2Mi": "4Mi"}})
    obj = prepared(kinds.POD, pod(limited, resources={"requests": {"cpu": "2"}}))
    assert obj["spec"]["resources"] == {
        "requests": {"cpu": "2", "hugepages-2Mi": "4Mi"},
        "limits": {"hugepages-2Mi": "4Mi"},
    }
    limited = container(resources={"limits": {"cpu": "2", "memory": "1Gi"}})
    obj = prepared(kinds.POD, pod(limited, resources={"requests": {"cpu": "2", "memory": "2Gi"}}))
    assert obj["spec"]["resources"]["limits"] == {"cpu": "2", "memory": "1Gi"}


def test_a_deployment_and_its_template() -> None:
    spec = prepared(kinds.DEPLOYMENT, deployment())["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
    }
    assert (spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (10, 600)
    template = spec["template"]["spec"]
    assert template["restartPolicy"] == "Always"
    assert "enableServiceLinks" not in template, "that is for pods alone"
    recreated = prepared(kinds.DEPLOYMENT, deployment(strategy={"type": "Recreate"}, replicas=0))["spec"]
    assert recreated["strategy"] == {"type": "Recreate"}
    assert recreated["replicas"] == 0


def test_limits_become_requests_in_pods_alone() -> None:
    limited = container(resources={"limits": {"cpu": "1"}})
    manifest = deployment(template={"spec": {"containers": [limited]}})
    template = prepared(kinds.DEPLOYMENT, manifest)["spec"]["template"]
    assert template["spec"]["containers"][0]["resources"] == {"limits": {"cpu": "1"}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"type": "ClusterIP", "ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4"]}),
        ({"type": "NodePort"}, {"externalTrafficPolicy": "Cluster", "internalTrafficPolicy": "Cluster"}),
        (
            {"type": "LoadBalancer"},
            {"allocateLoadBalancerNodePorts": True, "externalTrafficPolicy": "Cluster"},
        ),
        ({"externalIPs": ["1.2.3.4"]}, {"externalTrafficPolicy": "Cluster"}),
        ({"clusterIP": "None"}, {"clusterIPs": ["None"], "ipFamilies": ["IPv4"]}),
        (
            {"clusterIP": "None", "selector": None},
            {"ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv4", "IPv6"]},
        ),
        ({"clusterIP": "fd00::1"}, {"ipFamilies": ["IPv6"], "clusterIPs": ["fd00::1"]}),
        ({"sessionAffinity": "ClientIP"}, {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}}),
        ({}, {"sessionAffinity": "None", "ports": [{"port": 80, "targetPort": 80, "protocol": "TCP"}]}),
    ],
)
def test_services(given: Obj, expected: Obj) -> None:
    spec = prepared(kinds.SERVICE, service(**given))["spec"]
    assert {field: spec.get(field) for field in expected} == expected


def test_an_external_name_has_no_addresses() -> None:
    spec = prepared(kinds.SERVICE, service(type="ExternalName", externalName="a.b"))["spec"]
    assert not spec.keys() & {
        "ipFamilies",
        "ipFamilyPolicy",
        "internalTrafficPolicy",
        "externalTrafficPolicy",
    }


def test_namespaces() -> None:
    obj = prepared(kinds.NAMESPACE, {"metadata": {"name": "shop"}})
    assert obj["metadata"]["labels"] == {"kubernetes.io/metadata.name": "shop"}
    assert obj["spec"] == {"finalizers": ["kubernetes"]}
    assert obj["status"] == {"phase": "Active"}
    leaving: Obj = {"metadata": {"name": "shop", "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    assert "finalizers" not in prepared(kinds.NAMESPACE, leaving).get("spec", {})


def test_secrets_swallow_their_plain_text() -> None:
    obj = prepared(kinds.SECRET, {"data": {"a": "eA==", "b": "eQ=="}, "stringData": {"a": "new", "c": "ü"}})
    assert obj["type"] == "Opaque"
    assert obj["data"] == {"a": "bmV3", "b": "eQ==", "c": "w7w="}
    assert "stringData" not in obj


def test_others() -> None:
    node = prepared(kinds.NODE, {"status": {"capacity": {"cpu": "4"}}})
    assert node["status"]["allocatable"] == {"cpu": "4"}
    endpoints = prepared(kinds.ENDPOINTS, {"subsets": [{"ports": [{"port": 80}]}]})
    assert endpoints["subsets"][0]["ports"] == [{"port": 80, "protocol": "TCP"}]
    endpoint_slice = prepared(kinds.ENDPOINT_SLICE, {"ports": [{"port": 80}]})
    assert endpoint_slice["ports"] == [{"name": "", "port": 80, "protocol": "TCP"}]


@pytest.mark.parametrize(
    ("kind", "manifest"),
    [
        (kinds.POD, pod(container(ports=[{"containerPort": 80}]), hostNetwork=True, volumes=[{"name": "a"}])),
        (kinds.DEPLOYMENT, deployment()),
        (kinds.SERVICE, service(clusterIP="None")),
        (kinds.NAMESPACE, {"metadata": {"name": "a"}}),
        (kinds.SECRET, {"stringData": {"a": "b"}}),
        (kinds.CONFIG_MAP, {"data": {"a": "b"}}),
    ],
)
def test_defaulting_again_changes_nothing(kind: Kind, manifest: Obj) -> None:
    once = prepared(kind, manifest)
    twice = copy(once)
    defaults.set_defaults(kind, twice)
    assert twice == once
    assert prepared(kind, once) == once
