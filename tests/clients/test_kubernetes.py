"""The official Python client, which checks every answer against its models."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.clients.conftest import deployment

kubernetes: Any = pytest.importorskip("kubernetes")
stream: Any = pytest.importorskip("kubernetes.stream")
kubernetes_asyncio: Any = pytest.importorskip("kubernetes_asyncio")

pytestmark = pytest.mark.filterwarnings("ignore")  # the clients' own affair
NAMESPACE = "default"


async def test_the_client_that_blocks(kubeconfig: str) -> None:
    await asyncio.to_thread(_objects, kubeconfig)
    await asyncio.to_thread(_workloads, kubeconfig)
    await asyncio.to_thread(_dynamic, kubeconfig)


def _objects(kubeconfig: str) -> None:
    with kubernetes.config.new_client_from_config(kubeconfig) as api:
        core = kubernetes.client.CoreV1Api(api)
        assert kubernetes.client.VersionApi(api).get_code().git_version.startswith("v1.")
        assert core.list_node().items[0].status.node_info.kubelet_version
        for number in range(5):
            core.create_namespaced_config_map(
                NAMESPACE, {"metadata": {"name": f"map-{number}"}, "data": {"a": "1"}}
            )
        core.patch_namespaced_config_map("map-0", NAMESPACE, {"data": {"b": "2"}})
        operations = [{"op": "add", "path": "/data/c", "value": "3"}]
        core.patch_namespaced_config_map("map-0", NAMESPACE, operations)
        found = core.read_namespaced_config_map("map-0", NAMESPACE)
        assert found.data == {"a": "1", "b": "2", "c": "3"}
        found.data = {"z": "1"}
        core.replace_namespaced_config_map("map-0", NAMESPACE, found)
        page = core.list_namespaced_config_map(NAMESPACE, limit=2)
        names = [item.metadata.name for item in page.items]
        while onward := page.metadata._continue:
            page = core.list_namespaced_config_map(NAMESPACE, limit=2, _continue=onward)
            names += [item.metadata.name for item in page.items]
        assert set(names) >= {f"map-{number}" for number in range(5)}
        with pytest.raises(kubernetes.client.ApiException) as missing:
            core.read_namespaced_config_map("nosuch", NAMESPACE)
        assert missing.value.status == 404


def _workloads(kubeconfig: str) -> None:
    with kubernetes.config.new_client_from_config(kubeconfig) as api:
        core, apps = kubernetes.client.CoreV1Api(api), kubernetes.client.AppsV1Api(api)
        apps.create_namespaced_deployment(NAMESPACE, deployment("web"))
        watch = kubernetes.watch.Watch()
        for event in watch.stream(apps.list_namespaced_deployment, NAMESPACE, timeout_seconds=20):
            if event["object"].status.ready_replicas:
                watch.stop()
        scale = apps.read_namespaced_deployment_scale("web", NAMESPACE)
        scale.spec.replicas = 2
        assert apps.replace_namespaced_deployment_scale("web", NAMESPACE, scale).spec.replicas == 2
        pod = core.list_namespaced_pod(NAMESPACE, label_selector="app=web").items[0].metadata.name
        said = stream.stream(
            core.connect_get_namespaced_pod_exec, pod, NAMESPACE, command=["echo", "hi"], stdout=True,
            stderr=True, stdin=False, tty=False,
        )  # fmt: skip
        assert said == "hi\n"
        assert core.read_namespaced_pod_log(pod, NAMESPACE)
        assert core.delete_namespaced_pod(pod, NAMESPACE, grace_period_seconds=0).metadata.name == pod
        apps.delete_namespaced_deployment("web", NAMESPACE, propagation_policy="Foreground")


def _dynamic(kubeconfig: str) -> None:
    with kubernetes.config.new_client_from_config(kubeconfig) as api:
        maps = kubernetes.dynamic.DynamicClient(api).resources.get(api_version="v1", kind="ConfigMap")
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "dyn"}, "data": {"a": "b"}}
        maps.server_side_apply(body=body, namespace=NAMESPACE, field_manager="test")
        assert maps.get(name="dyn", namespace=NAMESPACE).data.a == "b"
        maps.delete(name="dyn", namespace=NAMESPACE)


async def test_the_client_that_does_not(kubeconfig: str) -> None:
    await kubernetes_asyncio.config.load_kube_config(kubeconfig)
    async with kubernetes_asyncio.client.ApiClient() as api:
        core = kubernetes_asyncio.client.CoreV1Api(api)
        await core.create_namespaced_config_map(NAMESPACE, {"metadata": {"name": "async"}})
        await core.patch_namespaced_config_map("async", NAMESPACE, {"data": {"x": "y"}})
        events = kubernetes_asyncio.watch.Watch().stream(
            core.list_namespaced_config_map, NAMESPACE, timeout_seconds=1
        )
        assert "async" in [event["object"].metadata.name async for event in events]
        await core.delete_namespaced_config_map("async", NAMESPACE)
