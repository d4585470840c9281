"""What the palette offers: every action that can be done now, every kind, every theme."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Provider

from tuik8s.tui.keys import key_label
from tuik8s.tui.screens.main import MainScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from textual.command import Hits

    from tuik8s.api.kinds import Kind

    Choice: TypeAlias = tuple[str, str, Callable[[], Any]]
    """Title, explanation, what to do."""


class MainCommands(Provider):
    """Works on the main screen; elsewhere it offers nothing."""

    async def discover(self) -> Hits:
        for title, explanation, run in self._actions():
            yield DiscoveryHit(Text(title), run, text=title, help=explanation)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for title, explanation, run in (*self._actions(), *self._kinds(), *self._themes()):
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), run, text=title, help=explanation)

    def _actions(self) -> Iterator[Choice]:
        screen = self.screen
        if not isinstance(screen, MainScreen):
            return
        for action in screen.host.keys:
            if action.help and screen.possible(action) and action.id != "app.palette":
                keys = f" ({key_label(action.keys[0])})" if action.keys else ""
                yield f"{action.label}{keys}", action.help, partial(screen.perform, action.id)

    def _kinds(self) -> Iterator[Choice]:
        screen = self.screen
        if isinstance(screen, MainScreen):
            for kind in screen.host.kinds:
                if "list" not in kind.verbs:
                    continue
                yield (
                    f"show {kind.plural}",
                    f"{kind.kind} of {kind.api_version}",
                    partial(_show, screen, kind),
                )

    def _themes(self) -> Iterator[Choice]:
        for name in sorted(self.app.available_themes):
            yield f"theme {name}", "Change the colours", partial(setattr, self.app, "theme", name)


def _show(screen: MainScreen, kind: Kind) -> None:
    screen.navigator.show_kind(kind)
