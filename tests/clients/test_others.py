"""kr8s and lightkube."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.clients.conftest import deployment

kr8s: Any = pytest.importorskip("kr8s")
objects: Any = pytest.importorskip("kr8s.asyncio.objects")
lightkube: Any = pytest.importorskip("lightkube")
core_v1: Any = pytest.importorskip("lightkube.resources.core_v1")

pytestmark = pytest.mark.filterwarnings("ignore")  # the clients' own affair


async def test_kr8s(kubeconfig: str) -> None:
    api = await kr8s.asyncio.api(kubeconfig=kubeconfig)
    config_map = await objects.ConfigMap({"metadata": {"name": "a"}, "data": {"x": "1"}}, api=api)
    await config_map.create()
    await config_map.patch({"data": {"y": "2"}})
    await config_map.label({"team": "blue"})
    await config_map.refresh()
    assert config_map.data == {"x": "1", "y": "2"}
    web = await objects.Deployment(deployment("web"), api=api)
    await web.create()
    await web.wait("condition=Available", timeout=20)
    await web.scale(2)
    pod = (await web.pods())[0]
    assert (await pod.exec(["echo", "hello"])).stdout == b"hello\n"
    async for event, seen in api.watch("configmaps", namespace="default"):
        assert event == "ADDED"
        assert seen.name
        break
    await web.delete()
    await config_map.delete()


async def test_lightkube(kubeconfig: str) -> None:
    await asyncio.to_thread(_lightkube, kubeconfig)


def _lightkube(kubeconfig: str) -> None:
    client = lightkube.Client(lightkube.KubeConfig.from_file(kubeconfig).get())
    meta = {"name": "light", "namespace": "default"}
    client.create(core_v1.ConfigMap.from_dict({"metadata": meta, "data": {"a": "1"}}))
    client.patch(core_v1.ConfigMap, "light", {"data": {"b": "2"}}, namespace="default")
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"c": "3"}}
    client.apply(core_v1.ConfigMap.from_dict(applied), field_manager="test")
    assert client.get(core_v1.ConfigMap, "light").data == {"a": "1", "b": "2", "c": "3"}
    assert [node.metadata.name for node in client.list(core_v1.Node)]
    event, _ = next(iter(client.watch(core_v1.ConfigMap, namespace="default", server_timeout=2)))
    assert event == "ADDED"
    client.delete(core_v1.ConfigMap, "light")
