"""JSONPath as printer columns use it."""

from __future__ import annotations

from typing import Any

import pytest

from tuik8s.api.jsonpath import compile_path

OBJ: Any = {
    "metadata": {"annotations": {"a.b/c": "x"}},
    "spec": {"list": [{"n": 1}, {"n": 2}, {"n": 3}], "tags": ["a", "b"]},
    "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Synced", "status": "False"}]},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".spec.tags", [["a", "b"]]),
        (".spec.tags[0]", ["a"]),
        (".spec.tags[-1]", ["b"]),
        (".spec.tags[*]", ["a", "b"]),
        (".spec.list[1:].n", [2, 3]),
        (".spec.list[::2].n", [1, 3]),
        (".spec.list[*].n", [1, 2, 3]),
        ('.status.conditions[?(@.type=="Ready")].status', ["True"]),
        (".status.conditions[?(@.type == 'Synced')].status", ["False"]),
        (".spec.list[?(@.n>1)].n", [2, 3]),
        (".spec.list[?(@.n)].n", [1, 2, 3]),
        (r".metadata.annotations.a\.b/c", ["x"]),
        (".metadata.annotations['a.b/c']", ["x"]),
        ("..n", [1, 2, 3]),
        (".spec.none.deeper", []),
        (".spec.tags[7]", []),
        (".spec.list[?(@.n<'x')].n", []),
        (".", [OBJ]),
    ],
)
def test_paths(path: str, found: list[Any]) -> None:
    assert compile_path(path).find(OBJ) == found


@pytest.mark.parametrize("path", [".a[", ".a[b]", ".a b", ".a[?(@.x==y)]", ".a[::0]", ".a[3:1:-1]"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  each has words of its own
        compile_path(path)


def test_slices_go_forward() -> None:
    with pytest.raises(ValueError, match="step must be > 0"):
        compile_path(".a[::0]")
