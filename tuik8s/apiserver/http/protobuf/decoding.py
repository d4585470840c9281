"""From an envelope of Kubernetes' protobuf encoding to the object as JSON has it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from tuik8s.api.clock import micro_timestamp, timestamp
from tuik8s.api.errors import BadRequest, UnsupportedMediaType
from tuik8s.apiserver.http.protobuf import wire
from tuik8s.apiserver.http.protobuf.table import messages
from tuik8s.apiserver.http.protobuf.wire import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.http.protobuf.table import Field

MAGIC = b"k8s\0"
DEPTH_LIMIT = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OTHER_FORMATS = ("application/json", "application/yaml")


def decode(body: bytes, kind: Kind, expected: str = "") -> Obj:
    """The object in the envelope; its message is found by the envelope's own apiVersion and kind.

    Empty strings are left out, as Go's JSON has them. Raises UnsupportedMediaType for a message or field the
    table does not know and BadRequest for bytes that are no message.
    """
    try:
        api_version, name, raw = _envelope(body)
        name = name or expected or kind.kind
        api_version = api_version or kind.api_version
        section = "meta.v1" if name == "DeleteOptions" else _section(api_version)
        if f"{section}/{name}" not in messages():
            raise UnsupportedMediaType(
                f"{name} in version {api_version} is not decoded from protobuf by this release of tuik8s; "
                + "send "
                + " or ".join(_OTHER_FORMATS)
            )
        return {"apiVersion": api_version, "kind": name, **_message(raw, f"{section}/{name}", 0)}
    except (Malformed, UnicodeDecodeError, msgspec.DecodeError, OverflowError) as error:
        raise BadRequest(f"the object provided is unrecognized: proto: {error}") from None


def _envelope(body: bytes) -> tuple[str, str, bytes]:
    """apiVersion, kind and message of a runtime.Unknown."""
    if not body.startswith(MAGIC):
        raise BadRequest("the body of the request does not begin as Kubernetes' protobuf encoding does")
    types: dict[int, Any] = {}
    raw = b""
    for number, value in wire.fields(body[len(MAGIC) :]):
        if number == 1:
            types = dict(wire.fields(_bytes(value)))
        elif number == 2:
            raw = _bytes(value)
    api_version, kind = (_bytes(types.get(number, b"")).decode() for number in (1, 2))
    return api_version, kind, raw


def _section(api_version: str) -> str:
    group, _, version = api_version.rpartition("/")
    return f"{group.partition('.')[0] or 'core'}.{version}"


def _message(data: bytes, name: str, depth: int) -> Obj:
    if depth > DEPTH_LIMIT:
        raise Malformed("exceeded max depth")
    known = messages()[name]
    result: Obj = {}
    for number, value in wire.fields(data):
        field = known.get(number)
        if field is None:
            raise UnsupportedMediaType(
                f"{name.partition('/')[2]} has a field of number {number} that this release of tuik8s does "
                f"not decode from protobuf; send {' or '.join(_OTHER_FORMATS)}"
            )
        _take(result, field, value, depth)
    return result


def _take(result: Obj, field: Field, value: int | bytes, depth: int) -> None:
    if field.mode == "map":
        entry = dict(wire.fields(_bytes(value)))
        key = _bytes(entry.get(1, b"")).decode()
        result.setdefault(field.name, {})[key] = _value(field.type, entry.get(2, b""), depth)
    elif field.mode == "many" and field.type == "int" and isinstance(value, bytes):
        result.setdefault(field.name, []).extend(wire.packed(value))
    elif field.mode == "many":
        result.setdefault(field.name, []).append(_value(field.type, value, depth))
    else:
        decoded = _value(field.type, value, depth)
        if field.inline:
            result.update(decoded)
        elif decoded is not None and decoded != "":
            result[field.name] = decoded


def _value(kind: str, value: int | bytes, depth: int) -> Any:
    if kind in _NUMBERS:
        if not isinstance(value, int):
            raise Malformed(f"wrong wire type for a field of type {kind}")
        return _NUMBERS[kind](value)
    if kind in _FROM_BYTES:
        return _FROM_BYTES[kind](_bytes(value))
    if kind == "SchemaOrBool":
        return _schema_or_bool(_bytes(value), depth)
    return _message(_bytes(value), kind, depth + 1)


def _schema_or_bool(data: bytes, depth: int) -> Any:
    """additionalProperties: either what they are like, or whether there may be any."""
    parts = dict(wire.fields(data))
    if 2 in parts:
        return _message(_bytes(parts[2]), "apiextensions.v1/JSONSchemaProps", depth + 1)
    return bool(parts.get(1))


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise Malformed("a number where bytes are expected")
    return value


def _quantity(data: bytes) -> str:
    return _bytes(dict(wire.fields(data)).get(1, b"")).decode()


def _int_or_string(data: bytes) -> int | str:
    parts = dict(wire.fields(data))
    if parts.get(1):
        return _bytes(parts.get(3, b"")).decode()
    number = parts.get(2, 0)
    return wire.signed(number) if isinstance(number, int) else 0


def _moment(data: bytes) -> datetime | None:
    """None for the zero time, which stands for no time at all."""
    parts = dict(wire.fields(data))
    seconds, nanos = parts.get(1, 0), parts.get(2, 0)
    if not isinstance(seconds, int) or not isinstance(nanos, int):
        raise Malformed("a time that is no number")
    if not seconds and not nanos:
        return None
    return _EPOCH + timedelta(seconds=wire.signed(seconds), microseconds=wire.signed(nanos) // 1000)


def _time(data: bytes) -> str | None:
    moment = _moment(data)
    return None if moment is None else timestamp(moment)


def _micro_time(data: bytes) -> str | None:
    moment = _moment(data)
    return None if moment is None else micro_timestamp(moment)


def _duration(data: bytes) -> str:
    nanoseconds = dict(wire.fields(data)).get(1, 0)
    return f"{wire.signed(nanoseconds) / 1e9:g}s" if isinstance(nanoseconds, int) else "0s"


def _raw(data: bytes) -> Any:
    """RawExtension and FieldsV1: a message around JSON."""
    text = _bytes(dict(wire.fields(data)).get(1, b""))
    return msgspec.json.decode(text) if text else None


def _strings(data: bytes) -> list[str]:
    """ExtraValue: a message around a list."""
    return [_bytes(value).decode() for number, value in wire.fields(data) if number == 1]


_NUMBERS: dict[str, Callable[[int], Any]] = {"int": wire.signed, "bool": bool}
_FROM_BYTES: dict[str, Callable[[bytes], Any]] = {
    "str": bytes.decode,
    "bytes": lambda data: base64.b64encode(data).decode(),
    "float": wire.double,
    "Quantity": _quantity,
    "IntOrString": _int_or_string,
    "Time": _time,
    "MicroTime": _micro_time,
    "Duration": _duration,
    "Raw": _raw,
    "Strings": _strings,
}
