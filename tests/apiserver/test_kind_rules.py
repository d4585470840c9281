"""What the server sets, keeps and counts, kind by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.every_kind import minimal_objects
from tuik8s.api import kinds
from tuik8s.api.errors import Conflict, Forbidden, Invalid, MethodNotSupported, NotFound
from tuik8s.api.objects import copy

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj


def minimal(kind: Kind, name: str = "x", **spec: Any) -> Obj:
    obj = next(obj for found, obj in minimal_objects() if found == kind)
    obj["metadata"]["name"] = name
    if spec:
        obj["spec"] = {**obj.get("spec", {}), **spec}
    return obj


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (kinds.STATEFUL_SET, {"replicas": 3}),
        (kinds.DAEMON_SET, {"minReadySeconds": 3}),
        (kinds.REPLICATION_CONTROLLER, {"replicas": 3}),
        (kinds.JOB, {"suspend": True}),
        (kinds.CRON_JOB, {"suspend": True}),
        (kinds.POD_DISRUPTION_BUDGET, {"minAvailable": 3}),
        (kinds.INGRESS, {"ingressClassName": "other"}),
        (kinds.NETWORK_POLICY, {"policyTypes": ["Egress"]}),
        (kinds.FLOW_SCHEMA, {"matchingPrecedence": 3}),
    ],
    ids=str,
)
async def test_generations_count_changes_of_the_spec(
    control_plane: ControlPlane, kind: Kind, change: Obj
) -> None:
    created = await control_plane.client.create(kind, minimal(kind))
    assert created["metadata"]["generation"] == 1
    updated = await control_plane.client.patch(kind, _namespace(kind), "x", {"spec": change})
    assert updated["metadata"]["generation"] == 2


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (kinds.STATEFUL_SET, {"replicas": 0, "availableReplicas": 0}),
        (kinds.REPLICA_SET, {"replicas": 0}),
        (kinds.HORIZONTAL_POD_AUTOSCALER, {"desiredReplicas": 0}),
        (kinds.PERSISTENT_VOLUME_CLAIM, {"phase": "Pending"}),
        (kinds.INGRESS, {"loadBalancer": {}}),
    ],
    ids=str,
)
async def test_clients_do_not_set_the_status(control_plane: ControlPlane, kind: Kind, status: Obj) -> None:
    created = await control_plane.client.create(kind, minimal(kind) | {"status": {}})
    assert created["status"] == status


async def test_a_job_selects_its_pods_by_its_uid(control_plane: ControlPlane) -> None:
    job = await control_plane.client.create(kinds.JOB, minimal(kinds.JOB))
    uid, spec = job["metadata"]["uid"], job["spec"]
    assert spec["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    assert spec["template"]["metadata"]["labels"] == {
        "batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": "x",
        "controller-uid": uid, "job-name": "x",
    }  # fmt: skip
    assert (spec["completions"], spec["parallelism"], spec["backoffLimit"]) == (1, 1, 6)
    assert (spec["completionMode"], spec["podReplacementPolicy"]) == ("NonIndexed", "TerminatingOrFailed")


async def test_a_daemon_set_counts_changes_of_its_template(control_plane: ControlPlane) -> None:
    name = "deprecated.daemonset.template.generation"
    created = await control_plane.client.create(kinds.DAEMON_SET, minimal(kinds.DAEMON_SET))
    assert created["metadata"]["annotations"][name] == "1"
    image = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "busybox:2"}]}}}}
    changed = await control_plane.client.patch(kinds.DAEMON_SET, "default", "x", image)
    assert changed["metadata"]["annotations"][name] == "2"
    other = {"metadata": {"annotations": {name: "9"}}, "spec": {"minReadySeconds": 1}}
    changed = await control_plane.client.patch(kinds.DAEMON_SET, "default", "x", other)
    assert (changed["metadata"]["annotations"][name], changed["metadata"]["generation"]) == ("2", 3)


async def test_a_replication_controller_takes_labels_and_selector_from_its_template(
    control_plane: ControlPlane,
) -> None:
    made = await control_plane.client.create(
        kinds.REPLICATION_CONTROLLER, minimal(kinds.REPLICATION_CONTROLLER)
    )
    assert made["spec"]["selector"] == made["metadata"]["labels"] == {"app": "x"}
    scale = await control_plane.client.get(kinds.REPLICATION_CONTROLLER, "default", "x", subresource="scale")
    assert (scale["spec"], scale["status"]) == ({"replicas": 1}, {"replicas": 0, "selector": "app=x"})


async def test_claims_of_a_stateful_set_are_whole_objects(control_plane: ControlPlane) -> None:
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    made = await control_plane.client.create(
        kinds.STATEFUL_SET, minimal(kinds.STATEFUL_SET, volumeClaimTemplates=[claim])
    )
    stored = made["spec"]["volumeClaimTemplates"][0]
    assert (stored["kind"], stored["status"], stored["spec"]["volumeMode"]) == (
        "PersistentVolumeClaim", {"phase": "Pending"}, "Filesystem",
    )  # fmt: skip
    assert made["spec"]["updateStrategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"partition": 0, "maxUnavailable": 1},
    }


async def test_dependents_of_jobs_are_kept_unless_the_client_says_otherwise(
    control_plane: ControlPlane,
) -> None:
    await control_plane.client.create(kinds.JOB, minimal(kinds.JOB))
    held = await control_plane.client.delete(kinds.JOB, "default", "x")
    assert held["metadata"]["finalizers"] == ["orphan"]
    await control_plane.client.create(kinds.JOB, minimal(kinds.JOB, "y"))
    await control_plane.client.delete(kinds.JOB, "default", "y", propagation="Background")
    with pytest.raises(NotFound):
        await control_plane.client.get(kinds.JOB, "default", "y")


async def test_an_autoscaler_is_one_object_in_two_versions(control_plane: ControlPlane) -> None:
    client, older = control_plane.client, kinds.HORIZONTAL_POD_AUTOSCALER_V1
    spec = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}
    made = await client.create(
        older, {"metadata": {"name": "web", "namespace": "default"}, "spec": {**spec, "maxReplicas": 5}}
    )
    assert made["apiVersion"] == "autoscaling/v1"
    assert (made["spec"]["minReplicas"], made["spec"]["targetCPUUtilizationPercentage"]) == (1, 80)
    newer = await client.get(kinds.HORIZONTAL_POD_AUTOSCALER, "default", "web")
    assert newer["apiVersion"] == "autoscaling/v2"
    assert newer["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 80
    memory = {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}
    metrics = [*newer["spec"]["metrics"], {"type": "Resource", "resource": memory}]
    await client.patch(kinds.HORIZONTAL_POD_AUTOSCALER, "default", "web", {"spec": {"metrics": metrics}})
    seen = await client.get(older, "default", "web")
    assert "memory" in seen["metadata"]["annotations"]["autoscaling.alpha.kubernetes.io/metrics"]
    changed = copy(seen)
    changed["spec"]["targetCPUUtilizationPercentage"] = 50
    await client.update(older, changed)
    newer = await client.get(kinds.HORIZONTAL_POD_AUTOSCALER, "default", "web")
    targets = {item["resource"]["name"]: item["resource"]["target"] for item in newer["spec"]["metrics"]}
    assert targets["cpu"]["averageUtilization"] == 50
    assert targets["memory"]["averageValue"] == "1Gi"


async def test_certificate_requests_are_approved_at_their_own_door(control_plane: ControlPlane) -> None:
    kind = kinds.CERTIFICATE_SIGNING_REQUEST
    client = control_plane.client
    request = minimal(kind, username="somebody-else", groups=["g"])
    made = await client.create(kind, request)
    assert made["spec"]["username"] == client.user.name
    assert made["spec"]["groups"] == list(client.user.groups)
    approved = copy(made)
    verdict = {"type": "Approved", "status": "True", "reason": "ByMe", "message": "fine"}
    approved["status"] = {"conditions": [verdict]}
    assert "conditions" not in (await client.update_status(kind, approved)).get("status", {})
    approved["metadata"].pop("resourceVersion")
    done = await client.update(kind, approved, subresource="approval")
    condition = done["status"]["conditions"][0]
    assert condition.items() >= verdict.items()
    assert condition["lastUpdateTime"] == condition["lastTransitionTime"]
    changed = copy(done)
    changed["spec"]["signerName"] = "example.com/other"
    assert (await client.update(kind, changed))["spec"] == made["spec"]


async def test_priorities(control_plane: ControlPlane) -> None:
    client = control_plane.client
    names = {item["metadata"]["name"] for item in (await client.list(kinds.PRIORITY_CLASS))["items"]}
    assert names == {"system-node-critical", "system-cluster-critical"}
    await client.create(kinds.PRIORITY_CLASS, _priority("high", 1000, preemptionPolicy="Never"))
    made = await client.create(kinds.POD, minimal(kinds.POD, "a", priorityClassName="high"))
    assert (made["spec"]["priority"], made["spec"]["preemptionPolicy"]) == (1000, "Never")
    await client.create(kinds.PRIORITY_CLASS, _priority("usual", 7, globalDefault=True))
    made = await client.create(kinds.POD, minimal(kinds.POD, "b"))
    assert (made["spec"]["priority"], made["spec"]["priorityClassName"]) == (7, "usual")
    with pytest.raises(Forbidden, match="PriorityClass usual is already marked as default"):
        await client.create(kinds.PRIORITY_CLASS, _priority("other", 8, globalDefault=True))
    with pytest.raises(Forbidden, match=r"the integer value of priority \(3\) must not be provided"):
        await client.create(kinds.POD, minimal(kinds.POD, "c", priorityClassName="high", priority=3))


async def test_default_classes(control_plane: ControlPlane) -> None:
    client = control_plane.client
    storage_class = minimal(kinds.STORAGE_CLASS, "usual")
    storage_class["metadata"]["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    await client.create(kinds.STORAGE_CLASS, storage_class)
    claim = await client.create(kinds.PERSISTENT_VOLUME_CLAIM, minimal(kinds.PERSISTENT_VOLUME_CLAIM, "a"))
    assert claim["spec"]["storageClassName"] == "usual"
    none = minimal(kinds.PERSISTENT_VOLUME_CLAIM, "b", storageClassName="")
    assert (await client.create(kinds.PERSISTENT_VOLUME_CLAIM, none))["spec"]["storageClassName"] == ""
    ingress_class = minimal(kinds.INGRESS_CLASS, "nginx")
    ingress_class["metadata"]["annotations"] = {"ingressclass.kubernetes.io/is-default-class": "true"}
    await client.create(kinds.INGRESS_CLASS, ingress_class)
    made = await client.create(kinds.INGRESS, minimal(kinds.INGRESS))
    assert made["spec"]["ingressClassName"] == "nginx"


async def test_kinds_that_need_to_know_which_state_is_changed(control_plane: ControlPlane) -> None:
    kind = kinds.POD_DISRUPTION_BUDGET
    await control_plane.client.create(kind, minimal(kind))
    with pytest.raises(Invalid, match="must be specified for an update"):
        await control_plane.client.update(kind, minimal(kind, minAvailable=2))


def _priority(name: str, value: int, **fields: Any) -> Obj:
    return {"metadata": {"name": name}, "value": value, **fields}


def _namespace(kind: Kind) -> str:
    return "default" if kind.namespaced else ""


async def test_jobs_are_selected_by_their_successes(control_plane: ControlPlane) -> None:
    job = await control_plane.client.create(kinds.JOB, minimal(kinds.JOB))
    await control_plane.client.update_status(kinds.JOB, {**job, "status": {"succeeded": 2}})
    for selector, count in (("status.successful=2", 1), ("status.successful=0", 0)):
        found = await control_plane.client.list(kinds.JOB, "default", field_selector=selector)
        assert len(found["items"]) == count


async def test_a_binding_may_name_its_pod_itself(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.POD, minimal(kinds.POD))
    meta = {"name": "x", "namespace": "default"}
    body = {"metadata": meta, "target": {"kind": "Node", "name": "node-1"}}
    await client.create(kinds.BINDING, body)
    assert (await client.get(kinds.POD, "default", "x"))["spec"]["nodeName"] == "node-1"
    with pytest.raises(Conflict, match="already assigned to node"):
        await client.create(kinds.BINDING, body)
    with pytest.raises(MethodNotSupported):
        await client.list(kinds.BINDING, "default")


async def test_component_statuses_are_found_out_when_asked_for(control_plane: ControlPlane) -> None:
    client, kind = control_plane.client, kinds.COMPONENT_STATUS
    control_plane.api.component_health = lambda: {"scheduler": "it crashed", "etcd-0": ""}
    found = (await client.list(kind))["items"]
    assert [item["metadata"]["name"] for item in found] == ["etcd-0", "scheduler"]
    assert (await client.get(kind, "", "etcd-0"))["conditions"] == [
        {"type": "Healthy", "status": "True", "message": "ok"}
    ]
    table = await client.list(kind, as_table=True)
    assert [row["cells"] for row in table["rows"]] == [
        ["etcd-0", "Healthy", "ok", ""],
        ["scheduler", "Unhealthy", "", "it crashed"],
    ]
    with pytest.raises(NotFound):
        await client.get(kind, "", "nobody")
    with pytest.raises(MethodNotSupported):
        await client.create(kind, {"metadata": {"name": "x"}})


@pytest.mark.parametrize("text", ['["x"]', '[{"type": "Pods", "pods": {"metricName": 3}}]', '[{"type": 4}]'])
async def test_metrics_in_an_annotation_are_looked_at_too(control_plane: ControlPlane, text: str) -> None:
    meta = {
        "name": "x",
        "namespace": "default",
        "annotations": {"autoscaling.alpha.kubernetes.io/metrics": text},
    }
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 2}
    with pytest.raises(Invalid, match=r"metadata\.annotations"):
        await control_plane.client.create(
            kinds.HORIZONTAL_POD_AUTOSCALER_V1, {"metadata": meta, "spec": spec}
        )
