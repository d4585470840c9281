"""Manifests for whole clusters, as JSON (which is YAML too), and questions about what becomes of them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from tuik8s.api.objects import is_pod_ready
from tuik8s.api.readiness import readiness_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj
    from tuik8s.cluster import Cluster

SERVER, SHELL = "service_test:latest", "busybox:latest"
MISSING = "registry.invalid/nothing:1"
"""An image that no registry has: on Docker the name does not resolve, and annotations say so to the other."""
READINESS = {"httpGet": {"port": 8080}, "periodSeconds": 1}


def container(name: str = "main", image: str = SERVER, **more: Any) -> Obj:
    return {"name": name, "image": image, "imagePullPolicy": "IfNotPresent", **more}


def shell(script: str, name: str = "main", **more: Any) -> Obj:
    """A container that runs a script."""
    return container(name, SHELL, command=["sh", "-c", script], **more)


def release(name: str) -> list[Obj]:
    """An environment that tells one revision from another."""
    return [{"name": "RELEASE", "value": name}]


def pod(name: str, *containers: Obj, **spec: Any) -> str:
    template = pod_template(*containers, **spec)
    template["metadata"]["labels"] = {"app": name}
    template["metadata"]["name"] = name
    return json.dumps({"apiVersion": "v1", "kind": "Pod", **template})


def pod_template(*containers: Obj, **spec: Any) -> Obj:
    spec = {"terminationGracePeriodSeconds": 1, "containers": list(containers) or [container()], **spec}
    annotations = {"sim.tuik8s.io/image-missing": MISSING}
    return {"metadata": {"annotations": annotations}, "spec": spec}


def deployment(
    name: str = "web", *containers: Obj, replicas: int = 2, pod_spec: Obj | None = None, **spec: Any
) -> str:
    template = pod_template(*containers, **(pod_spec or {}))
    template["metadata"]["labels"] = {"app": name}
    return json.dumps(
        {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {
                "replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template,
                **spec,
            },
        }
    )  # fmt: skip


def service(name: str = "web", **spec: Any) -> str:
    spec = {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}], **spec}
    return json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec})


def config_map(name: str, **data: str) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})


def rolled_out(found: list[Obj]) -> bool:
    """There are Deployments, and each runs what it asks for."""
    return bool(found) and all(readiness_of(obj).done for obj in found)


def all_ready(count: int) -> Callable[[list[Obj]], bool]:
    return lambda pods: len(pods) == count and all(is_pod_ready(pod) for pod in pods)


def waits_for(reason: str) -> Callable[[list[Obj]], bool]:
    """Some container waits for this reason."""
    return lambda pods: any(state.get("reason") == reason for state in waiting(pods))


def waiting(pods: list[Obj]) -> list[Obj]:
    return [status["state"]["waiting"] for status in statuses(pods) if "waiting" in status["state"]]


def statuses(pods: list[Obj]) -> list[Obj]:
    return [
        status
        for pod in pods
        for field in ("initContainerStatuses", "containerStatuses")
        for status in (pod.get("status") or {}).get(field) or ()
    ]


def images(pods: list[Obj]) -> set[str]:
    return {item["image"] for pod in pods for item in pod["spec"]["containers"]}


def told(reason: str, text: str = "") -> Callable[[list[Obj]], bool]:
    """There is an event of this reason whose message contains the text."""
    return lambda events: any(e["reason"] == reason and text in e["message"] for e in events)


async def only_containers_of(cluster: Cluster, namespaces: set[str]) -> None:
    """Until the runtime has nothing of other namespaces: containers are removed after their pod's object."""
    assert cluster.runtime is not None
    async with asyncio.timeout(10):
        while {item.namespace for item in await cluster.runtime.list_sandboxes()} != namespaces:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert {item.pod_namespace for item in await cluster.runtime.list_containers()} == namespaces
