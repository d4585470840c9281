"""The table of events at the foot of a description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.events import first_seen, last_seen, occurrences
from tuik8s.api.objects import uid_of
from tuik8s.tui.describe.page import NONE, age

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj
    from tuik8s.tui.describe.page import Page
    from tuik8s.tui.host import DescribeContext


def add_events(page: Page, obj: Obj, context: DescribeContext) -> None:
    """What happened to this object (by uid; events of nodes carry the name as uid), oldest first."""
    identities = {uid_of(obj), obj["metadata"]["name"]} if obj["kind"] == "Node" else {uid_of(obj)}
    events = [
        event for event in context.objects(kinds.EVENT) if event["involvedObject"].get("uid") in identities
    ]
    if not events:
        page.field("Events", NONE)
        return
    now = context.clock.now()
    page.line("Events:")
    events.sort(key=last_seen)
    page.row(("Type", "Reason", "Age", "From", "Message"), 1)
    page.row(("----", "------", "----", "----", "-------"), 1)
    for event in events:
        page.row(_row(event, now), 1)


def _row(event: Obj, now: datetime) -> tuple[str, ...]:
    source = (event.get("source") or {}).get("component") or event.get("reportingComponent", "")
    host = (event.get("source") or {}).get("host")
    message = " ".join(str(event.get("message", "")).split())
    author = f"{source}, {host}" if host and source == "kubelet" else source
    return event.get("type", ""), event.get("reason", ""), _age(event, now), author, message


def _age(event: Obj, now: datetime) -> str:
    last, count = age(last_seen(event), now), occurrences(event)
    return f"{last} (x{count} over {age(first_seen(event), now)})" if count > 1 else last
