"""Images from a registry, on Docker: policies, digests, credentials, progress, an image that comes late."""

from __future__ import annotations

import asyncio
import base64
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.workloads import all_ready, container, pod
from tests.support.registry import Registry
from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.kubelet import images
from tuik8s.kubelet.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import docker

    from tuik8s.api.objects import Obj
    from tuik8s.cluster import Cluster

    Save = Callable[[str, str], None]

pytestmark = pytest.mark.parametrize("runtime", [pytest.param("docker", marks=pytest.mark.docker)])

SLEEP = ("sleep", "600")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulls that failed are tried again after 1, 2, 4 ... seconds."""
    monkeypatch.setattr(images, "Backoff", partial(Backoff, base=1.0))


@pytest.fixture
def runtime(docker_client: docker.DockerClient, request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def registry(docker_client: docker.DockerClient) -> AsyncIterator[Registry]:
    """To be asked for before the cluster, and so ended after it: then no container needs the images."""
    async with Registry(docker_client.version()["Arch"]).running() as running:
        yield running
    for image in docker_client.api.images():
        names = [*(image.get("RepoTags") or ()), *(image.get("RepoDigests") or ())]
        if any(name.startswith(running.host) for name in names):
            docker_client.api.remove_image(image["Id"], force=True)


def runs(name: str, image: str, policy: str = "IfNotPresent", **spec: Any) -> str:
    return pod(name, container(image=image, imagePullPolicy=policy), **spec)


def waits(reason: str) -> Callable[[list[Obj]], bool]:
    def look(pods: list[Obj]) -> bool:
        statuses = [status for pod in pods for status in pod.get("status", {}).get("containerStatuses", ())]
        return any(status["state"].get("waiting", {}).get("reason") == reason for status in statuses)

    return look


def pull_secret(name: str, host: str, password: str, kind: str = "dockerconfigjson") -> str:
    entries: Any = {host: {"username": "me", "password": password}}
    if kind == "dockerconfigjson":
        entries = {"auths": entries}
    data = {f".{kind}": base64.b64encode(json.dumps(entries).encode()).decode()}
    return json.dumps(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": f"kubernetes.io/{kind}",
         "data": data}
    )  # fmt: skip


async def messages(cluster: Cluster, name: str) -> list[str]:
    found = (await cluster.client.list(kinds.EVENT, "default"))["items"]
    return [event["message"] for event in found if event["involvedObject"]["name"] == name]


async def image_id(cluster: Cluster, name: str) -> str:
    found = await cluster.client.get(kinds.POD, "default", name)
    return str(found["status"]["containerStatuses"][0]["imageID"])


async def test_policies_and_digests(registry: Registry, cluster: Cluster, save: Save) -> None:
    first = registry.push("team/app", "1", *SLEEP)
    name = f"{registry.host}/team/app"
    save("one.yaml", runs("one", f"{name}:1"))
    await until(cluster.client, kinds.POD, all_ready(1), "default")
    assert await image_id(cluster, "one") == f"docker-pullable://{name}@{first}"
    said = await messages(cluster, "one")
    assert f'Pulling image "{name}:1"' in said
    assert any(text.startswith(f'Successfully pulled image "{name}:1" in ') for text in said)

    second = registry.push("team/app", "1", *SLEEP)  # the tag moves on
    save("two.yaml", runs("two", f"{name}:1"))
    save("three.yaml", runs("three", f"{name}@{first}"))
    await until(cluster.client, kinds.POD, all_ready(3), "default")
    assert registry.pulls == ["team/app"]
    present = "already present on machine and can be accessed by the pod"
    assert f'Container image "{name}:1" {present}' in await messages(cluster, "two")

    save("four.yaml", runs("four", f"{name}:1", "Always"))
    await until(cluster.client, kinds.POD, all_ready(4), "default")
    assert await image_id(cluster, "four") == f"docker-pullable://{name}@{second}"
    assert await image_id(cluster, "two") == f"docker-pullable://{name}@{first}"


async def test_progress_is_told_while_it_lasts(registry: Registry, cluster: Cluster, save: Save) -> None:
    registry.push("app", "slow", *SLEEP)
    registry.delay = 0.05
    save("slow.yaml", runs("slow", f"{registry.host}/app:slow"))
    image = f"{registry.host}/app:slow"
    async with asyncio.timeout(30):
        while "Downloading" not in cluster.kubelets.pulls().get(image, ""):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await until(cluster.client, kinds.POD, all_ready(1), "default")
    assert not cluster.kubelets.pulls()


@pytest.mark.parametrize("kind", ["dockerconfigjson", "dockercfg"])
async def test_a_private_image_needs_its_secret(
    registry: Registry, cluster: Cluster, save: Save, kind: str
) -> None:
    registry.users["private"] = ("me", "right")
    registry.push("private/app", "1", *SLEEP)
    image = f"{registry.host}/private/app:1"
    save("open.yaml", runs("open", image))
    await until(cluster.client, kinds.POD, waits("ErrImagePull"), "default")
    assert any("no basic auth credentials" in text for text in await messages(cluster, "open"))

    save("wrong.yaml", pull_secret("wrong", registry.host, "wrong", kind))
    save("right.yaml", pull_secret("right", registry.host, "right", kind))
    both = [{"name": "wrong"}, {"name": "right"}]
    save("closed.yaml", runs("closed", image, imagePullSecrets=both))
    await until(
        cluster.client, kinds.POD,
        lambda pods: all_ready(1)([pod for pod in pods if pod["metadata"]["name"] == "closed"]), "default",
    )  # fmt: skip


async def test_an_image_that_comes_late_is_found(registry: Registry, cluster: Cluster, save: Save) -> None:
    save("late.yaml", runs("late", f"{registry.host}/late:1"))
    await until(cluster.client, kinds.POD, waits("ErrImagePull"), "default")
    await until(cluster.client, kinds.POD, waits("ImagePullBackOff"), "default")
    registry.push("late", "1", *SLEEP)
    await until(cluster.client, kinds.POD, all_ready(1), "default")
    said = await messages(cluster, "late")
    assert any("manifest unknown" in text for text in said)
    assert "Error: ErrImagePull" in said
    assert "Error: ImagePullBackOff" in said
