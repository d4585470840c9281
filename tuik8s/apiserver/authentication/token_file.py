"""Static bearer tokens: lines of `token,user,uid[,"group1,group2"]` (--token-auth-file)."""

from __future__ import annotations

import csv
import hashlib
from typing import TYPE_CHECKING

from tuik8s.api.request import User
from tuik8s.apiserver.authentication.authenticator import Authenticated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class BadTokenFile(ValueError):
    """What is wrong with the file, and where."""


class TokenFile:
    """Users by token. Only digests are kept and looked up, so that the time of a look-up tells nothing."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self._users = {_digest(token): user for token, user in users.items()}

    @classmethod
    def read(cls, path: Path) -> TokenFile:
        """Blocks. Raises `BadTokenFile`, or OSError when there is nothing to read."""
        users: dict[str, User] = {}
        try:
            with path.open(newline="", encoding="utf-8") as file:
                lines = csv.reader(file, skipinitialspace=True, strict=True)
                for row in lines:
                    if not row or row[0].startswith("#"):
                        continue
                    token, user = _entry(path, lines.line_num, row)
                    if token in users:
                        raise BadTokenFile(f"{path}:{lines.line_num}: the token was given before")
                    users[token] = user
        except (csv.Error, UnicodeDecodeError) as error:
            raise BadTokenFile(f"{path}: {error}") from None
        return cls(users)

    def authenticate(self, token: str, audiences: Sequence[str]) -> Authenticated | None:
        user = self._users.get(_digest(token))
        return None if user is None else Authenticated(user)


def _entry(path: Path, line: int, row: list[str]) -> tuple[str, User]:
    if len(row) < 3:
        raise BadTokenFile(
            f"{path}:{line}: a token, a user name and a user uid are needed, not {len(row)} fields"
        )
    token, name, uid, *rest = (field.strip() for field in row)
    if not token or not name:
        raise BadTokenFile(f"{path}:{line}: the {'user name' if token else 'token'} is empty")
    groups = tuple(group.strip() for group in (rest[0] if rest else "").split(",") if group.strip())
    return token, User(name, groups, uid)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
