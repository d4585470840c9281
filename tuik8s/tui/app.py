"""The app: holds what every screen shares, applies themes and keys, and hosts the feeds."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from tuik8s.api.clock import SystemClock
from tuik8s.api.errors import ApiError
from tuik8s.api.kinds import KindRegistry
from tuik8s.tui import theme
from tuik8s.tui.actions import HANDLERS, load_all
from tuik8s.tui.commands.palette import MainCommands
from tuik8s.tui.default_keys import REGISTRY
from tuik8s.tui.feed.heartbeat import Heartbeat
from tuik8s.tui.feed.hub import FeedHub
from tuik8s.tui.feed.kinds import KindsFeed
from tuik8s.tui.keys_file import read_keys
from tuik8s.tui.messages import Notice
from tuik8s.tui.rows.history import History
from tuik8s.tui.rows.resources import API_RESOURCE
from tuik8s.tui.screens.help import HelpScreen
from tuik8s.tui.screens.main import MainScreen
from tuik8s.tui.settings import Settings
from tuik8s.tui.widgets.tones import TonedApp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.text import Text
    from textual.command import Provider
    from textual.message import Message

    from tuik8s.api.clock import Clock
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.client import Client
    from tuik8s.tui.host import DescribeContext, Describer, Handler, Target
    from tuik8s.tui.messages import Severity
    from tuik8s.tui.ports import ClusterInfo, RemoteCluster

log = logging.getLogger(__name__)

LOAD_AFTER = 3.0
"""Seconds after the start; the components of the cluster come first."""


def describe(obj: Obj, context: DescribeContext) -> list[Text]:
    """Loaded with the first description, which only the largest screens show at once."""
    from tuik8s.tui.describe import describe

    return describe(obj, context)


class TuiApp(TonedApp):
    """Run with `await app.run_async()` beside the cluster, never around it; `exit` ends it, from signals too.

    What it knows comes from `client`, and what only the own cluster can tell from `info`; without `info` it
    shows any API server, and `remote` says which. `kinds` may change: it is looked at anew each time.
    """

    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar[set[type[Provider]]] = {MainCommands}  # type: ignore[assignment]
    BINDINGS: ClassVar[list[Any]] = REGISTRY.bindings("app")

    def __init__(
        self, client: Client, info: ClusterInfo | None = None, *, remote: RemoteCluster | None = None,
        clock: Clock | None = None, settings: Settings | None = None, kinds: KindRegistry | None = None,
        handlers: Mapping[str, Handler] = HANDLERS, describer: Describer = describe,
    ) -> None:  # fmt: skip
        super().__init__()
        self.client = client
        self.info = info
        self.remote = remote
        self.next_context = ""
        """Where the person wants to go on once this interface has ended."""
        self.heartbeat = Heartbeat(remote) if remote is not None else None
        self.clock: Clock = clock or SystemClock()
        self.settings = settings or Settings()
        self.kinds = kinds or KindRegistry()
        self.handlers = handlers
        self.describe = describer
        self.shown: Callable[[], object] = lambda: None
        """Called once, when the first frame is on the screen."""
        self.keys = REGISTRY
        self.history = History()
        self.hub = FeedHub(client, self.post_to_screen, {API_RESOURCE: self._kinds_feed})
        for own in theme.OWN_THEMES:
            self.register_theme(own)

    def _kinds_feed(self) -> KindsFeed:
        return KindsFeed(
            self.client, self.post_to_screen, kinds=lambda: self.kinds, refresh=self.refresh_kinds
        )

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.fallback_variables(self.current_theme)

    def on_mount(self) -> None:
        self.theme = self.settings.theme if self.settings.theme in self.available_themes else theme.CYCLE[0]
        problems = self._read_keys()
        self.main = MainScreen(self)
        self.push_screen(self.main)
        self.main.on_first_frame = self.shown
        if self.heartbeat is not None:
            self.run_worker(self.heartbeat.run(), exit_on_error=False, group="heartbeat")
        self.set_timer(LOAD_AFTER, partial(self.run_worker, load_all, thread=True, exit_on_error=False))
        if self.settings.greeting:
            self.notice(self.settings.greeting, "error")
        if problems:
            self.notice("keys file: " + "; ".join(problems), "error")

    def _read_keys(self) -> list[str]:
        if self.settings.keys_file is None:
            return []
        wishes, problems = read_keys(self.settings.keys_file)
        if not wishes:
            return problems  # a keymap, even one that changes nothing, slows every look at the keys
        self.keys, more = REGISTRY.remapped(wishes)
        self.set_keymap(self.keys.keymap())
        return problems + more

    def post_to_screen(self, message: Message) -> bool:
        """Feeds speak to the main screen, whatever stands in front of it."""
        return self.main.post_message(message)

    def action_run(self, action_id: str) -> None:
        if action_id == "view.theme":
            self._next_theme()
        elif action_id == "app.help":
            self.push_screen(HelpScreen(self.keys, self.main.possible))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "run" or parameters[0] in ("view.theme", "app.help")

    def _next_theme(self) -> None:
        position = theme.CYCLE.index(self.theme) if self.theme in theme.CYCLE else -1
        self.theme = theme.CYCLE[(position + 1) % len(theme.CYCLE)]
        self.notice(f"theme {self.theme}")

    def notice(self, text: str, severity: Severity = "information", *, about: str = "") -> None:
        self.post_to_screen(Notice(text, severity, about))

    def go_to_context(self, name: str) -> None:
        self.next_context = name
        self.exit()

    async def refresh_kinds(self) -> None:
        """Of a remote cluster; the own one's registry is always as it should be."""
        if self.remote is None:
            return
        try:
            self.kinds = await self.remote.kinds()
        except ApiError as error:
            log.warning("discovery: %s", error)

    def goto(self, kind: Kind, namespace: str, name: str) -> bool:
        return self.main.navigator.show_object(kind, namespace, name)

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

    def _handle_exception(self, error: Exception) -> None:
        """Textual leaves with the traceback on the terminal; the log keeps it as well."""
        log.critical("the interface failed", exc_info=error)
        super()._handle_exception(error)

    async def on_unmount(self) -> None:
        await self.hub.close()
