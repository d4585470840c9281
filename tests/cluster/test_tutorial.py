"""The first tutorial from end to end: three files, two pods, one port that answers from both."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.api.objects import is_pod_ready

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj
    from tuik8s.cluster import Cluster

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n    name: k8s-test\n"
SERVICE = """apiVersion: v1
kind: Service
metadata:
  namespace: k8s-test
  name: service
spec:
  ports:
    - {name: "service-port", targetPort: 8080, port: 8080, nodePort: 30000}
  selector:
    app: service-test
  type: NodePort
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-test
  namespace: k8s-test
spec:
  replicas: 2
  strategy:
    type: Recreate
  selector:
    matchLabels:
      app: service-test
  template:
    metadata:
      labels:
        app: service-test
    spec:
      hostname: service-test
      containers:
        - image: service_test:latest
          name: service-test
          imagePullPolicy: Never
          ports:
            - containerPort: 8080
      restartPolicy: Always
"""


async def test_two_replicas_answer_in_turn(cluster: Cluster, save: Callable[[str, str], None]) -> None:
    save("deployment.yaml", DEPLOYMENT)
    save("namespace.yaml", NAMESPACE)
    save("service.yaml", SERVICE)

    pods = await until(cluster.client, kinds.POD, _two_ready, "k8s-test")
    await until(cluster.client, kinds.ENDPOINT_SLICE, _two_endpoints, "k8s-test")

    assert len({pod["spec"]["nodeName"] for pod in pods}) == 2
    answers = [await _get(30000) for _ in range(4)]
    addresses = {pod["status"]["podIP"] for pod in pods}
    assert {_who(answer, addresses) for answer in answers} == addresses


async def test_the_events_tell_the_story(cluster: Cluster, save: Callable[[str, str], None]) -> None:
    save("all.yaml", f"{NAMESPACE}---\n{DEPLOYMENT}")
    await until(cluster.client, kinds.POD, _two_ready, "k8s-test")

    events = await until(
        cluster.client, kinds.EVENT, lambda events: _reasons(events) >= _STORY, "k8s-test", limit=10
    )

    messages = [event["message"] for event in events]
    assert any(re.fullmatch(r"Scaled up replica set service-test-\w+ from 0 to 2", text) for text in messages)
    assert any('Container image "service_test:latest" already present' in text for text in messages)


async def test_a_recreate_rollout_never_runs_old_beside_new(
    cluster: Cluster, save: Callable[[str, str], None]
) -> None:
    save("all.yaml", f"{NAMESPACE}---\n{DEPLOYMENT}")
    first = await until(cluster.client, kinds.POD, _two_ready, "k8s-test")
    old = {pod["metadata"]["uid"] for pod in first}
    revision = cluster.store.revision
    save(
        "all.yaml",
        f"{NAMESPACE}---\n{DEPLOYMENT}".replace(
            "service-test\n      containers", "renamed\n      containers"
        ),
    )

    await until(
        cluster.client, kinds.POD,
        lambda pods: _two_ready(pods) and not old & {pod["metadata"]["uid"] for pod in pods}, "k8s-test",
    )  # fmt: skip

    present = set(old)
    for record in [
        await cluster.store.record(number) for number in range(revision + 1, cluster.store.revision + 1)
    ]:
        if record is None or not record.key.startswith(kinds.POD.prefix):
            continue
        uid = record.value["metadata"]["uid"]
        if record.operation == "delete":
            present.discard(uid)
        elif record.operation == "create":
            assert not present & old, "a new pod was made while an old one was there"


_STORY = {"ScalingReplicaSet", "SuccessfulCreate", "Scheduled", "Pulled", "Created", "Started"}


def _reasons(events: list[Obj]) -> set[str]:
    return {event["reason"] for event in events}


def _two_ready(pods: list[Obj]) -> bool:
    return len(pods) == 2 and all(is_pod_ready(pod) for pod in pods)


def _two_endpoints(slices: list[Obj]) -> bool:
    ready = [e for piece in slices for e in piece.get("endpoints") or () if e["conditions"]["ready"]]
    return len(ready) == 2


async def _get(port: int) -> str:
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /util HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = (await reader.read()).decode()
        writer.close()
        await writer.wait_closed()
    assert answer.startswith("HTTP/1.1 200"), answer
    return answer


def _who(answer: str, addresses: set[str]) -> str:
    found = [address for address in addresses if re.search(rf"\b{re.escape(address)}\b", answer)]
    assert len(found) == 1, answer
    return found[0]
