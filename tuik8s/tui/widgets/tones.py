"""The styles of tones, as the stylesheet defines them for every widget alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.style import Style
    from textual.widget import Widget

TONES = ("ok", "info", "warn", "error", "muted", "strong", "accent", "key")
TONE_CLASSES = {f"tone--{tone}" for tone in TONES}
"""Part of COMPONENT_CLASSES of every widget that calls `tone_styles`."""


def tone_styles(widget: Widget) -> dict[str, Style]:
    """By tone name: what to add to the widget's own style."""
    return {tone: widget.get_component_rich_style(f"tone--{tone}", partial=True) for tone in TONES}
