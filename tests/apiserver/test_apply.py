"""Server-side apply and the managed fields of all writes."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.apiserver.objects import config_map, deployment, pod, service
from tuik8s.api import kinds
from tuik8s.api.errors import ApiError, BadRequest, Conflict, Invalid
from tuik8s.api.objects import Obj, copy
from tuik8s.api.request import PatchType, Request, Verb

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.kinds import Kind

pytestmark = pytest.mark.looptime


async def apply(
    plane: ControlPlane, obj: Obj, manager: str = "one", *, kind: Kind = kinds.DEPLOYMENT, force: bool = False
) -> Obj:
    given = copy(obj)
    response = await plane.client.apply(kind, obj, field_manager=manager, force=force)
    assert obj == given
    return response.object


def minimal(**spec: Any) -> Obj:
    """An apply configuration that names nothing but the deployment and `spec`."""
    meta = {"name": "web", "namespace": "default"}
    named: Obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta}
    return {**named, "spec": spec} if spec else named


def containers(*items: Obj) -> Obj:
    return minimal(template={"spec": {"containers": list(items)}})


def entry(obj: Obj, manager: str, operation: str = "Apply", subresource: str = "") -> Obj:
    found = [
        e for e in obj["metadata"]["managedFields"]
        if (e["manager"], e["operation"], e.get("subresource", "")) == (manager, operation, subresource)
    ]  # fmt: skip
    assert len(found) == 1, f"{len(found)} entries of {manager}"
    fields: Obj = found[0]["fieldsV1"]
    return fields


def managers(obj: Obj) -> list[tuple[str, str]]:
    return [(e["manager"], e["operation"]) for e in obj["metadata"].get("managedFields", [])]


async def test_apply_creates(control_plane: ControlPlane) -> None:
    made = await apply(control_plane, deployment())

    assert made["spec"]["replicas"] == 2
    assert made["spec"]["progressDeadlineSeconds"] == 600
    assert made["metadata"]["managedFields"] == [
        {
            "manager": "one",
            "operation": "Apply",
            "apiVersion": "apps/v1",
            "time": "2026-01-01T00:00:00Z",
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:metadata": {"f:labels": {"f:app": {}}},
                "f:spec": {
                    "f:replicas": {},
                    "f:selector": {},
                    "f:template": {
                        "f:metadata": {"f:labels": {"f:app": {}}},
                        "f:spec": {
                            "f:containers": {'k:{"name":"c"}': {".": {}, "f:name": {}, "f:image": {}}}
                        },
                    },
                },
            },
        }
    ]


async def test_applying_again_writes_nothing(control_plane: ControlPlane) -> None:
    made = await apply(control_plane, deployment())

    again = await apply(control_plane, deployment())

    assert again == made
    assert control_plane.store.revision == int(made["metadata"]["resourceVersion"])


async def test_apply_merges_into_what_others_made(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.DEPLOYMENT, deployment())

    applied = await apply(control_plane, minimal(paused=True))

    assert (applied["spec"]["paused"], applied["spec"]["replicas"]) == (True, 2)
    assert managers(applied) == [("one", "Apply"), ("test", "Update")]


async def test_removed_field_goes_when_nobody_else_owns_it(control_plane: ControlPlane) -> None:
    wanted = deployment()
    wanted["metadata"]["labels"] = {"app": "web", "extra": "yes"}
    wanted["spec"]["minReadySeconds"] = 5
    await apply(control_plane, wanted)

    applied = await apply(control_plane, deployment())

    assert applied["metadata"]["labels"] == {"app": "web"}
    assert "minReadySeconds" not in applied["spec"]


async def test_removed_field_falls_back_to_its_default(control_plane: ControlPlane) -> None:
    await apply(control_plane, deployment(replicas=4))
    wanted = deployment()
    del wanted["spec"]["replicas"]

    applied = await apply(control_plane, wanted)

    assert applied["spec"]["replicas"] == 1


async def test_removed_container_goes_with_its_defaults(control_plane: ControlPlane) -> None:
    wanted = deployment()
    wanted["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "side:1"})
    await apply(control_plane, wanted)

    applied = await apply(control_plane, deployment())

    assert [c["name"] for c in applied["spec"]["template"]["spec"]["containers"]] == ["c"]


async def test_shared_field_stays_until_its_last_owner_lets_go(control_plane: ControlPlane) -> None:
    await apply(control_plane, deployment())
    label = {"labels": {"team": "a"}, "name": "web", "namespace": "default"}
    both = {**minimal(), "metadata": label}
    await apply(control_plane, both, "two")
    await apply(control_plane, both, "three")

    first = await apply(control_plane, minimal(), "two")
    last = await apply(control_plane, minimal(), "three")

    assert first["metadata"]["labels"] == {"app": "web", "team": "a"}
    assert last["metadata"]["labels"] == {"app": "web"}
    assert managers(last) == [("one", "Apply")]


async def test_conflict_names_the_owner_and_the_field(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.DEPLOYMENT, deployment())

    with pytest.raises(Conflict) as caught:
        await apply(control_plane, minimal(replicas=9))

    assert caught.value.message == (
        'Apply failed with 1 conflict: conflict with "test" using apps/v1: .spec.replicas'
    )
    assert caught.value.status()["details"]["causes"] == [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "test" using apps/v1',
            "field": ".spec.replicas",
        }
    ]


async def test_several_conflicts(control_plane: ControlPlane) -> None:
    await apply(control_plane, deployment(), "owner")
    wanted = containers({"name": "c", "image": "nginx:2"})
    wanted["spec"]["replicas"] = 9

    with pytest.raises(Conflict) as caught:
        await apply(control_plane, wanted)

    assert caught.value.message == (
        'Apply failed with 2 conflicts: conflicts with "owner":\n'
        "- .spec.replicas\n"
        '- .spec.template.spec.containers[name="c"].image'
    )


async def test_force_takes_the_field_over(control_plane: ControlPlane) -> None:
    await apply(control_plane, deployment(), "owner")

    forced = await apply(control_plane, minimal(replicas=9), force=True)

    assert forced["spec"]["replicas"] == 9
    assert entry(forced, "one") == {"f:spec": {"f:replicas": {}}}
    assert "f:replicas" not in entry(forced, "owner")["f:spec"]


async def test_same_value_is_owned_together(control_plane: ControlPlane) -> None:
    await apply(control_plane, deployment(), "owner")

    shared = await apply(control_plane, minimal(replicas=2))

    assert "f:replicas" in entry(shared, "owner")["f:spec"]
    assert entry(shared, "one") == {"f:spec": {"f:replicas": {}}}


async def test_update_takes_fields_from_appliers(control_plane: ControlPlane) -> None:
    """Scaling by hand: the applier no longer owns the number, and conflicts when it insists."""
    await apply(control_plane, deployment())
    await control_plane.client.patch(
        kinds.DEPLOYMENT, "default", "web", {"spec": {"replicas": 5}}, subresource="scale"
    )

    with pytest.raises(
        Conflict, match=r'conflict with "test" with subresource "scale" using apps/v1: .spec.r'
    ):
        await apply(control_plane, deployment())
    without = deployment()
    del without["spec"]["replicas"]
    assert (await apply(control_plane, without))["spec"]["replicas"] == 5


async def test_container_of_another_manager_stays(control_plane: ControlPlane) -> None:
    await apply(control_plane, deployment())
    await apply(control_plane, containers({"name": "side", "image": "side:1"}), "injector")

    changed = deployment()
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:2"
    applied = await apply(control_plane, changed)

    images = [c["image"] for c in applied["spec"]["template"]["spec"]["containers"]]
    assert sorted(images) == ["nginx:2", "side:1"]


async def test_part_of_a_container_owned_by_another(control_plane: ControlPlane) -> None:
    """The owner of the container lets it go; what another manager set in it stays, with its key."""
    wanted = deployment()
    wanted["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "side:1"})
    await apply(control_plane, wanted)
    image = {"name": "side", "image": "side:1", "env": [{"name": "A", "value": "1"}]}
    await apply(control_plane, containers(image), "two")

    applied = await apply(control_plane, deployment())

    side = applied["spec"]["template"]["spec"]["containers"][1]
    assert (side["name"], side["image"], side["env"]) == ("side", "side:1", [{"name": "A", "value": "1"}])


async def test_atomic_values_are_owned_whole(control_plane: ControlPlane) -> None:
    template = {"spec": {"nodeSelector": {"a": "1"}, "tolerations": [{"key": "x", "operator": "Exists"}]}}
    await apply(control_plane, deployment())
    applied = await apply(control_plane, minimal(template=template), "two")

    assert entry(applied, "two")["f:spec"]["f:template"]["f:spec"] == {
        "f:nodeSelector": {}, "f:tolerations": {},
    }  # fmt: skip
    with pytest.raises(Conflict, match=r"\.spec\.template\.spec\.nodeSelector"):
        await apply(control_plane, minimal(template={"spec": {"nodeSelector": {"b": "2"}}}), "three")


async def test_status_in_a_configuration_is_ignored(control_plane: ControlPlane) -> None:
    applied = await apply(control_plane, {**deployment(), "status": {"replicas": 3}})

    assert not applied.get("status")
    assert "f:status" not in entry(applied, "one")


async def test_applying_the_status(control_plane: ControlPlane) -> None:
    await apply(control_plane, deployment())
    request = Request(
        verb=Verb.PATCH, kind=kinds.DEPLOYMENT, namespace="default", name="web", subresource="status",
        patch_type=PatchType.APPLY, field_manager="reporter", body={**minimal(), "status": {"replicas": 2}},
    )  # fmt: skip

    applied = (await control_plane.api.send(request)).object

    assert applied["status"] == {"replicas": 2}
    assert entry(applied, "reporter", subresource="status") == {"f:status": {"f:replicas": {}}}


async def test_service_ports_without_a_protocol(control_plane: ControlPlane) -> None:
    wanted = {"apiVersion": "v1", "kind": "Service", **service(type="NodePort")}
    made = await apply(control_plane, wanted, kind=kinds.SERVICE)

    again = await apply(control_plane, wanted, kind=kinds.SERVICE)

    assert again == made
    assert 'k:{"port":80,"protocol":"TCP"}' in entry(made, "one")["f:spec"]["f:ports"]


async def test_object_from_before_tracking(control_plane: ControlPlane) -> None:
    client = control_plane.client
    made = copy(await client.create(kinds.CONFIG_MAP, config_map(a="1")))
    made["metadata"]["managedFields"] = []
    untracked = await client.update(kinds.CONFIG_MAP, made)
    assert "managedFields" not in untracked["metadata"]
    changed = await client.patch(kinds.CONFIG_MAP, "default", "settings", {"data": {"b": "2"}})
    assert "managedFields" not in changed["metadata"]

    wanted = {"apiVersion": "v1", "kind": "ConfigMap", **config_map(a="1")}
    applied = await apply(control_plane, wanted, kind=kinds.CONFIG_MAP)

    assert managers(applied) == [("one", "Apply"), ("before-first-apply", "Update")]
    with pytest.raises(Conflict, match=r'conflict with "before-first-apply" using v1: .data.a'):
        await apply(control_plane, {**wanted, "data": {"a": "9"}}, kind=kinds.CONFIG_MAP)


LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


async def applied_on_the_client(plane: ControlPlane, last: Obj) -> None:
    """A deployment that `kubectl apply` made, and whose last configuration was `last`."""
    made = deployment()
    made["metadata"]["annotations"] = {LAST_APPLIED: json.dumps(last)}
    await plane.client.create(kinds.DEPLOYMENT, made, field_manager="kubectl-client-side-apply")


def configuration(**spec: Any) -> Obj:
    return {"apiVersion": "apps/v1", "kind": "Deployment", **deployment(**spec)}


async def test_kubectl_may_change_what_it_set_before(control_plane: ControlPlane) -> None:
    """The move from client-side to server-side apply."""
    await applied_on_the_client(control_plane, configuration())
    changed = configuration(replicas=5)
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "other"

    applied = await apply(control_plane, changed, "kubectl")

    assert applied["spec"]["replicas"] == 5
    assert applied["spec"]["template"]["spec"]["containers"][0]["image"] == "other"
    with pytest.raises(Conflict):
        await apply(control_plane, configuration(replicas=6), "somebody else")


@pytest.mark.parametrize(
    "last", [configuration(replicas=7), {**configuration(), "apiVersion": "apps/v1beta1"}, {}]
)
async def test_kubectl_may_not_change_what_it_did_not_set(control_plane: ControlPlane, last: Obj) -> None:
    """Somebody changed it since, or what was applied was of another version."""
    await applied_on_the_client(control_plane, last)

    with pytest.raises(Conflict, match=r'with "kubectl-client-side-apply" using apps/v1: \.spec\.replicas'):
        await apply(control_plane, configuration(replicas=5), "kubectl")


async def test_kubectl_may_go_back_to_the_client(control_plane: ControlPlane) -> None:
    """The annotation follows what kubectl applies, as Go writes it; other managers leave it alone."""
    await applied_on_the_client(control_plane, configuration())
    wanted = minimal(replicas=3)
    wanted["metadata"]["annotations"] = {"note": "a<b", LAST_APPLIED: "of the client"}

    applied = await apply(control_plane, wanted, "kubectl", force=True)
    again = await apply(control_plane, minimal(paused=True), "other")

    assert applied["metadata"]["annotations"][LAST_APPLIED] == (
        '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{"note":"a\\u003cb"},'
        '"name":"web","namespace":"default"},"spec":{"replicas":3}}\n'
    )
    assert again["metadata"]["annotations"] == applied["metadata"]["annotations"]


async def test_an_annotation_that_grew_too_long_is_dropped(control_plane: ControlPlane) -> None:
    await applied_on_the_client(control_plane, configuration())
    wanted = minimal()
    wanted["metadata"]["annotations"] = {"note": "x" * (200 * 1024)}

    applied = await apply(control_plane, wanted, "kubectl")

    assert list(applied["metadata"]["annotations"]) == ["note"]


@pytest.mark.parametrize(
    ("change", "manager", "error", "text"),
    [
        ({"managedFields": [{"manager": "x"}]}, "one", BadRequest, "metadata.managedFields must be nil"),
        ({"resourceVersion": "1"}, "one", Conflict, "the object has been modified"),
        ({"uid": "other"}, "one", Conflict, "Precondition failed: UID"),
    ],
)
async def test_refused_configurations(
    control_plane: ControlPlane, change: Obj, manager: str, error: type[ApiError], text: str
) -> None:
    await apply(control_plane, deployment())
    wanted = deployment(replicas=7)
    wanted["metadata"] |= change

    with pytest.raises(error, match=text):
        await apply(control_plane, wanted, manager)


async def test_apply_needs_a_manager(control_plane: ControlPlane) -> None:
    request = Request(
        verb=Verb.PATCH, kind=kinds.DEPLOYMENT, namespace="default", name="web", body=deployment(),
        patch_type=PatchType.APPLY,
    )  # fmt: skip
    with pytest.raises(Invalid, match="fieldManager: Required value: is required for apply patch"):
        await control_plane.api.send(request)


async def test_invalid_configuration(control_plane: ControlPlane) -> None:
    with pytest.raises(Invalid, match=r'Deployment.apps "web" is invalid: '):
        await apply(control_plane, minimal(replicas=1))


async def test_uid_without_an_object(control_plane: ControlPlane) -> None:
    wanted = deployment()
    wanted["metadata"]["uid"] = "u-1"

    with pytest.raises(
        Conflict, match="uid mismatch: the provided object specified uid u-1, and no existing"
    ):
        await apply(control_plane, wanted)


async def test_creator_owns_what_it_sent_and_its_defaults(control_plane: ControlPlane) -> None:
    made = await control_plane.client.create(kinds.POD, pod())

    fields = entry(made, "test", "Update")

    assert fields["f:metadata"] == {"f:labels": {".": {}, "f:app": {}}}
    assert "f:restartPolicy" in fields["f:spec"]
    assert not fields["f:spec"].keys() & {"f:tolerations", "f:priority"}
    assert "f:status" not in fields


async def test_each_writer_owns_its_part(control_plane: ControlPlane) -> None:
    made = copy(await control_plane.client.create(kinds.POD, pod()))
    made["status"] = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": None}],
    }
    kubelet = control_plane.client_for("kubelet")

    reported = await kubelet.update_status(kinds.POD, made)

    status = entry(reported, "kubelet", "Update", "status")["f:status"]
    assert status["f:phase"] == {}
    assert {".", "f:type", "f:status"} <= status["f:conditions"]['k:{"type":"Ready"}'].keys()
    assert managers(reported) == [("kubelet", "Update"), ("test", "Update")]


async def test_time_of_an_entry_is_that_of_its_last_change(control_plane: ControlPlane) -> None:
    client, other = control_plane.client, control_plane.client_for("other")
    await client.create(kinds.CONFIG_MAP, config_map(a="1"))
    await asyncio.sleep(60)
    await other.patch(kinds.CONFIG_MAP, "default", "settings", {"data": {"b": "1"}})
    await asyncio.sleep(60)
    changed = await other.patch(kinds.CONFIG_MAP, "default", "settings", {"data": {"b": "2"}})

    times = {e["manager"]: e["time"] for e in changed["metadata"]["managedFields"]}
    assert times == {"test": "2026-01-01T00:00:00Z", "other": "2026-01-01T00:02:00Z"}


async def test_removed_field_belongs_to_nobody(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.CONFIG_MAP, config_map(a="1", b="2"))

    changed = await client.patch(kinds.CONFIG_MAP, "default", "settings", {"data": {"b": None}})

    assert entry(changed, "test", "Update") == {"f:data": {".": {}, "f:a": {}}}


async def test_many_managers_are_merged_into_ancient_changes(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.CONFIG_MAP, config_map(a="1"))
    for number in range(14):
        client = control_plane.client_for(f"writer-{number:02}")
        patch = {"data": {f"k{number}": "v"}}
        changed = await client.patch(kinds.CONFIG_MAP, "default", "settings", patch)

    found = managers(changed)
    assert ("ancient-changes", "Update") in found
    assert len(found) == 10
    owned: set[str] = set()
    for item in changed["metadata"]["managedFields"]:
        owned |= item["fieldsV1"].get("f:data", {}).keys() - {"."}
    assert owned == {"f:a"} | {f"f:k{number}" for number in range(14)}
