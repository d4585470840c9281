"""How the objects of a kind are stored: in one version, whichever they are written and read in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import autoscaling, kinds, schema

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj


class View:
    """Stored as they are served. Neither way changes what it is given."""

    def inward(self, obj: Obj) -> Obj:
        return obj

    def outward(self, obj: Obj) -> Obj:
        return obj


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


class EventsView(View):
    """Events are stored as core/v1 (pkg/apis/events/v1/conversion.go)."""

    def inward(self, obj: Obj) -> Obj:
        renamed = {RESTORED.get(field, field): value for field, value in obj.items()}
        return {**renamed, "apiVersion": kinds.EVENT.api_version}

    def outward(self, obj: Obj) -> Obj:
        renamed = {RENAMED.get(field, field): value for field, value in obj.items()}
        return {**renamed, "apiVersion": kinds.EVENTS_EVENT.api_version}


class AutoscalersView(View):
    """Autoscalers are stored as autoscaling/v2."""

    def inward(self, obj: Obj) -> Obj:
        """What annotations carry is decoded like the rest; validation has seen that it can be."""
        converted = autoscaling.to_v2(obj)
        return schema.decode(kinds.HORIZONTAL_POD_AUTOSCALER, converted, "Ignore").object

    def outward(self, obj: Obj) -> Obj:
        return autoscaling.to_v1(obj)


IDENTITY = View()


def view_of(kind: Kind) -> View:
    return _VIEWS.get(kind, IDENTITY)


_VIEWS: dict[Kind, View] = {
    kinds.EVENTS_EVENT: EventsView(),
    kinds.HORIZONTAL_POD_AUTOSCALER_V1: AutoscalersView(),
}
