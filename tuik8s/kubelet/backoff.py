"""Per-key exponential back-off in wall time (k8s.io/client-go/util/flowcontrol)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(slots=True)
class _Entry:
    delay: float
    updated: datetime


class Backoff:
    """Delays from `base` doubling to `limit` seconds; a key quiet for twice the limit starts anew."""

    def __init__(self, base: float = 10.0, limit: float = 300.0) -> None:
        self._base, self._limit = base, limit
        self._entries: dict[str, _Entry] = {}

    def delay(self, key: str) -> float:
        """Seconds the current back-off lasts; 0 for a key without one."""
        entry = self._entries.get(key)
        return entry.delay if entry else 0.0

    def due(self, key: str, since: datetime) -> datetime | None:
        """When the back-off that counts from `since` ends; None if there is none."""
        entry = self._entries.get(key)
        if entry is None or self._expired(entry, since):
            return None
        return since + timedelta(seconds=entry.delay)

    def due_since_update(self, key: str) -> datetime | None:
        """When the back-off that counts from the last failure ends."""
        entry = self._entries.get(key)
        return entry.updated + timedelta(seconds=entry.delay) if entry else None

    def next(self, key: str, event: datetime, now: datetime) -> float:
        """Note one more attempt or failure; returns the new delay."""
        entry = self._entries.get(key)
        if entry is None or self._expired(entry, event):
            entry = self._entries[key] = _Entry(self._base, now)
        else:
            entry.delay = min(entry.delay * 2, self._limit)
            entry.updated = now
        return entry.delay

    def forget(self, key: str) -> None:
        self._entries.pop(key, None)

    def _expired(self, entry: _Entry, event: datetime) -> bool:
        return (event - entry.updated).total_seconds() > 2 * self._limit
