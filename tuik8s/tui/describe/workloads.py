"""Deployments and ReplicaSets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.objects import controller_of, is_controlled_by
from tuik8s.api.selectors import LabelSelector
from tuik8s.api.workloads import find_new_replica_set, owned_replica_sets, replicas_of
from tuik8s.tui.describe.containers import add_containers
from tuik8s.tui.describe.metadata import add_identity
from tuik8s.tui.describe.page import NONE, Page, moment
from tuik8s.tui.describe.pod import toleration_text
from tuik8s.tui.describe.volumes import add_volumes

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.tui.host import DescribeContext


def describe_deployment(page: Page, deployment: Obj, context: DescribeContext) -> None:
    spec, status = deployment["spec"], deployment.get("status") or {}
    page.field("Name", deployment["metadata"]["name"])
    page.field("Namespace", deployment["metadata"]["namespace"])
    page.field("CreationTimestamp", moment(deployment["metadata"].get("creationTimestamp")))
    add_identity(page, deployment, named=False)
    page.field("Selector", str(LabelSelector.of(spec.get("selector"))))
    page.field(
        "Replicas",
        f"{spec.get('replicas', 1)} desired | {status.get('updatedReplicas', 0)} updated"
        f" | {status.get('replicas', 0)} total | {status.get('availableReplicas', 0)} available"
        f" | {status.get('unavailableReplicas', 0)} unavailable",
    )
    strategy = spec.get("strategy") or {}
    page.field("StrategyType", strategy.get("type", ""))
    page.field("MinReadySeconds", spec.get("minReadySeconds", 0))
    if rolling := strategy.get("rollingUpdate"):
        surge, unavailable = rolling.get("maxSurge"), rolling.get("maxUnavailable")
        page.field("RollingUpdateStrategy", f"{unavailable} max unavailable, {surge} max surge")
    add_template(page, spec["template"])
    _add_conditions(page, status)
    _add_replica_sets(page, deployment, context)


def describe_replica_set(page: Page, replica_set: Obj, context: DescribeContext) -> None:
    spec, status = replica_set["spec"], replica_set.get("status") or {}
    page.field("Name", replica_set["metadata"]["name"])
    page.field("Namespace", replica_set["metadata"]["namespace"])
    page.field("Selector", str(LabelSelector.of(spec.get("selector"))))
    add_identity(page, replica_set, named=False)
    if owner := controller_of(replica_set):
        page.field("Controlled By", f"{owner['kind']}/{owner['name']}")
    page.field("Replicas", f"{status.get('replicas', 0)} current / {spec.get('replicas', 1)} desired")
    phases = [
        (pod.get("status") or {}).get("phase")
        for pod in context.objects(kinds.POD)
        if is_controlled_by(pod, replica_set)
    ]
    counts = [f"{phases.count(phase)} {phase}" for phase in ("Running", "Pending", "Succeeded", "Failed")]
    page.field(
        "Pods Status", " / ".join(counts[:1] + [text.replace("Pending", "Waiting") for text in counts[1:]])
    )
    add_template(page, spec["template"])
    _add_conditions(page, status)


def add_template(page: Page, template: Obj) -> None:
    spec = template.get("spec") or {}
    page.line("Pod Template:")
    page.mapping("Labels", (template.get("metadata") or {}).get("labels"), level=1)
    annotations = (template.get("metadata") or {}).get("annotations")
    if annotations:
        page.mapping("Annotations", annotations, joint=": ", level=1)
    if spec.get("serviceAccountName"):
        page.field("Service Account", spec["serviceAccountName"], 1)
    if spec.get("initContainers"):
        add_containers(page, "Init Containers", spec["initContainers"], None, 1)
    add_containers(page, "Containers", spec.get("containers") or (), None, 1)
    add_volumes(page, spec.get("volumes"), 1)
    page.mapping("Node-Selectors", spec.get("nodeSelector"), level=1)
    tolerations = "\n".join(toleration_text(item) for item in spec.get("tolerations") or ())
    page.field("Tolerations", tolerations or NONE, 1)


def _add_conditions(page: Page, status: Obj) -> None:
    if status.get("conditions"):
        page.line("Conditions:")
        rows = [(item["type"], item["status"], item.get("reason", "")) for item in status["conditions"]]
        page.table(("Type", "Status", "Reason"), rows, level=1)


def _add_replica_sets(page: Page, deployment: Obj, context: DescribeContext) -> None:
    owned = owned_replica_sets(deployment, context.objects(kinds.REPLICA_SET))
    new = find_new_replica_set(deployment, owned)
    old = [item for item in owned if item is not new and replicas_of(item)]
    page.field("OldReplicaSets", ", ".join(_created(item) for item in old) or NONE)
    page.field("NewReplicaSet", _created(new) if new else NONE)


def _created(replica_set: Obj) -> str:
    current = (replica_set.get("status") or {}).get("replicas", 0)
    return f"{replica_set['metadata']['name']} ({current}/{replicas_of(replica_set)} replicas created)"
