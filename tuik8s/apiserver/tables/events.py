"""Events, of the core group and of events.k8s.io, which name some fields differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.durations import since
from tuik8s.api.events import either, first_seen, last_seen, occurrences
from tuik8s.apiserver.tables.printer import Cells, Printer, column

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj


def cells(event: Obj, now: datetime) -> Cells:
    about = either(event, "involvedObject", "regarding") or {}
    return [
        since(last_seen(event), now),
        event.get("type", ""),
        event.get("reason", ""),
        _target(about),
        about.get("fieldPath", ""),
        _source(event),
        str(either(event, "message", "note") or "").strip(),
        since(first_seen(event), now),
        occurrences(event),
        event["metadata"]["name"],
    ]


def _target(about: Obj) -> str:
    kind = about.get("kind", "").lower()
    return f"{kind}/{about['name']}" if about.get("name") else kind


def _source(event: Obj) -> str:
    source = either(event, "source", "deprecatedSource") or {}
    component = source.get("component") or either(event, "reportingComponent", "reportingController") or ""
    place = source.get("host") or event.get("reportingInstance")
    return f"{component}, {place}" if place else component


EVENT_PRINTER = Printer(
    [
        column("Last Seen", "When it was last recorded."),
        column("Type", "Normal or Warning."),
        column("Reason", "Why the object came to its state: one word for machines."),
        column("Object", "What the event is about."),
        column("Subobject", "The part of the object, such as a container.", wide=True),
        column("Source", "The component that reports it.", wide=True),
        column("Message", "What happened, for people."),
        column("First Seen", "When it was first recorded.", wide=True),
        column("Count", "How often it happened.", wide=True),
        column("Name", "Name of the event.", format="name", wide=True),
    ],
    cells,
)
