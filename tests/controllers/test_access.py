"""What controllers keep for who wants to use the API: certificates, tokens, roles made of roles."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import pytest

from tests.controllers.machinery import machinery
from tuik8s.api import kinds
from tuik8s.controllers import (
    ClusterRoleAggregationController,
    RootCACertPublisher,
    ServiceAccountTokenController,
)

if TYPE_CHECKING:
    from tests.controllers.machinery import Machinery
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime
CERTIFICATE = "-----BEGIN CERTIFICATE-----"
CONFIG_MAP = "kube-root-ca.crt"


async def root_ca() -> str:
    return CERTIFICATE


async def sign(account: Obj, secret: Obj) -> str:
    return f"token of {account['metadata']['name']} in {secret['metadata']['name']}"


async def test_every_namespace_has_the_certificate_whatever_happens_to_it(
    control_plane: ControlPlane,
) -> None:
    async with machinery(control_plane, RootCACertPublisher, root_ca=root_ca) as machines:
        await machines.client.create(kinds.NAMESPACE, {"metadata": {"name": "one"}})
        await asyncio.sleep(1)
        for namespace in ("one", "default", "kube-system"):
            found = await machines.client.get(kinds.CONFIG_MAP, namespace, CONFIG_MAP)
            assert found["data"] == {"ca.crt": CERTIFICATE}
        await machines.client.patch(
            kinds.CONFIG_MAP, "one", CONFIG_MAP, {"data": {"ca.crt": "x", "more": "y"}}
        )
        await machines.client.delete(kinds.CONFIG_MAP, "default", CONFIG_MAP)
        await asyncio.sleep(1)
        for namespace in ("one", "default"):
            found = await machines.client.get(kinds.CONFIG_MAP, namespace, CONFIG_MAP)
            assert found["data"] == {"ca.crt": CERTIFICATE}


def token_secret(account: str, **annotations: str) -> Obj:
    named = {"kubernetes.io/service-account.name": account, **annotations}
    return {
        "metadata": {"name": "t", "namespace": "default", "annotations": named},
        "type": "kubernetes.io/service-account-token",
    }


async def with_account(machines: Machinery) -> Obj:
    return await machines.client.create(
        kinds.SERVICE_ACCOUNT, {"metadata": {"name": "robot", "namespace": "default"}}
    )


async def test_a_secret_gets_the_token_of_its_account_and_goes_with_it(control_plane: ControlPlane) -> None:
    options: dict[str, Any] = {"root_ca": root_ca, "sign": sign}
    async with machinery(control_plane, ServiceAccountTokenController, **options) as machines:
        account = await with_account(machines)
        await machines.client.create(kinds.SECRET, token_secret("robot"))
        await asyncio.sleep(1)
        found = await machines.client.get(kinds.SECRET, "default", "t")
        texts = {key: base64.b64decode(value).decode() for key, value in found["data"].items()}
        assert texts == {"token": "token of robot in t", "ca.crt": CERTIFICATE, "namespace": "default"}
        uid = found["metadata"]["annotations"]["kubernetes.io/service-account.uid"]
        assert uid == account["metadata"]["uid"]
        await machines.client.delete(kinds.SERVICE_ACCOUNT, "default", "robot")
        await asyncio.sleep(1)
        assert not await machines.exists(kinds.SECRET, "t")


@pytest.mark.parametrize(
    ("account", "annotations"),
    [("nobody", {}), ("robot", {"kubernetes.io/service-account.uid": "of an earlier one"})],
)
async def test_a_secret_of_nobody_is_deleted(
    control_plane: ControlPlane, account: str, annotations: dict[str, str]
) -> None:
    options: dict[str, Any] = {"root_ca": root_ca, "sign": sign}
    async with machinery(control_plane, ServiceAccountTokenController, **options) as machines:
        await with_account(machines)
        await machines.client.create(kinds.SECRET, token_secret(account, **annotations))
        await asyncio.sleep(1)
        assert not await machines.exists(kinds.SECRET, "t")


def role(name: str, verb: str, **labels: str) -> Obj:
    rules = [{"verbs": [verb], "apiGroups": [""], "resources": ["pods"]}]
    return {"metadata": {"name": name, "labels": labels}, "rules": rules}


async def verbs_of(machines: Machinery, name: str) -> list[str]:
    found = await machines.client.get(kinds.CLUSTER_ROLE, "", name)
    return [verb for rule in found.get("rules") or () for verb in rule["verbs"]]


async def test_a_role_follows_those_that_it_is_made_of(control_plane: ControlPlane) -> None:
    async with machinery(control_plane, ClusterRoleAggregationController) as machines:
        whole = {
            "metadata": {"name": "whole"},
            "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"part": "a"}}]},
            "rules": [{"verbs": ["delete"], "apiGroups": [""], "resources": ["nodes"]}],
        }
        await machines.client.create(kinds.CLUSTER_ROLE, whole)
        for name, verb in (("b", "list"), ("a", "get"), ("same", "get")):
            await machines.client.create(kinds.CLUSTER_ROLE, role(name, verb, part="a"))
        await machines.client.create(kinds.CLUSTER_ROLE, role("other", "watch"))
        await asyncio.sleep(1)
        assert await verbs_of(machines, "whole") == ["get", "list"]
        await machines.client.delete(kinds.CLUSTER_ROLE, "", "b")
        await machines.client.patch(kinds.CLUSTER_ROLE, "", "other", {"metadata": {"labels": {"part": "a"}}})
        await asyncio.sleep(1)
        assert await verbs_of(machines, "whole") == ["get", "watch"]
