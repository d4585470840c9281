"""Patches through the server: types, preconditions, retries, refusals."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.apiserver.objects import config_map, deployment
from tuik8s.api import kinds
from tuik8s.api.errors import ApiError, BadRequest, Conflict, Invalid, NotFound
from tuik8s.api.request import PatchType

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane

pytestmark = pytest.mark.looptime


@pytest.mark.parametrize(
    ("patch_type", "patch"),
    [
        (PatchType.MERGE, {"spec": {"replicas": 5}}),
        (PatchType.STRATEGIC, {"spec": {"replicas": 5}}),
        (PatchType.JSON, [{"op": "replace", "path": "/spec/replicas", "value": 5}]),
    ],
)
async def test_each_type(control_plane: ControlPlane, patch_type: PatchType, patch: Any) -> None:
    await control_plane.client.create(kinds.DEPLOYMENT, deployment())

    changed = await control_plane.client.patch(
        kinds.DEPLOYMENT, "default", "web", patch, patch_type=patch_type
    )

    assert changed["spec"]["replicas"] == 5
    assert changed["metadata"]["generation"] == 2


async def test_strategic_patch_keeps_the_other_container(control_plane: ControlPlane) -> None:
    wanted = deployment()
    wanted["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "side:1"})
    await control_plane.client.create(kinds.DEPLOYMENT, wanted)
    template = {"spec": {"containers": [{"name": "c", "image": "nginx:2"}]}}

    changed = await control_plane.client.patch(
        kinds.DEPLOYMENT, "default", "web", {"spec": {"template": template}}, patch_type=PatchType.STRATEGIC
    )

    containers = changed["spec"]["template"]["spec"]["containers"]
    assert [(c["name"], c["image"]) for c in containers] == [("c", "nginx:2"), ("side", "side:1")]


async def test_empty_patch_writes_nothing(control_plane: ControlPlane) -> None:
    made = await control_plane.client.create(kinds.CONFIG_MAP, config_map(a="1"))

    same = await control_plane.client.patch(kinds.CONFIG_MAP, "default", "settings", {})

    assert same == made
    assert control_plane.store.revision == int(made["metadata"]["resourceVersion"])


async def test_revision_in_a_patch_is_a_precondition(control_plane: ControlPlane) -> None:
    client = control_plane.client
    made = await client.create(kinds.CONFIG_MAP, config_map(a="1"))
    version = made["metadata"]["resourceVersion"]
    patch = {"metadata": {"resourceVersion": version}, "data": {"a": "2"}}
    await client.patch(kinds.CONFIG_MAP, "default", "settings", patch)

    with pytest.raises(Conflict, match="the object has been modified"):
        await client.patch(kinds.CONFIG_MAP, "default", "settings", patch)


async def test_failed_test_operation(control_plane: ControlPlane) -> None:
    """How some operators guard against lost updates."""
    await control_plane.client.create(kinds.CONFIG_MAP, config_map(a="1"))
    operations = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": "1"},
        {"op": "replace", "path": "/data/a", "value": "2"},
    ]

    with pytest.raises(Invalid):
        await control_plane.client.patch(
            kinds.CONFIG_MAP, "default", "settings", operations, patch_type=PatchType.JSON
        )


async def test_status_patch_changes_the_status_alone(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.DEPLOYMENT, deployment())
    patch = {"status": {"replicas": 1}, "spec": {"replicas": 50}}

    changed = await client.patch(kinds.DEPLOYMENT, "default", "web", patch, subresource="status")
    main = await client.patch(kinds.DEPLOYMENT, "default", "web", {"status": {"replicas": 9}})

    assert (changed["status"], changed["spec"]["replicas"]) == ({"replicas": 1}, 2)
    assert main["status"] == {"replicas": 1}


@pytest.mark.parametrize(
    ("patch", "error", "text"),
    [
        ({"spec": {"replicas": -1}}, Invalid, 'Deployment.apps "web" is invalid: spec.replicas: Invalid val'),
        ({"spec": {"colour": "red"}}, Invalid, 'patch: Invalid value: .* unknown field "spec.colour"'),
        ({"spec": {"replicas": "many"}}, Invalid, "patch: Invalid value"),
        ({"kind": "Pod"}, Invalid, "patch: Invalid value"),
        ({"metadata": {"name": "other"}}, BadRequest, "the name of the object .other. does not match the na"),
        ("text", BadRequest, "is not an object"),
    ],
)
async def test_refused_patches(
    control_plane: ControlPlane, patch: Any, error: type[ApiError], text: str
) -> None:
    await control_plane.client.create(kinds.DEPLOYMENT, deployment())
    before = control_plane.store.revision

    with pytest.raises(error, match=text):
        await control_plane.client.patch(kinds.DEPLOYMENT, "default", "web", patch)

    assert control_plane.store.revision == before


@pytest.mark.parametrize(
    ("patch", "shown", "why"),
    [
        ({"metadata": {"labels": "x"}}, "map[metadata:map[labels:x]]", "cannot restore map from string"),
        ({"spec": {"selector": [1]}}, "map[spec:map[selector:[1]]]", "cannot restore struct from: slice"),
        ({"spec": {"paused": "x"}}, "map[spec:map[paused:x]]", "unrecognized type: bool"),
        ({"spec": {"replicas": 1.5}}, "map[spec:map[replicas:1.5]]", "cannot convert float64 to int32"),
        (
            {"spec": {"template": {"spec": {"nodeName": 3}}}},
            "map[spec:map[template:map[spec:map[nodeName:3]]]]",
            "cannot convert int64 to string",
        ),
        ({"spec": {"color": None, "a": True}}, "map[spec:map[a:true color:<nil>]]", "strict decoding error"),
    ],
)
async def test_wrong_types_in_a_strategic_patch(
    control_plane: ControlPlane, patch: Any, shown: str, why: str
) -> None:
    await control_plane.client.create(kinds.DEPLOYMENT, deployment())

    with pytest.raises(Invalid) as caught:
        await control_plane.client.patch(
            kinds.DEPLOYMENT, "default", "web", patch, patch_type=PatchType.STRATEGIC
        )

    text = f' "" is invalid: patch: Invalid value: "{shown}": {why}'
    assert caught.value.message.startswith(text)


async def test_wrong_types_after_another_patch_show_the_object(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.CONFIG_MAP, config_map(a="1"))

    with pytest.raises(Invalid) as caught:
        await control_plane.client.patch(
            kinds.CONFIG_MAP, "default", "settings", [{"op": "add", "path": "/data/b", "value": 2}],
            patch_type=PatchType.JSON,
        )  # fmt: skip

    assert r"\"data\":{\"a\":\"1\",\"b\":2}" in caught.value.message
    assert caught.value.message.endswith(
        "json: cannot unmarshal number into Go struct field ConfigMap.data of type string"
    )


async def test_patch_of_nothing(control_plane: ControlPlane) -> None:
    with pytest.raises(NotFound, match='configmaps "settings" not found'):
        await control_plane.client.patch(kinds.CONFIG_MAP, "default", "settings", {"data": {"a": "b"}})


async def test_patches_at_once_all_take_effect(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.CONFIG_MAP, config_map())

    patches = (
        client.patch(kinds.CONFIG_MAP, "default", "settings", {"data": {f"k{n}": "v"}}) for n in range(30)
    )
    await asyncio.gather(*patches)

    found = await client.get(kinds.CONFIG_MAP, "default", "settings")
    assert len(found["data"]) == 30
