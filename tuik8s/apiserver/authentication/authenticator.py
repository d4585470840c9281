"""The chain of authenticators (k8s.io/apiserver/pkg/authentication)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tuik8s.api.errors import Unauthorized
from tuik8s.api.request import User

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AUTHENTICATED, UNAUTHENTICATED = "system:authenticated", "system:unauthenticated"
ANONYMOUS = User("system:anonymous", (UNAUTHENTICATED,))


class BadToken(Exception):
    """A token of the authenticator's own sort that does not hold; the text is for its owner."""


class Authenticated(NamedTuple):
    user: User
    audiences: tuple[str, ...] = ()
    """For whom the token is, of those asked for; empty where the authenticator knows no audiences."""


class TokenAuthenticator(Protocol):
    def authenticate(self, token: str, audiences: Sequence[str]) -> Authenticated | None:
        """None for what is not of its sort; raises `BadToken`. Empty `audiences` stand for the API's own."""


class Authenticator:
    """Client certificate first, then bearer token; each token authenticator in turn.

    Without `anonymous` nobody gets in without credentials: where everything is allowed, as kube-apiserver
    has it, nobody unknown may be.
    """

    def __init__(self, tokens: Sequence[TokenAuthenticator] = (), *, anonymous: bool = True) -> None:
        self._tokens = tuple(tokens)
        self._anonymous = anonymous

    def authenticate(self, certificate: Mapping[str, Any] | None, authorization: str) -> User:
        """`certificate` as `ssl` tells it, already verified; `authorization` is the header's value.

        Raises Unauthorized for credentials that do not hold.
        """
        user = user_of_certificate(certificate) if certificate else None
        if user is not None:
            return user
        token = bearer_token(authorization)
        if not token and not self._anonymous:
            raise Unauthorized("Unauthorized")
        if not token:
            return ANONYMOUS
        try:
            found = self.authenticate_token(token)
        except BadToken:
            found = None
        if found is None:
            raise Unauthorized("Unauthorized")
        return found.user

    def authenticate_token(self, token: str, audiences: Sequence[str] = ()) -> Authenticated | None:
        """None when nobody knows the token; raises `BadToken` with the first objection."""
        problem: BadToken | None = None
        for authenticator in self._tokens:
            try:
                found = authenticator.authenticate(token, audiences)
            except BadToken as error:
                problem = problem or error
                continue
            if found is not None:
                return found._replace(user=authenticated(found.user))
        if problem is not None:
            raise problem
        return None


def authenticated(user: User) -> User:
    """With the group of everybody who proved to be somebody."""
    if AUTHENTICATED in user.groups or UNAUTHENTICATED in user.groups:
        return user
    return replace(user, groups=(*user.groups, AUTHENTICATED))


def bearer_token(authorization: str) -> str:
    """Empty when the header carries none; other schemes are nobody's."""
    scheme, _, rest = authorization.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else ""


def user_of_certificate(certificate: Mapping[str, Any]) -> User | None:
    """The common name is the user, each organization a group; None without a name."""
    names = [pair for part in certificate.get("subject", ()) for pair in part]
    common = [value for name, value in names if name == "commonName"]
    groups = [value for name, value in names if name == "organizationName"]
    return authenticated(User(common[0], tuple(groups))) if common and common[0] else None
