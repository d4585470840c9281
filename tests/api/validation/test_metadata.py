from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.objects import errors_of, update_errors
from tuik8s.api import kinds, validation

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


def _config_map(**metadata: Any) -> Obj:
    return {"metadata": {"name": "a", "namespace": "default", **metadata}}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, []),
        ({"name": ""}, ["metadata.name: Required value: name or generateName is required"]),
        ({"name": "A"}, [f'metadata.name: Invalid value: "A": {SUBDOMAIN}']),
        ({"generateName": "web-"}, []),
        ({"generateName": "Web-"}, [f'metadata.generateName: Invalid value: "Web-": {SUBDOMAIN}']),
        ({"namespace": ""}, ["metadata.namespace: Required value"]),
        ({"namespace": "a.b"}, ['metadata.namespace: Invalid value: "a.b": must not contain dots']),
        ({"annotations": {"A/b": "anything at all"}}, []),
        (
            {"annotations": {"a": "x" * (256 * 1024)}},
            ["metadata.annotations: Too long: may not be more than 262144 bytes"],
        ),
        (
            {"labels": {"a": "x" * 64}},
            ['metadata.labels: Invalid value: "%s": must be no more than 63 bytes' % ("x" * 64)],
        ),
        (
            {"finalizers": ["custom"]},
            [
                'metadata.finalizers[0]: Invalid value: "custom": name is neither a standard finalizer '
                "name nor "
                "is it fully qualified"
            ],
        ),
        ({"finalizers": ["example.com/hold", "orphan"]}, []),
        (
            {"finalizers": ["orphan", "foregroundDeletion"]},
            [
                'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and '
                "foregroundDeletion cannot be both set"
            ],
        ),
        (
            {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "", "uid": "1"}]},
            ['metadata.ownerReferences.name: Invalid value: "": must not be empty'],
        ),
    ],
)
def test_new_objects(metadata: Obj, expected: list[str]) -> None:
    assert errors_of(kinds.CONFIG_MAP, _config_map(**metadata)) == expected


def test_one_controller_alone() -> None:
    def owner(name: str) -> Obj:
        return {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": "1", "controller": True}

    (error,) = errors_of(kinds.CONFIG_MAP, _config_map(ownerReferences=[owner("a"), owner("b")]))
    assert error.endswith(
        ': Only one reference can have Controller set to true. Found "true" in references for Pod/a and Pod/b'
    )


@pytest.mark.parametrize(
    ("kind", "name", "valid"),
    [
        (kinds.NAMESPACE, "a.b", False),
        (kinds.NODE, "a.b", True),
        (kinds.SERVICE_ACCOUNT, "a.b", True),
        (kinds.SERVICE_ACCOUNT, "a_b", False),
        (kinds.EVENT, "web.17A", True),
        (kinds.LEASE, "a", True),
    ],
)
def test_names_by_kind(kind: Kind, name: str, *, valid: bool) -> None:
    metadata = {"name": name, "namespace": "default"} if kind.namespaced else {"name": name}
    assert (errors_of(kind, {"metadata": metadata}) == []) is valid


def test_cluster_scoped_objects_have_no_namespace() -> None:
    assert errors_of(kinds.NODE, {"metadata": {"name": "n", "namespace": "default"}}) == [
        "metadata.namespace: Forbidden: not allowed on this type"
    ]


OLD = _config_map(uid="1", creationTimestamp="2026-01-01T00:00:00Z", generation=3)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"metadata.labels": {"a": "b"}}, []),
        ({"metadata.uid": None, "metadata.creationTimestamp": None}, []),
        ({"metadata.name": "b"}, ['metadata.name: Invalid value: "b": field is immutable']),
        ({"metadata.namespace": "b"}, ['metadata.namespace: Invalid value: "b": field is immutable']),
        ({"metadata.uid": "2"}, ['metadata.uid: Invalid value: "2": field is immutable']),
        (
            {"metadata.deletionTimestamp": "2026-01-02T00:00:00Z"},
            ['metadata.deletionTimestamp: Invalid value: "2026-01-02T00:00:00Z": field is immutable'],
        ),
        ({"metadata.generation": 2}, ["metadata.generation: Invalid value: 2: must not be decremented"]),
        ({"metadata.labels": {"-": "b"}}, None),
    ],
)
def test_updates(change: Obj, expected: list[str] | None) -> None:
    errors = update_errors(kinds.CONFIG_MAP, OLD, change)
    assert len(errors) == len(set(errors))
    assert errors == expected if expected is not None else errors


def test_a_deleted_object_takes_no_new_finalizers() -> None:
    old = _config_map(deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["example.com/a"])
    assert update_errors(kinds.CONFIG_MAP, old, {"metadata.finalizers": ["example.com/b"]}) == [
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, "
        "found new "
        'finalizers []string{"example.com/b"}'
    ]
    assert update_errors(kinds.CONFIG_MAP, old, {"metadata.finalizers": []}) == []


def test_errors_carry_their_cause() -> None:
    (error,) = validation.validate(kinds.CONFIG_MAP, {"metadata": {"namespace": "default"}})
    assert error.cause() == {
        "reason": "FieldValueRequired",
        "message": "Required value: name or generateName is required",
        "field": "metadata.name",
    }
