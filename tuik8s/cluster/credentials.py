"""The cluster's authority and the key of its service account tokens, ready a moment after the start."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta
    from pathlib import Path

    from tuik8s.api.clock import Clock
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.authentication.service_accounts import TokenIssuer


class Credentials:
    """Reads or makes the files below `directory`; whoever needs them waits until they are there.

    That is some time after `begin`: the libraries take a third of a second to load, in a thread, and would
    take it from what else there is to start.
    """

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._begun = asyncio.Event()
        self._loaded: asyncio.Future[tuple[TokenIssuer, str]] | None = None

    def begin(self) -> None:
        self._begun.set()

    async def issuer(self) -> TokenIssuer:
        return (await self._once())[0]

    async def root_certificate(self) -> str:
        """The authority's certificate, as PEM."""
        return (await self._once())[1]

    async def sign_secret(self, account: Obj, secret: Obj) -> str:
        """The token of a Secret of type kubernetes.io/service-account-token."""
        return (await self.issuer()).issue_legacy(account, secret)

    async def sign_certificate(self, request: bytes, usages: Collection[str], lifetime: timedelta) -> bytes:
        """By the authority, for a client or a server that proved to have the key. Raises ValueError."""
        from tuik8s.apiserver.certificates import sign_certificate

        await self._once()
        now = self._clock.now()
        return await asyncio.to_thread(sign_certificate, self._directory, request, usages, lifetime, now)

    async def _once(self) -> tuple[TokenIssuer, str]:
        if self._loaded is None:
            self._loaded = asyncio.ensure_future(self._load())
        return await asyncio.shield(self._loaded)

    async def _load(self) -> tuple[TokenIssuer, str]:
        await self._begun.wait()
        if "jwt" in sys.modules:  # a few milliseconds, for which no thread is needed
            return self._prepare()
        return await asyncio.to_thread(self._prepare)

    def _prepare(self) -> tuple[TokenIssuer, str]:
        from tuik8s.apiserver.authentication.service_accounts import TokenIssuer
        from tuik8s.apiserver.authentication.signing_key import ensure_signing_key
        from tuik8s.apiserver.certificates import ensure_authority

        authority = ensure_authority(self._directory, self._clock.now())
        key = ensure_signing_key(self._directory / "sa.key")
        return TokenIssuer(key), authority.read_text()
