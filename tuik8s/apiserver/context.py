"""What all parts of the API server share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuik8s.api.clock import Clock, Ids
    from tuik8s.api.kinds import KindRegistry
    from tuik8s.storage import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerContext:
    store: Store
    clock: Clock
    ids: Ids
    kinds: KindRegistry
