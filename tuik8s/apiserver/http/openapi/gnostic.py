"""Swagger documents in the protobuf encoding of gnostic's openapi.v2, which kubectl asks for.

The numbers are those of the fields in its OpenAPIv2.proto; what has no field is left out.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tuik8s.api.objects import Obj

MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
ASKED_AS = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"

_DOCUMENT_SWAGGER, _DOCUMENT_INFO, _DOCUMENT_PATHS, _DOCUMENT_DEFINITIONS = 1, 2, 8, 9
_METHODS = {"get": 2, "put": 3, "post": 4, "delete": 5, "options": 6, "head": 7, "patch": 8}
_ITEM_PARAMETERS = 9
_OPERATION_TEXTS = {"description": 3, "operationId": 5}
_OPERATION_LISTS = {"tags": 1, "produces": 6, "consumes": 7, "schemes": 10}
_OPERATION_PARAMETERS, _OPERATION_RESPONSES, _OPERATION_EXTENSIONS = 8, 9, 13
_BODY = {"description": 1, "name": 2, "in": 3}
_QUERY = {"in": 2, "description": 3, "name": 4, "type": 6, "format": 7}
_PATH = {"in": 2, "description": 3, "name": 4, "type": 5, "format": 6}
_SCHEMA_TEXTS = {"$ref": 1, "format": 2, "title": 3, "description": 4, "pattern": 13}
_SCHEMA_NUMBERS = {"multipleOf": 6, "maximum": 7, "minimum": 9}
_SCHEMA_COUNTS = {
    "exclusiveMaximum": 8, "exclusiveMinimum": 10, "maxLength": 11, "minLength": 12, "maxItems": 14,
    "minItems": 15, "uniqueItems": 16, "maxProperties": 17, "minProperties": 18,
}  # fmt: skip
_SCHEMA_REQUIRED, _SCHEMA_ENUM, _SCHEMA_ADDITIONAL, _SCHEMA_TYPE = 19, 20, 21, 22
_SCHEMA_ITEMS, _SCHEMA_ALL_OF, _SCHEMA_PROPERTIES, _SCHEMA_EXTENSIONS = 23, 24, 25, 31


def encode(document: Obj) -> bytes:
    info = _texts(document["info"], {"title": 1, "version": 2})
    paths = b"".join(_bytes(2, _named(path, _item(item))) for path, item in document["paths"].items())
    definitions = _schemas(document["definitions"])
    return b"".join((
        _text(_DOCUMENT_SWAGGER, document["swagger"]), _bytes(_DOCUMENT_INFO, info),
        _bytes(_DOCUMENT_PATHS, paths), _bytes(_DOCUMENT_DEFINITIONS, definitions),
    ))  # fmt: skip


def _item(item: Obj) -> bytes:
    parts = [_bytes(number, _operation(item[name])) for name, number in _METHODS.items() if name in item]
    parts += [_bytes(_ITEM_PARAMETERS, _parameter(each)) for each in item.get("parameters", ())]
    return b"".join(parts)


def _operation(operation: Obj) -> bytes:
    parts = [_texts(operation, _OPERATION_TEXTS)]
    parts += [
        _text(number, text) for name, number in _OPERATION_LISTS.items() for text in operation.get(name, ())
    ]
    parts += [_bytes(_OPERATION_PARAMETERS, _parameter(each)) for each in operation["parameters"]]
    responses = (_bytes(1, _named(code, _response(each))) for code, each in operation["responses"].items())
    parts.append(_bytes(_OPERATION_RESPONSES, b"".join(responses)))
    return b"".join((*parts, _extensions(operation, _OPERATION_EXTENSIONS)))


def _parameter(parameter: Obj) -> bytes:
    """A ParametersItem that holds a Parameter, which is one of body, query and path."""
    required = _varint_field(1, 1) if parameter.get("required") else b""
    if parameter["in"] == "body":
        required = _varint_field(4, 1) if parameter.get("required") else b""
        schema = _bytes(5, _schema(parameter["schema"]))
        return _bytes(1, _bytes(1, _texts(parameter, _BODY) + required + schema))
    query = parameter["in"] == "query"
    fields = required + _texts(parameter, _QUERY if query else _PATH)
    fields += _varint_field(20 if query else 19, 1) if parameter.get("uniqueItems") else b""
    fields += b"".join(_bytes(21 if query else 20, _any(value)) for value in parameter.get("enum", ()))
    return _bytes(1, _bytes(2, _bytes(3 if query else 4, fields)))


def _response(response: Obj) -> bytes:
    schema = _bytes(2, _bytes(1, _schema(response["schema"]))) if "schema" in response else b""
    return _bytes(1, _text(1, response["description"]) + schema)


def _schemas(schemas: Mapping[str, Obj]) -> bytes:
    return b"".join(_bytes(1, _named(name, _schema(schema))) for name, schema in schemas.items())


def _schema(schema: Obj) -> bytes:
    parts = [_texts(schema, _SCHEMA_TEXTS)]
    for name, number in _SCHEMA_NUMBERS.items():
        if name in schema:
            parts.append(_double(number, schema[name]))
    for name, number in _SCHEMA_COUNTS.items():
        if schema.get(name):
            parts.append(_varint_field(number, int(schema[name])))
    parts += [_text(_SCHEMA_REQUIRED, name) for name in schema.get("required", ())]
    parts += [_bytes(_SCHEMA_ENUM, _any(value)) for value in schema.get("enum", ())]
    parts += _inner(schema)
    parts.append(_extensions(schema, _SCHEMA_EXTENSIONS))
    return b"".join(parts)


def _inner(schema: Obj) -> Iterable[bytes]:
    additional = schema.get("additionalProperties")
    if isinstance(additional, dict):
        yield _bytes(_SCHEMA_ADDITIONAL, _bytes(1, _schema(additional)))
    elif additional is not None:
        yield _bytes(_SCHEMA_ADDITIONAL, _varint_field(2, int(additional)))
    if "type" in schema:
        yield _bytes(_SCHEMA_TYPE, _text(1, schema["type"]))
    if "items" in schema:
        yield _bytes(_SCHEMA_ITEMS, _bytes(1, _schema(schema["items"])))
    for part in schema.get("allOf", ()):
        yield _bytes(_SCHEMA_ALL_OF, _schema(part))
    if "properties" in schema:
        yield _bytes(_SCHEMA_PROPERTIES, _schemas(schema["properties"]))


def _extensions(holder: Obj, number: int) -> bytes:
    return b"".join(
        _bytes(number, _named(name, _any(value))) for name, value in holder.items() if name.startswith("x-")
    )


def _any(value: Any) -> bytes:
    """As YAML, of which JSON is a part."""
    return _bytes(2, msgspec.json.encode(value) + b"\n")


def _named(name: str, value: bytes) -> bytes:
    return _text(1, name) + _bytes(2, value)


def _texts(holder: Obj, numbers: Mapping[str, int]) -> bytes:
    return b"".join(_text(number, holder[name]) for name, number in numbers.items() if name in holder)


def _text(number: int, text: str) -> bytes:
    return _bytes(number, text.encode())


def _bytes(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint_field(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | 1) + struct.pack("<d", value)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])
