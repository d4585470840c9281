"""What an API server is told about who may do what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from tuik8s.apiserver.authentication.service_accounts import TokenIssuer


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    modes: Sequence[str] = ("Node", "RBAC")
    """--authorization-mode: who is asked, in this order."""
    issuer: Callable[[], Awaitable[TokenIssuer]] | None = None
    """Who signs service account tokens, once the key is there. Without it there are no tokens, and none are
    mounted into pods."""
    disabled_admission: Collection[str] = ()
    """Names of admission plug-ins that are left out."""

    @property
    def anonymous(self) -> bool:
        """Whether somebody without credentials gets in at all: not where everything is allowed."""
        return "AlwaysAllow" not in self.modes
