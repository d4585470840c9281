"""Strategic merge patches of built-in kinds."""

from __future__ import annotations

from typing import Any

import pytest

from tuik8s.api import kinds
from tuik8s.api.errors import BadRequest
from tuik8s.api.objects import Obj, copy
from tuik8s.api.patch import apply_patch
from tuik8s.api.request import PatchType


def deployment(**pod_spec: Any) -> Obj:
    return {
        "metadata": {"name": "web", "labels": {"app": "web", "tier": "front"}},
        "spec": {"replicas": 2, "template": {"spec": pod_spec}},
    }


def patched(current: Obj, patch: Obj) -> Obj:
    before, given = copy(current), copy(patch)
    result = apply_patch(kinds.DEPLOYMENT, PatchType.STRATEGIC, current, patch)
    assert (current, patch) == (before, given)
    return result


def pod_spec(obj: Obj) -> Obj:
    spec: Obj = obj["spec"]["template"]["spec"]
    return spec


def template(**spec: Any) -> Obj:
    return {"spec": {"template": {"spec": spec}}}


def test_maps_merge_and_null_deletes() -> None:
    result = patched(deployment(), {"metadata": {"labels": {"tier": None, "env": "dev"}}})

    assert result["metadata"] == {"name": "web", "labels": {"app": "web", "env": "dev"}}


def test_containers_merge_by_name() -> None:
    current = deployment(containers=[{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}])

    result = patched(current, template(containers=[{"name": "b", "image": "b:2"}]))

    assert pod_spec(result)["containers"] == [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:2"}]


def test_new_container_comes_first() -> None:
    """As the Kubernetes documentation of `kubectl patch` shows."""
    current = deployment(containers=[{"name": "nginx", "image": "nginx"}])

    result = patched(current, template(containers=[{"name": "redis", "image": "redis"}]))

    assert [c["name"] for c in pod_spec(result)["containers"]] == ["redis", "nginx"]


def test_nested_lists_merge_by_their_own_keys() -> None:
    current = deployment(
        containers=[
            {
                "name": "a",
                "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}],
                "ports": [{"containerPort": 80}],
                "volumeMounts": [{"mountPath": "/a", "name": "v"}],
                "args": ["one", "two"],
            }
        ]
    )
    patch = template(
        containers=[
            {
                "name": "a",
                "env": [{"name": "Y", "value": "3"}],
                "ports": [{"containerPort": 80, "name": "http"}],
                "volumeMounts": [{"mountPath": "/a", "readOnly": True}],
                "args": ["three"],
            }
        ]
    )

    (container,) = pod_spec(patched(current, patch))["containers"]

    assert container["env"] == [{"name": "X", "value": "1"}, {"name": "Y", "value": "3"}]
    assert container["ports"] == [{"containerPort": 80, "name": "http"}]
    assert container["volumeMounts"] == [{"mountPath": "/a", "name": "v", "readOnly": True}]
    assert container["args"] == ["three"]


def test_delete_directive_removes_an_item() -> None:
    current = deployment(containers=[{"name": "a"}, {"name": "b"}])

    result = patched(current, template(containers=[{"$patch": "delete", "name": "a"}]))

    assert pod_spec(result)["containers"] == [{"name": "b"}]


def test_replace_directive_in_a_list() -> None:
    current = deployment(containers=[{"name": "a", "image": "x"}, {"name": "b"}])

    result = patched(current, template(containers=[{"$patch": "replace"}, {"name": "a"}]))

    assert pod_spec(result)["containers"] == [{"name": "a"}]


def test_replace_directive_in_a_map() -> None:
    result = patched(deployment(), {"metadata": {"labels": {"$patch": "replace", "only": "this"}}})

    assert result["metadata"]["labels"] == {"only": "this"}


def test_tolerations_are_replaced_as_a_whole() -> None:
    current = deployment(tolerations=[{"key": "a"}, {"key": "b"}])

    result = patched(current, template(tolerations=[{"key": "c"}]))

    assert pod_spec(result)["tolerations"] == [{"key": "c"}]


def test_retain_keys_drops_the_other_union_members() -> None:
    current = deployment(volumes=[{"name": "v", "emptyDir": {}}])
    patch = template(volumes=[{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}])

    assert pod_spec(patched(current, patch))["volumes"] == [{"name": "v", "hostPath": {"path": "/x"}}]


def test_what_kubectl_edit_sends() -> None:
    """A recorded patch: strategy changed, ports and containers reordered and removed."""
    current = deployment(
        containers=[{"name": "c", "ports": [{"containerPort": 80}, {"containerPort": 81}]}, {"name": "d"}],
        volumes=[{"name": "v", "emptyDir": {}}],
    )
    current["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}
    patch = template(
        **{
            "$setElementOrder/containers": [{"name": "c"}],
            "containers": [
                {
                    "$setElementOrder/ports": [{"containerPort": 80}, {"containerPort": 82}],
                    "name": "c",
                    "ports": [{"containerPort": 82}, {"$patch": "delete", "containerPort": 81}],
                },
                {"$patch": "delete", "name": "d"},
            ],
            "volumes": [
                {
                    "$retainKeys": ["hostPath", "name"],
                    "emptyDir": None,
                    "hostPath": {"path": "/x"},
                    "name": "v",
                }
            ],
        }
    )
    patch["spec"]["strategy"] = {"$retainKeys": ["type"], "rollingUpdate": None, "type": "Recreate"}

    result = patched(current, patch)

    assert result["spec"]["strategy"] == {"type": "Recreate"}
    assert pod_spec(result)["containers"] == [
        {"name": "c", "ports": [{"containerPort": 80}, {"containerPort": 82}]}
    ]
    assert pod_spec(result)["volumes"] == [{"name": "v", "hostPath": {"path": "/x"}}]


def test_set_element_order_reorders() -> None:
    current = deployment(containers=[{"name": "a"}, {"name": "b"}, {"name": "c"}])
    patch = template(
        **{"$setElementOrder/containers": [{"name": "c"}, {"name": "a"}], "containers": [{"name": "a"}]}
    )

    names = [c["name"] for c in pod_spec(patched(current, patch))["containers"]]

    assert names.index("c") < names.index("a")
    assert sorted(names) == ["a", "b", "c"]


def test_finalizers_are_merged_and_deleted_as_primitives() -> None:
    current: Obj = {"metadata": {"finalizers": ["a", "b"]}}

    added = patched(current, {"metadata": {"finalizers": ["c", "a"]}})
    removed = patched(current, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}})

    assert sorted(added["metadata"]["finalizers"]) == ["a", "b", "c"]
    assert removed["metadata"]["finalizers"] == ["b"]


def test_conditions_merge_by_type() -> None:
    current: Obj = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    patch: Obj = {"status": {"conditions": [{"type": "Disk", "status": "False"}]}}

    result = apply_patch(kinds.NODE, PatchType.STRATEGIC, current, patch)

    assert {c["type"] for c in result["status"]["conditions"]} == {"Ready", "Disk"}


@pytest.mark.parametrize(
    ("patch", "text"),
    [
        (template(containers=[{"image": "x"}]), "does not contain declared merge key: name"),
        ({"metadata": {"$patch": "explode"}}, "invalid value for"),
        ({"spec": {"strategy": {"$retainKeys": ["type"], "rollingUpdate": {}}}}, "retainKeys"),
        (
            template(**{"$setElementOrder/containers": [{"name": "a"}], "containers": [{"name": "z"}]}),
            "The order in patch list",
        ),
    ],
)
def test_malformed_patches_are_refused(patch: Obj, text: str) -> None:
    with pytest.raises(BadRequest, match=text):
        patched(deployment(containers=[{"name": "a"}]), patch)
