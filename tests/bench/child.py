"""Child processes as people start them: in a terminal of their own, or with their lines read."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COLUMNS, LINES = 120, 40
STOP_LIMIT = 20.0
TICKS = os.sysconf("SC_CLK_TCK")
# What moves the cursor, colours, or asks the terminal something.
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")


class Child:
    """A running program; its output is text without escape sequences. Times are seconds since its start."""

    def __init__(self, arguments: Sequence[str], *, terminal: bool) -> None:
        self._text = ""
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        # An installed program has its modules compiled; nobody starts it without.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        if terminal:
            self._output, theirs = os.openpty()
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        else:
            self._output, theirs = os.pipe()
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, *arguments], stdin=theirs if terminal else subprocess.DEVNULL,
            stdout=theirs, stderr=theirs, start_new_session=True, env=environment,
        )  # fmt: skip
        os.close(theirs)

    def until(self, text: str, count: int = 1, *, limit: float = 60.0) -> float:
        """Wait for the text to have been written so many times; when that was. Raises TimeoutError."""
        end = time.perf_counter() + limit
        while self._text.count(text) < count:
            if not self._read(end - time.perf_counter()):
                raise TimeoutError(f"no {text!r} within {limit} s: {self._text[-2000:]}")
        return time.perf_counter() - self.started

    def word_after(self, text: str) -> str:
        """What stands behind a text that has been written."""
        return self._text.rpartition(text)[2].split()[0]

    def until_ended(self, limit: float) -> None:
        """Raises TimeoutError when it does not end by itself."""
        end = time.perf_counter() + limit
        while self.process.poll() is None:
            if time.perf_counter() > end:
                raise TimeoutError(f"still running after {limit} s")
            self.rest(0.1)

    def rest(self, seconds: float) -> None:
        """Let it run, and take its output from it as a terminal does."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if not self._read(left):
                time.sleep(min(left, 0.05))

    def cpu_seconds(self) -> float:
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> float:
        """Megabytes: proportional where the kernel tells, else resident."""
        try:
            return _kilobytes(self._proc("smaps_rollup"), "Pss") / 1000 * 1.024
        except OSError:
            return _kilobytes(self._proc("status"), "VmRSS") / 1000 * 1.024

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            end = time.perf_counter() + STOP_LIMIT
            while self.process.poll() is None and time.perf_counter() < end:
                self._read(0.05)
            if self.process.poll() is None:
                self.process.kill()
        self.process.wait()
        os.close(self._output)

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text()

    def _read(self, limit: float) -> bool:
        """False when there is nothing more to come in time."""
        ready, _, _ = select.select([self._output], [], [], max(limit, 0))
        if not ready:
            return False
        try:
            data = os.read(self._output, 1 << 20)
        except OSError:  # a terminal that nobody holds open any more
            return False
        self._text = (self._text + _SEQUENCE.sub(b"", data).decode(errors="replace"))[-100_000:]
        return bool(data)


@contextmanager
def running(*arguments: str, terminal: bool = False) -> Iterator[Child]:
    child = Child(arguments, terminal=terminal)
    try:
        yield child
    finally:
        child.stop()


def _kilobytes(text: str, name: str) -> int:
    line = next(line for line in text.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1])
