"""Cluster addresses and node ports: each given out once (pkg/registry/core/service/{ip,port}allocator)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class AllocationError(Exception):
    """Text as Kubernetes words it."""


class NumberAllocator:
    """Numbers of a range. What is given out without being asked for starts above a band at the bottom of the
    range, which so stays free for those who ask (KEPs 3070 and 3668), and a freed number rests.

    `start` is any number: it chooses where above the band the first is taken.
    """

    def __init__(
        self, first: int, last: int, *, band_divisor: int, band: tuple[int, int], start: int = 0
    ) -> None:
        self._first, self._last = first, last
        size = last - first + 1
        smallest, largest = band
        self._offset = min(max(smallest, size // band_divisor), largest) if size > smallest else 0
        self._next = first + self._offset + start % (size - self._offset)
        self._used: set[int] = set()

    def __contains__(self, number: int) -> bool:
        return self._first <= number <= self._last

    def is_used(self, number: int) -> bool:
        return number in self._used

    def take(self, number: int) -> None:
        if number in self._used:
            raise AllocationError("provided number is already allocated")
        self._used.add(number)

    def take_next(self) -> int:
        for number in self._candidates():
            if number not in self._used:
                self._used.add(number)
                self._next = number + 1
                return number
        raise AllocationError("range is full")

    def release(self, number: int) -> None:
        self._used.discard(number)

    def clear(self) -> None:
        self._used.clear()

    def _candidates(self) -> Iterator[int]:
        yield from range(self._next, self._last + 1)
        yield from range(self._first + self._offset, min(self._next, self._last + 1))
        yield from range(self._first, self._first + self._offset)


class AddressAllocator:
    """Addresses of the service CIDR but its first (the network) and last; the API server has the next."""

    def __init__(self, cidr: str) -> None:
        self._network = ipaddress.ip_network(cidr)
        first, size = int(self._network.network_address), self._network.num_addresses
        self._numbers = NumberAllocator(first + 1, first + size - 2, band_divisor=16, band=(16, 256))

    @property
    def api_server_address(self) -> str:
        return str(self._network.network_address + 1)

    def take(self, address: str) -> None:
        number = self._number(address)
        if number is None:
            raise AllocationError(
                f"the provided IP ({address}) is not in the valid range. "
                f"The range of valid IPs is {self._network}"
            )
        if self._numbers.is_used(number):
            raise AllocationError("provided IP is already allocated")
        self._numbers.take(number)

    def take_next(self) -> str:
        return str(ipaddress.ip_address(self._numbers.take_next()))

    def clear(self) -> None:
        self._numbers.clear()

    def release(self, address: str) -> None:
        number = self._number(address)
        if number is not None:
            self._numbers.release(number)

    def _number(self, address: str) -> int | None:
        try:
            number = int(ipaddress.ip_address(address))
        except ValueError:
            return None
        return number if number in self._numbers else None


class PortAllocator:
    """Two clusters on one machine share its ports, so that they had better not `start` at the same."""

    def __init__(self, first: int, last: int, *, start: int = 0) -> None:
        self._range = f"{first}-{last}"
        self._numbers = NumberAllocator(first, last, band_divisor=32, band=(16, 128), start=start)

    def take(self, port: int) -> None:
        if port not in self._numbers:
            raise AllocationError(
                f"provided port is not in the valid range. The range of valid ports is {self._range}"
            )
        if self._numbers.is_used(port):
            raise AllocationError("provided port is already allocated")
        self._numbers.take(port)

    def take_next(self) -> int:
        return self._numbers.take_next()

    def clear(self) -> None:
        self._numbers.clear()

    def release(self, port: int) -> None:
        self._numbers.release(port)
