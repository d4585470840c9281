"""Service account tokens: signed, checked, bound to objects (pkg/serviceaccount).

The claims are Kubernetes' own. Tokens are signed with ES256 by a key of the cluster; the algorithm of a token
is not asked: another one never verifies.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jwt

from tuik8s.api import kinds
from tuik8s.api.clock import parse_time
from tuik8s.api.request import User
from tuik8s.apiserver.authentication.authenticator import Authenticated, BadToken
from tuik8s.apiserver.authentication.service_account_names import API_AUDIENCE, groups_of, user_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.clock import Clock
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.authentication.signing_key import SigningKey
    from tuik8s.storage import Store

LEGACY_ISSUER = "kubernetes/serviceaccount"
DELETED_LEEWAY = timedelta(seconds=60)
"""How long a token outlives the deletion mark of what it is bound to."""
KNOWN_TOKENS = 1_000
_PRIVATE = "kubernetes.io"
_EXTRA = "authentication.kubernetes.io/"
_BOUND: dict[str, Kind] = {"pod": kinds.POD, "secret": kinds.SECRET, "node": kinds.NODE}
_ALGORITHM = "ES256"
_UNCHECKED: Any = dict.fromkeys(
    ("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss", "verify_sub", "verify_jti"), False
)
_UNVERIFIED: Any = {"verify_signature": False, **_UNCHECKED}
"""The library knows the system's clock only: times, audiences and issuer are checked here."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a token dies with; `node` beside a pod is where it runs."""

    pod: Obj | None = None
    secret: Obj | None = None
    node: Obj | None = None


class TokenIssuer:
    """Signs tokens for service accounts. `audiences` are the API's own."""

    def __init__(self, key: SigningKey, *, issuer: str = API_AUDIENCE) -> None:
        self.key = key
        self.issuer = issuer
        self.audiences = (issuer,)

    def issue(
        self, account: Obj, audiences: Sequence[str], *, now: int, expires: int, identifier: str,
        bound: Bound = Bound(), warn_after: int | None = None,
    ) -> str:  # fmt: skip
        """Times are seconds since 1970; after `warn_after` a use of the token is remarkable."""
        meta = account["metadata"]
        private: Obj = {"namespace": meta["namespace"], "serviceaccount": _reference(account)}
        for field in ("node", "pod", "secret"):
            found = getattr(bound, field)
            if found is not None:
                private[field] = _reference(found)
        if warn_after is not None:
            private["warnafter"] = warn_after
        claims = {
            "aud": list(audiences), "exp": expires, "iat": now, "iss": self.issuer, "jti": identifier,
            _PRIVATE: dict(sorted(private.items())), "nbf": now,
            "sub": user_name(meta["namespace"], meta["name"]),
        }  # fmt: skip
        return self._sign(claims)

    def issue_legacy(self, account: Obj, secret: Obj) -> str:
        """For a Secret of type kubernetes.io/service-account-token; it dies with the Secret alone."""
        meta = account["metadata"]
        prefix = f"{LEGACY_ISSUER}/"
        return self._sign({
            "iss": LEGACY_ISSUER, f"{prefix}namespace": meta["namespace"],
            f"{prefix}secret.name": secret["metadata"]["name"], f"{prefix}service-account.name": meta["name"],
            f"{prefix}service-account.uid": meta["uid"], "sub": user_name(meta["namespace"], meta["name"]),
        })  # fmt: skip

    def _sign(self, claims: Obj) -> str:
        return jwt.encode(
            claims, self.key.private, algorithm=_ALGORITHM, headers={"kid": self.key.identifier}
        )


def _reference(obj: Obj) -> Obj:
    return {"name": obj["metadata"]["name"], "uid": obj["metadata"]["uid"]}


class ServiceAccountTokens:
    """Checks what the issuer signed against the objects as they are now."""

    def __init__(self, issuer: TokenIssuer, store: Store, clock: Clock) -> None:
        self._issuer = issuer
        self._store = store
        self._clock = clock
        self._known: dict[str, Obj] = {}
        """Claims of tokens whose signature was found good: a client sends the same one with each request."""

    def authenticate(self, token: str, audiences: Sequence[str]) -> Authenticated | None:
        claims = self._verified(token)
        if claims is None:
            return None
        if claims["iss"] == LEGACY_ISSUER:
            return self._legacy(token, claims, audiences)
        wanted = tuple(audiences) or self._issuer.audiences
        given = claims.get("aud") or []
        common = tuple(a for a in wanted if a in ([given] if isinstance(given, str) else given))
        if not common:
            raise BadToken(
                f"token audiences {_go_list(given)} is invalid for the target audiences {_go_list(wanted)}"
            )
        self._check_times(claims)
        return Authenticated(self._current(claims), common)

    def _verified(self, token: str) -> Obj | None:
        """The claims of a token by one of our issuers; None for all others."""
        if token in self._known:
            return self._known[token]
        try:
            claims = jwt.decode(token, options=_UNVERIFIED)
        except (jwt.PyJWTError, RecursionError):
            return None
        if claims.get("iss") not in (self._issuer.issuer, LEGACY_ISSUER):
            return None
        try:
            verified: Obj = jwt.decode(
                token, self._issuer.key.public, algorithms=[_ALGORITHM], options=_UNCHECKED
            )
        except jwt.PyJWTError as error:
            raise BadToken(f"invalid signature: {error}") from None
        if len(self._known) >= KNOWN_TOKENS:
            del self._known[next(iter(self._known))]
        self._known[token] = verified
        return verified

    def _check_times(self, claims: Obj) -> None:
        now = self._clock.now().timestamp()
        expires, begins = claims.get("exp"), claims.get("nbf", 0)
        if not isinstance(expires, int | float) or not isinstance(begins, int | float):
            raise BadToken("token could not be validated")
        if now >= expires:
            raise BadToken("service account token has expired")
        if now < begins:
            raise BadToken("service account token is not valid yet")

    def _current(self, claims: Obj) -> User:
        """The account as it is now; everything the token is bound to must still be what it was."""
        private = claims.get(_PRIVATE)
        if not isinstance(private, dict):
            raise BadToken("token could not be validated")
        namespace, account = private.get("namespace", ""), private.get("serviceaccount") or {}
        uid = self._account_uid(namespace, account.get("name", ""), account.get("uid", ""))
        extra: list[tuple[str, tuple[str, ...]]] = []
        if claims.get("jti"):
            extra.append((f"{_EXTRA}credential-id", (f"JTI={claims['jti']}",)))
        for field in ("node", "pod", "secret"):
            reference = private.get(field)
            if not reference:
                continue
            # The node of a pod is told, not checked: pods outlive their node's object.
            if field != "node" or "pod" not in private:
                self._check_bound(field, namespace, reference)
            if field != "secret":
                extra += [
                    (f"{_EXTRA}{field}-{part}", (str(reference.get(part, "")),)) for part in ("name", "uid")
                ]
        return User(user_name(namespace, account["name"]), groups_of(namespace), uid, tuple(extra))

    def _account_uid(self, namespace: str, name: str, uid: str) -> str:
        found = self._store.get(kinds.SERVICE_ACCOUNT.storage_key(namespace, name))
        if found is None or self._was_deleted(found):
            raise BadToken("service account token has been invalidated")
        if found["metadata"]["uid"] != uid:
            raise BadToken(f"service account UID ({found['metadata']['uid']}) does not match claim ({uid})")
        return uid

    def _check_bound(self, field: str, namespace: str, reference: Any) -> None:
        kind = _BOUND[field]
        found = self._store.get(
            kind.storage_key(namespace if kind.namespaced else "", reference.get("name", ""))
        )
        if found is None or self._was_deleted(found) or found["metadata"]["uid"] != reference.get("uid"):
            raise BadToken("service account token has been invalidated")

    def _was_deleted(self, obj: Obj) -> bool:
        mark = obj["metadata"].get("deletionTimestamp")
        return bool(mark) and self._clock.now() > parse_time(mark) + DELETED_LEEWAY

    def _legacy(self, token: str, claims: Obj, audiences: Sequence[str]) -> Authenticated:
        if audiences and not set(audiences) & set(self._issuer.audiences):
            raise BadToken("a token of a Secret is for the API alone")
        prefix = f"{LEGACY_ISSUER}/"
        namespace, name, secret, uid = (
            str(claims.get(prefix + part, ""))
            for part in ("namespace", "service-account.name", "secret.name", "service-account.uid")
        )
        found = self._store.get(kinds.SECRET.storage_key(namespace, secret))
        kept = ((found or {}).get("data") or {}).get("token", "")
        if found is None or self._was_deleted(found) or _decoded(kept) != token:
            raise BadToken("service account token has been invalidated")
        self._account_uid(namespace, name, uid)
        return Authenticated(
            User(user_name(namespace, name), groups_of(namespace), uid), self._issuer.audiences
        )


def _decoded(value: str) -> str:
    return base64.b64decode(value).decode("utf-8", "replace")


def _go_list(values: Any) -> str:
    items = [values] if isinstance(values, str) else values
    return "[" + " ".join(f'"{item}"' for item in items) + "]"
