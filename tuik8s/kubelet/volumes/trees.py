"""Directory trees of any size, walked without holding the event loop."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

log = logging.getLogger(__name__)

BATCH = 200
"""Entries between two turns of the loop."""


async def remove_tree(root: Path) -> bool:
    """Remove `root` with all it holds, following no links; False when something could not be removed.

    What a container wrote under another user cannot always be removed by ours: it is logged and left.
    """
    complete = True
    async for entry, is_directory in _walk(root):
        try:
            if is_directory:
                os.rmdir(entry)
            else:
                os.unlink(entry)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("cannot remove %s: %s", entry, error)
            complete = False
    return complete


async def tree_size(root: Path) -> int:
    """Bytes of all regular files below `root`."""
    total = 0
    async for entry, is_directory in _walk(root):
        if not is_directory:
            try:
                total += os.lstat(entry).st_size
            except OSError:
                continue  # gone since it was listed
    return total


async def _walk(root: Path) -> AsyncIterator[tuple[str, bool]]:
    """Every path below and with `root`, children before their directory."""
    seen = 0
    stack: list[tuple[str, bool]] = [(str(root), False)]
    while stack:
        path, expanded = stack.pop()
        if expanded or os.path.islink(path) or not os.path.isdir(path):
            if os.path.lexists(path):
                yield path, expanded
        else:
            stack.append((path, True))
            try:
                with os.scandir(path) as entries:
                    stack += [(entry.path, False) for entry in entries]
            except OSError as error:
                log.warning("cannot read %s: %s", path, error)
        seen += 1
        if seen % BATCH == 0:
            await asyncio.sleep(0)
