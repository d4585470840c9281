"""What screens, actions and widgets may expect of the app around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from rich.text import Text
    from textual.message import Message

    from tuik8s.api.clock import Clock
    from tuik8s.api.kinds import Kind, KindRegistry
    from tuik8s.api.objects import Obj
    from tuik8s.client import Client
    from tuik8s.tui.feed.heartbeat import Heartbeat
    from tuik8s.tui.feed.hub import FeedHub
    from tuik8s.tui.keys import KeyRegistry
    from tuik8s.tui.messages import Severity
    from tuik8s.tui.ports import ClusterInfo, RemoteCluster
    from tuik8s.tui.rows.history import History
    from tuik8s.tui.settings import Settings


@dataclass(frozen=True, slots=True)
class Target:
    """The object an action was started on: frozen at that moment, whatever the table does afterwards."""

    kind: Kind
    namespace: str
    name: str
    uid: str
    object: Obj
    """As last seen; shared, never to be changed."""


class Host(Protocol):
    """The app, as everything below it sees it. Widgets and screens reach it through `host_of(self.app)`."""

    client: Client
    info: ClusterInfo | None
    remote: RemoteCluster | None
    heartbeat: Heartbeat | None
    clock: Clock
    settings: Settings
    keys: KeyRegistry
    kinds: KindRegistry
    hub: FeedHub
    history: History
    handlers: Mapping[str, Handler]
    describe: Describer

    def post_to_screen(self, message: Message) -> bool:
        """Tell the main screen, from whatever task; how feeds speak."""

    def notice(self, text: str, severity: Severity = "information", *, about: str = "") -> None:
        """One line at the bottom of the main screen; never parsed as markup. See `Notice`."""

    def goto(self, kind: Kind, namespace: str, name: str) -> bool:
        """Put the main screen's cursor on an object; False while its row is not there yet."""

    def go_to_context(self, name: str) -> None:
        """End this interface, for whoever started it to open that context instead."""

    async def refresh_kinds(self) -> None:
        """Take in kinds that have come or gone; without an answer those known stay."""

    def run_handler(self, action_id: str, targets: tuple[Target, ...]) -> None:
        """Start the action in a worker; an error becomes a notice, not a crash."""


class Handler(Protocol):
    """Does one action of the registry. Runs in a worker, so it may wait for dialogs (`push_screen_wait`)."""

    def __call__(self, host: Host, targets: tuple[Target, ...]) -> Awaitable[None]: ...


class Describer(Protocol):
    """What the describe pane shows of an object, as lines of text that are never parsed as markup."""

    def __call__(self, obj: Obj, context: DescribeContext) -> list[Text]: ...


@dataclass(frozen=True, slots=True)
class DescribeContext:
    """What a description draws on beside the object: caches only, so that describing never waits."""

    kind: Kind
    clock: Clock
    info: ClusterInfo | None
    objects: Callable[[Kind], list[Obj]]
    """All cached objects of a kind; empty when no feed of that kind is open."""
    width: int = 80
