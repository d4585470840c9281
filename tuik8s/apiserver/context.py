"""What all parts of the API server share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuik8s.api.clock import Clock, Ids
    from tuik8s.apiserver.admission import AdmissionChain
    from tuik8s.apiserver.storing import Writer
    from tuik8s.storage import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerContext:
    store: Store
    writer: Writer
    clock: Clock
    ids: Ids
    admission: AdmissionChain
