"""Acting as somebody else: the Impersonate-* headers (k8s.io/apiserver/pkg/endpoints/filters)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from tuik8s.api.errors import InternalError
from tuik8s.api.request import User
from tuik8s.apiserver.authentication.authenticator import ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED
from tuik8s.apiserver.authentication.service_account_names import groups_of, split_user_name
from tuik8s.apiserver.authorization import Attributes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from multidict import CIMultiDictProxy

    from tuik8s.apiserver.authorization import Authorization

_PREFIX, _EXTRA = "impersonate-", "impersonate-extra-"
_GROUP = "authentication.k8s.io"


def impersonated(user: User, headers: CIMultiDictProxy[str], authorization: Authorization) -> User:
    """`user` where no header asks for another. Raises Forbidden unless the user may be all that is asked."""
    asked = {key.lower() for key in headers if key.lower().startswith(_PREFIX)}
    if not asked:
        return user
    name = headers.get("Impersonate-User", "")
    groups = tuple(headers.getall("Impersonate-Group", []))
    uid = headers.get("Impersonate-Uid", "")
    extra = _extra(headers)
    if not name:
        raise InternalError("Internal error occurred: requested impersonation without impersonating a user")
    for attributes in _questions(user, name, groups, uid, extra):
        authorization.check(attributes)
    return User(name, _with_standing(name, groups), uid, tuple((k, tuple(v)) for k, v in extra.items()))


def _extra(headers: CIMultiDictProxy[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for header, value in headers.items():
        if header.lower().startswith(_EXTRA):
            found.setdefault(unquote(header.lower().removeprefix(_EXTRA)), []).append(value)
    return found


def _questions(
    user: User, name: str, groups: tuple[str, ...], uid: str, extra: dict[str, list[str]]
) -> Iterator[Attributes]:
    account = split_user_name(name)
    if account is not None:
        yield Attributes(user, "impersonate", "", "serviceaccounts", "", *account)
    else:
        yield Attributes(user, "impersonate", "", "users", name=name)
    for group in groups:
        yield Attributes(user, "impersonate", "", "groups", name=group)
    for key, values in extra.items():
        for value in values:
            yield Attributes(user, "impersonate", _GROUP, "userextras", key, name=value)
    if uid:
        yield Attributes(user, "impersonate", _GROUP, "uids", name=uid)


def _with_standing(name: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    """A service account is in its groups unless others were asked for; everybody is authenticated or not."""
    account = split_user_name(name)
    if account is not None and not groups:
        groups = groups_of(account[0])
    if AUTHENTICATED in groups or UNAUTHENTICATED in groups:
        return groups
    return (*groups, UNAUTHENTICATED if name == ANONYMOUS.name else AUTHENTICATED)
