"""The protobuf wire format: a message as (field number, value) pairs."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_VARINT_LIMIT = 10
"""Bytes."""


class Malformed(ValueError):
    """The bytes are no protobuf message."""


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """In the order of the message: varints as unsigned numbers, everything else as its bytes."""
    position = 0
    while position < len(data):
        tag, position = varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if not number:
            raise Malformed("a field without a number")
        if wire_type == VARINT:
            value, position = varint(data, position)
            yield number, value
            continue
        if wire_type == BYTES:
            size, position = varint(data, position)
        elif wire_type in (FIXED64, FIXED32):
            size = 8 if wire_type == FIXED64 else 4
        else:
            raise Malformed(f"wire type {wire_type}")
        if position + size > len(data):
            raise Malformed("unexpected EOF")
        yield number, data[position : position + size]
        position += size


def varint(data: bytes, position: int) -> tuple[int, int]:
    """The number at this place, and the place behind it."""
    value = 0
    for offset in range(_VARINT_LIMIT):
        if position + offset >= len(data):
            raise Malformed("unexpected EOF")
        byte = data[position + offset]
        value |= (byte & 0x7F) << (7 * offset)
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, position + offset + 1
    raise Malformed("integer overflow")


def signed(value: int) -> int:
    """Two's complement of 64 bits."""
    return value - (1 << 64) if value >= 1 << 63 else value


def packed(data: bytes) -> list[int]:
    values, position = [], 0
    while position < len(data):
        value, position = varint(data, position)
        values.append(signed(value))
    return values


def double(data: bytes) -> float:
    if len(data) != 8:
        raise Malformed("a number of the wrong size")
    return float(struct.unpack("<d", data)[0])
