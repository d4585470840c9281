"""Memory and processor time of a cluster that has nothing to do."""

from __future__ import annotations

from tempfile import TemporaryDirectory

from tests.bench.bare_app import FIRST_FRAME
from tests.bench.child import running
from tests.bench.figure import Figure
from tests.bench.start import FRAME_MARK, UP

NODES, MORE_NODES = 3, 103
SETTLE = 6.0
"""Seconds after the nodes are Ready in which what the start left to do is done."""
WATCHED = 20.0
IMPORTS = (
    "import asyncio, textual.app, textual.widgets, aiosqlite, yaml, watchfiles, click, jsonpatch, msgspec,"
    " platformdirs, lightkube.models.core_v1; print('imported', flush=True); input()"
)


def memory() -> list[Figure]:
    bare = _memory_of("-c", IMPORTS, text="imported", terminal=True)
    with TemporaryDirectory() as folder:
        up = (*UP, folder)
        headless = _memory_of(*up, "--headless", text="is Ready", count=NODES, settle=SETTLE)
        screen = _memory_of(*up, text=FRAME_MARK, terminal=True, settle=SETTLE)
        many = _memory_of(
            *up, "--headless", "--nodes", str(MORE_NODES), text="is Ready", count=MORE_NODES, settle=SETTLE
        )
    imports = "Python with the packages imported"
    return [
        Figure(
            name="memory, 3 nodes idle, headless", ours=headless, unit="MB", goal=100,
            baseline=bare, baseline_name=imports,
        ),
        Figure(
            name="memory, 3 nodes idle, interface", ours=screen, unit="MB", goal=100,
            baseline=bare, baseline_name=imports,
        ),
        Figure(
            name="memory, each further node", unit="MB", goal=1,
            ours=(many - headless) / (MORE_NODES - NODES),
        ),
    ]  # fmt: skip


def cpu() -> list[Figure]:
    bare = _cpu_of("-m", "tests.bench.bare_app", text=FIRST_FRAME, terminal=True)
    with TemporaryDirectory() as folder:
        headless = _cpu_of(*UP, folder, "--headless", text="is Ready", count=NODES)
        screen = _cpu_of(*UP, folder, text=FRAME_MARK, terminal=True)
    clock = "a Textual app with a clock"
    return [
        Figure(
            name="CPU idle, headless", ours=headless, unit="%", goal=1, baseline=bare, baseline_name=clock
        ),
        Figure(name="CPU idle, interface", ours=screen, unit="%", goal=1, baseline=bare, baseline_name=clock),
    ]


def _memory_of(
    *arguments: str, text: str, count: int = 1, terminal: bool = False, settle: float = 0.0
) -> float:
    with running(*arguments, terminal=terminal) as child:
        child.until(text, count)
        child.rest(settle)
        return child.memory()


def _cpu_of(*arguments: str, text: str, count: int = 1, terminal: bool = False) -> float:
    """Per cent of one core."""
    with running(*arguments, terminal=terminal) as child:
        child.until(text, count)
        child.rest(SETTLE)
        before = child.cpu_seconds()
        child.rest(WATCHED)
        return (child.cpu_seconds() - before) / WATCHED * 100
