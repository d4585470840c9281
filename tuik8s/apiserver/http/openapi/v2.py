"""The least OpenAPI v2 document that kubectl 1.27 and 1.28 can work with, in gnostic's protobuf encoding.

They ask it whether a kind's PATCH takes `fieldValidation`, and older ones whether it takes `dryRun`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.kinds import KUBERNETES_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.kinds import Kind

MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
ASKED_AS = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"

# Field numbers of openapi.v2: Document, Info, Paths, NamedPathItem, PathItem, Operation, …
_SWAGGER, _INFO, _PATHS = 1, 2, 8
_PATCH, _PARAMETERS, _EXTENSION = 8, 8, 13


def document(kinds: Iterable[Kind]) -> bytes:
    paths = b"".join(_bytes(2, _path(kind)) for kind in kinds)
    info = _text(1, "Kubernetes") + _text(2, KUBERNETES_VERSION)
    return _text(_SWAGGER, "2.0") + _bytes(_INFO, info) + _bytes(_PATHS, paths)


def _path(kind: Kind) -> bytes:
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    scope = "/namespaces/{namespace}" if kind.namespaced else ""
    parameters = b"".join(_bytes(_PARAMETERS, _query(name)) for name in ("dryRun", "fieldValidation"))
    gvk = f'group: "{kind.group}"\nkind: {kind.kind}\nversion: {kind.version}\n'
    extension = _text(1, "x-kubernetes-group-version-kind") + _bytes(2, _text(2, gvk))
    operation = parameters + _bytes(_EXTENSION, extension)
    name = f"{root}{scope}/{kind.plural}/{{name}}"
    return _text(1, name) + _bytes(2, _bytes(_PATCH, operation))


def _query(name: str) -> bytes:
    """A parameter, not a reference; not in the body; in the query."""
    return _bytes(1, _bytes(2, _bytes(3, _text(2, "query") + _text(4, name))))


def _text(number: int, text: str) -> bytes:
    return _bytes(number, text.encode())


def _bytes(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])
