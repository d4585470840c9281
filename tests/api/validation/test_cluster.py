"""ConfigMaps, Secrets, namespaces, nodes, leases and events."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.objects import errors_of, update_errors
from tuik8s.api import kinds

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

MEBIBYTE = 1024 * 1024


def _named(**fields: Any) -> Obj:
    return {"metadata": {"name": "a", "namespace": "default"}, **fields}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"data": {"a.b-C_1": "x"}}, []),
        ({"data": {"..": "x"}}, ["data[..]: Invalid value: \"..\": must not be '..'"]),
        (
            {"data": {"a b": "x"}},
            [
                'data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric '
                "characters, "
                "'-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for "
                "validation is "
                "'[-._a-zA-Z0-9]+')"
            ],
        ),
        (
            {"data": {"a": "x"}, "binaryData": {"a": "eA=="}},
            ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
        ),
        ({"data": {"a": "x" * MEBIBYTE}}, []),
        (
            {"data": {"a": "ü" * (MEBIBYTE // 2)}, "binaryData": {"b": "eA=="}},
            ["[]: Too long: may not be more than 1048576 bytes"],
        ),
    ],
)
def test_config_maps(fields: Obj, expected: list[str]) -> None:
    assert errors_of(kinds.CONFIG_MAP, _named(**fields)) == expected


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"stringData": {"a": "b"}}, []),
        ({"type": "kubernetes.io/tls"}, ["data[tls.crt]: Required value", "data[tls.key]: Required value"]),
        (
            {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": _encoded("{")}},
            None,
        ),
        ({"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": _encoded("{}")}}, []),
        ({"type": "kubernetes.io/dockercfg"}, ["data[.dockercfg]: Required value"]),
        ({"type": "kubernetes.io/dockercfg", "data": {".dockercfg": _encoded("[]")}}, None),
        (
            {"type": "kubernetes.io/basic-auth"},
            ["data[username]: Required value", "data[password]: Required value"],
        ),
        ({"type": "kubernetes.io/ssh-auth"}, ["data[ssh-privatekey]: Required value"]),
        (
            {"type": "kubernetes.io/service-account-token"},
            ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
        ),
        ({"type": "example.com/own"}, []),
        (
            {"stringData": {"a": "x" * (MEBIBYTE + 1)}},
            ["data: Too long: may not be more than 1048576 bytes"],
        ),
    ],
)
def test_secrets(fields: Obj, expected: list[str] | None) -> None:
    errors = errors_of(kinds.SECRET, _named(**fields))
    if expected is None:
        assert len(errors) == 1
        assert "<secret contents redacted>" in errors[0]
    else:
        assert errors == expected


def test_immutable_data() -> None:
    frozen = _named(data={"a": "eA=="}, immutable=True)
    why = "field is immutable when `immutable` is set"
    assert update_errors(kinds.CONFIG_MAP, frozen, {"data.a": "y"}) == [f"data: Forbidden: {why}"]
    assert update_errors(kinds.CONFIG_MAP, frozen, {"immutable": None}) == [f"immutable: Forbidden: {why}"]
    assert update_errors(kinds.SECRET, frozen, {"data": {}}) == [f"data: Forbidden: {why}"]
    assert update_errors(kinds.SECRET, frozen, {"metadata.labels": {"a": "b"}}) == []
    assert update_errors(kinds.SECRET, _named(), {"type": "a"}) == [
        'type: Invalid value: "a": field is immutable'
    ]


def test_namespaces() -> None:
    assert errors_of(kinds.NAMESPACE, {"metadata": {"name": "a"}}) == []
    assert errors_of(kinds.NAMESPACE, {"metadata": {"name": "a"}, "spec": {"finalizers": ["b"]}}) == [
        'spec.finalizers: Invalid value: "b": name is neither a standard finalizer name nor is it fully '
        "qualified"
    ]
    active: Obj = {"metadata": {"name": "a"}}
    assert update_errors(kinds.NAMESPACE, active, {"status.phase": "Terminating"}, "status") == [
        "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"
    ]
    leaving: Obj = {"metadata": {"name": "a", "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    assert update_errors(kinds.NAMESPACE, leaving, {"status.phase": "Terminating"}, "status") == []
    assert update_errors(kinds.NAMESPACE, leaving, {"spec.finalizers": []}, "finalize") == []
    assert update_errors(kinds.NAMESPACE, leaving, {"spec.finalizers": ["b"]}, "finalize") == [
        'spec.finalizers[0]: Invalid value: "b": name is neither a standard finalizer name nor is it fully '
        "qualified"
    ]


def _node(**spec: Any) -> Obj:
    return {"metadata": {"name": "n1"}, "spec": spec, "status": {}}


def test_nodes() -> None:
    taint = {"key": "a", "effect": "NoSchedule"}
    assert errors_of(kinds.NODE, _node(taints=[taint], podCIDRs=["10.0.0.0/24"])) == []
    assert errors_of(kinds.NODE, _node(taints=[taint, taint])) == [
        'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule"}'
    ]
    assert errors_of(kinds.NODE, _node(taints=[{"key": "a"}])) == [
        "metadata.taints[0].effect: Required value"
    ]
    old = _node(podCIDRs=["10.0.0.0/24"], providerID="x://1")
    assert update_errors(kinds.NODE, old, {"spec.unschedulable": True}) == []
    assert update_errors(kinds.NODE, old, {"spec.podCIDRs": ["10.0.1.0/24"], "spec.providerID": "y"}) == [
        'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
        'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    ]
    assert update_errors(kinds.NODE, old, {"status.capacity": {"pods": "1500m"}}, "status") == [
        'status.capacity.pods: Invalid value: "1500m": must be an integer'
    ]


def test_leases() -> None:
    assert errors_of(kinds.LEASE, _named(spec={"leaseDurationSeconds": 40, "holderIdentity": "n1"})) == []
    assert errors_of(kinds.LEASE, _named(spec={"leaseDurationSeconds": 0, "leaseTransitions": -1})) == [
        "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
        "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
    ]


def test_core_events() -> None:
    assert errors_of(kinds.EVENT, _named(involvedObject={"kind": "Node", "name": "n1"})) == []
    assert errors_of(kinds.EVENT, _named(involvedObject={"namespace": "default"})) == []
    assert errors_of(kinds.EVENT, _named(involvedObject={"namespace": "other"})) == [
        'involvedObject.namespace: Invalid value: "other": does not match event.namespace'
    ]


def test_events() -> None:
    event = _named(
        eventTime="2026-01-01T00:00:00.000000Z",
        reportingController="kubelet",
        reportingInstance="n1",
        action="Pulling",
        reason="Pulled",
        type="Normal",
        regarding={"namespace": "default"},
    )
    assert errors_of(kinds.EVENTS_EVENT, event) == []
    assert errors_of(kinds.EVENTS_EVENT, {**event, "type": "Bad", "action": "", "note": "x" * 1025}) == [
        "action: Required value",
        'note: Invalid value: "": can have at most 1024 characters',
        'type: Invalid value: "": has invalid value: Bad',
    ]
    assert update_errors(kinds.EVENTS_EVENT, event, {"reason": "Other"}) == [
        'reason: Invalid value: "Other": field is immutable'
    ]
