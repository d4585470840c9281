"""Sets of fields obey the laws of sets; comparing gives back what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from tuik8s.api import kinds
from tuik8s.api.fieldmanager.compare import compare
from tuik8s.api.fieldmanager.fieldset import difference, fields_of, intersection, paths, union_roots
from tuik8s.api.patch.structure import structure_of

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

POD = structure_of(kinds.POD)

variables: Any = st.fixed_dictionaries({"name": st.sampled_from("XY")}, optional={"value": st.just("1")})
named: Any = st.fixed_dictionaries(
    {"name": st.sampled_from("abc")},
    optional={
        "image": st.sampled_from("xyz"),
        "args": st.lists(st.sampled_from("pq"), max_size=2),
        "env": st.lists(variables, unique_by=lambda item: item["name"], max_size=2),
    },
)
containers: Any = st.lists(named, unique_by=lambda item: item["name"], max_size=3)
pods: Any = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.fixed_dictionaries(
            {},
            optional={
                "labels": st.dictionaries(st.sampled_from("ab"), st.sampled_from("12"), max_size=2),
                "finalizers": st.lists(st.sampled_from(["f/1", "f/2"]), unique=True),
            },
        ),
        "spec": st.fixed_dictionaries(
            {"containers": containers},
            optional={"nodeSelector": st.dictionaries(st.sampled_from("ab"), st.just("x"), max_size=1)},
        ),
    },
)


def members(tree: Obj) -> set[str]:
    return set(paths(tree))


def tree_of(pod: Any) -> Obj:
    return fields_of(pod, POD, containers=True)


@given(pods, pods)
def test_sets_behave_as_sets(one: Obj, other: Obj) -> None:
    left, right = tree_of(one), tree_of(other)

    assert members(union_roots(left, right)) == members(left) | members(right)
    assert members(difference(left, right)) == members(left) - members(right)
    assert members(intersection(left, right)) == members(left) & members(right)


@given(pods, pods)
def test_comparison_is_empty_for_equals_and_covers_what_differs(one: Obj, other: Obj) -> None:
    changed, removed = compare(one, other, POD)

    assert (changed == {} and removed == {}) == (one == other)
    assert not members(removed) & members(tree_of(other))
    assert members(removed) <= members(tree_of(one))


def test_paths_read_as_kubernetes_prints_them() -> None:
    pod = {
        "metadata": {"finalizers": ["x/y"]},
        "spec": {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80}]}]},
    }

    found = members(fields_of(pod, POD, containers=False))

    assert '.spec.containers[name="c"].image' in found
    assert '.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].containerPort' in found
    assert '.metadata.finalizers[="x/y"]' in found
