"""From the start of the program to its first frame, and to three nodes Ready."""

from __future__ import annotations

import subprocess
import sys
import time
from tempfile import TemporaryDirectory

from tests.bench.bare_app import FIRST_FRAME
from tests.bench.child import running
from tests.bench.figure import Figure, median

ROUNDS = 5
FRAME_MARK = "nodes "
UP = ("-m", "tuik8s", "up", "--runtime", "simulated", "--ephemeral")


def measure() -> list[Figure]:
    with TemporaryDirectory() as folder:
        up = (*UP, folder)
        frame, bare, ready, nothing = [], [], [], []
        for _ in range(ROUNDS + 1):  # by turns, so that a busy moment strikes all of them
            with running(*up, terminal=True) as child:
                frame.append(child.until(FRAME_MARK))
            with running("-m", "tests.bench.bare_app", terminal=True) as child:
                bare.append(child.until(FIRST_FRAME))
            with running(*up, "--headless") as child:
                ready.append(child.until("is Ready", 3))
            nothing.append(_bare_python())
    frame, bare, ready, nothing = frame[1:], bare[1:], ready[1:], nothing[1:]  # the first compiles modules
    return [
        Figure(
            name="start to first frame", ours=median(frame), unit="s", goal=0.5,
            baseline=median(bare), baseline_name="a Textual app with one line",
        ),
        Figure(
            name="start to 3 nodes Ready", ours=median(ready), unit="s", goal=1.0,
            baseline=median(nothing), baseline_name="python -c pass",
        ),
    ]  # fmt: skip


def _bare_python() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - started
