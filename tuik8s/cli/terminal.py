"""What every command with a screen needs: signals, a terminal that may vanish, the person's keys."""

from __future__ import annotations

import asyncio
import select
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def has_terminal() -> bool:
    """Keys come from stdin, and Textual draws on stderr: into a file, where that is one."""
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


async def end_with_terminal(leave: Callable[[], object]) -> None:
    """A terminal that vanished without SIGHUP, which only its own session gets, would be read for ever."""
    poll = select.poll()
    poll.register(sys.stdin, 0)
    while not poll.poll(0):  # noqa: ASYNC110 the loop could only be told of what can be read
        await asyncio.sleep(1)
    leave()


def on_signals(stop: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)


def keys_file() -> Path:
    import platformdirs

    return Path(platformdirs.user_config_dir("tuik8s", appauthor=False)) / "keys.yaml"
