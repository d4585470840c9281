"""The styles of tones, as the stylesheet defines them for every widget alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tuik8s.tui.typeahead import TypeAheadApp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.style import Style
    from textual.widget import Widget

TONES = ("ok", "info", "warn", "error", "muted", "strong", "accent", "key")


class TonedApp(TypeAheadApp):
    """Holds the tones for all its widgets: were they component classes of each widget, Textual would work
    out the same eight styles 130 times whenever a screen is styled."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone}" for tone in TONES}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._tones: Mapping[str, Style] = {}

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._tones = {}

    @property
    def tones(self) -> Mapping[str, Style]:
        """By tone name: what to add to a widget's own style."""
        if not self._tones:
            self._tones = {
                tone: self.get_component_styles(f"tone--{tone}").partial_rich_style for tone in TONES
            }
        return self._tones


def own_style(widget: Widget) -> Style:
    """What `Widget.rich_style` works out anew at each call, as long as all the rest of drawing a line."""
    return widget.visual_style.rich_style


def tone_styles(widget: Widget) -> Mapping[str, Style]:
    app = widget.app
    if not isinstance(app, TonedApp):
        raise TypeError("only a TonedApp has tones")
    return app.tones
