"""Logs on the full screen: of a Pod's containers, or of every Pod of a workload."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on

from tuik8s.api.kinds import POD
from tuik8s.tui.default_keys import REGISTRY
from tuik8s.tui.feed.logs import LogWindow
from tuik8s.tui.feed.merged_logs import MergedLogFeed
from tuik8s.tui.messages import LogChanged
from tuik8s.tui.rows.log_buffer import plain
from tuik8s.tui.rows.log_choice import all_sources, containers_of
from tuik8s.tui.screens.dialogs import ChoiceDialog
from tuik8s.tui.screens.view import ViewScreen
from tuik8s.tui.widgets.log import LogView

if TYPE_CHECKING:
    from textual.widget import Widget

    from tuik8s.tui.host import Host, Target
    from tuik8s.tui.rows.log_sources import LogSource

TAIL, HEAD = 0, 1
MINUTES = {2: 1, 3: 5, 4: 15, 5: 30, 6: 60}
"""What the digits mean beside the tail and the head."""
LOOK = 0.5
"""Seconds between two looks for Pods that have come."""


class LogScreen(ViewScreen):
    """Follows until the person scrolls; Pods that a workload makes meanwhile are taken in."""

    BINDINGS: ClassVar[list[Any]] = REGISTRY.bindings("logs")

    def __init__(self, host: Host, target: Target, *, previous: bool = False) -> None:
        super().__init__(host)
        self.target = target
        self.feed = MergedLogFeed(
            host.client, "full screen", self.post_message, limit=host.settings.log_lines
        )
        self._since = TAIL
        self._previous = previous
        self._containers = containers_of(target.kind, target.object)
        self._container = ""
        self._seen = -1

    def content(self) -> Widget:
        return LogView(self.feed.buffer, id="content")

    @property
    def view(self) -> LogView:
        return self.query_one("#content", LogView)

    # --- what is shown

    def ready(self) -> None:
        self.host.hub.open(POD)
        self._begin()
        self.set_interval(LOOK, self._look)

    async def on_unmount(self) -> None:
        if self.host.hub.feed(POD) is not None:
            self.host.hub.release(POD)
        await self.feed.close()

    def _sources(self) -> list[LogSource]:
        feed = self.host.hub.feed(POD)
        pods = list(feed.model.rows.values()) if feed is not None else []
        return all_sources(self.target.kind, self.target.object, pods, self._container)

    def _begin(self) -> None:
        self.feed.show(self._sources(), self._window())
        self.view.show(self.feed.buffer)
        self._retitle()

    def _window(self) -> LogWindow:
        if self._since in MINUTES:
            since = self.host.clock.now() - timedelta(minutes=MINUTES[self._since])
            return LogWindow(self._previous, since, None)
        return LogWindow(self._previous) if self._since == TAIL else LogWindow(self._previous, tail=None)

    def _look(self) -> None:
        feed = self.host.hub.feed(POD)
        version = feed.model.version if feed is not None else 0
        if version == self._seen:
            return
        self._seen = version
        sources = self._sources()
        if not self.feed.sources and sources:
            self._begin()  # the cache of pods has only now been filled
        elif tuple(sources) != self.feed.sources:
            self.feed.update(sources)
            self._retitle()

    @on(LogChanged)
    def _log_changed(self) -> None:
        view = self.view
        empty = "no pods" if not self.feed.sources else "no lines yet"
        view.remark = "; ".join(dict.fromkeys(self.feed.states.values())) or empty
        first = not view.virtual_size.height
        view.refresh_lines_shown()
        if first and self._since == HEAD and self.feed.buffer.lines:
            view.action_log_top()
        view.refresh()

    @on(LogView.Changed)
    def _retitle(self) -> None:
        view, target = self.view, self.target
        where = f" -n {target.namespace}" if target.namespace else ""
        title = Text(f"logs {target.kind.singular}/{target.name}{where}")
        pods = len({source.pod for source in self.feed.sources})
        if target.kind != POD:
            title.append(f"  {pods} pod{'' if pods == 1 else 's'}")
        if self._container:
            title.append(f"  container {self._container}")
        elif len(self._containers) > 1:
            title.append(f"  {len(self._containers)} containers")
        if self._previous:
            title.append("  previous run", "bold")
        view.border_title = title
        view.border_subtitle = Text(
            " · ".join([*view.states, self._span(), f"{len(view.buffer.lines):,} lines"])
        )

    def _span(self) -> str:
        return {TAIL: "tail", HEAD: "head"}.get(self._since) or f"last {MINUTES[self._since]}m"

    # --- searching, saving

    @property
    def searching(self) -> str:
        return self.view.search

    def search(self, text: str, *, final: bool) -> None:
        self.view.set_search(text)
        if final and text:
            self.view.action_match(-1)
            if self.view.following:
                self.tell(f"{text!r} is not here", "warn")

    def whole_text(self) -> str:
        """Every line kept, as it is shown: with its source, and its time if times are shown."""
        times = self.view.timestamps
        return "".join(
            " ".join(part for part in (line.time if times else "", line.source, plain(line.text)) if part)
            + "\n"
            for line in self.feed.buffer.lines
        )

    def file_name(self) -> str:
        return f"{self.target.name}{'-previous' if self._previous else ''}.log"

    # --- actions

    def action_since(self, number: int) -> None:
        self._since = number
        self._begin()

    def action_previous(self) -> None:
        self._previous = not self._previous
        self._begin()

    def action_container(self) -> None:
        self.start(self._choose_container())

    async def _choose_container(self) -> None:
        dialog = ChoiceDialog("Whose log", ["all containers", *self._containers], confirm="Show")
        chosen = await self.app.push_screen_wait(dialog)
        if chosen is not None:
            self._container = self._containers[chosen - 1] if chosen else ""
            self._begin()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "previous":
            return self.target.kind == POD
        return action != "container" or len(self._containers) > 1
