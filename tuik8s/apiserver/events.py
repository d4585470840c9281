"""Events are stored once, as core/v1, and served in two versions (pkg/apis/events/v1/conversion.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

# core/v1 name -> events.k8s.io/v1 name; all others are called the same in both.
RENAMED = {
    "involvedObject": "regarding",
    "message": "note",
    "reportingComponent": "reportingController",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
}
RESTORED = {new: old for old, new in RENAMED.items()}


class View:
    """How a kind's objects are stored: as they are."""

    def inward(self, obj: Obj) -> Obj:
        return obj

    def outward(self, obj: Obj) -> Obj:
        return obj


class EventsView(View):
    def inward(self, obj: Obj) -> Obj:
        renamed = {RESTORED.get(field, field): value for field, value in obj.items()}
        return {**renamed, "apiVersion": kinds.EVENT.api_version}

    def outward(self, obj: Obj) -> Obj:
        renamed = {RENAMED.get(field, field): value for field, value in obj.items()}
        return {**renamed, "apiVersion": kinds.EVENTS_EVENT.api_version}


IDENTITY = View()


def view_of(kind: Kind) -> View:
    return EventsView() if kind == kinds.EVENTS_EVENT else IDENTITY
