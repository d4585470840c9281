"""The store, in etcd's role: revisions, compare-and-swap, history, watches, on one file or in memory.

Reading order: `records` (what goes in and out), `store` (the verbs), `commit` (how writes become durable),
`hub` (how watchers hear of them), `log` (what an engine does), `memory_log` and `sqlite_log` (the engines).
"""

from tuik8s.storage.errors import (
    Compacted,
    FutureRevision,
    KeyExists,
    KeyMissing,
    RevisionMismatch,
    StoreClosed,
    StoreCorrupt,
    StoreError,
    StoreIncompatible,
    StoreLocked,
    StoreUnusable,
    WatcherTooSlow,
    WriteFailed,
)
from tuik8s.storage.hub import Watch
from tuik8s.storage.records import Range, Record, Retention, StoreStatistics
from tuik8s.storage.store import Store

__all__ = [
    "Compacted",
    "FutureRevision",
    "KeyExists",
    "KeyMissing",
    "Range",
    "Record",
    "Retention",
    "RevisionMismatch",
    "Store",
    "StoreClosed",
    "StoreCorrupt",
    "StoreError",
    "StoreIncompatible",
    "StoreLocked",
    "StoreStatistics",
    "StoreUnusable",
    "Watch",
    "WatcherTooSlow",
    "WriteFailed",
]
