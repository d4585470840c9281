"""Manifest files as objects: what is accepted, converted and refused."""

from __future__ import annotations

import json

import pytest

from tuik8s.api.kinds import KindRegistry
from tuik8s.applier.composer import ManifestError
from tuik8s.applier.documents import SIZE_LIMIT, Document, parse

REGISTRY = KindRegistry()


def read(text: str) -> tuple[list[Document], list[ManifestError]]:
    return parse(text.encode(), REGISTRY)


def names(documents: list[Document]) -> list[str]:
    return [f"{document.object['kind']}/{document.object['metadata']['name']}" for document in documents]


def test_several_documents_and_empty_ones() -> None:
    documents, errors = read(
        "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n# nothing\n---\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"
    )
    assert (names(documents), errors) == (["Namespace/a", "ConfigMap/b"], [])


def test_lists_are_taken_apart_with_the_line_of_each_item() -> None:
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": "1"}}
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [item]}, indent=1)
    documents, errors = read(text)
    assert (names(documents), errors) == (["ConfigMap/a"], [])
    line, _ = documents[0].locate("data.x")
    assert '"x"' in text.splitlines()[line - 1]


def test_the_namespace_is_default_where_none_is_named() -> None:
    documents, _ = read("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n")
    assert documents[0].object["metadata"]["namespace"] == "default"


def test_a_field_is_located_and_a_missing_one_by_what_it_is_missing_from() -> None:
    documents, _ = read(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: web\n"
    )
    assert documents[0].locate("spec.containers[0].name") == (6, 11)
    assert documents[0].locate("spec.containers[0].image") == (6, 5)
    assert documents[0].locate("nowhere.at.all")[0] == 1


def test_deprecated_versions_are_converted_with_a_warning() -> None:
    documents, errors = read(
        "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: d}\n"
        "spec: {template: {metadata: {labels: {a: b}}, spec: {containers: []}}}\n"
    )
    assert errors == []
    assert documents[0].object["apiVersion"] == "apps/v1"
    assert "apps/v1" in documents[0].warnings[0]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("kind: Pod\nmetadata: {name: a}\n", "Object 'apiVersion' is missing", 1),
        ("apiVersion: v1\nmetadata: {name: a}\n", "Object 'kind' is missing", 1),
        ("apiVersion: v1\nkind: [Pod]\n", "Object 'kind' is missing", 1),
        ("- 1\n- 2\n", "an object is expected here", 1),
        ("hello\n", "an object is expected here", 1),
        ("apiVersion: v1\nkind: Pod\n", "metadata.name is required", 1),
        (
            "apiVersion: v1\nkind: Bogus\nmetadata: {name: a}\n",
            'no matches for kind "Bogus" in version "v1"',
            1,
        ),
        ("apiVersion: resource.k8s.io/v1beta1\nkind: DeviceClass\nmetadata: {name: a}\n", "is not served", 1),
        ("a: 1\n", "'apiVersion'", 1),
    ],
)
def test_what_is_no_object_is_reported_beside_those_that_are(text: str, message: str, line: int) -> None:
    good = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n"
    documents, errors = read(f"{text}---\n{good}")
    assert names(documents) == ["ConfigMap/good"]
    assert message in errors[0].message
    assert errors[0].line == line


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfe\x00a", "not UTF-8: byte 0xff"),
        (b"a: \xc3\x28\n", "not UTF-8: byte 0xc3"),
        (b"a: b\0c\n", "a binary file"),
        (b"\x7fELF\x02\x01\x01\x00", "a binary file"),
        (b"#" * (SIZE_LIMIT + 1), "at most 4 are read"),
        (b"a: {", "did not find expected"),
    ],
    ids=["utf16", "latin1", "nul", "elf", "large", "truncated"],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(data: bytes, message: str) -> None:
    with pytest.raises(ManifestError, match=message):
        parse(data, REGISTRY)
