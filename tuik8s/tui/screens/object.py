"""One object on the full screen, live: described, or as YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from tuik8s.api import kinds
from tuik8s.tui.describe.yaml_text import paint_yaml, to_yaml
from tuik8s.tui.host import DescribeContext
from tuik8s.tui.screens.text import TextScreen

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.tui.host import Host, Target

REDRAW = 0.25
"""Seconds between two looks at the caches: at most four redraws a second."""
_AGES = 4
"""Ages change by the second: so often a description is made anew even when nothing has happened."""


class ObjectScreen(TextScreen):
    """Follows the object by its uid; once it is gone, its last state stays and the title says so."""

    verb = ""

    def __init__(self, host: Host, target: Target, feeds: tuple[Kind, ...] = ()) -> None:
        super().__init__(host)
        self.target = target
        self.object: Obj = target.object
        self.gone = False
        self._kinds = dict.fromkeys((target.kind, *feeds))
        self._seen: object = None

    # --- for subclasses

    def texts(self) -> list[str]:
        return []

    # --- staying current

    def ready(self) -> None:
        for kind in self._kinds:
            self.host.hub.open(kind)
        self.set_interval(REDRAW, self.look)
        self.redraw()

    def on_unmount(self) -> None:
        for kind in self._kinds:
            if self.host.hub.feed(kind) is not None:  # at the end of the app the hub may be closed already
                self.host.hub.release(kind)

    def look(self) -> None:
        """Redraw if something changed; feeds are compared by their version, so this costs nothing."""
        feeds = [feed for kind in self._kinds if (feed := self.host.hub.feed(kind)) is not None]
        seen = tuple(feed.model.version for feed in feeds)
        if seen == self._seen:
            return
        self._seen = seen
        self._find()
        self.redraw()

    def _find(self) -> None:
        feed = self.host.hub.feed(self.target.kind)
        row = feed.model.rows.get(self.target.uid) if feed is not None else None
        if row is not None:
            self.object, self.gone = row.object, False
        elif feed is not None and feed.synced:
            self.gone = True

    def redraw(self) -> None:
        self.pane.show_texts(self.texts())
        self.retitle()

    def retitle(self) -> None:
        pane, target = self.pane, self.target
        where = f" -n {target.namespace}" if target.namespace else ""
        title = Text(f"{self.verb} {target.kind.singular}/{target.name}{where}")
        if self.gone:
            title.append("  deleted: this is its last state", "bold red")
        pane.border_title = title
        pane.border_subtitle = Text(f"{self.found()}{len(pane.texts):,} lines")


class DescribeScreen(ObjectScreen):
    """What `kubectl describe` says, and the object's events as they come."""

    verb = "describe"

    def __init__(self, host: Host, target: Target) -> None:
        related = (kinds.EVENT, kinds.POD, kinds.REPLICA_SET, kinds.ENDPOINT_SLICE, kinds.LEASE)
        super().__init__(host, target, related)
        self._styled: dict[str, Text] = {}

    def ready(self) -> None:
        super().ready()
        self.set_interval(REDRAW * _AGES, self.redraw)

    def texts(self) -> list[str]:
        context = DescribeContext(
            self.target.kind,
            self.host.clock,
            self.host.info,
            self.host.hub.objects,
            max(40, self.size.width - 2),
        )
        lines = self.host.describe(self.object, context)
        self._styled = {line.plain: line for line in lines}
        return list(self._styled) if len(self._styled) == len(lines) else [line.plain for line in lines]

    def paint(self, line: str) -> Text:
        styled = self._styled.get(line)
        return styled.copy() if styled is not None else Text(line, no_wrap=True)

    def file_name(self) -> str:
        return f"{self.target.name}-describe.txt"


class YamlScreen(ObjectScreen):
    """What `kubectl get -o yaml` prints."""

    verb = "get"

    def __init__(self, host: Host, target: Target) -> None:
        super().__init__(host, target)
        decodable = {"decode"} if target.kind == kinds.SECRET else set()
        self.extra_actions = frozenset({"managed_fields"} | decodable)
        self._managed_fields = False
        self._decode = False

    def texts(self) -> list[str]:
        return to_yaml(self.object, managed_fields=self._managed_fields, decode=self._decode).splitlines()

    def paint(self, line: str) -> Text:
        return paint_yaml(line)

    def file_name(self) -> str:
        return f"{self.target.name}.yaml"

    def action_managed_fields(self) -> None:
        self._managed_fields = not self._managed_fields
        self.redraw()

    def action_decode(self) -> None:
        self._decode = not self._decode
        self.redraw()
