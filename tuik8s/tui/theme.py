"""Colours: our themes, and what each tone of a cell is in each of them.

Widgets name tones, never colours; the stylesheet gives each tone a theme variable. What a tone says can
always be read from the text as well, so that nothing is lost under NO_COLOR.
"""

from __future__ import annotations

from typing import Literal

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

FALLBACK_VARIABLES = {
    "tone-muted": "$text-muted",
    "pane-border": "$panel-lighten-1",
    "row-cursor": "$primary-muted",
    "row-cursor-blurred": "$panel",
    "row-marked": "$accent-muted",
}
"""For themes that are not ours."""
