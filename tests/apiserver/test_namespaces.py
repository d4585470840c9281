"""Namespaces: phase, finalizers, and what may happen in one that is going away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.apiserver.objects import config_map, pod
from tuik8s.api import kinds
from tuik8s.api.errors import Forbidden, NotFound
from tuik8s.api.objects import Obj, copy

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane

pytestmark = pytest.mark.looptime


async def make(plane: ControlPlane, name: str = "team") -> Obj:
    return await plane.client.create(kinds.NAMESPACE, {"metadata": {"name": name}})


async def test_new_namespace_is_active_and_held(control_plane: ControlPlane) -> None:
    made = await make(control_plane)

    assert made["status"] == {"phase": "Active"}
    assert made["spec"] == {"finalizers": ["kubernetes"]}
    assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": "team"}


async def test_deleted_namespace_terminates_until_it_is_finalized(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await make(control_plane)

    going = copy(await client.delete(kinds.NAMESPACE, "", "team"))
    assert going["status"]["phase"] == "Terminating"
    assert going["metadata"]["deletionTimestamp"]
    assert await client.delete(kinds.NAMESPACE, "", "team") == going

    going["spec"]["finalizers"] = []
    await client.update(kinds.NAMESPACE, going, subresource="finalize")

    with pytest.raises(NotFound, match='namespaces "team" not found'):
        await client.get(kinds.NAMESPACE, "", "team")


async def test_finalizers_in_metadata_hold_it_too(control_plane: ControlPlane) -> None:
    client = control_plane.client
    wanted = {"metadata": {"name": "team", "finalizers": ["example.com/hold"]}}
    await client.create(kinds.NAMESPACE, wanted)
    going = copy(await client.delete(kinds.NAMESPACE, "", "team"))
    going["spec"]["finalizers"] = []

    left = copy(await client.update(kinds.NAMESPACE, going, subresource="finalize"))
    left["metadata"]["finalizers"] = []
    await client.update(kinds.NAMESPACE, left)

    with pytest.raises(NotFound):
        await client.get(kinds.NAMESPACE, "", "team")


async def test_only_finalize_changes_the_finalizers(control_plane: ControlPlane) -> None:
    made = copy(await make(control_plane))
    made["spec"]["finalizers"] = []

    updated = await control_plane.client.update(kinds.NAMESPACE, made)

    assert updated["spec"]["finalizers"] == ["kubernetes"]


async def test_status_report_on_a_terminating_namespace(control_plane: ControlPlane) -> None:
    """What the namespace controller writes while it empties a namespace."""
    await make(control_plane)
    going = copy(await control_plane.client.delete(kinds.NAMESPACE, "", "team"))
    condition = {"type": "NamespaceContentRemaining", "status": "True", "reason": "SomeResourcesRemain"}
    going["status"]["conditions"] = [{**condition, "message": "", "lastTransitionTime": None}]

    updated = await control_plane.client.update_status(kinds.NAMESPACE, going)

    assert updated["status"]["phase"] == "Terminating"
    assert updated["status"]["conditions"][0]["type"] == "NamespaceContentRemaining"


async def test_nothing_new_in_a_terminating_namespace(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await make(control_plane)
    await client.create(kinds.POD, pod(namespace="team"))
    await client.delete(kinds.NAMESPACE, "", "team")

    with pytest.raises(Forbidden) as caught:
        await client.create(kinds.POD, pod("late", namespace="team"))

    assert caught.value.message == (
        'pods "late" is forbidden: unable to create new content in namespace team '
        "because it is being terminated"
    )
    assert caught.value.status()["details"]["causes"] == [
        {
            "reason": "NamespaceTerminating",
            "message": "namespace team is being terminated",
            "field": "metadata.namespace",
        }
    ]
    labels = {"metadata": {"labels": {"still": "changes"}}}
    assert await client.patch(kinds.POD, "team", "web", labels)
    assert await client.delete(kinds.POD, "team", "web")


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
async def test_system_namespaces_stay(control_plane: ControlPlane, name: str) -> None:
    with pytest.raises(Forbidden, match=f'namespaces "{name}" is forbidden: this namespace may not be del'):
        await control_plane.client.delete(kinds.NAMESPACE, "", name)


async def test_namespaces_do_not_mix(control_plane: ControlPlane) -> None:
    await make(control_plane, "default-2")
    await control_plane.client.create(kinds.CONFIG_MAP, config_map())

    assert (await control_plane.client.list(kinds.CONFIG_MAP, "default-2"))["items"] == []
    assert (await control_plane.client.list(kinds.CONFIG_MAP, "def"))["items"] == []
