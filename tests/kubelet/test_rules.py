"""Expansion, downward API, back-off and addresses, as pure rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tuik8s.api import downward
from tuik8s.api.expansion import expand, unresolved
from tuik8s.kubelet.backoff import Backoff
from tuik8s.kubelet.ipam import NoAddress, PodAddresses

POD: dict[str, Any] = {
    "metadata": {
        "name": "web", "namespace": "default", "uid": "u", "labels": {"b": "2", "a": 'q"uote'},
        "annotations": {"example.com/x": "y"},
    },
    "spec": {
        "nodeName": "n", "serviceAccountName": "sa",
        "containers": [
            {"name": "c", "resources": {"limits": {"cpu": "1500m"}, "requests": {"memory": "1Mi"}}}
        ],
    },
    "status": {"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(A)", "1"),
        ("$(A)$(B)", "12"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$$$$(A)", "$$(A)"),
        ("$(C)", "$(C)"),
        ("$(A", "$(A"),
        ("$A ${A}", "$A ${A}"),
        ("$", "$"),
        ("a$$", "a$"),
        ("$()", "$()"),
        ("--x=$(A),$(C)", "--x=1,$(C)"),
    ],
)
def test_expansion(text: str, expected: str) -> None:
    assert expand(text, {"A": "1", "B": "2"}) == expected


def test_values_are_not_expanded_again() -> None:
    assert expand("$(A)", {"A": "$(B)", "B": "no"}) == "$(B)"


def test_unresolved_names() -> None:
    assert unresolved("$(A)/$(B)/$$(C)", {"A": "1"}) == ["B"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "web"),
        ("metadata.uid", "u"),
        ("metadata.labels['b']", "2"),
        ("metadata.annotations['example.com/x']", "y"),
        ("metadata.annotations['none']", ""),
        ("metadata.labels", 'a="q\\"uote"\nb="2"'),
        ("spec.serviceAccountName", "sa"),
        ("status.podIP", "10.0.0.1"),
        ("status.podIPs", "10.0.0.1,fd00::1"),
        ("status.hostIP", ""),
    ],
)
def test_field_references(path: str, value: str) -> None:
    assert downward.field_value(POD, path) == value


def test_an_unknown_field() -> None:
    with pytest.raises(ValueError, match=r"unsupported fieldPath: spec\.hostname"):
        downward.field_value(POD, "spec.hostname")


@pytest.mark.parametrize(
    ("resource", "divisor", "value"),
    [
        ("limits.cpu", None, "2"),
        ("limits.cpu", "1m", "1500"),
        ("requests.memory", "1Ki", "1024"),
        ("requests.cpu", None, "0"),
        ("limits.memory", "1Gi", "8"),
        ("limits.memory", "0", str(8 * 2**30)),
    ],
)
def test_resource_references(resource: str, divisor: str | None, value: str) -> None:
    reference = {"containerName": "c", "resource": resource, **({"divisor": divisor} if divisor else {})}
    assert downward.resource_value(POD, reference, allocatable={"memory": "8Gi"}) == value


def test_back_off_doubles_to_its_limit_and_starts_anew() -> None:
    backoff, now = Backoff(10, 300), datetime(2026, 1, 1, tzinfo=UTC)
    assert backoff.due("k", now) is None
    delays = []
    for _ in range(7):
        delays.append(backoff.next("k", now, now))
        assert backoff.due("k", now) == now + timedelta(seconds=delays[-1])
        now += timedelta(seconds=delays[-1])
    assert delays == [10, 20, 40, 80, 160, 300, 300]
    now += timedelta(seconds=601)
    assert backoff.due("k", now) is None
    assert backoff.next("k", now, now) == 10


def test_addresses_skip_the_first_two_and_the_last() -> None:
    addresses = PodAddresses()
    with pytest.raises(NoAddress):
        addresses.allocate("early")
    addresses.set_network("10.0.0.0/29")
    found = [addresses.allocate(str(number)) for number in range(5)]
    assert found == ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]
    with pytest.raises(NoAddress, match=r"available in range set: 10\.0\.0\.0/29"):
        addresses.allocate("more")
    addresses.release("2")
    assert addresses.allocate("more") == "10.0.0.4"


def test_an_address_is_kept_and_not_used_again_at_once() -> None:
    addresses = PodAddresses()
    addresses.set_network("10.0.0.0/24")
    assert addresses.allocate("a") == addresses.allocate("a")
    addresses.release("a")
    assert addresses.allocate("b") == "10.0.0.3"
