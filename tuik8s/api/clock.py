"""Injected time and identity, so that tests run in virtual time with fixed names."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime
from typing import Protocol

# Without vowels and look-alikes, so that no generated name spells a word (k8s.io/apimachinery/pkg/util/rand).
SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
SUFFIX_LENGTH = 5


class Clock(Protocol):
    """The wall clock. Waiting is done with `asyncio.sleep` and loop timers, which tests make virtual."""

    def now(self) -> datetime:
        """The current time, timezone-aware, in UTC."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Ids(Protocol):
    """Where uids and random name suffixes come from."""

    def uid(self) -> str:
        """A new RFC 4122 uid."""

    def suffix(self) -> str:
        """Five characters to append to `generateName`."""


class RandomIds:
    """Ids from one random source; with a seed the sequence repeats."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)

    def uid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def suffix(self) -> str:
        return "".join(self._random.choices(SUFFIX_ALPHABET, k=SUFFIX_LENGTH))


def timestamp(moment: datetime) -> str:
    """metav1.Time: RFC 3339 in UTC, whole seconds."""
    # Some twenty are written for a pod that starts, and strftime takes several times as long.
    return moment.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def micro_timestamp(moment: datetime) -> str:
    """metav1.MicroTime: RFC 3339 in UTC with six decimals."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def parse_time(text: str) -> datetime:
    """Read either form; raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment
