"""Clusters that have ended without a chance to clean up: only their containers are still there."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from tuik8s.api.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    from tuik8s.cri.docker import Found, Home


async def find() -> list[Found]:
    """Of this machine's clusters; those that may be alive, or come back, are not among them.

    Raises `RuntimeUnavailable` where no engine answers.
    """
    from tuik8s.cri.docker import DockerRuntime

    runtime = DockerRuntime(cluster="", clock=SystemClock())
    try:
        return [found for found in await runtime.clusters() if found.home and is_dead(found.home)]
    finally:
        await runtime.close()


async def remove(found: Found) -> None:
    """Its containers and its network."""
    from tuik8s.cri.docker import DockerRuntime

    runtime = DockerRuntime(cluster=found.cluster, clock=SystemClock())
    try:
        await runtime.remove_cluster()
    finally:
        await runtime.close()


def text_of(found: Found) -> str:
    count = found.containers
    return f"{count} container{'' if count == 1 else 's'} of {found.cluster}"


def is_dead(home: Home) -> bool:
    """An ephemeral cluster dies with its program, any other one with its directory.

    What cannot be known counts as alive: another machine's, and what this user may not look into.
    """
    if home.machine != platform.node():
        return False
    try:
        if not home.directory.exists():
            return True
        return home.ephemeral and not _is_locked(home.directory)
    except OSError:
        return False


def _is_locked(directory: Path) -> bool:
    from tuik8s.storage import StoreLocked
    from tuik8s.storage.file_lock import FileLock

    try:
        lock = FileLock(directory / "store.db")
    except StoreLocked:
        return True
    lock.release()
    return False
