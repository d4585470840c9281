"""What Textual itself costs: an app with one line, and with a clock in it that ticks once a second."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import App
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.app import ComposeResult

FIRST_FRAME = "bare app"


class BareApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Static(FIRST_FRAME)
        yield Static(id="clock")

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        self.query_one("#clock", Static).update(f"{datetime.now():%H:%M:%S}")


if __name__ == "__main__":
    BareApp().run()
