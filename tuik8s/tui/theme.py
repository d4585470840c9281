"""Colours: our themes, and what each tone of a cell is in each of them.

Widgets name tones, never colours; the stylesheet gives each tone a theme variable. What a tone says can
always be read from the text as well, so that nothing is lost under NO_COLOR.
"""

from __future__ import annotations

from typing import Literal

from textual.color import Color
from textual.theme import Theme

Tone = Literal["", "ok", "info", "warn", "error", "muted"]

DARK = Theme(
    name="tuik8s-dark",
    primary="#7aa2f7",
    secondary="#7dcfff",
    accent="#bb9af7",
    success="#9ece6a",
    warning="#e0af68",
    error="#f7768e",
    foreground="#c0caf5",
    background="#16161e",
    surface="#1a1b26",
    panel="#24283b",
    dark=True,
    variables={
        "tone-muted": "#6b759f",
        "pane-border": "#363b54",
        "row-cursor": "#2b3556",
        "row-cursor-blurred": "#20263c",
        "row-marked": "#33294a",
        "scrollbar": "#2c3149",
        "scrollbar-background": "#16161e",
    },
)

LIGHT = Theme(
    name="tuik8s-light",
    primary="#2e5bc7",
    secondary="#0b7285",
    accent="#7a3fb5",
    success="#3b7a1e",
    warning="#9a5b00",
    error="#c02647",
    foreground="#2c3148",
    background="#fbfbfd",
    surface="#f4f5f9",
    panel="#e6e8f0",
    dark=False,
    variables={
        "tone-muted": "#7b819c",
        "pane-border": "#c3c8da",
        "row-cursor": "#d5e0fb",
        "row-cursor-blurred": "#e9edf7",
        "row-marked": "#ebdcf8",
        "scrollbar": "#cdd2e2",
        "scrollbar-background": "#fbfbfd",
    },
)

OWN_THEMES = (DARK, LIGHT)
CYCLE = ("tuik8s-dark", "tuik8s-light", "ansi-dark", "ansi-light")
"""What the theme key steps through; the palette offers all that Textual brings."""

_DERIVED = {
    "tone-muted": ("foreground", 0.6),
    "pane-border": ("foreground", 0.25),
    "row-cursor": ("primary", 0.35),
    "row-cursor-blurred": ("foreground", 0.1),
    "row-marked": ("accent", 0.25),
    "scrollbar": ("foreground", 0.25),
}
"""How much of which colour to lay over the background."""
_ANSI = {
    "tone-muted": "ansi_bright_black",
    "pane-border": "ansi_bright_black",
    "row-cursor": "ansi_blue",
    "row-cursor-blurred": "ansi_default",
    "row-marked": "ansi_default",
    "scrollbar": "ansi_bright_black",
}


def fallback_variables(theme: Theme) -> dict[str, str]:
    """Our variables for a theme that is not ours; among the terminal's own colours there is no mixing."""
    if theme.ansi:
        return dict(_ANSI)
    colors = theme.to_color_system().generate()
    background = Color.parse(colors["background"])
    return {
        name: background.blend(Color.parse(colors[source]), share).hex
        for name, (source, share) in _DERIVED.items()
    }
