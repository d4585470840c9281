"""Creating objects: what the server sets, what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.apiserver.objects import config_map, deployment, pod
from tests.support.control_plane import ControlPlane
from tuik8s.api import kinds
from tuik8s.api.errors import AlreadyExists, BadRequest, Forbidden, Invalid, NotFound
from tuik8s.api.request import Request, Verb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime


@pytest.fixture
async def strict_plane() -> AsyncIterator[ControlPlane]:
    """With every admission plug-in at work."""
    plane = await ControlPlane.start(disabled_admission=())
    yield plane
    await plane.close()


async def test_system_objects_exist(control_plane: ControlPlane) -> None:
    found = await control_plane.client.list(kinds.NAMESPACE)
    own = await control_plane.client.get(kinds.SERVICE, "default", "kubernetes")

    names = [item["metadata"]["name"] for item in found["items"]]
    assert names == ["default", "kube-node-lease", "kube-public", "kube-system"]
    assert own["spec"]["clusterIP"] == "10.96.0.1"


async def test_starting_again_changes_nothing(control_plane: ControlPlane) -> None:
    before = control_plane.store.revision

    await control_plane.api.start()

    assert control_plane.store.revision == before


async def test_server_sets_identity_and_ignores_the_clients(control_plane: ControlPlane) -> None:
    config = config_map(a="1")
    config["metadata"] |= {
        "uid": "mine", "resourceVersion": "77", "generation": 9, "creationTimestamp": "1999-01-01T00:00:00Z",
        "deletionTimestamp": "1999-01-01T00:00:00Z", "selfLink": "/x",
    }  # fmt: skip

    made = await control_plane.client.create(kinds.CONFIG_MAP, config)

    meta = made["metadata"]
    assert len(meta["uid"]) == 36
    assert meta["creationTimestamp"] == "2026-01-01T00:00:00Z"
    assert meta["resourceVersion"] == str(control_plane.store.revision)
    assert not meta.keys() & {"generation", "deletionTimestamp", "selfLink"}
    assert (made["apiVersion"], made["kind"]) == ("v1", "ConfigMap")
    assert made == await control_plane.client.get(kinds.CONFIG_MAP, "default", "settings")


async def test_status_of_a_new_object_is_the_servers(control_plane: ControlPlane) -> None:
    wanted = {**deployment(), "status": {"replicas": 7}}

    made = await control_plane.client.create(kinds.DEPLOYMENT, wanted)

    assert made.get("status") in (None, {})
    assert made["metadata"]["generation"] == 1


async def test_node_is_registered_with_its_status(control_plane: ControlPlane) -> None:
    """As the kubelet does it, in one request."""
    node = {"metadata": {"name": "node-1"}, "status": {"capacity": {"cpu": "4"}}}

    made = await control_plane.client.create(kinds.NODE, node)

    assert made["status"]["capacity"] == {"cpu": "4"}


async def test_defaults_are_stored(control_plane: ControlPlane) -> None:
    made = await control_plane.client.create(kinds.POD, pod())

    assert made["spec"]["restartPolicy"] == "Always"
    assert made["spec"]["containers"][0]["imagePullPolicy"] == "IfNotPresent"
    assert made["status"] == {"phase": "Pending", "qosClass": "BestEffort"}


async def test_generated_names_do_not_collide(control_plane: ControlPlane) -> None:
    wanted = {"metadata": {"generateName": "job-", "namespace": "default"}}

    names = {
        (await control_plane.client.create(kinds.CONFIG_MAP, wanted))["metadata"]["name"] for _ in range(50)
    }

    assert len(names) == 50
    assert all(name.startswith("job-") and len(name) == 9 for name in names)


async def test_generated_name_is_drawn_again_on_a_collision(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(["aaaaa", "aaaaa", "aaaaa", "bbbbb"])
    monkeypatch.setattr(control_plane.ids, "suffix", lambda: next(drawn))
    wanted = {"metadata": {"generateName": "job-", "namespace": "default"}}

    await control_plane.client.create(kinds.CONFIG_MAP, wanted)
    second = await control_plane.client.create(kinds.CONFIG_MAP, wanted)

    assert second["metadata"]["name"] == "job-bbbbb"


async def test_collisions_without_end_are_reported(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_plane.ids, "suffix", lambda: "aaaaa")
    wanted = {"metadata": {"generateName": "job-", "namespace": "default"}}
    await control_plane.client.create(kinds.CONFIG_MAP, wanted)

    with pytest.raises(AlreadyExists, match='configmaps "job-aaaaa" already exists'):
        await control_plane.client.create(kinds.CONFIG_MAP, wanted)


async def test_second_of_one_name_is_refused(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.DEPLOYMENT, deployment())

    with pytest.raises(AlreadyExists, match=r'^deployments.apps "web" already exists$') as caught:
        await control_plane.client.create(kinds.DEPLOYMENT, deployment())

    assert caught.value.status()["details"] == {"name": "web", "kind": "deployments", "group": "apps"}


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"spec": {"containers": []}}, Invalid, r'^Pod "web" is invalid: spec.containers: Required value$'),
        (
            {"metadata": {"namespace": "default"}},
            Invalid,
            "metadata.name: Required value: name or generateName",
        ),
        ({"kind": "Service"}, BadRequest, "cannot be handled as a Pod"),
        ({"apiVersion": "v2"}, BadRequest, r"the API version in the data \(v2\) does not match"),
        ({"spec": {"colour": "red"}}, BadRequest, 'strict decoding error: unknown field "spec.colour"'),
    ],
)
async def test_wrong_objects_are_refused(
    control_plane: ControlPlane, change: Obj, error: type[Exception], text: str
) -> None:
    before = control_plane.store.revision

    with pytest.raises(error, match=text):
        await control_plane.client.create(kinds.POD, {**pod(), **change}, namespace="default")

    assert control_plane.store.revision == before


async def test_body_must_be_an_object(control_plane: ControlPlane) -> None:
    request = Request(verb=Verb.CREATE, kind=kinds.POD, namespace="default", body=["no"])
    with pytest.raises(BadRequest):
        await control_plane.api.send(request)


async def test_namespace_of_body_and_request_must_agree(control_plane: ControlPlane) -> None:
    with pytest.raises(BadRequest, match="the namespace of the provided object does not match"):
        await control_plane.client.create(kinds.POD, pod(), namespace="kube-system")


async def test_unknown_fields_warn_when_asked(control_plane: ControlPlane) -> None:
    body = {**config_map(), "colour": "red"}
    request = Request(
        verb=Verb.CREATE, kind=kinds.CONFIG_MAP, namespace="default", body=body, field_validation="Warn"
    )

    response = await control_plane.api.send(request)

    assert response.warnings == ('unknown field "colour"',)
    assert "colour" not in response.object


async def test_what_is_doubtful_is_warned_of_when_it_is_valid(control_plane: ControlPlane) -> None:
    body = deployment()
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    body["spec"]["template"]["spec"]["containers"][0]["env"] = twice
    request = Request(verb=Verb.CREATE, kind=kinds.DEPLOYMENT, namespace="default", body=body)
    warning = (
        'spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped '
        "when using apply"
    )

    assert (await control_plane.api.send(request)).warnings == (warning,)

    update = Request(verb=Verb.UPDATE, kind=kinds.DEPLOYMENT, namespace="default", name="web", body=body)
    assert (await control_plane.api.send(update)).warnings == ()
    body["spec"]["replicas"] = 7
    assert (await control_plane.api.send(update)).warnings == (warning,)


async def test_nodes_come_with_a_taint(strict_plane: ControlPlane) -> None:
    mine = {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}
    node = {"metadata": {"name": "a"}, "spec": {"taints": [mine]}}
    taint = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}

    assert (await strict_plane.client.create(kinds.NODE, node))["spec"]["taints"] == [mine, taint]

    again: Obj = {"metadata": {"name": "b"}, "spec": {"taints": [{**taint, "value": "x"}]}}
    made = await strict_plane.client.create(kinds.NODE, again)
    assert made["spec"]["taints"] == again["spec"]["taints"]
    freed = await strict_plane.client.update(kinds.NODE, {"metadata": {"name": "b"}, "spec": {}})
    assert "taints" not in freed["spec"]


async def test_missing_namespace(control_plane: ControlPlane) -> None:
    with pytest.raises(NotFound, match=r'^namespaces "nowhere" not found$'):
        await control_plane.client.create(kinds.POD, pod(namespace="nowhere"))


async def test_retired_version_is_converted_with_a_warning(control_plane: ControlPlane) -> None:
    body = {**deployment(), "apiVersion": "apps/v1beta1"}
    request = Request(verb=Verb.CREATE, kind=kinds.DEPLOYMENT, namespace="default", body=body)

    response = await control_plane.api.send(request)

    assert response.object["apiVersion"] == "apps/v1"
    assert "apps/v1beta1 Deployment is deprecated" in response.warnings[0]


async def test_pods_get_priority_and_tolerations(control_plane: ControlPlane) -> None:
    spec = (await control_plane.client.create(kinds.POD, pod()))["spec"]

    assert (spec["priority"], spec["preemptionPolicy"]) == (0, "PreemptLowerPriority")
    assert [(t["key"], t["effect"], t["tolerationSeconds"]) for t in spec["tolerations"]] == [
        ("node.kubernetes.io/not-ready", "NoExecute", 300),
        ("node.kubernetes.io/unreachable", "NoExecute", 300),
    ]


async def test_own_toleration_of_a_lost_node_is_respected(control_plane: ControlPlane) -> None:
    mine = {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}

    spec = (await control_plane.client.create(kinds.POD, pod(tolerations=[mine])))["spec"]

    assert [t["key"] for t in spec["tolerations"]] == [mine["key"], "node.kubernetes.io/unreachable"]
    assert "tolerationSeconds" not in spec["tolerations"][0]


async def test_unknown_priority_class(control_plane: ControlPlane) -> None:
    with pytest.raises(Forbidden, match="no PriorityClass with name high was found"):
        await control_plane.client.create(kinds.POD, pod(priorityClassName="high"))


async def test_system_priority_class(control_plane: ControlPlane) -> None:
    made = await control_plane.client.create(kinds.POD, pod(priorityClassName="system-node-critical"))

    assert made["spec"]["priority"] == 2_000_001_000


async def test_pod_needs_its_service_account(strict_plane: ControlPlane) -> None:
    client = strict_plane.client
    text = 'error looking up service account default/default: serviceaccount "default" not found'
    with pytest.raises(Forbidden, match=text):
        await client.create(kinds.POD, pod())

    await client.create(kinds.SERVICE_ACCOUNT, {"metadata": {"name": "default", "namespace": "default"}})
    made = await client.create(kinds.POD, pod())

    assert (made["spec"]["serviceAccountName"], made["spec"]["serviceAccount"]) == ("default", "default")


async def test_author_and_cause_are_recorded(control_plane: ControlPlane) -> None:
    request = Request(
        verb=Verb.CREATE, kind=kinds.CONFIG_MAP, namespace="default", body=config_map(),
        agent="deployment-controller", cause=3,
    )  # fmt: skip

    made = (await control_plane.api.send(request)).object

    record = await control_plane.store.record(int(made["metadata"]["resourceVersion"]))
    assert record is not None
    assert (record.author, record.cause) == ("deployment-controller", 3)


async def test_fields_without_effect_are_warned_of_by_every_write(control_plane: ControlPlane) -> None:
    config = deployment()
    config["spec"]["template"]["spec"]["runtimeClassName"] = "gvisor"
    config |= {"apiVersion": "apps/v1", "kind": "Deployment"}
    place: dict[str, Any] = {
        "kind": kinds.DEPLOYMENT, "namespace": "default", "user": control_plane.client.user,
    }  # fmt: skip
    patch = {"metadata": {"labels": {"a": "b"}}}
    name = config["metadata"]["name"]
    responses = [
        await control_plane.api.send(Request(verb=Verb.CREATE, body=config, **place)),
        await control_plane.api.send(Request(verb=Verb.UPDATE, name=name, body=config, **place)),
        await control_plane.api.send(Request(verb=Verb.PATCH, name=name, body=patch, **place)),
        await control_plane.client.apply(kinds.DEPLOYMENT, config, field_manager="test", force=True),
    ]

    for response in responses:
        assert [text.partition(":")[0] for text in response.warnings] == [
            "spec.template.spec.runtimeClassName"
        ]
