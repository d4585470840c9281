"""Flags that say who may do what, on whole clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.http.conftest import SOON
from tuik8s.api import kinds
from tuik8s.api.errors import Forbidden
from tuik8s.api.request import User
from tuik8s.cluster import Cluster
from tuik8s.config import BadConfig, Config

if TYPE_CHECKING:
    import ssl
    from pathlib import Path


def config(directory: Path, **changes: Any) -> Config:
    settings: dict[str, Any] = {"nodes": 1, "listen": "", **changes}
    return Config(cluster="test", ephemeral=True, runtime="simulated", seed=1, data_dir=directory, **settings)


def trusting(cluster: Cluster) -> ssl.SSLContext:
    import ssl

    return ssl.create_default_context(cafile=str(cluster.directory / "pki" / "ca.crt"))


async def test_a_token_of_the_file_is_let_in(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.csv"
    tokens.write_text("s3cret,jane,1,system:masters\n")
    async with Cluster(config(tmp_path, token_auth_file=tokens, listen="127.0.0.1:0")) as cluster:
        await cluster.started()
        assert cluster.listener is not None
        connector = aiohttp.TCPConnector(ssl=trusting(cluster))
        async with aiohttp.ClientSession(connector=connector, timeout=SOON) as session:
            for token, status in (("s3cret", 200), ("guess", 401)):
                headers = {"Authorization": f"Bearer {token}"}
                url = f"{cluster.listener.endpoint}/api/v1/nodes"
                async with session.get(url, headers=headers) as answer:
                    assert answer.status == status


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"authorization_mode": "RBAC,Magic"}, "authorization mode 'Magic' is not known"),
        ({"authorization_mode": " , "}, "at least one authorization mode is needed"),
        ({"disabled_admission": ("Magic",)}, "no admission plug-in Magic: there are NamespaceLifecycle, "),
    ],
)
async def test_flags_that_cannot_be(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadConfig, match=words):
        async with Cluster(config(tmp_path, **changes)):
            raise AssertionError("it started")


async def test_a_broken_token_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tokens.csv"
    path.write_text("only,two\n")
    with pytest.raises(BadConfig, match=r"tokens\.csv:1: a token, a user name and a user uid are needed"):
        async with Cluster(config(tmp_path, token_auth_file=path)):
            raise AssertionError("it started")


async def test_everybody_or_nobody_may_do_everything(tmp_path: Path) -> None:
    for mode, allowed in (("AlwaysAllow", True), ("AlwaysDeny", False)):
        async with Cluster(config(tmp_path, nodes=0, authorization_mode=mode)) as cluster:
            jane = cluster.client_for(User("jane"))
            if allowed:
                await jane.list(kinds.SECRET)
                continue
            with pytest.raises(Forbidden, match=r"Everything is forbidden\.$"):
                await jane.list(kinds.SECRET)


async def test_the_components_live_with_their_roles(tmp_path: Path) -> None:
    """Nothing that any of them does is forbidden, from a Deployment to running pods and back to none."""
    async with Cluster(config(tmp_path, nodes=2)) as cluster:
        await cluster.started()
        template = {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "nginx"}], "terminationGracePeriodSeconds": 0},
        }
        spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
        deployment = {"metadata": {"name": "web", "namespace": "default"}, "spec": spec}
        await cluster.client.create(kinds.DEPLOYMENT, deployment)
        async for event in cluster.client.watch(kinds.DEPLOYMENT, "default", resource_version="0"):
            if (event.object.get("status") or {}).get("readyReplicas") == 2:
                break
        pod = (await cluster.client.list(kinds.POD, "default"))["items"][0]
        mounted = pod["spec"]["containers"][0]["volumeMounts"][0]
        assert mounted["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"
        files = cluster.directory / "pods" / pod["metadata"]["uid"] / "volumes" / "kubernetes.io~projected"
        names = {path.name for path in (files / mounted["name"]).iterdir() if not path.name.startswith("..")}
        assert names == {"token", "ca.crt", "namespace"}
        budget = {"minAvailable": 1, "selector": spec["selector"]}
        disruption = {"metadata": {"name": "web", "namespace": "default"}, "spec": budget}
        await cluster.client.create(kinds.POD_DISRUPTION_BUDGET, disruption)
        await cluster.client.create(kinds.NAMESPACE, {"metadata": {"name": "short"}})
        await cluster.client.delete(kinds.NAMESPACE, "", "short")
        await cluster.client.delete(kinds.DEPLOYMENT, "default", "web", propagation="Foreground")
        async for event in cluster.client.watch(kinds.DEPLOYMENT, "default", resource_version="0"):
            if event.type == "DELETED":
                break
        refused = [request for request in cluster.api.recent_requests() if request.code == 403]
        assert refused == []


async def test_a_pod_may_do_without_a_token(tmp_path: Path) -> None:
    async with Cluster(config(tmp_path, nodes=0)) as cluster:
        await cluster.started()
        async for event in cluster.client.watch(kinds.SERVICE_ACCOUNT, "default", resource_version="0"):
            if event.object["metadata"]["name"] == "default":
                break
        containers = [{"name": "c", "image": "nginx"}]
        spec: dict[str, Any] = {"containers": containers, "automountServiceAccountToken": False}
        without = {"metadata": {"name": "p", "namespace": "default"}, "spec": spec}
        assert "volumes" not in (await cluster.client.create(kinds.POD, without))["spec"]
