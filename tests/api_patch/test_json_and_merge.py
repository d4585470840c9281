"""RFC 6902 and RFC 7386."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.api import kinds
from tuik8s.api.errors import BadRequest, Invalid
from tuik8s.api.patch import apply_patch, merge_patch
from tuik8s.api.request import PatchType

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


def test_json_patch_leaves_the_original_alone() -> None:
    current: Obj = {"spec": {"items": [1, 2]}}

    result = apply_patch(
        kinds.POD, PatchType.JSON, current, [{"op": "add", "path": "/spec/items/-", "value": 3}]
    )

    assert result == {"spec": {"items": [1, 2, 3]}}
    assert current == {"spec": {"items": [1, 2]}}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/metadata/name", "value": "other"},
        {"op": "remove", "path": "/metadata/absent"},
        {"op": "replace", "path": "/a/b/c", "value": 1},
    ],
)
def test_json_patch_that_does_not_fit_is_invalid(operation: Obj) -> None:
    with pytest.raises(Invalid, match="the server rejected our request due to an error in our request"):
        apply_patch(kinds.POD, PatchType.JSON, {"metadata": {"name": "web"}}, [operation])


@pytest.mark.parametrize("body", [{}, "text", [{"op": "fly", "path": "/a"}], [{"path": "/a"}]])
def test_malformed_json_patch_is_a_bad_request(body: Any) -> None:
    with pytest.raises(BadRequest):
        apply_patch(kinds.POD, PatchType.JSON, {"a": 1}, body)


def test_too_many_operations() -> None:
    operations = [{"op": "test", "path": "/a", "value": 1}] * 10_001
    with pytest.raises(BadRequest, match="allowed maximum operations in a JSON patch is 10000, got 10001"):
        apply_patch(kinds.POD, PatchType.JSON, {"a": 1}, operations)


# The examples of RFC 7386, appendix A.
@pytest.mark.parametrize(
    ("original", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch(original: Any, patch: Any, result: Any) -> None:
    assert merge_patch(original, patch) == result
