"""How fast pods may be evicted, zone by zone.

One node after another is given up, one in ten seconds, so that a fault which passes costs little. When most
of a zone is down the pace drops, and when everything everywhere is down nothing is evicted at all: then it is
rather the control plane that is cut off ("master disruption mode").
"""

from __future__ import annotations

from collections import defaultdict
from enum import Enum
from typing import TYPE_CHECKING

from tuik8s.api.objects import condition_of, labels_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.objects import Obj

EVICTION_RATE = 0.1
"""Nodes per second."""
SECONDARY_RATE = 0.01
LARGE_CLUSTER = 50
UNHEALTHY_SHARE = 0.55


class ZoneState(Enum):
    NORMAL = "Normal"
    PARTIAL = "PartialDisruption"
    FULL = "FullDisruption"


def zone_of(node: Obj) -> str:
    labels = labels_of(node)
    region = labels.get("topology.kubernetes.io/region", "")
    return f"{region}:\x00:{labels.get('topology.kubernetes.io/zone', '')}"


def zone_state(nodes: Iterable[Obj]) -> ZoneState:
    ready = not_ready = 0
    for node in nodes:
        if (condition_of(node, "Ready") or {}).get("status") == "True":
            ready += 1
        else:
            not_ready += 1
    if not ready and not_ready:
        return ZoneState.FULL
    if not_ready > 2 and not_ready / (ready + not_ready) >= UNHEALTHY_SHARE:
        return ZoneState.PARTIAL
    return ZoneState.NORMAL


class EvictionPace:
    """Says when the next node of a zone may be tainted; `disrupted` while all zones are down."""

    def __init__(self) -> None:
        self.disrupted = False
        self._rates: dict[str, float] = {}
        self._next: dict[str, float] = {}

    def observe(self, nodes: Iterable[Obj]) -> bool:
        """Take in the nodes' health; whether disruption has just begun or ended."""
        zones: dict[str, list[Obj]] = defaultdict(list)
        for node in nodes:
            zones[zone_of(node)].append(node)
        states = {zone: zone_state(members) for zone, members in zones.items()}
        self._rates = {zone: _rate(states[zone], len(zones[zone])) for zone in zones}
        before = self.disrupted
        self.disrupted = bool(states) and all(state is ZoneState.FULL for state in states.values())
        return self.disrupted != before

    def may_evict(self, node: Obj, now: float) -> bool:
        """Whether this node may be given up now; a yes counts against its zone's rate."""
        zone = zone_of(node)
        rate = self._rates.get(zone, EVICTION_RATE)
        if self.disrupted or not rate or now < self._next.get(zone, 0.0):
            return False
        self._next[zone] = now + 1 / rate
        return True


def _rate(state: ZoneState, size: int) -> float:
    if state is not ZoneState.PARTIAL:
        return EVICTION_RATE
    return SECONDARY_RATE if size > LARGE_CLUSTER else 0.0
