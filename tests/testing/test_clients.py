"""Python clients of other projects, unmodified: create, list, watch, patch, logs, exec, delete."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.testing import TestingCluster, ephemeral_cluster, ephemeral_namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = itertools.count(1)
POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "nginx", "ports": [{"containerPort": 80}]}]},
}
LABEL = {"metadata": {"labels": {"tier": "front"}}}
SAID = "listening"
ECHO = ["echo", "hello"]


@pytest.fixture(scope="module")
def shared() -> Iterator[TestingCluster]:
    with ephemeral_cluster() as cluster:
        yield cluster


@pytest.fixture
def cluster(shared: TestingCluster) -> Iterator[TestingCluster]:
    with ephemeral_namespace(shared, f"client-{next(NUMBERS)}") as inside:
        yield inside


def test_kubernetes(cluster: TestingCluster) -> None:
    module = pytest.importorskip("kubernetes")
    watch, stream = pytest.importorskip("kubernetes.watch"), pytest.importorskip("kubernetes.stream")
    core, name = module.client.CoreV1Api(cluster.clients.kubernetes()), cluster.namespace
    core.create_namespaced_pod(name, POD)
    events = watch.Watch().stream(core.list_namespaced_pod, name, timeout_seconds=10)
    assert next(event for event in events if event["object"].status.phase == "Running")
    [pod] = core.list_namespaced_pod(name, label_selector="app=web").items
    assert pod.status.container_statuses[0].ready
    assert core.patch_namespaced_pod("web", name, LABEL).metadata.labels == {"app": "web", "tier": "front"}
    assert SAID in core.read_namespaced_pod_log("web", name)
    # The client itself leaves the socket to the garbage collector.
    exec_ = stream.stream(core.connect_get_namespaced_pod_exec, "web", name, command=ECHO, stdout=True,
                          stderr=True, stdin=False, tty=False, _preload_content=False)  # fmt: skip
    exec_.run_forever(timeout=10)
    assert (exec_.read_stdout(), exec_.returncode) == ("hello\n", 0)
    exec_.sock.shutdown()
    core.delete_namespaced_pod("web", name)
    cluster.wait_for("Pod", "web", "deleted")
    with pytest.raises(module.client.ApiException) as error:
        core.read_namespaced_pod("web", name)
    assert (error.value.status, error.value.reason) == (404, "Not Found")


def test_kubernetes_with_any_kind(cluster: TestingCluster) -> None:
    """Its dynamic client finds kinds by discovery."""
    module = pytest.importorskip("kubernetes")
    dynamic = pytest.importorskip("kubernetes.dynamic")
    client = dynamic.DynamicClient(
        cluster.clients.kubernetes(), cache_file=str(cluster.kubeconfig_path.with_name("discovery"))
    )
    pods = client.resources.get(api_version="v1", kind="Pod")
    assert pods.server_side_apply(POD, namespace=cluster.namespace, field_manager="me").metadata.uid
    deployments = client.resources.get(api_version="apps/v1", kind="Deployment")
    assert deployments.get(namespace=cluster.namespace).items == []
    with pytest.raises(dynamic.exceptions.ResourceNotFoundError):
        client.resources.get(api_version="v1", kind="Pot")
    utils = pytest.importorskip("kubernetes.utils")
    objects = utils.create_from_dict(
        cluster.clients.kubernetes(), POD | {"metadata": {"name": "two"}}, namespace=cluster.namespace
    )
    assert isinstance(objects[0], module.client.V1Pod)


async def test_kubernetes_asyncio(cluster: TestingCluster) -> None:
    module = pytest.importorskip("kubernetes_asyncio")
    streaming = pytest.importorskip("kubernetes_asyncio.stream")
    name = cluster.namespace
    async with cluster.aio.clients.kubernetes_asyncio() as client:
        core = module.client.CoreV1Api(client)
        await core.create_namespaced_pod(name, POD)
        async with module.watch.Watch().stream(core.list_namespaced_pod, name, timeout_seconds=10) as events:
            async for event in events:
                if event["object"].status.phase == "Running":
                    break
        assert [pod.metadata.name for pod in (await core.list_namespaced_pod(name)).items] == ["web"]
        patched = await core.patch_namespaced_pod("web", name, LABEL)
        assert patched.metadata.labels["tier"] == "front"
        assert SAID in await core.read_namespaced_pod_log("web", name)
        async with streaming.WsApiClient(configuration=client.configuration) as sockets:
            said = await module.client.CoreV1Api(sockets).connect_get_namespaced_pod_exec(
                "web", name, command=ECHO, stdout=True, stderr=True, stdin=False, tty=False
            )
        assert said == "hello\n"
        await core.delete_namespaced_pod("web", name)
        await cluster.aio.wait_for("Pod", "web", "deleted")


def test_kr8s(cluster: TestingCluster) -> None:
    objects = pytest.importorskip("kr8s.objects")
    api = cluster.clients.kr8s()
    pod = objects.Pod(POD, api=api)
    pod.create()
    pod.wait("condition=Ready", timeout=10)
    assert [found.name for found in api.get("pods", label_selector="app=web")] == ["web"]
    event, seen = next(api.watch("pods"))
    assert (event, seen.name) == ("ADDED", "web")
    pod.patch(LABEL)
    assert pod.labels == {"app": "web", "tier": "front"}
    assert any(SAID in line for line in pod.logs())
    assert pod.exec(ECHO).stdout == b"hello\n"
    pod.delete()
    pod.wait("delete", timeout=10)
    assert not pod.exists()


async def test_kr8s_awaited(cluster: TestingCluster) -> None:
    objects = pytest.importorskip("kr8s.asyncio.objects")
    async with cluster.aio.clients.kr8s() as api:
        pod = await objects.Pod(POD, api=api)
        await pod.create()
        await pod.wait("condition=Ready", timeout=10)
        async for event, seen in api.watch("pods"):
            assert (event, seen.name) == ("ADDED", "web")
            break
        await pod.label(tier="front")
        assert pod.labels["tier"] == "front"
        assert [line async for line in pod.logs()]
        assert (await pod.exec(ECHO)).stdout == b"hello\n"
        async with pod.portforward(remote_port=80) as port:
            httpx = pytest.importorskip("httpx")
            async with httpx.AsyncClient() as client:
                assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 200
        await pod.delete()
        await pod.wait("delete", timeout=10)


def test_lightkube(cluster: TestingCluster) -> None:
    from lightkube import ApiError
    from lightkube.resources.core_v1 import Pod

    client = cluster.clients.lightkube()
    client.create(Pod.from_dict(POD))
    client.wait(Pod, "web", for_conditions=["Ready"])
    assert [pod.metadata.name for pod in client.list(Pod, labels={"app": "web"})] == ["web"]
    event, seen = next(iter(client.watch(Pod)))
    assert (event, seen.metadata.name) == ("ADDED", "web")
    assert client.patch(Pod, "web", LABEL).metadata.labels == {"app": "web", "tier": "front"}
    assert any(SAID in line for line in client.log("web"))
    assert client.exec("web", command=ECHO, stdout=True).stdout == "hello\n"
    client.delete(Pod, "web")
    cluster.wait_for("Pod", "web", "deleted")
    with pytest.raises(ApiError) as error:
        client.get(Pod, "web")
    assert error.value.status.reason == "NotFound"


async def test_lightkube_awaited(cluster: TestingCluster) -> None:
    from lightkube.resources.core_v1 import Pod

    async with cluster.aio.clients.lightkube() as client:
        await client.create(Pod.from_dict(POD))
        await client.wait(Pod, "web", for_conditions=["Ready"])
        assert [pod.metadata.name async for pod in client.list(Pod)] == ["web"]
        async for event, seen in client.watch(Pod):
            assert (event, seen.metadata.name) == ("ADDED", "web")
            break
        assert (await client.patch(Pod, "web", LABEL)).metadata.labels["tier"] == "front"
        await client.delete(Pod, "web")


async def test_our_own(cluster: TestingCluster) -> None:
    """Its logs and exec cross into the cluster's thread and back."""
    from tuik8s.client import LogOptions

    await cluster.aio.apply(POD)
    await cluster.aio.wait_for("Pod", "web")
    client, name = cluster.client, cluster.namespace
    lines = [line async for line in client.logs(name, "web", LogOptions())]
    assert SAID in b"".join(lines).decode()
    stream = await client.exec(name, "web", "web", ["cat"], stdin=True)
    await stream.send(b"hello")
    await stream.close_stdin()
    assert [chunk async for chunk in stream.output()] == [(1, b"hello")]
    assert await stream.exit_code() == 0
    await stream.close()
