"""Containers of nodes that an earlier run hosted and this one does not: no kubelet would ever end them."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from tuik8s.cri import RuntimeFault

if TYPE_CHECKING:
    from collections.abc import Collection

    from tuik8s.cri import ContainerStatus, Runtime

log = logging.getLogger(__name__)

RETRY_PERIOD = 5.0


async def remove_pods_of_old_nodes(runtime: Runtime, nodes: Collection[str]) -> None:
    """End what does not belong to one of `nodes`, each container with its grace period, and remove it.

    Goes on until it is done: an engine that does not answer is asked again.
    """
    while True:
        try:
            await _remove(runtime, nodes)
        except RuntimeFault as fault:
            log.warning("containers of nodes that are not run any more: %s; trying again", fault)
            await asyncio.sleep(RETRY_PERIOD)
        else:
            return


async def _remove(runtime: Runtime, nodes: Collection[str]) -> None:
    containers = [item for item in await runtime.list_containers() if item.node not in nodes]
    sandboxes = [item for item in await runtime.list_sandboxes() if item.node not in nodes]
    await asyncio.gather(*(_end(runtime, item) for item in containers))
    for sandbox in sandboxes:
        await runtime.stop_sandbox(sandbox.id)
        await runtime.remove_sandbox(sandbox.id)
        log.info("pod %s/%s of %s removed", sandbox.namespace, sandbox.name, sandbox.node)


async def _end(runtime: Runtime, container: ContainerStatus) -> None:
    if container.state == "running":
        await runtime.stop_container(container.id, container.grace_period)
    await runtime.remove_container(container.id)
