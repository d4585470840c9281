"""Bootstrap tokens: `id.secret`, kept in Secrets of kube-system.

After plugin/pkg/auth/authenticator/token/bootstrap.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.clock import parse_time
from tuik8s.api.objects import is_deleting
from tuik8s.api.request import User
from tuik8s.apiserver.authentication.authenticator import Authenticated, BadToken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.clock import Clock
    from tuik8s.api.objects import Obj
    from tuik8s.storage import Store

SECRET_TYPE = "bootstrap.kubernetes.io/token"
GROUP, USER_PREFIX = "system:bootstrappers", "system:bootstrap:"
_TOKEN = re.compile(r"([a-z0-9]{6})\.([a-z0-9]{16})")
_EXTRA_GROUP = re.compile(r"system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]")


class BootstrapTokens:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def authenticate(self, token: str, audiences: Sequence[str]) -> Authenticated | None:
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            return None
        identifier, password = parts.groups()
        secret = self._store.get(kinds.SECRET.storage_key("kube-system", f"bootstrap-token-{identifier}"))
        if secret is None or secret.get("type") != SECRET_TYPE or is_deleting(secret):
            return None
        values = _values(secret)
        if values.get("token-id") != identifier or not hmac.compare_digest(
            values.get("token-secret", "").encode(), password.encode()
        ):
            return None
        if self._has_expired(values) or values.get("usage-bootstrap-authentication") != "true":
            return None
        return Authenticated(User(USER_PREFIX + identifier, (GROUP, *_extra_groups(values))))

    def _has_expired(self, values: dict[str, str]) -> bool:
        """One that cannot be read has."""
        if not values.get("expiration"):
            return False
        try:
            return self._clock.now() >= parse_time(values["expiration"])
        except ValueError:
            return True


def _values(secret: Obj) -> dict[str, str]:
    data = secret.get("data") or {}
    return {key: base64.b64decode(value).decode("utf-8", "replace") for key, value in data.items()}


def _extra_groups(values: dict[str, str]) -> list[str]:
    groups = [group for group in values.get("auth-extra-groups", "").split(",") if group]
    for group in groups:
        if not _EXTRA_GROUP.fullmatch(group):
            raise BadToken(f"bootstrap group {group!r} is invalid: it must begin with system:bootstrappers:")
    return sorted(set(groups))
