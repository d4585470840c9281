"""What the carriers share: how to reach a pod, how much is allowed, and what has been carried."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuik8s.proxy.service_table import Endpoint

log = logging.getLogger(__name__)

Dial = Callable[[str, str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""(node name, pod uid, port) to a TCP connection; raises OSError as connect(2) would."""
DialUdp = Callable[[str, str, int], Awaitable[tuple[str, int]]]
"""(node name, pod uid, port) to an address of the host's from which datagrams reach that port."""

CONNECT_TIMEOUT = 5.0


@dataclass(slots=True)
class Traffic:
    """Of one service port. `open` counts connections or flows under way, `rejected` those without endpoint
    or beyond the limit, `failed` attempts at endpoints that did not answer."""

    open: int = 0
    total: int = 0
    rejected: int = 0
    failed: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


class Limit:
    """How many connections and flows the whole proxy carries at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.used = 0

    def take(self) -> bool:
        if self.used >= self.most:
            return False
        self.used += 1
        return True

    def give_back(self) -> None:
        self.used -= 1


def note_failure(endpoint: Endpoint, error: Exception) -> None:
    """A refused connection is an everyday thing; anything else deserves a trace."""
    expected = isinstance(error, OSError)
    log.log(
        logging.INFO if expected else logging.ERROR, "endpoint %s:%d: %s", endpoint.address, endpoint.port,
        str(error) or type(error).__name__, exc_info=None if expected else error,
    )  # fmt: skip
