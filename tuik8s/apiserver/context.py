"""What all parts of the API server share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tuik8s.api.clock import Clock, Ids
    from tuik8s.apiserver.admission import AdmissionChain
    from tuik8s.apiserver.authentication.service_accounts import TokenIssuer
    from tuik8s.apiserver.authorization import Authorization
    from tuik8s.apiserver.storing import Writer
    from tuik8s.storage import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerContext:
    store: Store
    writer: Writer
    clock: Clock
    ids: Ids
    admission: AdmissionChain
    authorization: Authorization
    issuer: Callable[[], Awaitable[TokenIssuer]] | None = None
    """Who signs service account tokens, once the key is there; None where nobody does."""
