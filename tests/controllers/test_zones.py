"""How evictions are held back when much is down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tuik8s.controllers.node_lifecycle.zones import EvictionPace, ZoneState, zone_state

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


def nodes(ready: int, silent: int, zone: str = "a") -> list[Obj]:
    return [
        {
            "metadata": {"name": f"{zone}-{number}", "labels": {"topology.kubernetes.io/zone": zone}},
            "status": {"conditions": [{"type": "Ready", "status": "True" if number < ready else "Unknown"}]},
        }
        for number in range(ready + silent)
    ]


@pytest.mark.parametrize(
    ("ready", "silent", "state"),
    [
        (0, 0, ZoneState.NORMAL),
        (3, 0, ZoneState.NORMAL),
        (1, 2, ZoneState.NORMAL),
        (2, 3, ZoneState.PARTIAL),
        (3, 3, ZoneState.NORMAL),
        (0, 1, ZoneState.FULL),
    ],
)
def test_state_of_a_zone(ready: int, silent: int, state: ZoneState) -> None:
    assert zone_state(nodes(ready, silent)) is state


def test_one_node_in_ten_seconds_and_zone() -> None:
    pace = EvictionPace()
    here, there = nodes(5, 2), nodes(5, 1, "b")
    pace.observe(here + there)
    assert pace.may_evict(here[-1], 100.0)
    assert not pace.may_evict(here[-2], 109.9)
    assert pace.may_evict(there[-1], 101.0), "another zone has its own pace"
    assert pace.may_evict(here[-2], 110.0)


def test_a_small_zone_that_is_mostly_down_is_left_alone_and_a_large_one_goes_slower() -> None:
    pace = EvictionPace()
    small = nodes(4, 6)
    pace.observe(small)
    assert not pace.may_evict(small[-1], 1e6)
    large = nodes(20, 40)
    pace.observe(large)
    assert pace.may_evict(large[-1], 1e6)
    assert not pace.may_evict(large[-2], 1e6 + 99)
    assert pace.may_evict(large[-2], 1e6 + 100)


def test_all_zones_down_is_a_disruption_one_zone_down_is_not() -> None:
    pace = EvictionPace()
    assert not pace.observe(nodes(0, 2) + nodes(1, 0, "b"))
    assert pace.may_evict(nodes(0, 2)[0], 50.0)
    assert pace.observe(nodes(0, 2) + nodes(0, 1, "b"))
    assert pace.disrupted
    assert not pace.may_evict(nodes(0, 2)[0], 1e6)
    assert pace.observe(nodes(1, 1) + nodes(0, 1, "b"))
    assert not pace.disrupted


def test_no_nodes_are_no_disruption() -> None:
    pace = EvictionPace()
    assert not pace.observe([])
    assert not pace.disrupted
