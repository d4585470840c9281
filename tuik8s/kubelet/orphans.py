"""Pods that run on the node although the API does not know them (HandlePodCleanups)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from tuik8s.kubelet.containers import MINIMUM_GRACE
from tuik8s.kubelet.volumes import PodVolumes

if TYPE_CHECKING:
    from pathlib import Path

    from tuik8s.kubelet.services import Services

log = logging.getLogger(__name__)


async def remove_orphan(services: Services, pod_uid: str) -> None:
    """Stop with each container's own grace period, then remove everything. Raises `RuntimeFault`."""
    runtime = services.host.runtime
    state = await services.pleg.refresh(pod_uid)
    name = state.sandbox.name if state.sandbox else pod_uid
    log.info("removing orphaned pod %s of node %s", name, services.host.node.name)
    await asyncio.gather(
        *(runtime.stop_container(c.id, max(c.grace_period, MINIMUM_GRACE)) for c in state.running)
    )
    for sandbox in state.sandboxes:
        await runtime.stop_sandbox(sandbox.id)
    for container in state.containers:
        await runtime.remove_container(container.id)
    for sandbox in state.sandboxes:
        await runtime.remove_sandbox(sandbox.id)
    await services.pleg.refresh(pod_uid)
    await PodVolumes(services.host, pod_uid).remove()
    services.addresses.release(pod_uid)


def pod_directories(root: Path) -> list[str]:
    """The uids of the pods that have a directory."""
    try:
        return sorted(entry.name for entry in (root / "pods").iterdir() if entry.is_dir())
    except FileNotFoundError:
        return []
