"""Write core/v1 Events about objects, with client-go's aggregation (k8s.io/client-go/tools/record).

An event equal to an earlier one raises that one's count. From the tenth on, those that differ only in their
message within ten minutes become one "(combined from similar events)". More than 25 about one object at once
are dropped, and one more is let through every five minutes.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from tuik8s.api import kinds
from tuik8s.api.clock import Clock, timestamp
from tuik8s.api.errors import NotFound
from tuik8s.api.objects import Obj, reference_to
from tuik8s.client.events.queue import MESSAGE_LIMIT, EventQueue

if TYPE_CHECKING:
    from tuik8s.client.client import Client

log = logging.getLogger(__name__)

CACHE_SIZE = 4096
AGGREGATE_AFTER, AGGREGATE_WINDOW = 10, 600.0
SPAM_BURST, SPAM_REFILL = 25, 300.0
COMBINED = "(combined from similar events): "


@dataclass
class _Group:
    """Events alike but for their message."""

    messages: set[str] = field(default_factory=set)
    last: float = 0.0


@dataclass
class _Budget:
    tokens: float = SPAM_BURST
    at: float = 0.0


class EventRecorder(EventQueue):
    """Queue events now, write them in `run`; recording never waits and never raises."""

    def __init__(self, client: Client, component: str, *, clock: Clock, host: str = "") -> None:
        super().__init__(clock)
        self._client = client
        self._source = {"component": component, **({"host": host} if host else {})}
        self._known: OrderedDict[tuple[str, ...], tuple[str, int]] = OrderedDict()
        self._groups: OrderedDict[tuple[str, ...], _Group] = OrderedDict()
        self._budgets: OrderedDict[str, _Budget] = OrderedDict()

    def event(
        self,
        about: Obj,
        kind: Literal["Normal", "Warning"],
        reason: str,
        message: str,
        *,
        field_path: str = "",
    ) -> None:
        """`about` is an object or an ObjectReference; `field_path` as `spec.containers{web}`."""
        reference = reference_to(about) if "metadata" in about else dict(about)
        if field_path:
            reference["fieldPath"] = field_path
        now = self._clock.now()
        if self._is_spam(reference, now.timestamp()):
            self.dropped += 1
            return
        when = timestamp(now)
        event: Obj = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": self._name(reference, now),
                "namespace": reference.get("namespace") or "default",
            },
            "involvedObject": reference,
            "type": kind,
            "reason": reason,
            "message": message[:MESSAGE_LIMIT],
            "source": self._source,
            "reportingComponent": self._source["component"],
            "reportingInstance": self._source.get("host", ""),
            "firstTimestamp": when,
            "lastTimestamp": when,
            "count": 1,
        }
        self._aggregate(event, now.timestamp())
        self._put(event)

    async def _write(self, event: Obj) -> None:
        identity = _identity(event)
        name, count = self._known.get(identity, ("", 0))
        namespace = event["metadata"]["namespace"]
        if name:
            patch: Any = {
                "count": count + 1,
                "lastTimestamp": event["lastTimestamp"],
                "message": event["message"],
            }
            try:
                await self._client.patch(kinds.EVENT, namespace, name, patch)
            except NotFound:
                log.debug("event %s has expired, writing a new one", name)
            else:
                _remember(self._known, identity, (name, count + 1))
                return
        await self._client.create(kinds.EVENT, event)
        _remember(self._known, identity, (event["metadata"]["name"], 1))

    def _aggregate(self, event: Obj, now: float) -> None:
        """Replace the message once too many alike have come."""
        identity = _identity(event)[:-1]
        group = self._groups.get(identity) or _Group()
        if now - group.last > AGGREGATE_WINDOW:
            group = _Group()
        group.last = now
        group.messages.add(event["message"])
        _remember(self._groups, identity, group)
        if len(group.messages) >= AGGREGATE_AFTER:
            group.messages.discard(event["message"])
            event["message"] = f"{COMBINED}{event['message']}"[:MESSAGE_LIMIT]

    def _is_spam(self, reference: Obj, now: float) -> bool:
        subject = "/".join(str(reference.get(field)) for field in ("kind", "namespace", "name", "uid"))
        budget = self._budgets.get(subject) or _Budget(at=now)
        budget.tokens = min(SPAM_BURST, budget.tokens + (now - budget.at) / SPAM_REFILL)
        budget.at = now
        _remember(self._budgets, subject, budget)
        if budget.tokens < 1:
            return True
        budget.tokens -= 1
        return False


def _identity(event: Obj) -> tuple[str, ...]:
    """What makes two events the same; the message comes last, and does not count once they are combined."""
    about = event["involvedObject"]
    message = "" if event["message"].startswith(COMBINED) else event["message"]
    return (
        about.get("kind", ""), about.get("namespace", ""), about.get("name", ""), about.get("uid", ""),
        about.get("fieldPath", ""), event["type"], event["reason"], message,
    )  # fmt: skip


def _remember(cache: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    cache[key] = value
    cache.move_to_end(key)
    if len(cache) > CACHE_SIZE:
        cache.popitem(last=False)
