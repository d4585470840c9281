"""Every built-in kind, made, shown, described and removed by kubectl."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.every_kind import minimal_objects

if TYPE_CHECKING:
    from tests.kubectl.conftest import Kubectl

APART = {"Namespace", "Node", "Pod", "Event", "Endpoints", "EndpointSlice"}
"""What the cluster itself makes and keeps: other tests are about it."""
FILLED_IN = {
    "limitrange",
    "mutatingadmissionpolicy",
    "mutatingwebhookconfiguration",
    "poddisruptionbudget",  # whose selector is replaced, never merged
    "resourceclaim",
    "resourceclaimtemplate",
    "validatingadmissionpolicy",
    "validatingwebhookconfiguration",
}
"""Kinds with a list that is one value, to whose items the server adds defaults: kubectl always sends it."""
DESCRIBED = {
    "statefulset": "Update Strategy:    RollingUpdate",
    "daemonset": "Desired Number of Nodes Scheduled: 0",
    "job": "Completion Mode:  NonIndexed",
    "cronjob": "Schedule:                      */5 * * * *",
    "rc": "Replicas:",
    "hpa": "Min replicas:",
    "pdb": "Min available:  1",
    "ingress": "Default backend:  x:80",
    "netpol": "Policy Types: Ingress",
    "pv": "Reclaim Policy:  Retain",
    "pvc": "VolumeMode:    Filesystem",
    "sc": "ReclaimPolicy:         Delete",
    "quota": "Resource",
    "limits": "Container",
    "priorityclass": "Value:",
    "ingressclass": "Controller:",
    "csr": "Status:",
    "runtimeclass": "Handler:",
    "clusterrolebinding": "jane",
    "lease": "Holder Identity:",
}


def _manifests() -> str:
    return yaml.safe_dump_all([obj for _, obj in minimal_objects() if obj["kind"] not in APART])


@pytest.mark.slow
async def test_every_kind(kubectl: Kubectl) -> None:
    made = await kubectl.run("create", "-f", "-", stdin=_manifests())
    assert made.code == 0, made.err
    assert made.out.count(" created") == len(list(yaml.safe_load_all(_manifests())))
    told = set(re.findall(r"Warning: (\w+) has no controller", made.err))
    assert {"StatefulSet", "Ingress", "NetworkPolicy"} <= told
    assert "PriorityClass" not in told
    for name, text in DESCRIBED.items():
        assert text in await kubectl("describe", name, "x"), name
    wide = await kubectl("get", "cronjob,pv,pvc,pdb,sc,job", "-o", "wide")
    for heading in (
        r"NAME +SCHEDULE +TIMEZONE +SUSPEND +ACTIVE +LAST SCHEDULE +AGE +CONTAINERS",
        r"NAME +CAPACITY +ACCESS MODES +RECLAIM POLICY +STATUS",
        r"NAME +STATUS +VOLUME +CAPACITY +ACCESS MODES +STORAGECLASS",
        r"NAME +MIN AVAILABLE +MAX UNAVAILABLE +ALLOWED DISRUPTIONS",
        r"NAME +PROVISIONER +RECLAIMPOLICY +VOLUMEBINDINGMODE",
        r"NAME +(STATUS +)?COMPLETIONS +DURATION",
    ):
        assert re.search(heading, wide), wide
    await kubectl("certificate", "approve", "x")
    assert "Approved" in await kubectl("get", "csr", "x")
    await kubectl("scale", "statefulset", "x", "--replicas=3")
    await kubectl("scale", "rc", "x", "--replicas=0")
    assert await kubectl.words("{.spec.replicas}", "statefulset", "x") == ["3"]
    gone = await kubectl("delete", "-f", "-", "--wait=false", stdin=_manifests())
    assert gone.count(" deleted") == made.out.count(" created")


@pytest.mark.slow
async def test_every_kind_can_be_applied_again_and_again(kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", "-", stdin=_manifests())
    again = await kubectl.run("apply", "-f", "-", stdin=_manifests())
    assert again.code == 0, again.err
    assert "error calculating patch" not in again.err
    changed = [line for line in again.out.splitlines() if not line.endswith(" unchanged")]
    assert {re.split(r"[./]", line)[0] for line in changed} <= FILLED_IN


async def test_component_statuses(kubectl: Kubectl) -> None:
    told = await kubectl.run("get", "cs")
    assert "v1 ComponentStatus is deprecated in v1.19+" in told.err
    for name in ("controller-manager", "scheduler", "etcd-0"):
        assert re.search(rf"^{name} +Healthy +ok", told.out, re.MULTILINE), told.out
