"""The app: holds what every screen shares, applies themes and keys, and hosts the feeds."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App

from tuik8s.api.clock import SystemClock
from tuik8s.api.kinds import KindRegistry
from tuik8s.tui import theme
from tuik8s.tui.actions import HANDLERS
from tuik8s.tui.default_keys import REGISTRY
from tuik8s.tui.describe import describe
from tuik8s.tui.feed.hub import FeedHub
from tuik8s.tui.messages import Notice
from tuik8s.tui.screens.main import MainScreen
from tuik8s.tui.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tuik8s.api.clock import Clock
    from tuik8s.client import Client
    from tuik8s.tui.host import Describer, Handler, Target
    from tuik8s.tui.messages import Severity
    from tuik8s.tui.ports import ClusterInfo

log = logging.getLogger(__name__)


class TuiApp(App[None]):
    """Run with `await app.run_async()` beside the cluster, never around it; `exit` ends it, from signals too.

    What it knows comes from `client`, and what only the own cluster can tell from `info`; without `info` it
    shows any API server.
    """

    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[Any]] = REGISTRY.bindings("app")

    def __init__(
        self, client: Client, info: ClusterInfo | None = None, *, clock: Clock | None = None,
        settings: Settings | None = None, kinds: KindRegistry | None = None,
        handlers: Mapping[str, Handler] = HANDLERS, describer: Describer = describe,
    ) -> None:  # fmt: skip
        super().__init__()
        self.client = client
        self.info = info
        self.clock: Clock = clock or SystemClock()
        self.settings = settings or Settings()
        self.kinds = kinds or KindRegistry()
        self.handlers = handlers
        self.describe = describer
        self.keys = REGISTRY
        self.hub = FeedHub(client, self._post_to_screen)
        for own in theme.OWN_THEMES:
            self.register_theme(own)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.fallback_variables(self.current_theme)

    def on_mount(self) -> None:
        self.theme = self.settings.theme
        self.push_screen(MainScreen(self))

    def _post_to_screen(self, message: Any) -> bool:
        """Feeds speak to the main screen, whatever stands in front of it."""
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                return screen.post_message(message)
        return False

    def notice(self, text: str, severity: Severity = "information") -> None:
        self._post_to_screen(Notice(text, severity))

    def run_handler(self, action_id: str, targets: tuple[Target, ...]) -> None:
        handler = self.handlers.get(action_id)
        if handler is not None:
            self.run_worker(self._guarded(handler, action_id, targets), exit_on_error=False, group="actions")

    async def _guarded(self, handler: Handler, action_id: str, targets: tuple[Target, ...]) -> None:
        try:
            await handler(self, targets)
        except Exception as error:  # one failed action is a notice; the interface goes on
            log.exception("action %s", action_id)
            self.notice(f"{self.keys[action_id].label}: {error or type(error).__name__}", "error")

    async def on_unmount(self) -> None:
        await self.hub.close()
