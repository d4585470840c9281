"""Whether a server elsewhere still answers: a watch that is silent cannot tell."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from tuik8s.api.errors import ApiError, ServerTimeout, ServiceUnavailable

if TYPE_CHECKING:
    from tuik8s.tui.ports import RemoteCluster

log = logging.getLogger(__name__)

EVERY, PATIENCE = 5.0, 10.0  # seconds


class Heartbeat:
    """Asks every five seconds; `lost` says why there is no answer, and is empty while there is one."""

    def __init__(self, remote: RemoteCluster) -> None:
        self.lost = ""
        self._remote = remote

    async def run(self) -> None:
        while True:
            await self._beat()
            await asyncio.sleep(EVERY)

    async def _beat(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._remote.ping()
        except TimeoutError:
            self.lost = f"{self._remote.endpoint} has not answered for {PATIENCE:.0f} s"
        except (ServiceUnavailable, ServerTimeout) as error:
            self.lost = error.message
        except ApiError as error:
            log.info("heartbeat: %s", error)  # a refusal is an answer
            self.lost = ""
        else:
            self.lost = ""
