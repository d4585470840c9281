"""Objects that the tests of the API server share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api import kinds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tuik8s.api.objects import Obj
    from tuik8s.api.request import WatchEvent
    from tuik8s.client import Client


def pod(name: str = "web", *, namespace: str = "default", **spec: Any) -> Obj:
    meta: Obj = {"name": name, "namespace": namespace, "labels": {"app": "web"}}
    return {"metadata": meta, "spec": {"containers": [{"name": "c", "image": "nginx:1"}], **spec}}


def config_map(name: str = "settings", **data: str) -> Obj:
    return {"metadata": {"name": name, "namespace": "default"}, "data": data}


def deployment(name: str = "web", replicas: int = 2) -> Obj:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default", "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "c", "image": "nginx:1"}]},
            },
        },
    }


def service(name: str = "web", **spec: Any) -> Obj:
    meta = {"name": name, "namespace": "default"}
    return {"metadata": meta, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}], **spec}}


async def bound_pod(client: Client, name: str = "web", node: str = "node-1", **spec: Any) -> Obj:
    await client.create(kinds.POD, pod(name, **spec))
    target = {"target": {"kind": "Node", "name": node}}
    await client.create_subresource(kinds.POD, "default", name, "binding", target)
    return await client.get(kinds.POD, "default", name)


async def take(events: AsyncIterator[WatchEvent], count: int) -> list[WatchEvent]:
    return [await anext(events) for _ in range(count)]


def revision(obj: Obj) -> int:
    return int(obj["metadata"]["resourceVersion"])
