"""From what the configuration says to who may use the API."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tuik8s.apiserver.access import Access
from tuik8s.apiserver.authentication import Authenticator
from tuik8s.apiserver.authentication.bootstrap_tokens import BootstrapTokens
from tuik8s.apiserver.authentication.token_file import BadTokenFile, TokenFile
from tuik8s.apiserver.authorization.modes import BadMode, check_modes
from tuik8s.config import BadConfig

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tuik8s.api.clock import Clock
    from tuik8s.apiserver.authentication.service_accounts import TokenIssuer
    from tuik8s.config import Config
    from tuik8s.storage import Store


def configured_access(config: Config, issuer: Callable[[], Awaitable[TokenIssuer]]) -> Access:
    """Raises `BadConfig`."""
    modes = tuple(mode.strip() for mode in config.authorization_mode.split(",") if mode.strip())
    try:
        check_modes(modes)
    except BadMode as error:
        raise BadConfig(str(error)) from None
    return Access(modes=modes, issuer=issuer, disabled_admission=config.disabled_admission)


async def read_token_file(path: Path | None) -> TokenFile | None:
    """Raises `BadConfig` for a file that cannot be used."""
    if path is None:
        return None
    try:
        return await asyncio.to_thread(TokenFile.read, path)
    except BadTokenFile as error:
        raise BadConfig(str(error)) from None


def authenticator_of(
    tokens: TokenFile | None, issuer: TokenIssuer, store: Store, clock: Clock, *, anonymous: bool
) -> Authenticator:
    from tuik8s.apiserver.authentication.service_accounts import ServiceAccountTokens  # loads what verifies

    accounts = ServiceAccountTokens(issuer, store, clock)
    static = [tokens] if tokens is not None else []
    return Authenticator([*static, accounts, BootstrapTokens(store, clock)], anonymous=anonymous)
