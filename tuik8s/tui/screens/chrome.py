"""The words of header, namespace bar, tabs, pulse and footer: pure functions from figures to words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from tuik8s.api.durations import human_duration
from tuik8s.tui.keys import key_label
from tuik8s.tui.ports import NOT_REMOTE
from tuik8s.tui.rows.columns import elide_middle, pad
from tuik8s.tui.rows.model import one_line
from tuik8s.tui.rows.summary import Health, compact_bytes, sparkline
from tuik8s.tui.screens.layout import ORDER
from tuik8s.tui.widgets.line import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from rich.style import Style

    from tuik8s.tui.keys import KeyAction
    from tuik8s.tui.ports import ApiRequest, ClusterInfo, RemoteCluster, Vitals

SLOW_LOOP_MS = 20.0
LATE_HEARTBEAT = 20.0
SPARK_WIDTH = 16
AGENT_WIDTH = 12
CONTEXT_WIDTH = 32


def header_words(
    health: Health, info: ClusterInfo | None, vitals: Vitals | None, now: datetime, *, read_only: bool,
    remote: RemoteCluster | None = None, nodes_known: bool = True,
) -> tuple[list[Word], list[Word]]:  # fmt: skip
    left = [Word("tuik8s", "accent")]
    if info is None or info.name != "tuik8s":
        left.append(Word(_cluster_name(info, remote), "strong"))
    nodes_tone = "ok" if health.nodes and health.nodes_ready == health.nodes else "warn"
    nodes = f"{health.nodes_ready}/{health.nodes}" if nodes_known else "not to be seen"
    left.append(Word(f"nodes {nodes}", nodes_tone if nodes_known else "muted"))
    left.append(Word(f"pods {health.pods_ready}/{health.pods}", "ok" if not health.failing else "warn"))
    if health.failing:
        left.append(Word(f"{health.failing} failing", "error"))
    right: list[Word] = []
    if info is not None and vitals is not None:
        left.append(Word(f"rev {vitals.revision}", "muted", 4))
        if info.endpoint:
            left.append(Word(info.endpoint, "muted", 5))
        age = human_duration((now - info.started).total_seconds())
        right.append(Word(f"up {age}", "muted", 3))
        right.append(Word(f"lag {vitals.loop_lag_ms:.0f}ms", _lag_tone(vitals), 1))
        right.append(Word(info.runtime, "info", 2))
    elif remote is not None:
        left += [Word(remote.version, "muted", 3), Word(remote.endpoint, "muted", 4)]
        right.append(Word(f"{remote.milliseconds:.0f}ms", "muted", 1))
    right.append(Word("[RO]" if read_only else "[RW]", "warn" if read_only else "muted", 0))
    return left, right


def _cluster_name(info: ClusterInfo | None, remote: RemoteCluster | None) -> str:
    """Contexts of cloud providers are long, and differ at their ends."""
    if info is not None:
        return info.name
    return elide_middle(one_line(remote.context), CONTEXT_WIDTH) if remote is not None else "remote"


def _lag_tone(vitals: Vitals) -> str:
    return "warn" if vitals.loop_lag_ms > SLOW_LOOP_MS else "muted"


def namespace_words(names: Sequence[str], shown: frozenset[str], *, known: bool = True) -> list[Word]:
    """Numbered as the keys are; those beyond nine are named only when they are shown. Where the namespaces
    there are may not be listed (`known`), none of those shown is called doubtful."""
    words = [Word("0 all", "" if shown else "key", 0, "namespace:0")]
    for number, name in enumerate(names, start=1):
        if number <= 9:
            words.append(
                Word(f"{number} {name}", "key" if name in shown else "muted", number, f"namespace:{number}")
            )
        elif name in shown:
            words.append(Word(name, "key", 9))
    words += [
        Word(f"{name}?" if known else name, "warn" if known else "key", 9)
        for name in sorted(shown - set(names))
    ]
    return words


def pulse_words(vitals: Vitals, requests: list[float], queue_limit: int) -> list[Word]:
    """The control plane at work: rates, queues, store."""
    words = [
        Word("api", "muted"),
        Word(f"{vitals.requests_per_second:.0f}/s", "strong"),
        Word(sparkline(requests, SPARK_WIDTH).rjust(SPARK_WIDTH), "info", 4),
        Word(f"watches {vitals.watches}", "", 1),
        Word(f"store {vitals.objects} objects {compact_bytes(vitals.store_bytes)}", "", 2),
    ]
    for image, words_of_runtime in vitals.pulls.items():
        words.append(Word(one_line(f"pulling {image} {words_of_runtime}"), "info", 1))
    waiting = {name: depth for name, depth in vitals.queues.items() if depth}
    if not waiting:
        words.append(Word("queues empty", "muted", 3))
    for name, depth in sorted(waiting.items(), key=lambda item: -item[1])[:queue_limit]:
        words.append(Word(f"{name.removesuffix('-controller')} {depth}", "warn" if depth > 100 else "", 3))
    return words


def remote_pulse_words(remote: RemoteCluster, requests: list[float]) -> list[Word]:
    """What can be measured from outside; and what cannot be had there."""
    return [
        Word("asked", "muted"),
        Word(f"{requests[-1] if requests else 0:.0f}/s", "strong"),
        Word(sparkline(requests, SPARK_WIDTH).rjust(SPARK_WIDTH), "info", 4),
        Word(f"answers in {remote.milliseconds:.0f}ms", "", 1),
        Word(f"queues, causes, scheduler verdicts, components: {NOT_REMOTE}", "muted", 2),
    ]


def heartbeat_words(vitals: Vitals) -> list[Word]:
    words = [Word("kubelets", "muted")]
    for node, age in sorted(vitals.heartbeats.items()):
        words.append(Word(f"{node} {age:.0f}s", "error" if age > LATE_HEARTBEAT else "ok", 1 + len(words)))
    return words


def footer_words(actions: Iterable[KeyAction]) -> list[Word]:
    """`actions` are those that can be done right now; the lowest rank stays longest."""
    ranked = sorted((action for action in actions if action.footer), key=lambda action: action.footer)
    return [
        Word(action.label, "muted", position, f"run:{action.id}", key_label(action.keys[0]))
        for position, action in enumerate(ranked)
    ]


def tab_words(labels: Mapping[str, str], counts: Mapping[str, int], active: str) -> list[Word]:
    """For small screens, where most panes are out of sight."""
    words = []
    for pane in ORDER:
        if pane in ("describe", "requests"):
            continue
        count = f" {counts[pane]}" if pane in counts and pane != "events" else ""
        words.append(Word(labels[pane] + count, "key" if pane == active else "muted", 0, f"pane:{pane}"))
    return words


def request_lines(requests: Sequence[ApiRequest], tones: Mapping[str, Style]) -> list[Text]:
    """The API server's latest requests: watches as such, failures in red."""
    lines = []
    for request in requests:
        code = str(request.code) if request.code else "..."
        tone = "error" if request.code >= 500 else "warn" if request.code >= 400 else "muted"
        target = f"{request.namespace}/{request.resource}" if request.namespace else request.resource
        lines.append(
            Text.assemble(
                (f" {request.time:%H:%M:%S} ", tones["muted"]),
                (f"{request.verb.upper():<6} ", tones["info"]),
                (f"{code:<3} ", tones[tone]),
                f"{request.milliseconds:>5.1f}ms  ",
                (f"{pad(request.agent, AGENT_WIDTH, middle=True)}  ", tones["muted"]),
                target,
            )
        )
    return lines


PROMPT_WORDS = [
    Word("take it", "muted", 0, "", "enter"),
    Word("leave it", "muted", 0, "", "esc"),
    Word("complete", "muted", 0, "", "tab"),
]
