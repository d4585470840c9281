"""Whether the engine may lower a process's OOM score.

Kubernetes protects sandboxes and Guaranteed pods with negative scores. An engine without CAP_SYS_RESOURCE (in
a container itself, or rootless) cannot start such a container, and runc's error does not say why.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from docker import APIClient

from tuik8s.cri.docker import naming
from tuik8s.cri.docker.engine import EngineRefused
from tuik8s.cri.protocol import RuntimeFault

if TYPE_CHECKING:
    from tuik8s.cri.docker.engine import Engine

log = logging.getLogger(__name__)

SANDBOX_SCORE = -998
CLOSE_SECONDS = 5.0


class OomProbe:
    """Tries it once, in the background, while nobody needs a container yet."""

    def __init__(self, engine: Engine, cluster: str) -> None:
        self._engine, self._cluster = engine, cluster
        self._trying: asyncio.Task[bool] | None = None

    def begin(self, image: str, adopted: str = "") -> None:
        """`adopted` is a sandbox of an earlier run: it shows what was found out then."""
        if self._trying is None:
            self._trying = asyncio.create_task(self._try(image, adopted), name="docker-oom-probe")

    async def close(self) -> None:
        """Cut short it would leave its container behind: it is given time to finish."""
        if self._trying is not None:
            await asyncio.wait([self._trying], timeout=CLOSE_SECONDS)
            self._trying.cancel()
            await asyncio.gather(self._trying, return_exceptions=True)
            self._trying = None

    async def may_lower(self) -> bool:
        return await asyncio.shield(self._trying) if self._trying is not None else True

    async def _try(self, image: str, adopted: str) -> bool:
        try:
            if adopted:
                details = await self._engine.call(APIClient.inspect_container, adopted)
                return bool(details["HostConfig"]["OomScoreAdj"] < 0)
            return await self._start_and_remove(image)
        except RuntimeFault as fault:
            log.warning("whether OOM scores may be lowered could not be found out: %s", fault)
            return True

    async def _start_and_remove(self, image: str) -> bool:
        payload = {
            "Image": image,
            "Labels": {naming.CLUSTER: self._cluster, naming.TYPE: naming.PROBE},
            "HostConfig": {
                "NetworkMode": "none",
                "OomScoreAdj": SANDBOX_SCORE,
                "LogConfig": {"Type": "none"},
            },
        }
        identifier = (await self._engine.call(APIClient.create_container_from_config, payload))["Id"]
        try:
            await self._engine.call(APIClient.start, identifier)
        except EngineRefused as refusal:
            log.info("OOM scores are not lowered, Guaranteed pods not protected: %s", refusal)
            return False
        finally:
            await asyncio.shield(
                self._engine.call(APIClient.remove_container, identifier, v=True, force=True)
            )
        return True
