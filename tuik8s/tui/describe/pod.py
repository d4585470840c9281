"""A Pod, as `kubectl describe pod` prints it, and the scheduler's verdicts below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api.objects import controller_of, is_deleting
from tuik8s.api.pods import container_statuses, qos_class
from tuik8s.tui.describe.containers import add_containers
from tuik8s.tui.describe.metadata import add_identity
from tuik8s.tui.describe.page import NONE, Page, age, moment
from tuik8s.tui.describe.volumes import add_volumes
from tuik8s.tui.ports import NOT_REMOTE

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.tui.host import DescribeContext


def describe_pod(page: Page, pod: Obj, context: DescribeContext) -> None:
    spec, status = pod["spec"], pod.get("status") or {}
    page.field("Name", pod["metadata"]["name"])
    page.field("Namespace", pod["metadata"]["namespace"])
    page.field("Priority", spec.get("priority", 0))
    page.field("Service Account", spec.get("serviceAccountName", "default"))
    node = spec.get("nodeName")
    page.field("Node", f"{node}/{status.get('hostIP', '')}" if node else NONE)
    if status.get("startTime"):
        page.field("Start Time", moment(status["startTime"]))
    add_identity(page, pod, named=False)
    _add_phase(page, pod, context)
    page.field("IP", status.get("podIP", ""))
    _add_addresses(page, status)
    if owner := controller_of(pod):
        page.field("Controlled By", f"{owner['kind']}/{owner['name']}")
    statuses = container_statuses(pod)
    if spec.get("initContainers"):
        add_containers(page, "Init Containers", spec["initContainers"], statuses)
    add_containers(page, "Containers", spec["containers"], statuses)
    _add_conditions(page, status)
    add_volumes(page, spec.get("volumes"))
    page.field("QoS Class", status.get("qosClass") or qos_class(pod))
    page.mapping("Node-Selectors", spec.get("nodeSelector"))
    page.field(
        "Tolerations", "\n".join(toleration_text(item) for item in spec.get("tolerations") or ()) or NONE
    )
    _add_spread(page, spec)


def add_verdicts(page: Page, pod: Obj, context: DescribeContext) -> None:
    """What the scheduler thought of each node in its latest cycle; only the own cluster can tell."""
    if context.info is None:
        if not pod["spec"].get("nodeName"):
            page.field("Scheduling", f"verdicts are {NOT_REMOTE}")
        return
    cycles = context.info.verdicts(pod["metadata"].get("uid", ""))
    if not cycles:
        return
    cycle = cycles[-1]
    page.line(f"Scheduling (attempt {len(cycles)}, {len(cycle.verdicts)} of {cycle.nodes} nodes looked at):")
    rows = [_verdict(verdict, cycle.node) for verdict in cycle.verdicts]
    page.table(("Node", "Score", "Verdict"), rows, level=1)


def _verdict(verdict: Any, chosen: str) -> tuple[str, str, str]:
    if verdict.rejected_by:
        return verdict.node, "-", f"{verdict.rejected_by}: {verdict.message}"
    parts = ", ".join(f"{name} {score}" for name, score in verdict.scores.items() if score)
    return verdict.node, str(verdict.total), f"chosen: {parts}" if verdict.node == chosen else parts


def _add_phase(page: Page, pod: Obj, context: DescribeContext) -> None:
    status = pod.get("status") or {}
    if is_deleting(pod):
        since = age(pod["metadata"]["deletionTimestamp"], context.clock.now())
        page.field("Status", f"Terminating (lasts {since})")
        page.field("Termination Grace Period", f"{pod['metadata'].get('deletionGracePeriodSeconds', 0)}s")
    else:
        page.field("Status", status.get("phase", ""))
    for name in ("reason", "message"):
        if status.get(name):
            page.field(name.capitalize(), status[name])


def _add_addresses(page: Page, status: Obj) -> None:
    addresses = status.get("podIPs")
    if not addresses:
        page.field("IPs", NONE)
        return
    page.line("IPs:")
    for address in addresses:
        page.field("IP", address["ip"], 1)


def _add_conditions(page: Page, status: Obj) -> None:
    if status.get("conditions"):
        page.line("Conditions:")
        page.row(("Type", "Status"), 1)
        for condition in status["conditions"]:
            page.row((condition["type"], condition["status"]), 1)


def toleration_text(toleration: Obj) -> str:
    text: str = toleration.get("key", "")
    if toleration.get("value"):
        text += f"={toleration['value']}"
    if toleration.get("effect"):
        text += f":{toleration['effect']}"
    if toleration.get("operator") == "Exists" and not toleration.get("value"):
        text += " op=Exists" if text else "op=Exists"
    if toleration.get("tolerationSeconds") is not None:
        text += f" for {toleration['tolerationSeconds']}s"
    return text


def _add_spread(page: Page, spec: Obj) -> None:
    constraints = spec.get("topologySpreadConstraints")
    if not constraints:
        return
    texts = [
        f"{item['topologyKey']}:{item['whenUnsatisfiable']} when max skew {item['maxSkew']} is exceeded"
        for item in constraints
    ]
    page.field("Topology Spread Constraints", "\n".join(texts))
