"""Which credentials of a pod's pull secrets fit an image, after the kubelet's keyring."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.cri import RegistryCredentials
from tuik8s.kubelet.credentials import BadPullSecret, Keyring

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(content: Any, kind: str = "dockerconfigjson") -> Obj:
    text = content if isinstance(content, str) else json.dumps(content)
    return {
        "metadata": {"namespace": "default", "name": "registry"},
        "type": f"kubernetes.io/{kind}",
        "data": {f".{kind}": encoded(text)},
    }


def auths(**users: str) -> Obj:
    """By location: a user whose password is `pw`."""
    return {"auths": {location: {"username": user, "password": "pw"} for location, user in users.items()}}


def found(repository: str, *secrets: Obj) -> list[str]:
    return [credentials.user for credentials in Keyring(secrets).lookup(repository)]


@pytest.mark.parametrize(
    ("location", "repository", "fits"),
    [
        ("example.com", "example.com/team/app", True),
        ("https://example.com", "example.com/app", True),
        ("https://example.com/v1/", "example.com/app", True),
        ("example.com/v2/", "example.com/app", True),
        ("example.com/team", "example.com/team/app", True),
        ("example.com/team", "example.com/other/app", False),
        ("example.com:5000", "example.com:5000/app", True),
        ("example.com", "example.com:5000/app", False),
        ("*.example.com", "eu.example.com/app", True),
        ("*.example.com", "a.b.example.com/app", False),
        ("*.example.com", "example.com/app", False),
        ("https://index.docker.io/v1/", "docker.io/library/nginx", True),
        ("docker.io", "docker.io/library/nginx", True),
        ("example.com", "docker.io/library/nginx", False),
    ],
)
def test_locations(location: str, repository: str, fits: bool) -> None:
    assert found(repository, secret(auths(**{location: "me"}))) == (["me"] if fits else [])


def test_the_most_particular_comes_first() -> None:
    keys = auths(**{"example.com": "anyone", "example.com/team/app": "app", "example.com/team": "team"})
    assert found("example.com/team/app", secret(keys)) == ["app", "team", "anyone"]


def test_all_secrets_count_in_their_order() -> None:
    one, two = secret(auths(**{"example.com": "one"})), secret(auths(**{"example.com": "two"}))
    assert found("example.com/app", one, two) == ["one", "two"]


def test_auth_is_user_and_password_in_one() -> None:
    entry = {"auth": encoded("me:pa:ss"), "username": "ignored"}
    keyring = Keyring([secret({"auths": {"example.com": entry}})])
    assert keyring.lookup("example.com/app") == [RegistryCredentials("me", "pa:ss")]


def test_the_old_form_has_no_auths() -> None:
    old = secret({"example.com": {"auth": encoded("me:pw")}}, "dockercfg")
    assert found("example.com/app", old) == ["me"]


def test_secrets_of_other_types_are_passed_over() -> None:
    assert found("example.com/app", {**secret(auths(**{"example.com": "me"})), "type": "Opaque"}) == []


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '"text"', '{"auths": []}', '{"auths": {"a": "b"}}', '{"auths": {"a": {"auth": "%"}}}'],
)
def test_what_is_no_configuration_is_named(content: str) -> None:
    with pytest.raises(BadPullSecret, match=r"secret default/registry: \.dockerconfigjson"):
        Keyring([secret(content)])
