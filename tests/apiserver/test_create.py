"""Creating objects: what the server sets, what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tuik8s.api import kinds
from tuik8s.api.errors import AlreadyExists

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane

pytestmark = pytest.mark.looptime


async def test_system_namespaces_exist(control_plane: ControlPlane) -> None:
    found = await control_plane.client.list(kinds.NAMESPACE)

    names = [item["metadata"]["name"] for item in found["items"]]
    assert names == ["default", "kube-node-lease", "kube-public", "kube-system"]


async def test_server_sets_identity(control_plane: ControlPlane) -> None:
    config = {"metadata": {"name": "web", "namespace": "default"}, "data": {"a": "1"}}

    made = await control_plane.client.create(kinds.CONFIG_MAP, config)

    assert made["metadata"]["uid"]
    assert made["metadata"]["creationTimestamp"] == "2026-01-01T00:00:00Z"
    assert made == await control_plane.client.get(kinds.CONFIG_MAP, "default", "web")


async def test_second_of_one_name_is_refused(control_plane: ControlPlane) -> None:
    config = {"metadata": {"name": "web", "namespace": "default"}}
    await control_plane.client.create(kinds.CONFIG_MAP, config)

    with pytest.raises(AlreadyExists, match='configmaps "web" already exists'):
        await control_plane.client.create(kinds.CONFIG_MAP, config)
