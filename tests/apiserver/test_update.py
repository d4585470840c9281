"""Updates: optimistic concurrency, generation, status as its own subresource, no-op writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.apiserver.objects import config_map, deployment, pod, revision
from tuik8s.api import kinds
from tuik8s.api.errors import Conflict, Invalid, NotFound
from tuik8s.api.objects import Obj, copy

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane

pytestmark = pytest.mark.looptime


def changed(obj: Obj, **data: Any) -> Obj:
    return {**copy(obj), **data}


async def test_stale_revision_is_a_conflict(control_plane: ControlPlane) -> None:
    client = control_plane.client
    first = await client.create(kinds.DEPLOYMENT, deployment())
    other = copy(first)
    other["spec"]["replicas"] = 5
    await client.update(kinds.DEPLOYMENT, other)

    with pytest.raises(Conflict) as caught:
        await client.update(kinds.DEPLOYMENT, copy(first))

    assert caught.value.message == (
        'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )


async def test_update_without_revision_is_unconditional(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.CONFIG_MAP, config_map(a="1"))

    updated = await control_plane.client.update(kinds.CONFIG_MAP, config_map(a="2"))

    assert updated["data"] == {"a": "2"}


async def test_lease_must_name_its_revision(control_plane: ControlPlane) -> None:
    lease = {"metadata": {"name": "n", "namespace": "default"}, "spec": {"holderIdentity": "me"}}
    made = await control_plane.client.create(kinds.LEASE, lease)

    with pytest.raises(Invalid, match=r"metadata.resourceVersion: Invalid value: 0.*must be specified"):
        await control_plane.client.update(kinds.LEASE, lease)

    renewed = copy(made)
    renewed["spec"]["holderIdentity"] = "you"
    assert (await control_plane.client.update(kinds.LEASE, renewed))["spec"]["holderIdentity"] == "you"


async def test_a_pod_is_replaced_with_what_it_was_made_from(control_plane: ControlPlane) -> None:
    made = await control_plane.client.create(kinds.POD, pod())
    manifest = pod()
    manifest["metadata"]["labels"]["status"] = "replaced"

    replaced = await control_plane.client.update(kinds.POD, manifest)

    assert replaced["metadata"]["labels"]["status"] == "replaced"
    assert replaced["spec"] == made["spec"]


async def test_update_of_nothing_is_not_found(control_plane: ControlPlane) -> None:
    with pytest.raises(NotFound, match=r'^configmaps "settings" not found$'):
        await control_plane.client.update(kinds.CONFIG_MAP, config_map())


async def test_some_kinds_are_created_by_an_update(control_plane: ControlPlane) -> None:
    endpoints: Obj = {"metadata": {"name": "web", "namespace": "default"}}

    made = await control_plane.client.update(kinds.ENDPOINTS, endpoints)

    assert made["metadata"]["uid"]


async def test_changing_nothing_writes_nothing(control_plane: ControlPlane) -> None:
    made = await control_plane.client.create(kinds.DEPLOYMENT, deployment())
    before = control_plane.store.revision

    same = await control_plane.client.update(kinds.DEPLOYMENT, copy(made))
    bare = await control_plane.client.update(kinds.DEPLOYMENT, deployment())

    assert control_plane.store.revision == before
    assert same is made or same == made
    assert bare["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_generation_counts_changes_of_the_spec(control_plane: ControlPlane) -> None:
    client = control_plane.client
    made = copy(await client.create(kinds.REPLICA_SET, {**deployment(), "kind": "ReplicaSet"}))
    made["metadata"]["labels"]["x"] = "y"
    labelled = copy(await client.update(kinds.REPLICA_SET, made))
    labelled["spec"]["replicas"] = 9
    scaled = copy(await client.update(kinds.REPLICA_SET, labelled))
    scaled["metadata"]["generation"] = 77
    forged = await client.update(kinds.REPLICA_SET, scaled)

    assert [o["metadata"]["generation"] for o in (labelled, forged)] == [1, 2]


async def test_deployment_counts_annotations_too(control_plane: ControlPlane) -> None:
    made = copy(await control_plane.client.create(kinds.DEPLOYMENT, deployment()))
    made["metadata"]["annotations"] = {"a": "b"}

    updated = await control_plane.client.update(kinds.DEPLOYMENT, made)

    assert updated["metadata"]["generation"] == 2


async def test_update_leaves_the_status_alone(control_plane: ControlPlane) -> None:
    client = control_plane.client
    made = copy(await client.create(kinds.DEPLOYMENT, deployment()))
    made["status"] = {"replicas": 2}
    reported = copy(await client.update_status(kinds.DEPLOYMENT, made))
    reported["spec"]["replicas"] = 3
    reported["status"] = {"replicas": 99}

    updated = await client.update(kinds.DEPLOYMENT, reported)

    assert updated["spec"]["replicas"] == 3
    assert updated["status"] == {"replicas": 2}


async def test_status_update_leaves_the_rest_alone(control_plane: ControlPlane) -> None:
    client = control_plane.client
    made = copy(await client.create(kinds.DEPLOYMENT, deployment()))
    made["status"] = {"replicas": 2, "observedGeneration": 1}
    made["spec"]["replicas"] = 50
    made["metadata"]["labels"] = {"stolen": "yes"}

    updated = await client.update_status(kinds.DEPLOYMENT, made)

    assert updated["status"] == {"replicas": 2, "observedGeneration": 1}
    assert updated["spec"]["replicas"] == 2
    assert updated["metadata"]["labels"] == {"app": "web"}
    assert updated["metadata"]["generation"] == 1


async def test_kind_without_status_has_no_such_subresource(control_plane: ControlPlane) -> None:
    made = await control_plane.client.create(kinds.CONFIG_MAP, config_map())

    with pytest.raises(NotFound, match="the server could not find the requested resource"):
        await control_plane.client.update_status(kinds.CONFIG_MAP, made)


async def test_identity_cannot_be_changed(control_plane: ControlPlane) -> None:
    made = copy(await control_plane.client.create(kinds.CONFIG_MAP, config_map()))
    uid = made["metadata"]["uid"]
    made["metadata"] |= {"creationTimestamp": "1999-01-01T00:00:00Z"}
    made["data"] = {"a": "b"}

    updated = await control_plane.client.update(kinds.CONFIG_MAP, made)
    assert updated["metadata"]["creationTimestamp"] == "2026-01-01T00:00:00Z"

    other = copy(updated)
    other["metadata"]["uid"] = "another"
    with pytest.raises(Conflict, match=f"Precondition failed: UID in precondition: another, .*: {uid}"):
        await control_plane.client.update(kinds.CONFIG_MAP, other)


async def test_immutable_field_is_refused(control_plane: ControlPlane) -> None:
    made = copy(await control_plane.client.create(kinds.DEPLOYMENT, deployment()))
    made["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    made["spec"]["template"]["metadata"]["labels"] = {"app": "other"}

    with pytest.raises(Invalid, match="field is immutable"):
        await control_plane.client.update(kinds.DEPLOYMENT, made)


async def test_revisions_rise_by_one_per_write(control_plane: ControlPlane) -> None:
    made = await control_plane.client.create(kinds.CONFIG_MAP, config_map(a="1"))
    updated = await control_plane.client.update(kinds.CONFIG_MAP, config_map(a="2"))

    assert revision(updated) == revision(made) + 1


async def test_pod_spec_change_of_an_image(control_plane: ControlPlane) -> None:
    made = copy(await control_plane.client.create(kinds.POD, pod()))
    made["spec"]["containers"][0]["image"] = "nginx:2"

    updated = await control_plane.client.update(kinds.POD, made)

    assert updated["metadata"]["generation"] == 2
    assert updated["status"]["phase"] == "Pending"
