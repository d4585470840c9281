"""What stands in a pane's border: its name, what narrows it, how much it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.kinds import Kind
    from tuik8s.tui.rows.log_sources import LogSource
    from tuik8s.tui.rows.order import RowOrder

GOTO = {
    "nodes": "n", "deployments": "d", "services": "s", "manifests": "m", "main": "p", "describe": "b",
    "events": "e", "logs": "l", "requests": "r",
}  # fmt: skip
"""The letter after `g` that leads to each pane."""


def pane_title(pane: str, label: str) -> Text:
    """The label with the letter that leads there underlined."""
    title = Text(label)
    at = label.lower().find(GOTO[pane])
    if at >= 0:
        title.stylize("underline", at, at + 1)
    return title


def table_title(pane: str, label: str, order: RowOrder) -> Text:
    """` Pods ‹ deployment/web  /text  12`"""
    title = pane_title(pane, label)
    if order.scope is not None:
        title.append(f" ‹ {order.scope.label}")
    if order.filter:
        title.append(f"  /{order.filter.text}")
    if order.faults_only:
        title.append("  faults only")
    title.append(f"  {len(order)}")
    return title


def table_subtitle(order: RowOrder, marks: int, *, wide: bool) -> Text:
    parts = [f"{marks} marked"] if marks else []
    if wide:
        parts.append("wide")
    return Text(" · ".join(parts))


def empty_text(order: RowOrder, kind: Kind, *, synced: bool, refused: str = "") -> str:
    """Why a table has no rows; `refused` is the server's own reason."""
    if refused:
        return _refusal_text(kind, refused)
    what = kind_label(kind).lower() if kind.plural != "manifests" else "files"
    if not synced:
        return "loading"
    if order.filter or order.faults_only:
        return f"no {what} match; esc clears the filter"
    if order.scope is not None:
        return f"no {what} of {order.scope.label}"
    if order.namespaces and kind.namespaced:
        return f"no {what} in {', '.join(sorted(order.namespaces))}; 0 shows all namespaces"
    return f"no {what}"


def _refusal_text(kind: Kind, refused: str) -> str:
    if "at the cluster scope" in refused and kind.namespaced:
        return f"{refused}; choose a namespace you may look into with :ns NAME"
    return refused


def kind_label(kind: Kind) -> str:
    """The kind in its plural: `ConfigMaps`, `Endpoints`, `NetworkPolicies`."""
    name, plural = kind.kind, kind.plural
    stem = next((end for end in range(len(name), 0, -1) if plural.startswith(name[:end].lower())), 0)
    if stem < len(name) - 1:
        return name  # a plural that is no form of the kind's name
    return name[:stem] + plural[stem:]


def log_title(sources: Sequence[LogSource]) -> Text:
    title = pane_title("logs", "Logs")
    if len(sources) == 1:
        source = sources[0]
        title.append(f" {source.pod}" + (f"/{source.container}" if source.container else ""))
    elif sources:
        title.append(f" {len(sources)} pods")
    return title


def log_subtitle(states: Sequence[str]) -> Text:
    return Text(" · ".join(states))
