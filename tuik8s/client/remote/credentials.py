"""Who we are to a server: certificates, tokens, passwords and impersonation of a kubeconfig's user."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tuik8s.client.remote.exec_plugin import ExecPlugin
from tuik8s.client.remote.problems import CredentialProblem, KubeconfigProblem
from tuik8s.client.remote.tls import client_certificate, tls_context

if TYPE_CHECKING:
    import ssl

    from tuik8s.api.clock import Clock
    from tuik8s.client.remote.kubeconfig import Context

TOKEN_FILE_SECONDS = 60.0
"""A token file is read again after this long: mounted tokens are renewed in place."""


class Identity(NamedTuple):
    """What each request carries. A pair for each header: Impersonate-Group may come several times."""

    headers: tuple[tuple[str, str], ...]
    tls: ssl.SSLContext


class Credentials:
    """The identity of `context`, renewed as its sources ask; `source` says in words what it is."""

    def __init__(self, context: Context, *, clock: Clock, interactive: bool = False) -> None:
        user = context.user
        self._cluster = context.cluster
        self._user = user
        self._plugin = ExecPlugin(context, clock=clock, interactive=interactive) if user.get("exec") else None
        self._fixed = _impersonation(user)
        self._tls: ssl.SSLContext | None = None
        self._tls_for: object = None
        self._token, self._token_until = "", 0.0
        self._lock = asyncio.Lock()
        self.source = _source(user)
        if provider := user.get("auth-provider"):
            raise KubeconfigProblem(
                f"the user's auth-provider {provider.get('name')!r} is not supported: Kubernetes has replaced"
                " these by exec plug-ins"
            )

    async def identity(self) -> Identity:
        """Raises CredentialProblem when a token file or plug-in gives nothing."""
        async with self._lock:
            headers, certificate = await self._authorization()
            if self._tls is None or self._tls_for != certificate:
                own = certificate or await asyncio.to_thread(client_certificate, self._user)
                self._tls = await asyncio.to_thread(tls_context, self._cluster, own)
                self._tls_for = certificate
            return Identity((*headers, *self._fixed), self._tls)

    def forget(self) -> bool:
        """The server knows us not: whether asking the sources anew may help."""
        self._token_until = 0.0
        if self._plugin is not None:
            self._plugin.forget()
        return self._plugin is not None or bool(self._user.get("tokenFile"))

    def close_terminal(self) -> None:
        """From now on the terminal belongs to somebody else: plug-ins may not ask there."""
        if self._plugin is not None:
            self._plugin.interactive = False

    async def _authorization(self) -> tuple[list[tuple[str, str]], Any]:
        if self._plugin is not None:
            answer = await self._plugin.answer()
            return _bearer(answer.token), answer.certificate
        if self._user.get("tokenFile"):
            return _bearer(await self._token_of_file()), None
        if self._user.get("token"):
            return _bearer(str(self._user["token"])), None
        if self._user.get("username"):
            pair = f"{self._user['username']}:{self._user.get('password') or ''}"
            return [("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")], None
        return [], None

    async def _token_of_file(self) -> str:
        """The last token read stays good while the file cannot be read."""
        now = asyncio.get_running_loop().time()
        if now >= self._token_until:
            path = Path(self._user["tokenFile"])
            try:
                self._token = (await asyncio.to_thread(path.read_text)).strip()
                self._token_until = now + TOKEN_FILE_SECONDS
            except (OSError, UnicodeDecodeError) as error:
                if not self._token and not self._user.get("token"):
                    raise CredentialProblem(f"tokenFile {path}: {error}") from error
        return self._token or str(self._user.get("token") or "")


def _bearer(token: str) -> list[tuple[str, str]]:
    if not token:
        return []
    if not token.isascii() or not token.isprintable():
        raise CredentialProblem("the token holds characters that no header can carry")
    return [("Authorization", f"Bearer {token}")]


def _impersonation(user: Any) -> tuple[tuple[str, str], ...]:
    """`as`, `as-uid`, `as-groups`, `as-user-extra` of the user's entry."""
    name, groups, extra = user.get("as"), user.get("as-groups") or (), user.get("as-user-extra") or {}
    if not name:
        if groups or extra or user.get("as-uid"):
            raise KubeconfigProblem(
                "the user has as-groups, as-uid or as-user-extra but no as: name somebody"
            )
        return ()
    headers = [("Impersonate-User", str(name))]
    if user.get("as-uid"):
        headers.append(("Impersonate-Uid", str(user["as-uid"])))
    headers += [("Impersonate-Group", str(group)) for group in groups]
    headers += [(f"Impersonate-Extra-{key}", str(value)) for key, values in extra.items() for value in values]
    return tuple(headers)


def _source(user: Any) -> str:
    if user.get("exec"):
        return f"the exec plug-in {user['exec'].get('command')!r}"
    names = ("tokenFile", "token", "username", "client-certificate", "client-certificate-data")
    found = next((name for name in names if user.get(name)), "")
    return f"the user's {found.removesuffix('-data')}" if found else "no credentials"
