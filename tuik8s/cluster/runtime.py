"""Which container runtime a cluster runs on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tuik8s.cri import RuntimeUnavailable
from tuik8s.cri.simulated import SimulatedRuntime

if TYPE_CHECKING:
    from pathlib import Path

    from tuik8s.api.clock import Clock
    from tuik8s.config import Config
    from tuik8s.cri import Runtime

log = logging.getLogger(__name__)


async def choose_runtime(config: Config, directory: Path, clock: Clock) -> Runtime:
    """Docker when asked for, or when nothing is asked and an engine answers; else simulated. Started."""
    identity = config.identity(directory)
    if config.runtime != "simulated":
        from tuik8s.cri.docker import DockerRuntime, Home  # the SDK takes a tenth of a second to load

        docker = DockerRuntime(cluster=identity, clock=clock, home=Home(directory, config.ephemeral))
        try:
            await docker.start()
        except RuntimeUnavailable as error:
            await docker.close()
            if config.runtime == "docker":
                raise
            log.info("no Docker engine answers (%s): containers are simulated", error)
        else:
            return docker
    simulated = SimulatedRuntime(
        cluster=identity,
        clock=clock,
        seed=config.seed or 0,
        pod_cidr=config.pod_cidr,
        host=config.host,
    )
    await simulated.start()
    return simulated
