"""The app on a frozen cluster, at any size, and its screen as text."""

from __future__ import annotations

import os
import re
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from tests.tui.fakes import FakeInfo, FakeTransport, FrozenClock, fake_client, populate
from tuik8s.tui.app import TuiApp
from tuik8s.tui.feed import pace
from tuik8s.tui.screens import panes
from tuik8s.tui.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot
    from textual.widget import Widget

SNAPSHOTS = Path(__file__).parent / "__snapshots__"


_HISTORY = re.compile(r"(?<=/s  )[ ▁-█]{16}")
"""The sparkline of the pulse grows while a test runs."""


class Stage:
    """A running app with the cluster's side of it."""

    def __init__(self, app: TuiApp, pilot: Pilot[None], transport: FakeTransport) -> None:
        self.app = app
        self.pilot = pilot
        self.transport = transport

    async def settle(self) -> None:
        """Until feeds, paced announcements and the delayed log switch have had their turn."""
        await self.pilot.pause(0.08)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    def screen(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        lines = ["".join(part.text for part in strip).rstrip() for strip in strips]
        return "\n".join(_HISTORY.sub("~" * 16, line) for line in lines) + "\n"

    def text_of(self, widget: Widget) -> str:
        return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


@asynccontextmanager
async def run_stage(
    size: tuple[int, int] = (120, 40),
    *,
    settings: Settings | None = None,
    filled: bool = True,
    patient: bool = False,
    **options: Any,
) -> AsyncIterator[Stage]:
    """`patient`: announce changes at the real pace instead of as fast as tests like it."""
    transport = options.pop("transport", None) or FakeTransport()
    if filled:
        populate(transport)
    info = options.pop("info", FakeInfo())
    app = TuiApp(
        fake_client(transport), info, clock=FrozenClock(), settings=settings or Settings(), **options
    )
    hurry = pace.INTERVAL if patient else 0.02
    with patch.object(pace, "INTERVAL", hurry), patch.object(panes, "FOLLOW_AFTER", 0.02):
        async with _running(app, size, transport) as stage:
            yield stage


@asynccontextmanager
async def _running(app: TuiApp, size: tuple[int, int], transport: FakeTransport) -> AsyncIterator[Stage]:
    async with app.run_test(size=size) as pilot:
        stage = Stage(app, pilot, transport)
        await stage.settle()
        yield stage


@pytest.fixture
def same_as_snapshot() -> Callable[[str, str], None]:
    """Compares a screen with the stored one; `TUIK8S_UPDATE_SNAPSHOTS=1` stores it instead."""

    def compare(name: str, screen: str) -> None:
        path = SNAPSHOTS / f"{name}.txt"
        if os.environ.get("TUIK8S_UPDATE_SNAPSHOTS"):
            SNAPSHOTS.mkdir(exist_ok=True)
            path.write_text(screen, encoding="utf-8")
        assert screen == path.read_text(encoding="utf-8")

    return compare
