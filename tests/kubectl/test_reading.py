"""Commands that show."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kubectl.conftest import Kubectl

pytestmark = pytest.mark.slow


async def test_get_in_every_form(kubectl: Kubectl, web: Path) -> None:
    await kubectl("apply", "-f", str(web))
    await kubectl("rollout", "status", "deployment/web")
    assert (await kubectl("get", "deploy")).splitlines()[0].split() == [
        "NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE",
    ]  # fmt: skip
    wide = (await kubectl("get", "pods", "-o", "wide")).splitlines()
    assert wide[0].split()[:7] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"]
    assert all("Running" in line and "10.244." in line for line in wide[1:])
    assert json.loads(await kubectl("get", "deploy", "web", "-o", "json"))["spec"]["replicas"] == 2
    assert yaml.safe_load(await kubectl("get", "svc", "web", "-o", "yaml"))["spec"]["type"] == "ClusterIP"
    everywhere = await kubectl("get", "pods", "-A", "--show-labels")
    assert everywhere.startswith("NAMESPACE")
    assert "app=web" in everywhere
    assert len((await kubectl("get", "pods", "-l", "app=web", "-o", "name")).split()) == 2
    assert (await kubectl("get", "pods", "-l", "app!=web", "-o", "name")) == ""
    columns = await kubectl("get", "deploy", "-o", "custom-columns=N:.metadata.name,R:.spec.replicas")
    assert columns.split() == ["N", "R", "web", "2"]
    assert "deployment.apps/web" in await kubectl("get", "all")
    assert await kubectl("get", "pods", "--sort-by=.metadata.name")
    assert await kubectl.refused("get", "pod", "x") == 'Error from server (NotFound): pods "x" not found\n'
    assert "doesn't have a resource type" in await kubectl.refused("get", "unknowns")


async def test_watching_shows_changes_as_they_come(kubectl: Kubectl) -> None:
    process = await kubectl.start("get", "configmaps", "-w", "--no-headers")
    assert process.stdout is not None
    seen = []
    async with asyncio.timeout(30):
        first = asyncio.create_task(process.stdout.readline())
        await kubectl("create", "configmap", "fresh", "--from-literal=a=b")
        seen.append((await first).decode())
        while not seen[-1].startswith("fresh"):
            seen.append((await process.stdout.readline()).decode())
    process.terminate()
    await process.communicate()
    assert seen[-1].split()[:2] == ["fresh", "1"]


async def test_describe_shows_events(kubectl: Kubectl, web: Path) -> None:
    await kubectl("apply", "-f", str(web))
    await kubectl("rollout", "status", "deployment/web")
    (pod, *_) = (await kubectl("get", "pods", "-o", "name")).split()
    described = await kubectl("describe", pod)
    assert "Successfully assigned default/" in described
    assert "GREETING:  hello" in described
    assert "Scaled up replica set" in await kubectl("describe", "deployment", "web")
    node = await kubectl("describe", "node", "node-1")
    assert "Non-terminated Pods:" in node
    assert "HolderIdentity:  node-1" in node
    assert "TargetPort:" in await kubectl("describe", "service", "web")
    assert "Active" in await kubectl("describe", "namespace", "default")


async def test_events_and_logs(kubectl: Kubectl, web: Path) -> None:
    await kubectl("apply", "-f", str(web))
    await kubectl("rollout", "status", "deployment/web")
    assert "Scheduled" in await kubectl("events")
    assert "Scheduled" in await kubectl("get", "events", "--field-selector", "reason=Scheduled")
    assert "listening on 80" in await kubectl("logs", "deployment/web")
    stamped = await kubectl("logs", "deployment/web", "--tail=1", "--timestamps")
    assert stamped.splitlines()[0][:2] == "20"
    assert len((await kubectl("logs", "-l", "app=web", "--tail=1")).splitlines()) == 2


async def test_what_there_is(kubectl: Kubectl) -> None:
    assert "deployments" in await kubectl("api-resources", "-o", "name")
    assert "apps/v1" in (await kubectl("api-versions")).split()
    version = await kubectl("version", "-o", "json")
    assert json.loads(version)["serverVersion"]["major"] == "1"
    assert kubectl.cluster.info.endpoint in await kubectl("cluster-info")
    assert await kubectl("get", "--raw", "/healthz") == "ok"
    assert "[+]kube-scheduler ok" in await kubectl("get", "--raw", "/readyz?verbose")
    assert "tuik8s-test" in await kubectl("config", "current-context")


async def test_explain_knows_every_field(kubectl: Kubectl) -> None:
    text = await kubectl("explain", "deployment.spec.strategy")
    assert "rollingUpdate" in text
    assert "DeploymentStrategy describes how to replace existing pods" in text
    assert "containerPort" in await kubectl("explain", "pod.spec.containers", "--recursive")
    assert "does not exist" in await kubectl.refused("explain", "pod.spec.nonsense")
    fields = await kubectl("explain", "deployment", "--recursive")
    assert len(fields.splitlines()) > 1000
    described = await kubectl("explain", "pod.spec.containers.ports.protocol")
    assert "SCTP" in described
