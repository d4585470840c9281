"""Namespaces: their service account, and their end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.controllers.machinery import Machinery, machinery, pod
from tests.support.crontabs import cron_tab, definition
from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.api.objects import condition_of, is_true
from tuik8s.controllers.namespace import NamespaceController
from tuik8s.controllers.serviceaccount import ServiceAccountController

if TYPE_CHECKING:
    from tests.controllers.machinery import Check
    from tests.support.control_plane import ControlPlane

pytestmark = pytest.mark.looptime
BOTH = (NamespaceController, ServiceAccountController)


async def create(machines: Machinery, name: str) -> None:
    await machines.client.create(kinds.NAMESPACE, {"metadata": {"name": name}})

    async def has_account() -> bool:
        return await machines.exists(kinds.SERVICE_ACCOUNT, "default", name)

    await machines.until(has_account)


def namespace_gone(machines: Machinery, name: str) -> Check:
    async def check() -> bool:
        return not await machines.exists(kinds.NAMESPACE, name, "")

    return check


async def test_every_namespace_has_a_default_service_account(control_plane: ControlPlane) -> None:
    async with machinery(control_plane, *BOTH) as machines:
        await create(machines, "one")
        for namespace in ("default", "kube-system", "kube-public", "kube-node-lease"):
            assert await machines.exists(kinds.SERVICE_ACCOUNT, "default", namespace)
        await machines.client.delete(kinds.SERVICE_ACCOUNT, "one", "default")
        await asyncio.sleep(1)
        assert await machines.exists(kinds.SERVICE_ACCOUNT, "default", "one")


async def test_deleting_a_namespace_deletes_what_is_in_it_and_nothing_else(
    control_plane: ControlPlane,
) -> None:
    async with machinery(control_plane, *BOTH) as machines:
        machines.kubelet.stop_delay = 20.0
        for namespace in ("doomed", "other"):
            await create(machines, namespace)
            for kind in (kinds.CONFIG_MAP, kinds.SECRET):
                await machines.client.create(kind, {"metadata": {"name": "x", "namespace": namespace}})
            item = pod("p")
            item["metadata"]["namespace"] = namespace
            await machines.client.create(kinds.POD, item)
        await asyncio.sleep(3)
        await machines.client.delete(kinds.NAMESPACE, "", "doomed")
        await asyncio.sleep(1)
        terminating = await machines.get(kinds.NAMESPACE, "doomed", "")
        assert terminating["status"]["phase"] == "Terminating"
        remaining = condition_of(terminating, "NamespaceContentRemaining") or {}
        assert (remaining["status"], remaining["reason"]) == ("True", "SomeResourcesRemain")
        assert remaining["message"] == "Some resources are remaining: pods. has 1 resource instances"
        assert await machines.exists(kinds.SECRET, "x", "doomed"), "pods may need it until they are gone"
        assert await machines.until(namespace_gone(machines, "doomed")) < 21
        for kind in (kinds.CONFIG_MAP, kinds.SECRET, kinds.POD, kinds.SERVICE_ACCOUNT):
            assert await machines.all(kind, "doomed") == []
            assert await machines.all(kind, "other")


async def test_content_held_by_a_finalizer_is_named(control_plane: ControlPlane) -> None:
    async with machinery(control_plane, *BOTH) as machines:
        await create(machines, "held")
        metadata = {"name": "x", "namespace": "held", "finalizers": ["example.com/wait"]}
        await machines.client.create(kinds.CONFIG_MAP, {"metadata": metadata})
        await machines.client.delete(kinds.NAMESPACE, "", "held")
        await asyncio.sleep(60)
        condition = condition_of(
            await machines.get(kinds.NAMESPACE, "held", ""), "NamespaceFinalizersRemaining"
        )
        assert condition is not None
        assert condition["message"] == (
            "Some content in the namespace has finalizers remaining: example.com/wait in 1 resource instances"
        )
        await machines.client.patch(kinds.CONFIG_MAP, "held", "x", {"metadata": {"finalizers": None}})
        assert await machines.until(namespace_gone(machines, "held")) < 20


async def test_a_deleted_namespace_gets_no_new_service_account(control_plane: ControlPlane) -> None:
    async with machinery(control_plane, *BOTH) as machines:
        await create(machines, "short")
        await machines.client.delete(kinds.NAMESPACE, "", "short")
        await machines.until(namespace_gone(machines, "short"))
        await asyncio.sleep(10)
        assert await machines.all(kinds.SERVICE_ACCOUNT, "short") == []


async def test_custom_resources_go_too_though_their_definitions_are_known_late(
    control_plane: ControlPlane,
) -> None:
    establishing = asyncio.create_task(control_plane.api.definition_controller.run())
    client = control_plane.client
    await client.create(kinds.CUSTOM_RESOURCE_DEFINITION, definition())
    await until(
        client, kinds.CUSTOM_RESOURCE_DEFINITION, lambda found: any(is_true(o, "Established") for o in found)
    )
    await client.create(kinds.NAMESPACE, {"metadata": {"name": "doomed"}})
    item = cron_tab()
    item["metadata"]["namespace"] = "doomed"
    cron_tabs = control_plane.kinds.find("crontabs")
    assert cron_tabs is not None
    await client.create(cron_tabs, item)
    await client.delete(kinds.NAMESPACE, "", "doomed")
    late = {kinds.CUSTOM_RESOURCE_DEFINITION: 5.0}
    async with machinery(control_plane, NamespaceController, late=late) as machines:
        await machines.until(namespace_gone(machines, "doomed"))
        assert await machines.all(cron_tabs, "doomed") == []
    establishing.cancel()
    await asyncio.gather(establishing, return_exceptions=True)
