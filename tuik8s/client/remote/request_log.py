"""What was asked of a server lately, and how it answered."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.request import Verb

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tuik8s.api.clock import Clock
    from tuik8s.api.request import Request

KEPT = 500


class SentRequest(NamedTuple):
    """`resource` as `deployments/web/scale`; `code` is 0 for a watch, and where no answer came."""

    time: datetime
    verb: str
    resource: str
    namespace: str
    code: int
    milliseconds: float
    agent: str


class RequestLog:
    """`answered` counts requests, watches aside; `milliseconds` is how long the latest of them took."""

    def __init__(self, clock: Clock) -> None:
        self.answered = 0
        self.milliseconds = 0.0
        self._clock = clock
        self._sent: deque[SentRequest] = deque(maxlen=KEPT)

    def note(self, request: Request, code: int, seconds: float) -> None:
        if request.verb is not Verb.WATCH:
            self.answered += 1
            self.milliseconds = seconds * 1000
        resource = "/".join(part for part in (request.kind.plural, request.name, request.subresource) if part)
        self._sent.append(
            SentRequest(
                self._clock.now(),
                request.verb.value,
                resource,
                request.namespace,
                code,
                seconds * 1000,
                request.agent,
            )
        )

    def latest(self) -> Sequence[SentRequest]:
        """Oldest first."""
        return tuple(self._sent)
