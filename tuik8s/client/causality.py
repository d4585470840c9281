"""Which write woke the code that is running now, and what it has written since.

A worker opens a `Cause` around one reconcile. The client stamps every write with it, and notes the revision
it got, so that the worker can wait until its caches have seen the writes. Nothing else needs to know.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from tuik8s.api.kinds import Kind

_current: ContextVar[Cause | None] = ContextVar("tuik8s_cause", default=None)


class Cause:
    """The scope of one reaction to one write; `writes` maps each kind written to its last revision."""

    def __init__(self, revision: int) -> None:
        self.revision = revision
        self.writes: dict[Kind, int] = {}
        self._token: Token[Cause | None] | None = None

    def __enter__(self) -> Cause:
        self._token = _current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _current.reset(self._token)

    def note(self, kind: Kind, revision: int) -> None:
        self.writes[kind] = max(revision, self.writes.get(kind, 0))


def cause_of_this_task() -> int:
    """The revision of the waking write; 0 outside any `Cause`."""
    cause = _current.get()
    return cause.revision if cause else 0


def note_write(kind: Kind, revision: int) -> None:
    cause = _current.get()
    if cause is not None:
        cause.note(kind, revision)


def writes_of_this_task() -> dict[Kind, int]:
    cause = _current.get()
    return dict(cause.writes) if cause else {}
