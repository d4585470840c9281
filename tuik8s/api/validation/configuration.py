"""ConfigMaps and Secrets."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from tuik8s.api import errors, names
from tuik8s.api.scalars import decoded_size
from tuik8s.api.validation.values import check_immutable, complain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

SIZE_LIMIT = 1024 * 1024
_FROZEN = "field is immutable when `immutable` is set"
_REDACTED = "<secret contents redacted>"
_ACCOUNT_NAME = "kubernetes.io/service-account.name"

_REQUIRED_KEYS: dict[str, tuple[str, ...]] = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}


def validate_config_map(config_map: Obj) -> Iterator[FieldError]:
    data, binary = config_map.get("data") or {}, config_map.get("binaryData") or {}
    for key in data:
        yield from complain(f"data[{key}]", key, names.config_map_key(key))
        if key in binary:
            yield errors.invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    for key in binary:
        yield from complain(f"binaryData[{key}]", key, names.config_map_key(key))
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in data.values())
    if size + sum(map(decoded_size, binary.values())) > SIZE_LIMIT:
        yield errors.too_long("[]", SIZE_LIMIT)  # the empty path stands for the whole object


def validate_config_map_update(config_map: Obj, old: Obj) -> Iterator[FieldError]:
    return _check_frozen(config_map, old, "data", "binaryData")


def validate_secret(secret: Obj) -> Iterator[FieldError]:
    data: dict[str, str] = secret.get("data") or {}
    for key in data:
        yield from complain(f"data[{key}]", key, names.config_map_key(key))
    if sum(map(decoded_size, data.values())) > SIZE_LIMIT:
        yield errors.too_long("data", SIZE_LIMIT)
    kind = secret.get("type", "Opaque")
    for key in _REQUIRED_KEYS.get(kind, ()):
        if key not in data:
            yield errors.required(f"data[{key}]")
        elif key.startswith(".docker"):
            yield from _check_docker_config(data[key], f"data[{key}]")
    annotations = (secret.get("metadata") or {}).get("annotations") or {}
    if kind == "kubernetes.io/service-account-token" and not annotations.get(_ACCOUNT_NAME):
        yield errors.required(f"metadata.annotations[{_ACCOUNT_NAME}]")
    if kind == "kubernetes.io/basic-auth" and not data.keys() & {"username", "password"}:
        yield errors.required("data[username]")
        yield errors.required("data[password]")
    if kind == "kubernetes.io/ssh-auth" and not data.get("ssh-privatekey"):
        yield errors.required("data[ssh-privatekey]")


def _check_docker_config(text: str, path: str) -> Iterator[FieldError]:
    try:
        content = json.loads(base64.b64decode(text))
    except (ValueError, RecursionError) as error:
        yield errors.invalid(path, _REDACTED, str(error))
        return
    if not isinstance(content, dict):
        yield errors.invalid(
            path, _REDACTED, "json: cannot unmarshal into Go value of type map[string]interface {}"
        )


def validate_secret_update(secret: Obj, old: Obj) -> Iterator[FieldError]:
    yield from check_immutable(secret.get("type"), old.get("type"), "type")
    yield from _check_frozen(secret, old, "data")


def _check_frozen(obj: Obj, old: Obj, *fields: str) -> Iterator[FieldError]:
    if not old.get("immutable"):
        return
    if not obj.get("immutable"):
        yield errors.forbidden("immutable", _FROZEN)
    for field in fields:
        if (obj.get(field) or {}) != (old.get(field) or {}):
            yield errors.forbidden(field, _FROZEN)
