"""What was done through this interface, whatever the cluster behind it is."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

KEPT = 500


class Deed(NamedTuple):
    """One action on one object. `outcome` is what the person was told; `failed` when it was refused."""

    time: datetime
    label: str
    target: str
    kubectl: str
    outcome: str
    failed: bool = False


class History:
    """The latest deeds, oldest first; `version` rises with each."""

    def __init__(self) -> None:
        self.deeds: deque[Deed] = deque(maxlen=KEPT)
        self.version = 0

    def add(self, deed: Deed) -> None:
        self.deeds.append(deed)
        self.version += 1
