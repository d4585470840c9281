"""The current state, in memory, sorted by key."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.storage.records import prefix_end

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.objects import Obj


class Item(NamedTuple):
    """The live state of one key."""

    value: Obj
    revision: int
    created: int


class Index:
    """A dict for the values and one sorted list of the keys: at 50,000 keys an insert moves at most 400 kB,
    about 20 microseconds, and a scan of a prefix costs two searches and a slice."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._keys: list[str] = []

    def __len__(self) -> int:
        return len(self._items)

    def load(self, items: Iterable[tuple[str, Item]]) -> None:
        self._items = dict(items)
        self._keys = sorted(self._items)

    def get(self, key: str) -> Item | None:
        return self._items.get(key)

    def put(self, key: str, item: Item) -> None:
        if key not in self._items:
            insort(self._keys, key)
        self._items[key] = item

    def remove(self, key: str) -> None:
        del self._items[key]
        del self._keys[bisect_left(self._keys, key)]

    def count(self, prefix: str) -> int:
        """How many keys begin with it: two searches, however many there are."""
        return bisect_left(self._keys, prefix_end(prefix)) - bisect_left(self._keys, prefix)

    def scan(self, prefix: str, after: str, limit: int) -> tuple[list[Obj], int]:
        """Values of the keys with `prefix` that sort after `after`; and how many follow the first `limit`."""
        start = bisect_left(self._keys, prefix)
        if after:
            start = max(start, bisect_right(self._keys, after))
        end = bisect_left(self._keys, prefix_end(prefix), lo=start)
        stop = min(end, start + limit) if limit else end
        return [self._items[key].value for key in self._keys[start:stop]], end - stop
