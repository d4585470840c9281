"""Credentials for registries out of a pod's imagePullSecrets (pkg/credentialprovider, keyring.go).

The keys of a Docker configuration are hosts, with or without scheme, port and path; `*` stands for any part
of a host name. The most particular key that fits the image comes first.
"""

from __future__ import annotations

import base64
import binascii
import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tuik8s.cri import RegistryCredentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tuik8s.api.objects import Obj

DOCKER_HUB = "index.docker.io"
_DATA = {"kubernetes.io/dockerconfigjson": ".dockerconfigjson", "kubernetes.io/dockercfg": ".dockercfg"}


class BadPullSecret(Exception):
    """A secret's content is not a Docker configuration; the text says of which secret."""


class Keyring:
    """The credentials of all given secrets; those of other types are passed over. Raises `BadPullSecret`."""

    def __init__(self, secrets: Iterable[Obj]) -> None:
        self._entries: dict[str, list[RegistryCredentials]] = {}
        for secret in secrets:
            for location, credentials in _configured(secret):
                self._entries.setdefault(_key(location), []).append(credentials)

    def lookup(self, repository: str) -> list[RegistryCredentials]:
        """For a repository with its registry (`docker.io/library/nginx`), to be tried in this order."""
        host = repository.partition("/")[0]
        found = [
            credentials
            for key in sorted(self._entries, reverse=True)
            if _matches(key, repository)
            for credentials in self._entries[key]
        ]
        if not found and host in ("docker.io", DOCKER_HUB):
            return list(self._entries.get(DOCKER_HUB, ()))
        return found


def _configured(secret: Obj) -> Iterator[tuple[str, RegistryCredentials]]:
    field = _DATA.get(secret.get("type", ""))
    content = (secret.get("data") or {}).get(field or "")
    if not content:
        return
    try:
        found = json.loads(base64.b64decode(content))
        entries = found.get("auths") if field == ".dockerconfigjson" else found
        for location, entry in ({} if entries is None else entries).items():
            yield location, _credentials(location, entry)
    except (ValueError, AttributeError, TypeError) as error:
        name = "/".join((secret["metadata"]["namespace"], secret["metadata"]["name"]))
        raise BadPullSecret(f"secret {name}: {field} is not a Docker configuration: {error}") from error


def _credentials(location: str, entry: dict[str, Any]) -> RegistryCredentials:
    """`auth` is `user:password` in base64, and wins over the two fields."""
    user, password = str(entry.get("username") or ""), str(entry.get("password") or "")
    if entry.get("auth"):
        try:
            text = base64.b64decode(entry["auth"], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ValueError(f"auth of {location}: {error}") from error
        if ":" not in text:
            raise ValueError(f"auth of {location}: must be formatted as base64(username:password)")
        user, _, password = text.partition(":")
    return RegistryCredentials(user, password)


def _key(location: str) -> str:
    """Host and path; `/v1/` and `/v2/` say nothing."""
    parts = urlsplit(location if location.startswith(("https://", "http://")) else f"https://{location}")
    path = parts.path
    if path.startswith(("/v1/", "/v2/")):
        path = path[3:]
    return parts.netloc + ("" if path == "/" else path)


def _matches(key: str, repository: str) -> bool:
    wanted, _, path = key.partition("/")
    host, _, rest = repository.partition("/")
    wanted, _, wanted_port = wanted.partition(":")
    host, _, port = host.partition(":")
    patterns, parts = wanted.split("."), host.split(".")
    return (
        wanted_port == port
        and len(patterns) == len(parts)
        and all(map(fnmatchcase, parts, patterns))
        and rest.startswith(path)
    )
