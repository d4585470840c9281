"""Pods: binding, graceful deletion, eviction, ephemeral containers, logs and exec."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.apiserver.objects import bound_pod, pod, revision
from tests.support.kubelets import UnreachableKubelets
from tuik8s.api import kinds
from tuik8s.api.errors import BadRequest, Conflict, Invalid, NotFound, ServiceUnavailable
from tuik8s.api.objects import Obj, condition_of, copy
from tuik8s.api.request import PatchType, Request, Verb
from tuik8s.client import LogOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.support.control_plane import ControlPlane
    from tuik8s.client import Client

pytestmark = pytest.mark.looptime


async def report(client: Client, name: str = "web", **status: Any) -> Obj:
    current = copy(await client.get(kinds.POD, "default", name))
    current["status"] = {**current.get("status", {}), **status}
    return await client.update_status(kinds.POD, current)


async def bind(client: Client, name: str, node: str, **metadata: Any) -> Obj:
    target = {"metadata": {"name": name, **metadata}, "target": {"kind": "Node", "name": node}}
    return await client.create_subresource(kinds.POD, "default", name, "binding", target)


async def test_binding_gives_the_pod_its_node(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.POD, pod())

    status = await bind(client, "web", "node-1", annotations={"from": "scheduler"})

    bound = await client.get(kinds.POD, "default", "web")
    assert bound["spec"]["nodeName"] == "node-1"
    assert bound["metadata"]["annotations"] == {"from": "scheduler"}
    assert bound["metadata"]["generation"] == 1
    condition = condition_of(bound, "PodScheduled") or {}
    assert (condition["status"], condition["lastTransitionTime"]) == ("True", "2026-01-01T00:00:00Z")
    assert (status["status"], revision(status)) == ("Success", revision(bound))


async def test_second_binding_is_a_conflict(control_plane: ControlPlane) -> None:
    await bound_pod(control_plane.client)

    with pytest.raises(Conflict) as caught:
        await bind(control_plane.client, "web", "node-2")

    assert caught.value.message == (
        'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "node-1"'
    )


@pytest.mark.parametrize(
    ("spec", "metadata", "text"),
    [
        ({"schedulingGates": [{"name": "example.com/g"}]}, {}, "has non-empty .spec.schedulingGates"),
        ({}, {"uid": "other"}, "Precondition failed: UID in precondition: other"),
    ],
)
async def test_binding_that_does_not_fit(
    control_plane: ControlPlane, spec: Obj, metadata: Obj, text: str
) -> None:
    await control_plane.client.create(kinds.POD, pod(**spec))
    with pytest.raises(Conflict, match=text):
        await bind(control_plane.client, "web", "node-1", **metadata)


async def test_binding_without_a_node_name(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.POD, pod())
    with pytest.raises(Invalid, match=r"target.name: Required value"):
        await bind(control_plane.client, "web", "")


async def test_gated_pod_says_so(control_plane: ControlPlane) -> None:
    made = await control_plane.client.create(kinds.POD, pod(schedulingGates=[{"name": "example.com/g"}]))

    condition = condition_of(made, "PodScheduled") or {}
    assert (condition["status"], condition["reason"]) == ("False", "SchedulingGated")


async def test_graceful_deletion_waits_for_the_kubelet(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await bound_pod(client)

    waiting = await client.delete(kinds.POD, "default", "web")

    meta = waiting["metadata"]
    assert meta["deletionGracePeriodSeconds"] == 30
    assert meta["deletionTimestamp"] == "2026-01-01T00:00:30Z"
    assert meta["generation"] == 2
    await client.delete(kinds.POD, "default", "web", grace_period_seconds=0)
    with pytest.raises(NotFound, match='pods "web" not found'):
        await client.get(kinds.POD, "default", "web")


async def test_only_a_shorter_grace_counts(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await bound_pod(client)
    await client.delete(kinds.POD, "default", "web", grace_period_seconds=20)
    await asyncio.sleep(3)

    longer = await client.delete(kinds.POD, "default", "web", grace_period_seconds=60)
    again = await client.delete(kinds.POD, "default", "web")
    shorter = await client.delete(kinds.POD, "default", "web", grace_period_seconds=5)

    assert [o["metadata"]["deletionGracePeriodSeconds"] for o in (longer, again, shorter)] == [20, 20, 5]
    assert shorter["metadata"]["deletionTimestamp"] == "2026-01-01T00:00:05Z"


async def test_pod_without_a_node_goes_at_once(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.POD, pod())

    last = await client.delete(kinds.POD, "default", "web")

    assert last["metadata"]["deletionGracePeriodSeconds"] == 0
    with pytest.raises(NotFound):
        await client.get(kinds.POD, "default", "web")


async def test_finished_pod_goes_at_once(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await bound_pod(client)
    await report(client, phase="Succeeded")

    await client.delete(kinds.POD, "default", "web")

    with pytest.raises(NotFound):
        await client.get(kinds.POD, "default", "web")


async def test_grace_and_finalizers_both_hold(control_plane: ControlPlane) -> None:
    client = control_plane.client
    wanted = pod()
    wanted["metadata"]["finalizers"] = ["example.com/hold"]
    await client.create(kinds.POD, wanted)
    await bind(client, "web", "node-1")
    await client.delete(kinds.POD, "default", "web")

    await client.delete(kinds.POD, "default", "web", grace_period_seconds=0)
    held = copy(await client.get(kinds.POD, "default", "web"))
    assert held["metadata"]["deletionGracePeriodSeconds"] == 0

    held["metadata"]["finalizers"] = []
    await client.update(kinds.POD, held)
    with pytest.raises(NotFound):
        await client.get(kinds.POD, "default", "web")


async def test_removing_finalizers_does_not_cut_the_grace_short(control_plane: ControlPlane) -> None:
    client = control_plane.client
    wanted = pod()
    wanted["metadata"]["finalizers"] = ["example.com/hold"]
    await client.create(kinds.POD, wanted)
    await bind(client, "web", "node-1")
    waiting = copy(await client.delete(kinds.POD, "default", "web"))
    waiting["metadata"]["finalizers"] = []

    await client.update(kinds.POD, waiting)

    assert (await client.get(kinds.POD, "default", "web"))["metadata"]["deletionGracePeriodSeconds"] == 30


async def test_negative_grace_is_one_second(control_plane: ControlPlane) -> None:
    await bound_pod(control_plane.client)

    waiting = await control_plane.client.delete(kinds.POD, "default", "web", grace_period_seconds=-1)

    assert waiting["metadata"]["deletionGracePeriodSeconds"] == 1


async def test_eviction_deletes_gracefully(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await bound_pod(client)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "deleteOptions": {"gracePeriodSeconds": 7}}

    status = await client.create_subresource(kinds.POD, "default", "web", "eviction", eviction)

    assert status["status"] == "Success"
    waiting = await client.get(kinds.POD, "default", "web")
    assert waiting["metadata"]["deletionGracePeriodSeconds"] == 7


async def test_status_report_keeps_the_class_and_the_spec(control_plane: ControlPlane) -> None:
    client = control_plane.client
    bound = copy(await bound_pod(client))
    bound["status"] = {"phase": "Running"}
    bound["spec"]["nodeName"] = "elsewhere"

    updated = await client.update_status(kinds.POD, bound)

    assert updated["status"] == {"phase": "Running", "qosClass": "BestEffort"}
    assert updated["spec"]["nodeName"] == "node-1"


async def test_ephemeral_containers_come_through_their_own_door(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await bound_pod(client)
    container = {"name": "debug", "image": "busybox"}
    patch = {"spec": {"ephemeralContainers": [container], "nodeName": "elsewhere"}}

    changed = await client.patch(kinds.POD, "default", "web", patch, subresource="ephemeralcontainers")

    assert [c["name"] for c in changed["spec"]["ephemeralContainers"]] == ["debug"]
    assert changed["spec"]["nodeName"] == "node-1"


async def test_resize_changes_cpu_and_memory_and_nothing_else(control_plane: ControlPlane) -> None:
    client = control_plane.client
    small: Obj = {"requests": {"cpu": "100m"}, "limits": {"cpu": "200m", "memory": "64Mi"}}
    await bound_pod(client, containers=[{"name": "c", "image": "x", "resources": small}])
    wanted = {"name": "c", "image": "y", "resources": {"limits": {"cpu": "1", "memory": "128Mi"}}}
    patch = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [wanted]}}
    changed = await client.patch(
        kinds.POD, "default", "web", patch, patch_type=PatchType.STRATEGIC, subresource="resize"
    )
    [container] = changed["spec"]["containers"]
    assert container["image"] == "x"
    assert container["resources"] == {
        "requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "128Mi"},
    }  # fmt: skip
    assert changed["metadata"]["labels"] == {"app": "web"}
    assert changed["metadata"]["generation"] == 2


async def test_what_a_resize_may_not_do(control_plane: ControlPlane) -> None:
    client = control_plane.client
    fixed: Obj = {"requests": {"memory": "64Mi", "cpu": "1"}, "limits": {"memory": "64Mi", "cpu": "1"}}
    await bound_pod(client, containers=[{"name": "c", "image": "x", "resources": fixed}])

    async def resized(resources: Obj) -> None:
        patch = {"spec": {"containers": [{"name": "c", "resources": resources}]}}
        await client.patch(
            kinds.POD, "default", "web", patch, patch_type=PatchType.STRATEGIC, subresource="resize"
        )

    with pytest.raises(Invalid, match="Pod QOS Class may not change as a result of resizing"):
        await resized({"limits": {"cpu": "2"}})
    with pytest.raises(Invalid, match="resource limits cannot be removed"):
        await resized({"limits": {"cpu": None}, "requests": {"cpu": None}})
    with pytest.raises(Invalid, match="only cpu and memory resources are mutable"):
        await resized({"limits": {"ephemeral-storage": "1Gi"}})


async def apply_part(plane: ControlPlane, subresource: str, force: bool = False, **spec: Any) -> Obj:
    meta = {"name": "web", "namespace": "default", "labels": {"not": "taken"}}
    request = Request(
        verb=Verb.PATCH, kind=kinds.POD, namespace="default", name="web", subresource=subresource,
        body={"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec},
        patch_type=PatchType.APPLY, field_manager="me", force=force,
    )  # fmt: skip
    return (await plane.api.send(request)).object


def owned_by_me(pod: Obj) -> Obj:
    (entry,) = [entry for entry in pod["metadata"]["managedFields"] if entry["manager"] == "me"]
    fields: Obj = entry["fieldsV1"]
    return fields


async def test_ephemeral_containers_can_be_applied(control_plane: ControlPlane) -> None:
    await bound_pod(control_plane.client)
    container = {"name": "debug", "image": "busybox"}

    changed = await apply_part(
        control_plane, "ephemeralcontainers", ephemeralContainers=[container], nodeName="elsewhere"
    )

    assert [c["name"] for c in changed["spec"]["ephemeralContainers"]] == ["debug"]
    assert (changed["spec"]["nodeName"], changed["metadata"]["labels"]) == ("node-1", {"app": "web"})
    fields: Obj = {".": {}, "f:name": {}, "f:image": {}}
    assert owned_by_me(changed) == {"f:spec": {"f:ephemeralContainers": {'k:{"name":"debug"}': fields}}}
    with pytest.raises(Invalid, match=r"existing ephemeral containers .* may not be removed"):
        await apply_part(control_plane, "ephemeralcontainers")


async def test_sizes_can_be_applied(control_plane: ControlPlane) -> None:
    small: Obj = {"requests": {"cpu": "100m"}}
    await bound_pod(control_plane.client, containers=[{"name": "c", "image": "x", "resources": small}])
    wanted = {"name": "c", "image": "y", "resources": {"requests": {"cpu": "2"}}}
    with pytest.raises(Conflict, match=r"spec\.containers.*resources\.requests\.cpu"):
        await apply_part(control_plane, "resize", containers=[wanted])

    changed = await apply_part(control_plane, "resize", force=True, containers=[wanted])

    [container] = changed["spec"]["containers"]
    assert (container["image"], container["resources"]) == ("x", {"requests": {"cpu": "2"}})
    fields: Obj = {".": {}, "f:name": {}, "f:resources": {"f:requests": {"f:cpu": {}}}}
    assert owned_by_me(changed) == {"f:spec": {"f:containers": {'k:{"name":"c"}': fields}}}


class Kubelets(UnreachableKubelets):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def logs(self, pod: Obj, options: LogOptions) -> AsyncIterator[bytes]:
        self.asked.append((pod["spec"]["nodeName"], options.container))
        yield b"hello\n"

    async def exec(self, pod: Obj, container: str, command: Sequence[str], *, tty: bool, stdin: bool) -> Any:
        self.asked.append((pod["spec"]["nodeName"], container))
        return None


async def lines(plane: ControlPlane, name: str = "web", **options: Any) -> list[bytes]:
    return [line async for line in plane.client.logs("default", name, LogOptions(**options))]


async def test_logs_come_from_the_pods_node(control_plane: ControlPlane) -> None:
    kubelets = Kubelets()
    control_plane.api.kubelets = kubelets
    await bound_pod(control_plane.client)

    assert await lines(control_plane) == [b"hello\n"]
    await control_plane.client.exec("default", "web", "", ["ls"])

    assert kubelets.asked == [("node-1", "c"), ("node-1", "c")]


async def test_what_has_no_logs(control_plane: ControlPlane) -> None:
    client = control_plane.client
    control_plane.api.kubelets = Kubelets()
    containers = [{"name": "a", "image": "x"}, {"name": "b", "image": "x"}]
    await bound_pod(client, containers=containers, initContainers=[{"name": "i", "image": "x"}])
    await client.create(kinds.POD, pod("loose"))

    with pytest.raises(NotFound, match=r'^pods "absent" not found$'):
        await lines(control_plane, "absent")
    with pytest.raises(BadRequest) as caught:
        await lines(control_plane)
    assert caught.value.message == (
        "a container name must be specified for pod web, choose one of: [a b] "
        "or one of the init containers: [i]"
    )
    with pytest.raises(BadRequest, match=r"^container z is not valid for pod web$"):
        await lines(control_plane, container="z")
    assert await lines(control_plane, "loose") == []
    with pytest.raises(BadRequest, match=r"^pod loose does not have a host assigned$"):
        await client.exec("default", "loose", "", ["ls"])


async def test_container_that_waits_has_no_logs_yet(control_plane: ControlPlane) -> None:
    control_plane.api.kubelets = Kubelets()
    await bound_pod(control_plane.client)
    state: Obj = {"waiting": {"reason": "ContainerCreating"}}
    entry = {"name": "c", "ready": False, "restartCount": 0, "image": "x", "imageID": "", "state": state}
    await report(control_plane.client, containerStatuses=[entry])

    with pytest.raises(BadRequest) as caught:
        await lines(control_plane)
    assert caught.value.message == 'container "c" in pod "web" is waiting to start: ContainerCreating'
    with pytest.raises(BadRequest, match='previous terminated container "c" in pod "web" not found'):
        await lines(control_plane, previous=True)


async def test_without_kubelets_streams_are_unavailable(control_plane: ControlPlane) -> None:
    await bound_pod(control_plane.client)
    with pytest.raises(ServiceUnavailable):
        await lines(control_plane)
