"""Pure parts of the tables: models, orders, filters, ages, columns."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.tui.fakes import COLUMNS, NOW, ago, event, node, pod
from tuik8s.api.durations import human_duration
from tuik8s.api.kinds import DEPLOYMENT, EVENT, NODE, POD
from tuik8s.tui.rows.ages import age_text, last_seen, restarts_text
from tuik8s.tui.rows.columns import GAP, elide_middle, fit, natural_widths, pad
from tuik8s.tui.rows.filtering import Filter
from tuik8s.tui.rows.model import Column, TableModel, one_line
from tuik8s.tui.rows.order import RowOrder, Scope
from tuik8s.tui.rows.related import EventScope, pods_of
from tuik8s.tui.rows.sorting import natural_key
from tuik8s.tui.rows.summary import HealthCheck, ordered_namespaces, sparkline
from tuik8s.tui.rows.tones import is_faulty, tone_function

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj


def model_of(kind: Kind, items: list[tuple[Obj, list[object]]]) -> TableModel:
    model = TableModel(namespaced=kind.namespaced)
    model.set_columns([{"name": n, "type": t, "priority": p} for n, t, p in COLUMNS[kind]])
    model.replace([{"cells": cells, "object": obj} for obj, cells in items])
    return model


def names(order: RowOrder) -> list[str]:
    order.update()
    return [order[index].name for index in range(len(order))]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (190, "3m10s"), (600, "10m"),
        (10_799, "179m"), (10_800, "3h"), (11_000, "3h3m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"),
        (180_000, "2d2h"), (691_200, "8d"), (63_071_999, "729d"), (63_072_000, "2y"), (70_000_000, "2y80d"),
        (252_288_000, "8y"),
    ],
)  # fmt: skip
def test_ages_are_written_as_kubernetes_does(seconds: float, text: str) -> None:
    assert human_duration(seconds) == text


def test_event_ages_prefer_the_series() -> None:
    obj, _ = event("BackOff", "x", pod("a")[0], age=60)
    assert age_text(last_seen(obj), NOW) == "60s"
    obj["series"] = {"lastObservedTime": "2026-01-02T11:59:57.123456Z"}
    assert age_text(last_seen(obj), NOW) == "2s"
    assert age_text(last_seen({"metadata": {}, "eventTime": ago(7)}), NOW) == "7s"
    assert age_text(None, NOW) == "<unknown>"


def test_the_time_in_restarts_moves_on() -> None:
    obj, cells = pod("a", restarts=3)
    assert restarts_text(str(cells[3]), obj, NOW + timedelta(seconds=60)) == "3 (2m35s ago)"
    assert restarts_text("0", obj, NOW) == "0"


def test_sorting_by_age_uses_time_not_text() -> None:
    model = model_of(POD, [pod("old", age=90_000), pod("new", age=4), pod("mid", age=720)])
    order = RowOrder(model, "pods")
    order.sort_column = "Age"
    assert names(order) == ["new", "mid", "old"]
    order.reverse = True
    assert names(order) == ["old", "mid", "new"]


def test_sorting_by_restarts_and_ready_is_numeric() -> None:
    items = [pod("ten", restarts=10), pod("two", restarts=2), pod("none", ready=False)]
    order = RowOrder(model_of(POD, items), "pods")
    order.sort_column = "Restarts"
    assert names(order) == ["none", "two", "ten"]
    order.sort_column = "Ready"
    assert names(order)[0] == "none"


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("10.244.0.9", "10.244.0.10"),
        ("1/10", "1/2"),
        ("2/2", "3/3"),
        ("9", "10"),
        ("zzz", "<none>"),
        ("9m", "10m"),
    ],
)
def test_natural_order(less: str, more: str) -> None:
    assert natural_key(less) < natural_key(more)


def test_filter_grammar() -> None:
    rows = list(model_of(POD, [pod("web-1"), pod("api-1", app="api"), pod("Web-2", "prod")]).rows.values())

    def kept(text: str) -> list[str]:
        wanted = Filter.parse(text)
        return [row.name for row in rows if wanted.matches(row)]

    assert kept("web") == ["web-1", "Web-2"]
    assert kept("Web") == ["Web-2"]
    assert kept("!web") == ["api-1"]
    assert kept("web|api default") == ["web-1", "api-1"]
    assert kept("-l app=api") == ["api-1"]
    assert kept("web -l app!=api") == ["web-1", "Web-2"]
    assert not Filter.parse("  ")
    with pytest.raises(ValueError, match="unable to parse requirement"):
        Filter.parse("-l a=(")


@given(
    st.lists(st.tuples(st.sampled_from("pdr"), st.integers(0, 30)), max_size=60), st.booleans(), st.booleans()
)
def test_following_changes_equals_starting_anew(
    steps: list[tuple[str, int]], by_age: bool, faults: bool
) -> None:
    model = model_of(POD, [])
    order = RowOrder(model, "pods")
    order.sort_column, order.faults_only = ("Age" if by_age else "Name"), faults
    chance = random.Random(1)
    for what, number in steps:
        obj, cells = pod(f"p{number}", ready=chance.random() < 0.5, age=chance.randrange(99))
        if what == "d":
            model.remove(obj["metadata"]["uid"])
        else:
            model.upsert({"cells": cells, "object": obj})
        order.update()
    fresh = RowOrder(model, "pods")
    fresh.sort_column, fresh.faults_only = order.sort_column, faults
    assert names(order) == names(fresh)
    for index in range(len(order)):
        assert order.index(order[index].uid) == index


def test_a_row_that_did_not_change_keeps_its_version() -> None:
    obj, cells = pod("a")
    obj["metadata"]["resourceVersion"] = "7"
    model = TableModel(namespaced=True)
    model.replace([{"cells": cells, "object": obj}])
    before = model.rows[obj["metadata"]["uid"]]
    model.replace([{"cells": cells, "object": obj}])
    assert model.rows[obj["metadata"]["uid"]] is before
    model.replace(
        [{"cells": cells, "object": {**obj, "metadata": {**obj["metadata"], "resourceVersion": "8"}}}]
    )
    assert model.rows[obj["metadata"]["uid"]].version > before.version


def test_changes_are_known_only_since_the_last_new_start() -> None:
    model = model_of(POD, [pod("a")])
    seen = model.version
    model.upsert({"cells": pod("b")[1], "object": pod("b")[0]})
    assert model.changed_since(seen) == {"uid-default-b"}
    assert model.changed_since(seen - 1) is None
    for _ in range(TableModel.LOG_LIMIT + 1):
        model.upsert({"cells": pod("b")[1], "object": pod("b")[0]})
    assert model.changed_since(seen) is None


def test_namespaces_and_scope_narrow_together() -> None:
    order = RowOrder(model_of(POD, [pod("a"), pod("b", "prod"), pod("c", "prod", node="n2")]), "pods")
    order.namespaces = frozenset({"prod"})
    assert names(order) == ["b", "c"]
    order.scope = Scope("node/n2", lambda row: row.object["spec"]["nodeName"] == "n2")
    assert names(order) == ["c"]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=10), st.integers(20, 220))
def test_fitted_columns_never_exceed_the_width(widths: list[int], available: int) -> None:
    labels = ["Name", "Status", "Message", "Age", "Ready", "X1", "X2", "X3", "X4", "X5"]
    columns = [Column(label, priority=1 if label in ("X4", "X5") else 0) for label in labels[: len(widths)]]
    placed = fit(columns, widths, available)
    assert sum(item.width for item in placed) + GAP * (len(placed) - 1) <= available
    assert [item.column for item in placed] == sorted(item.column for item in placed)


def test_a_narrow_table_drops_columns_and_a_wide_one_shows_more() -> None:
    model = model_of(POD, [pod("web-7d9f8c6b5-9qwzt", status="CrashLoopBackOff")])
    natural = natural_widths(model.columns, model.rows.values())

    def shown(width: int) -> list[str]:
        return [model.columns[item.column].name for item in fit(model.columns, natural, width)]

    assert shown(40) == ["Name", "Ready", "Status"]
    assert "Age" in shown(60)
    assert "Node" not in shown(70)
    assert "Node" in shown(110)


def test_cutting_text() -> None:
    assert elide_middle("web-7d9f8c6b5-9qwzt", 12) == "web-7d…9qwzt"
    assert cell_len(pad("名前が長い", 6)) == 6
    assert pad("ab", 4, right=True) == "  ab"
    assert one_line("a\x1b[2Jb\nc\td") == "a·[2Jb c d"
    assert one_line(None) == "<none>"
    assert one_line(True) == "true"


def test_tones_follow_what_the_text_says() -> None:
    row = next(iter(model_of(POD, [pod("a", ready=False)]).rows.values()))
    status = tone_function("pods", Column("Status"))
    wanted = {
        "Running": "ok", "CrashLoopBackOff": "error", "ErrImagePull": "error", "Pending": "warn",
        "Init:0/1": "warn", "Completed": "muted", "NotReady": "error", "Ready,SchedulingDisabled": "warn",
    }  # fmt: skip
    assert {text: status(text, row) for text in wanted} == wanted
    assert tone_function("pods", Column("Ready"))("1/2", row) == "warn"
    assert tone_function("events", Column("Type"))("Warning", row) == "warn"


def test_health_counts_what_owes_something() -> None:
    pods = model_of(POD, [pod("a"), pod("b", status="CrashLoopBackOff", ready=False),
                          pod("c", status="Succeeded"), pod("d", status="Pending", ready=False)])  # fmt: skip
    check = HealthCheck(model_of(NODE, [node("n", "Ready"), node("m", "NotReady")]), pods)
    assert check.now() == (2, 1, 3, 1, 1)
    obj, cells = pod("b")
    pods.upsert({"cells": cells, "object": obj})
    pods.remove("uid-default-d")
    assert check.now() == (2, 1, 2, 2, 0)
    pods.upsert({"cells": pod("b", status="Error", ready=False)[1], "object": pod("b", ready=False)[0]})
    assert check.now() == (2, 1, 2, 1, 1)
    assert is_faulty("pods", pods.rows["uid-default-b"])


def test_scopes_of_related_rows() -> None:
    deployment = model_of(DEPLOYMENT, [])
    assert deployment.rows == {}
    the_node = next(iter(model_of(NODE, [node("node-1", "Ready")]).rows.values()))
    scope = pods_of(NODE, the_node)
    pods = model_of(POD, [pod("a"), pod("b", node="node-2")])
    assert scope is not None
    assert [row.name for row in pods.rows.values() if scope.contains(row)] == ["a"]
    about = {"metadata": {"name": "node-1", "uid": "node-1"}}
    events = model_of(EVENT, [event("NodeReady", "x", about, kind="Node")])
    found = EventScope.of(NODE, the_node, lambda kind: []).scope()
    assert all(found.contains(row) for row in events.rows.values())


def test_namespaces_keep_their_numbers_when_new_ones_come() -> None:
    model = TableModel(namespaced=False)
    items = [("kube-system", 90), ("default", 90), ("b", 50), ("a", 10)]
    model.replace(
        {"cells": [name], "object": {"metadata": {"name": name, "uid": name, "creationTimestamp": ago(age)}}}
        for name, age in items
    )
    assert ordered_namespaces(model) == ["default", "b", "a", "kube-system"]


def test_sparkline_scales_to_its_highest() -> None:
    assert sparkline([0, 1, 2, 4], 3) == "▂▄█"
    assert sparkline([0, 0], 5) == "▁▁"
