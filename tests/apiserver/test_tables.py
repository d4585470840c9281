"""Columns and cells, against what Kubernetes' own printers show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.api import kinds
from tuik8s.apiserver import tables

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
CREATED = "2026-01-01T11:55:00Z"  # five minutes ago


def obj(**fields: Any) -> Obj:
    return {
        "metadata": {"name": "x", "namespace": "default", "creationTimestamp": CREATED},
        "spec": {},
    } | fields


def cells(kind: Kind, **fields: Any) -> dict[str, Any]:
    names = [column["name"] for column in tables.columns(kind)]
    values = tables.row(kind, obj(**fields), NOW)
    return dict(zip(names, values, strict=True))


def container_status(state: Obj, *, ready: bool = False, restarts: int = 0, **more: Any) -> Obj:
    return {"name": "c", "state": state, "ready": ready, "restartCount": restarts} | more


RUNNING = {"running": {"startedAt": CREATED}}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-2, "<invalid>"), (-1.5, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (150, "2m30s"), (600, "10m"),
        (10_799, "179m"), (10_800, "3h"), (12_000, "3h20m"), (28_800, "8h"), (172_799, "47h"),
        (172_800, "2d"), (180_000, "2d2h"), (691_200, "8d"), (63_071_999, "729d"), (63_072_000, "2y"),
        (64_000_000, "2y10d"), (252_288_000, "8y"),
    ],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert tables.human_duration(seconds) == text


WIDE = {
    "pods": ("Name Ready Status Restarts Age", ["IP", "Node", "Nominated Node", "Readiness Gates"]),
    "services": ("Name Type Cluster-IP External-IP Port(s) Age", ["Selector"]),
    "deployments": ("Name Ready Up-to-date Available Age", ["Containers", "Images", "Selector"]),
    "replicasets": ("Name Desired Current Ready Age", ["Containers", "Images", "Selector"]),
    "nodes": (
        "Name Status Roles Age Version",
        ["Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"],
    ),
    "namespaces": ("Name Status Age", []),
    "configmaps": ("Name Data Age", []),
    "secrets": ("Name Type Data Age", []),
    "serviceaccounts": ("Name Secrets Age", []),
    "endpoints": ("Name Endpoints Age", []),
    "endpointslices": ("Name AddressType Ports Endpoints Age", []),
    "leases": ("Name Holder Age", []),
    "statefulsets": ("Name Ready Age", ["Containers", "Images"]),
    "daemonsets": (
        "Name Desired Current Ready Up-to-date Available Node_Selector Age",
        ["Containers", "Images", "Selector"],
    ),
    "replicationcontrollers": ("Name Desired Current Ready Age", ["Containers", "Images", "Selector"]),
    "podtemplates": ("Name Containers Images Pod_Labels", []),
    "controllerrevisions": ("Name Controller Revision Age", []),
    "jobs": ("Name Status Completions Duration Age", ["Containers", "Images", "Selector"]),
    "cronjobs": (
        "Name Schedule Timezone Suspend Active Last_Schedule Age", ["Containers", "Images", "Selector"]
    ),
    "horizontalpodautoscalers": ("Name Reference Targets MinPods MaxPods Replicas Age", []),
    "poddisruptionbudgets": ("Name Min_Available Max_Unavailable Allowed_Disruptions Age", []),
    "persistentvolumes": (
        "Name Capacity Access_Modes Reclaim_Policy Status Claim StorageClass VolumeAttributesClass Reason "
        "Age", ["VolumeMode"],
    ),
    "persistentvolumeclaims": (
        "Name Status Volume Capacity Access_Modes StorageClass VolumeAttributesClass Age", ["VolumeMode"]
    ),
    "storageclasses": (
        "Name Provisioner ReclaimPolicy VolumeBindingMode AllowVolumeExpansion Age", []
    ),
    "volumeattributesclasses": ("Name DriverName Age", []),
    "volumeattachments": ("Name Attacher PV Node Attached Age", []),
    "csidrivers": (
        "Name AttachRequired PodInfoOnMount StorageCapacity TokenRequests RequiresRepublish Modes Age", []
    ),
    "csinodes": ("Name Drivers Age", []),
    "csistoragecapacities": ("Name StorageClassName Capacity", []),
    "resourcequotas": ("Name Request Limit Age", []),
    "ingresses": ("Name Class Hosts Address Ports Age", []),
    "ingressclasses": ("Name Controller Parameters Age", []),
    "networkpolicies": ("Name Pod-Selector Age", []),
    "ipaddresses": ("Name ParentRef Age", []),
    "servicecidrs": ("Name CIDRs Age", []),
    "priorityclasses": ("Name Value Global-Default Age PreemptionPolicy", []),
    "runtimeclasses": ("Name Handler Age", []),
    **dict.fromkeys(
        ("rolebindings", "clusterrolebindings"),
        ("Name Role Age", ["Users", "Groups", "ServiceAccounts"]),
    ),
    **dict.fromkeys(
        ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"), ("Name Webhooks Age", [])
    ),
    "validatingadmissionpolicies": ("Name Validations ParamKind Age", []),
    "mutatingadmissionpolicies": ("Name Mutations ParamKind Age", []),
    **dict.fromkeys(
        ("validatingadmissionpolicybindings", "mutatingadmissionpolicybindings"),
        ("Name PolicyName ParamRef Age", []),
    ),
    "flowschemas": ("Name PriorityLevel MatchingPrecedence DistinguisherMethod Age MissingPL", []),
    "prioritylevelconfigurations": (
        "Name Type NominalConcurrencyShares Queues HandSize QueueLengthLimit Age", []
    ),
    "apiservices": ("Name Service Available Age", []),
    "certificatesigningrequests": (
        "Name Age SignerName Requestor RequestedDuration Condition", []
    ),
    "componentstatuses": ("Name Status Message Error", []),
    "clustertrustbundles": ("Name SignerName", []),
    "podcertificaterequests": ("Name PodName ServiceAccountName NodeName SignerName State", []),
    "resourceclaims": ("Name State Age", []),
    "resourceslices": ("Name Node Driver Pool Age", []),
    **dict.fromkeys(("deviceclasses", "resourceclaimtemplates"), ("Name Age", [])),
    **dict.fromkeys(
        (
            "roles", "clusterroles", "limitranges", "devicetaintrules", "storageversionmigrations",
            "customresourcedefinitions",
        ),
        ("Name Created_At", []),
    ),
}  # fmt: skip
"""Blanks within a name are written as underscores."""
FLAGS = (
    "AllowVolumeExpansion", "Attached", "AttachRequired", "Global-Default", "PodInfoOnMount",
    "RequiresRepublish", "StorageCapacity",
)  # fmt: skip
AGELESS = (
    "bindings", "clustertrustbundles", "componentstatuses", "csistoragecapacities",
    "podcertificaterequests", "podtemplates",
)  # fmt: skip


@pytest.mark.parametrize(
    "kind", [kind for kind in kinds.SERVED if kind.kind != "Event" and "list" in kind.verbs], ids=str
)
def test_columns(kind: Kind) -> None:
    narrow, wide = WIDE[kind.plural]
    assert [c["name"] for c in tables.columns(kind) if c["priority"] == 0] == [
        name.replace("_", " ") for name in narrow.split()
    ]
    assert [c["name"] for c in tables.columns(kind) if c["priority"] == 1] == wide


@pytest.mark.parametrize("kind", kinds.SERVED, ids=str)
def test_an_object_with_next_to_nothing_has_a_cell_per_column(kind: Kind) -> None:
    row = tables.row(kind, {"metadata": {"name": "x"}, "spec": {}}, NOW)
    assert len(row) == len(tables.columns(kind))
    for column, cell in zip(tables.columns(kind), row, strict=True):
        counted = column["type"] == "integer" or column["name"] in ("Count", "Data", "Secrets")
        expected = bool if column["name"] in FLAGS else int if counted else str
        assert type(cell) is expected, column["name"]
    assert "x" in row
    assert kind.plural in AGELESS or "<unknown>" in row  # its age


def test_a_table() -> None:
    thing = obj(status={"phase": "Active"})
    table = tables.table(kinds.NAMESPACE, [thing], NOW, list_metadata={"resourceVersion": "7"})
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert table["metadata"] == {"resourceVersion": "7"}
    assert table["columnDefinitions"][0] | {"description": ""} == {
        "name": "Name", "type": "string", "format": "name", "description": "", "priority": 0,
    }  # fmt: skip
    assert table["rows"] == [{"cells": ["x", "Active", "5m"], "object": thing}]


def test_a_kind_without_a_printer_shows_name_and_age() -> None:
    kind = kinds.Kind("example.org", "v1", "Thing", "things", True)
    assert cells(kind) == {"Name": "x", "Age": "5m"}


def test_a_running_pod() -> None:
    shown = cells(
        kinds.POD,
        spec={
            "containers": [{"name": "c"}], "nodeName": "node-1", "readinessGates": [{"conditionType": "a/b"}],
        },
        status={
            "phase": "Running",
            "podIP": "10.244.0.5",
            "containerStatuses": [
                container_status(
                    RUNNING, ready=True, restarts=3,
                    lastState={"terminated": {"exitCode": 1, "finishedAt": "2026-01-01T11:58:00Z"}},
                )
            ],
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    )  # fmt: skip
    assert shown == {
        "Name": "x", "Ready": "1/1", "Status": "Running", "Restarts": "3 (2m ago)", "Age": "5m",
        "IP": "10.244.0.5", "Node": "node-1", "Nominated Node": "<none>", "Readiness Gates": "0/1",
    }  # fmt: skip


WAITING = {"waiting": {"reason": "CrashLoopBackOff"}}
EXITED = {"terminated": {"exitCode": 3}}
COMPLETED = {"terminated": {"reason": "Completed", "exitCode": 0}}
KILLED = {"terminated": {"signal": 9, "exitCode": 137}}


@pytest.mark.parametrize(
    ("status", "inits", "text"),
    [
        ({"phase": "Pending"}, 0, "Pending"),
        ({"phase": "Failed", "reason": "Evicted"}, 0, "Evicted"),
        ({"phase": "Running", "containerStatuses": [container_status(WAITING)]}, 0, "CrashLoopBackOff"),
        ({"phase": "Succeeded", "containerStatuses": [container_status(COMPLETED)]}, 0, "Completed"),
        ({"phase": "Failed", "containerStatuses": [container_status(KILLED)]}, 0, "Signal:9"),
        ({"phase": "Pending", "initContainerStatuses": [container_status(RUNNING)]}, 2, "Init:0/2"),
        ({"initContainerStatuses": [container_status(WAITING)]}, 1, "Init:CrashLoopBackOff"),
        ({"initContainerStatuses": [container_status(EXITED)]}, 1, "Init:ExitCode:3"),
    ],
)  # fmt: skip
def test_pod_status(status: Obj, inits: int, text: str) -> None:
    spec = {"containers": [{"name": "c"}], "initContainers": [{"name": f"i{n}"} for n in range(inits)]}
    assert cells(kinds.POD, spec=spec, status=status)["Status"] == text


def test_a_pod_that_goes_is_terminating_and_one_that_ended_is_completed() -> None:
    going = obj(spec={"containers": []}, status={"phase": "Running"})
    going["metadata"]["deletionTimestamp"] = CREATED
    assert "Terminating" in tables.row(kinds.POD, going, NOW)
    ended = obj(spec={"containers": []}, status={"phase": "Succeeded"})
    assert tables.table_row(kinds.POD, ended, NOW)["conditions"] == [
        {
            "type": "Completed",
            "status": "True",
            "reason": "Succeeded",
            "message": "The pod has completed successfully.",
        }
    ]
    assert "conditions" not in tables.table_row(kinds.POD, going, NOW)


@pytest.mark.parametrize(
    ("spec", "status", "external", "ports"),
    [
        ({"type": "ClusterIP", "ports": [{"port": 80}]}, {}, "<none>", "80/TCP"),
        ({"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"},
                                        {"port": 53, "nodePort": 30053, "protocol": "UDP"}]},
         {}, "<none>", "80:30080/TCP,53:30053/UDP"),
        ({"type": "ClusterIP", "externalIPs": ["1.2.3.4", "1.2.3.5"]}, {}, "1.2.3.4,1.2.3.5", "<none>"),
        ({"type": "LoadBalancer"}, {"loadBalancer": {}}, "<pending>", "<none>"),
        ({"type": "LoadBalancer", "externalIPs": ["9.9.9.9"]},
         {"loadBalancer": {"ingress": [{"hostname": "lb.example"}, {"ip": "1.1.1.1"}]}},
         "1.1.1.1,lb.example,9.9.9.9", "<none>"),
        ({"type": "ExternalName", "externalName": "db.example.org"}, {}, "db.example.org", "<none>"),
    ],
)  # fmt: skip
def test_services(spec: Obj, status: Obj, external: str, ports: str) -> None:
    shown = cells(kinds.SERVICE, spec=spec, status=status)
    assert (shown["External-IP"], shown["Port(s)"]) == (external, ports)


def test_a_services_address_and_selector() -> None:
    spec = {"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"], "selector": {"b": "2", "a": "1"}}
    shown = cells(kinds.SERVICE, spec=spec)
    assert (shown["Cluster-IP"], shown["Selector"]) == ("10.96.0.1", "a=1,b=2")
    assert cells(kinds.SERVICE, spec={"clusterIP": "None"})["Cluster-IP"] == "None"


def test_endpoints_show_three_and_how_many_more() -> None:
    addresses = [{"ip": f"10.0.0.{n}"} for n in range(1, 6)]
    subsets = [{"addresses": addresses, "ports": [{"port": 80}]}, {"notReadyAddresses": addresses}]
    shown = cells(kinds.ENDPOINTS, subsets=subsets)["Endpoints"]
    assert shown == "10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more..."
    assert cells(kinds.ENDPOINTS, subsets=[{"addresses": [{"ip": "fd00::1"}]}])["Endpoints"] == "fd00::1"
    ported = [{"addresses": [{"ip": "fd00::1"}], "ports": [{"port": 80}]}]
    assert cells(kinds.ENDPOINTS, subsets=ported)["Endpoints"] == "[fd00::1]:80"
    assert cells(kinds.ENDPOINTS)["Endpoints"] == "<none>"


def test_endpoint_slices() -> None:
    endpoints = [{"addresses": [f"10.0.0.{n}"]} for n in range(1, 5)]
    ports = [{"port": 80}, {"name": "any"}, {}]
    shown = cells(kinds.ENDPOINT_SLICE, addressType="IPv4", endpoints=endpoints, ports=ports)
    assert (shown["Ports"], shown["Endpoints"]) == ("80,any,*", "10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...")
    assert cells(kinds.ENDPOINT_SLICE)["Ports"] == "<unset>"


@pytest.mark.parametrize(
    ("ready", "unschedulable", "text"),
    [
        ("True", False, "Ready"),
        ("Unknown", False, "NotReady"),
        ("False", True, "NotReady,SchedulingDisabled"),
        (None, True, "Unknown,SchedulingDisabled"),
    ],
)
def test_node_status(ready: str | None, unschedulable: bool, text: str) -> None:
    conditions = [{"type": "Ready", "status": ready}] if ready else []
    spec = {"unschedulable": unschedulable}
    assert cells(kinds.NODE, spec=spec, status={"conditions": conditions})["Status"] == text


def test_a_nodes_roles_and_addresses() -> None:
    node = obj(
        status={
            "addresses": [
                {"type": "InternalIP", "address": "10.0.0.1"},
                {"type": "Hostname", "address": "node-1"},
            ],
            "nodeInfo": {"kubeletVersion": "v1.37.0", "osImage": "tuik8s"},
        }
    )
    node["metadata"]["labels"] = {
        "node-role.kubernetes.io/worker": "",
        "node-role.kubernetes.io/control-plane": "",
        "kubernetes.io/role": "edge",
    }
    names = [column["name"] for column in tables.columns(kinds.NODE)]
    shown = dict(zip(names, tables.row(kinds.NODE, node, NOW), strict=True))
    assert (shown["Roles"], shown["Version"]) == ("control-plane,edge,worker", "v1.37.0")
    assert (shown["Internal-IP"], shown["External-IP"]) == ("10.0.0.1", "<none>")
    assert (shown["OS-Image"], shown["Kernel-Version"]) == ("tuik8s", "<unknown>")


def test_workloads() -> None:
    spec = {
        "replicas": 3,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"spec": {"containers": [{"name": "a", "image": "i:1"}, {"name": "b", "image": "j:2"}]}},
    }
    status = {"replicas": 4, "readyReplicas": 2, "updatedReplicas": 1, "availableReplicas": 2}
    shown = tables.row(kinds.DEPLOYMENT, obj(spec=spec, status=status), NOW)
    assert shown == ["x", "2/3", 1, 2, "5m", "a,b", "i:1,j:2", "app=web"]
    shown = tables.row(kinds.REPLICA_SET, obj(spec=spec, status=status), NOW)
    assert shown == ["x", 3, 4, 2, "5m", "a,b", "i:1,j:2", "app=web"]


CORE_EVENT = {
    "type": "Warning",
    "reason": "BackOff",
    "message": " Back-off restarting failed container\n",
    "involvedObject": {"kind": "Pod", "name": "web-1", "fieldPath": "spec.containers{c}"},
    "source": {"component": "kubelet", "host": "node-1"},
    "firstTimestamp": "2026-01-01T11:00:00Z",
    "lastTimestamp": "2026-01-01T11:59:30Z",
    "count": 12,
}
NEW_EVENT = {
    "type": "Normal",
    "reason": "Scheduled",
    "note": "assigned",
    "regarding": {"kind": "Pod", "name": "web-1"},
    "eventTime": "2026-01-01T11:59:00.000000Z",
    "reportingController": "default-scheduler",
    "reportingInstance": "host-1",
}


def test_events_of_both_groups() -> None:
    assert cells(kinds.EVENT, **CORE_EVENT) == {
        "Last Seen": "30s", "Type": "Warning", "Reason": "BackOff", "Object": "pod/web-1",
        "Subobject": "spec.containers{c}", "Source": "kubelet, node-1",
        "Message": "Back-off restarting failed container", "First Seen": "60m", "Count": 12, "Name": "x",
    }  # fmt: skip
    shown = cells(kinds.EVENTS_EVENT, **NEW_EVENT)
    assert (shown["Last Seen"], shown["First Seen"], shown["Count"]) == ("60s", "60s", 1)
    assert (shown["Message"], shown["Source"]) == ("assigned", "default-scheduler, host-1")


def test_an_events_series_counts() -> None:
    series = {"count": 4, "lastObservedTime": "2026-01-01T11:59:50.000000Z"}
    shown = cells(kinds.EVENTS_EVENT, **NEW_EVENT, series=series)
    assert (shown["Last Seen"], shown["First Seen"], shown["Count"]) == ("10s", "60s", 4)


def test_an_events_source_is_completed_by_its_reporter() -> None:
    event = CORE_EVENT | {
        "source": {"component": "kubelet"},
        "reportingComponent": "x",
        "reportingInstance": "n",
    }
    assert cells(kinds.EVENT, **event)["Source"] == "kubelet, n"


def test_configuration() -> None:
    assert cells(kinds.CONFIG_MAP, data={"a": "1"}, binaryData={"b": "", "c": ""})["Data"] == 3
    secret = cells(kinds.SECRET, type="Opaque", data={"a": ""})
    assert (secret["Type"], secret["Data"]) == ("Opaque", 1)
    assert cells(kinds.SERVICE_ACCOUNT, secrets=[{"name": "s"}])["Secrets"] == 1
    assert cells(kinds.LEASE, spec={"holderIdentity": "node-1"})["Holder"] == "node-1"


def test_jobs() -> None:
    template = {"spec": {"containers": [{"name": "pi", "image": "perl"}]}}
    spec: Obj = {"completions": 3, "parallelism": 2, "template": template}
    running: Obj = {"startTime": CREATED, "succeeded": 1}
    shown = cells(kinds.JOB, spec=spec, status=running)
    assert (shown["Status"], shown["Completions"], shown["Duration"]) == ("Running", "1/3", "5m")
    assert (shown["Containers"], shown["Images"], shown["Selector"]) == ("pi", "perl", "<none>")
    done = {**running, "completionTime": "2026-01-01T11:55:30Z", **_condition("Complete")}
    shown = cells(kinds.JOB, spec={"parallelism": 2, "template": template}, status={**done, "succeeded": 1})
    assert (shown["Status"], shown["Completions"], shown["Duration"]) == ("Complete", "1/1 of 2", "30s")
    assert cells(kinds.JOB, status=_condition("Failed"))["Status"] == "Failed"
    assert cells(kinds.JOB, status=_condition("Suspended"))["Status"] == "Suspended"


def _condition(kind: str) -> Obj:
    return {"conditions": [{"type": kind, "status": "True"}]}


def test_cron_jobs() -> None:
    spec = {"schedule": "*/5 * * * *", "suspend": False, "jobTemplate": {"spec": {}}}
    status = {"active": [{}, {}], "lastScheduleTime": "2026-01-01T11:59:00Z"}
    shown = cells(kinds.CRON_JOB, spec=spec, status=status)
    assert (shown["Schedule"], shown["Timezone"], shown["Suspend"]) == ("*/5 * * * *", "<none>", "False")
    assert (shown["Active"], shown["Last Schedule"]) == (2, "60s")
    assert cells(kinds.CRON_JOB, spec={"schedule": "@daily"})["Last Schedule"] == "<none>"


def test_the_targets_of_an_autoscaler() -> None:
    def metric(kind: str, field: str, target: Obj, **more: Any) -> Obj:
        return {"type": kind, field: {"target": target, **more}}

    cpu = metric("Resource", "resource", {"averageUtilization": 80}, name="cpu")
    memory = metric("Resource", "resource", {"averageValue": "1Gi"}, name="memory")
    queue = metric("External", "external", {"averageValue": "30"}, metric={"name": "queue"})
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 5, "metrics": [cpu]}
    kind = kinds.HORIZONTAL_POD_AUTOSCALER
    assert cells(kind, apiVersion="autoscaling/v2", spec=spec)["Targets"] == "cpu: <unknown>/80%"
    seen = [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 10}}}]
    spec["metrics"] = [cpu, memory, queue]
    shown = cells(kind, apiVersion="autoscaling/v2", spec=spec, status={"currentMetrics": seen})
    assert shown["Targets"] == "cpu: 10%/80%, memory: <unknown>/1Gi + 1 more..."
    spec["metrics"] = [queue]
    assert cells(kind, apiVersion="autoscaling/v2", spec=spec)["Targets"] == "<unknown>/30 (avg)"
    assert (shown["Reference"], shown["MinPods"], shown["MaxPods"]) == ("Deployment/web", "<unset>", 5)
    older = {"maxReplicas": 3, "targetCPUUtilizationPercentage": 60}
    shown = cells(kinds.HORIZONTAL_POD_AUTOSCALER_V1, apiVersion="autoscaling/v1", spec=older)
    assert shown["Targets"] == "cpu: <unknown>/60%"


def test_volumes_and_claims() -> None:
    spec = {
        "capacity": {"storage": "5Gi"}, "accessModes": ["ReadWriteMany", "ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Retain", "claimRef": {"namespace": "a", "name": "data"},
        "storageClassName": "slow", "volumeMode": "Filesystem",
    }  # fmt: skip
    shown = cells(kinds.PERSISTENT_VOLUME, spec=spec, status={"phase": "Bound"})
    assert (shown["Access Modes"], shown["Claim"], shown["StorageClass"]) == ("RWO,RWX", "a/data", "slow")
    claim = {"storageClassName": "slow", "resources": {"requests": {"storage": "1Gi"}}}
    shown = cells(kinds.PERSISTENT_VOLUME_CLAIM, spec=claim, status={"phase": "Pending"})
    assert (shown["Status"], shown["Capacity"], shown["VolumeAttributesClass"]) == ("Pending", "", "<unset>")
    bound = {"phase": "Bound", "capacity": {"storage": "5Gi"}, "accessModes": ["ReadWriteOnce"]}
    shown = cells(kinds.PERSISTENT_VOLUME_CLAIM, spec={**claim, "volumeName": "pv"}, status=bound)
    assert (shown["Volume"], shown["Capacity"], shown["Access Modes"]) == ("pv", "5Gi", "RWO")


def test_the_default_storage_class_is_marked() -> None:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    shown = cells(kinds.STORAGE_CLASS, metadata={"name": "x", "annotations": annotations}, provisioner="p")
    assert (shown["Name"], shown["AllowVolumeExpansion"]) == ("x (default)", False)


def test_ingresses() -> None:
    rules = [{"host": f"{letter}.example"} for letter in "abcd"]
    balancer = {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}, {"hostname": "lb"}]}}
    shown = cells(kinds.INGRESS, spec={"rules": rules, "tls": [{}]}, status=balancer)
    assert shown["Hosts"] == "a.example,b.example,c.example + 1 more..."
    assert (shown["Class"], shown["Address"], shown["Ports"]) == ("<none>", "10.0.0.1,lb", "80, 443")
    shown = cells(kinds.INGRESS, spec={"ingressClassName": "nginx"})
    assert (shown["Class"], shown["Hosts"], shown["Ports"]) == ("nginx", "*", "80")
    parameters = {"apiGroup": "example.com", "kind": "Config", "name": "a"}
    shown = cells(kinds.INGRESS_CLASS, spec={"controller": "c", "parameters": parameters})
    assert shown["Parameters"] == "Config.example.com/a"


def test_quotas_tell_limits_from_the_rest() -> None:
    hard = {"pods": "10", "limits.cpu": "2", "requests.cpu": "1"}
    shown = cells(kinds.RESOURCE_QUOTA, status={"hard": hard, "used": {"pods": "3"}})
    assert (shown["Request"], shown["Limit"]) == ("pods: 3/10, requests.cpu: 0/1", "limits.cpu: 0/2")


def test_certificate_requests() -> None:
    spec = {"signerName": "example.com/s", "username": "jane", "expirationSeconds": 3600}
    shown = cells(kinds.CERTIFICATE_SIGNING_REQUEST, spec=spec, status={})
    assert (shown["Condition"], shown["RequestedDuration"]) == ("Pending", "60m")
    status = {**_condition("Approved"), "certificate": "eA=="}
    assert (
        cells(kinds.CERTIFICATE_SIGNING_REQUEST, spec=spec, status=status)["Condition"] == "Approved,Issued"
    )


def test_who_a_role_is_granted_to() -> None:
    subjects = [
        {"kind": "User", "name": "jane"}, {"kind": "Group", "name": "g"}, {"kind": "Group", "name": "h"},
        {"kind": "ServiceAccount", "name": "s", "namespace": "n"},
    ]  # fmt: skip
    shown = cells(kinds.ROLE_BINDING, roleRef={"kind": "Role", "name": "r"}, subjects=subjects)
    assert (shown["Role"], shown["Users"], shown["Groups"]) == ("Role/r", "jane", "g, h")
    assert shown["ServiceAccounts"] == "n/s"


def test_the_controller_of_a_revision() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "controller": True, "uid": "1"}
    meta = {"name": "x", "ownerReferences": [owner]}
    shown = cells(kinds.CONTROLLER_REVISION, metadata=meta, revision=4)
    assert (shown["Controller"], shown["Revision"]) == ("statefulset.apps/db", 4)
