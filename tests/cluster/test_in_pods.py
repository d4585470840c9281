"""A program inside a real container is a client of the API, by what is mounted and told to it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.api import kinds
from tuik8s.client import LogOptions
from tuik8s.cluster import Cluster
from tuik8s.config import Config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import docker

    from tuik8s.api.objects import Obj

pytestmark = [pytest.mark.docker, pytest.mark.slow]

CLIENT = """
import json, os, ssl, sys, urllib.error, urllib.request
at = "/var/run/secrets/kubernetes.io/serviceaccount/"
server = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
trusted = ssl.create_default_context(cafile=at + "ca.crt")
headers = {"Authorization": "Bearer " + open(at + "token").read()}
namespace = open(at + "namespace").read()
for resource in ("pods", "secrets"):
    url = f"{server}/api/v1/namespaces/{namespace}/{resource}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), context=trusted) as answer:
            print(resource, [item["metadata"]["name"] for item in json.load(answer)["items"]])
    except urllib.error.HTTPError as error:
        print(resource, error.code, json.load(error)["message"])
"""


@pytest.fixture
async def cluster(docker_client: docker.DockerClient, tmp_path: Path) -> AsyncIterator[Cluster]:
    config = Config(
        cluster="test", ephemeral=True, runtime="docker", nodes=1, seed=1, listen="127.0.0.1:0",
        data_dir=tmp_path,
    )  # fmt: skip
    async with Cluster(config) as running:
        await running.started()
        yield running


def client_pod(command: list[str], account: str) -> Obj:
    """It has nothing but busybox: the programs of this machine are lent to it."""
    lent = [path for path in ("/usr", "/lib", "/lib64", sys.base_prefix) if Path(path).is_dir()]
    volumes = [{"name": f"lent-{i}", "hostPath": {"path": path}} for i, path in enumerate(lent)]
    mounts = [{"name": f"lent-{i}", "mountPath": p, "readOnly": True} for i, p in enumerate(lent)]
    container = {
        "name": "client", "image": "busybox", "imagePullPolicy": "Never", "command": command,
        "volumeMounts": mounts,
    }  # fmt: skip
    spec = {
        "containers": [container], "volumes": volumes, "restartPolicy": "Never",
        "serviceAccountName": account, "terminationGracePeriodSeconds": 0,
    }  # fmt: skip
    return {"metadata": {"name": "client", "namespace": "default"}, "spec": spec}


async def output_of(cluster: Cluster, pod: Obj) -> str:
    await cluster.client.create(kinds.POD, pod)
    async with asyncio.timeout(60):
        while True:
            found = await cluster.client.get(kinds.POD, "default", "client")
            if (found.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
                break
            await asyncio.sleep(0.1)
    lines = [line async for line in cluster.client.logs("default", "client", LogOptions())]
    return b"".join(lines).decode()


async def viewer(cluster: Cluster) -> None:
    """An account that may look, but not at secrets."""
    await cluster.client.create(
        kinds.SERVICE_ACCOUNT, {"metadata": {"name": "robot", "namespace": "default"}}
    )
    binding: dict[str, Any] = {
        "metadata": {"name": "robot"},
        "roleRef": {"kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "ServiceAccount", "name": "robot"}],
    }
    await cluster.client.create(kinds.ROLE_BINDING, binding, namespace="default")


async def test_a_python_program_reaches_the_api(cluster: Cluster) -> None:
    await viewer(cluster)
    python = str(Path(sys.executable).resolve())
    told = await output_of(cluster, client_pod([python, "-c", CLIENT], "robot"))
    assert told.splitlines() == [
        "pods ['client']",
        'secrets 403 secrets is forbidden: User "system:serviceaccount:default:robot" cannot list resource '
        '"secrets" in API group "" in the namespace "default"',
    ]


@pytest.mark.skipif(not Path("/usr/bin/curl").exists(), reason="there is no curl on this machine")
async def test_curl_reaches_the_api(cluster: Cluster) -> None:
    script = (
        "export PATH=/bin:/usr/bin; cd /var/run/secrets/kubernetes.io/serviceaccount; "
        'curl -sS --cacert ca.crt -H "Authorization: Bearer $(cat token)" '
        "https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT"
        "/apis/authentication.k8s.io/v1/selfsubjectreviews "
        """-H 'Content-Type: application/json' -d '{"kind":"SelfSubjectReview",
        "apiVersion":"authentication.k8s.io/v1"}'"""
    )
    told = await output_of(cluster, client_pod(["sh", "-c", script], "default"))
    assert '"username": "system:serviceaccount:default:default"' in told
    assert '"authentication.kubernetes.io/pod-name": [' in told
