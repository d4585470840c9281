"""Every write knows what woke its author: the chain from a running pod back to the saved file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.api.objects import is_pod_ready
from tuik8s.cluster.causes import changed_paths
from tuik8s.tui.screens.why import story_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.cluster import Cluster

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "service_test:latest", imagePullPolicy: Never}]}
"""


@pytest.mark.parametrize("runtime", ["simulated"])
async def test_a_running_pod_leads_back_to_the_file(
    cluster: Cluster, save: Callable[[str, str], None]
) -> None:
    save("web.yaml", DEPLOYMENT)
    pods = await until(cluster.client, kinds.POD, lambda pods: bool(pods) and is_pod_ready(pods[0]))

    story = await cluster.info.story(kinds.POD, "default", pods[0]["metadata"]["name"])

    told = [(write.author, write.operation, write.subject.split()[0]) for write in reversed(story.chain)]
    assert told[:4] == [
        ("tuik8s-folder", "create", "Deployment"),
        ("kube-controller-manager", "create", "ReplicaSet"),
        ("kube-controller-manager", "create", "Pod"),
        ("kube-scheduler", "update", "Pod"),
    ]
    assert told[-1] == ("kubelet", "update", "Pod")
    assert all(
        later.cause == earlier.revision for later, earlier in zip(story.chain, story.chain[1:], strict=False)
    )
    assert [write.operation for write in story.writes][-1] == "create"
    assert any("tuik8s-folder created Deployment default/web" in line for line in story_lines(story))


def test_changes_are_named_without_what_every_write_changes() -> None:
    old = {"metadata": {"name": "a", "resourceVersion": "1"}, "spec": {"replicas": 1, "x": {"y": {"z": 1}}}}
    new = {"metadata": {"name": "a", "resourceVersion": "2"}, "spec": {"replicas": 2, "x": {"y": {"z": 2}}}}
    assert changed_paths(old, new) == ["spec.replicas", "spec.x.y"]
