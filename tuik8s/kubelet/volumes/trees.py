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
        inside = None if expanded else _entries(path)
        if inside is None:
            yield path, expanded
        else:
            stack.append((path, True))
            stack += [(entry, False) for entry in inside]
        seen += 1
        if seen % BATCH == 0:
            await asyncio.sleep(0)


def _entries(path: str) -> list[str] | None:
    """What a directory holds; None for anything else. One that cannot be read counts as empty."""
    try:
        if os.path.islink(path):
            return None
        with os.scandir(path) as entries:
            return [entry.path for entry in entries]
    except (NotADirectoryError, FileNotFoundError):
        return None
    except OSError as error:
        log.warning("cannot read %s: %s", path, error)
        return []
