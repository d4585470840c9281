"""Objects as JSON. What is stored is shared and never changes, so that each state of it is encoded once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.errors import ApiError
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import WatchEvent
    from tuik8s.apiserver.http.answers import Formatter

KEPT_BYTES = 8 * 1024 * 1024
SLICE = 100
"""Objects encoded before the loop has its turn: about a millisecond."""
_encoder = msgspec.json.Encoder()

encode = _encoder.encode


class Encodings:
    """The JSON of objects by identity, for a list as for a thousand watchers; the oldest go first."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._kept: dict[int, tuple[Obj, bytes]] = {}

    def encode(self, obj: Obj) -> bytes:
        """Of an object that nobody changes any more."""
        known = self._kept.get(id(obj))
        if known is not None:
            return known[1]
        encoded = _encoder.encode(obj)
        self._kept[id(obj)] = (obj, encoded)  # the object is held, so that its identity stays its own
        self._size += len(encoded)
        while self._size > self._limit:
            self._size -= len(self._kept.pop(next(iter(self._kept)))[1])
        return encoded

    async def all(self, objects: Sequence[Obj]) -> list[bytes]:
        """Of each; of many in slices."""
        found = [self.encode(obj) for obj in objects[:SLICE]]
        for start in range(SLICE, len(objects), SLICE):
            await asyncio.sleep(0)
            found += [self.encode(obj) for obj in objects[start : start + SLICE]]
        return found


def with_list(obj: Obj, name: str, values: list[bytes]) -> bytes:
    """The JSON of an object, and of a list in it whose elements are encoded already; put together at once."""
    head, tail = b'%s,"%s":[' % (encode(obj)[:-1], name.encode()), b"]}\n"
    if not values:
        return head + tail
    values[0] = head + values[0]
    values[-1] += tail
    return b",".join(values)


class EventEncoder:
    """Watch events as lines."""

    def __init__(self, encodings: Encodings) -> None:
        self._encodings = encodings

    def line(self, event: WatchEvent, formatter: Formatter, *, first: bool) -> bytes:
        obj = event.object
        if formatter.wanted.form == "Object":
            return _line(event.type, self._encodings.encode(obj))
        if event.type == "BOOKMARK" and formatter.wanted.form == "Table":
            obj = _marked(obj)
        shaped = formatter.shaped(obj)
        if shaped.get("kind") == "Table" and not first:
            shaped = {**shaped, "columnDefinitions": None}
        return _line(event.type, _encoder.encode(shaped))

    def error(self, error: ApiError) -> bytes:
        return _line("ERROR", _encoder.encode(error.status()))


def _line(kind: str, obj: bytes) -> bytes:
    return b'{"type":"%s","object":%s}\n' % (kind.encode(), obj)


def _marked(obj: Obj) -> Obj:
    """A bookmark as a Table: the revision stands in the object of a row without cells."""
    revision = {"resourceVersion": obj["metadata"]["resourceVersion"]}
    rows: list[Any] = [{"cells": [], "object": obj}]
    return {"kind": "Table", "apiVersion": "", "metadata": revision, "columnDefinitions": None, "rows": rows}
