"""The keys of the full-screen views: texts, logs, lists."""

from __future__ import annotations

from tuik8s.tui.keys import KeyAction

TEXT_KEYS = [
    KeyAction(
        id="text.back", keys=("escape", "q"), label="back", group="Full screen", scope="text",
        action="leave", help="Close the view; escape ends a search first", footer=1,
    ),
    KeyAction(
        id="text.search", keys=("/",), label="search", group="Full screen", scope="text",
        action="search", help="Search, ignoring case", footer=2,
    ),
    KeyAction(
        id="text.next_match", keys=("n",), label="next", group="Full screen", scope="text",
        action="match(1)", help="The next match", footer=3,
    ),
    KeyAction(
        id="text.previous_match", keys=("N",), label="previous", group="Full screen", scope="text",
        action="match(-1)", help="The match before", footer=4,
    ),
    KeyAction(
        id="text.managed_fields", keys=("m",), label="managedFields", group="Full screen", scope="text",
        action="managed_fields", help="Show or hide managedFields in YAML", footer=5,
    ),
    KeyAction(
        id="text.decode", keys=("x",), label="decode", group="Full screen", scope="text",
        action="decode", help="Show the data of a Secret as text, or as it is stored", footer=6,
    ),
    KeyAction(
        id="text.copy", keys=("c",), label="copy", group="Full screen", scope="text", action="copy",
        help="Copy all of it, or the chosen command, to the clipboard", footer=7,
    ),
    KeyAction(
        id="text.save", keys=("ctrl+s",), label="save", group="Full screen", scope="text", action="save",
        help="Save it to a file", footer=8,
    ),
    KeyAction(
        id="text.top", keys=("home", "g"), label="top", group="Full screen", scope="text", action="top",
        help="The first line",
    ),
    KeyAction(
        id="text.bottom", keys=("end", "G"), label="bottom", group="Full screen", scope="text",
        action="bottom", help="The last line",
    ),
]  # fmt: skip

LOG_VIEW_KEYS = [
    KeyAction(
        id="logs.back", keys=("escape", "q"), label="back", group="Log on a full screen", scope="logs",
        action="leave", help="Close the log; escape ends a search first", footer=1,
    ),
    KeyAction(
        id="logs.search", keys=("/",), label="search", group="Log on a full screen", scope="logs",
        action="search", help="Search, ignoring case; n and N go from line to line", footer=2,
    ),
    KeyAction(
        id="logs.previous", keys=("p",), label="previous run", group="Log on a full screen", scope="logs",
        action="previous", help="The container's previous run, or the present one", footer=3,
    ),
    KeyAction(
        id="logs.container", keys=("C",), label="container", group="Log on a full screen", scope="logs",
        action="container", help="Choose one container, or all", footer=4,
    ),
    KeyAction(
        id="logs.save", keys=("ctrl+s",), label="save", group="Log on a full screen", scope="logs",
        action="save", help="Save every line kept to a file", footer=5,
    ),
    *(
        KeyAction(
            id=f"logs.since_{number}", keys=(str(number),), label=label, group="Log on a full screen",
            scope="logs", action=f"since({number})", help=text, footer=6 if number == 0 else 0,
        )
        for number, (label, text) in enumerate(
            [
                ("tail", "The latest lines, and follow"),
                ("head", "From the first line"),
                ("1m", "The last minute; 3 to 6: the last 5, 15, 30, 60 minutes"),
                ("5m", ""), ("15m", ""), ("30m", ""), ("1h", ""),
            ]
        )
    ),
]  # fmt: skip

_SCREENS = [
    KeyAction(
        id="app.components", keys=("X",), label="components", group="Show", scope="main",
        help="The control plane's parts: state, restarts, last error (`:components`)",
    ),
]  # fmt: skip

VIEW_KEYS = [*TEXT_KEYS, *LOG_VIEW_KEYS, *_SCREENS]
