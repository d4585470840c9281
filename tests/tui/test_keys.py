"""The key registry, the keys file and the `:` line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tuik8s.api.kinds import CONFIG_MAP, DEPLOYMENT, POD, Kind, KindRegistry
from tuik8s.tui import command_line
from tuik8s.tui.command_line import Namespaces, Quit, RunAction, ShowKind, UseTheme
from tuik8s.tui.default_keys import REGISTRY
from tuik8s.tui.keys import canonical_key, is_key, key_label
from tuik8s.tui.keys_file import read_keys

if TYPE_CHECKING:
    from pathlib import Path

KINDS = KindRegistry()
ACTIONS = ["view.zoom", "app.history"]


def test_no_two_actions_fight_for_a_key() -> None:
    for action in REGISTRY:
        for key in action.keys:
            assert is_key(key), (action.id, key)
            assert REGISTRY._rival(action, key) is None, (action.id, key)


def test_destructive_actions_are_not_beside_harmless_ones() -> None:
    assert REGISTRY["object.delete"].keys == ("D",)
    assert not any("ctrl+d" in action.keys or "ctrl+k" in action.keys for action in REGISTRY)


def test_kubectl_commands_are_filled_in() -> None:
    assert REGISTRY["object.yaml"].command("pod", "prod", "db-0") == "kubectl get pod db-0 -n prod -o yaml"
    assert REGISTRY["node.cordon"].command("node", "", "node-1") == "kubectl cordon node-1"


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ({"no.such": "x"}, "unknown action 'no.such'"),
        ({"view.zoom": "bogus"}, "view.zoom: 'bogus' is not a key"),
        ({"view.zoom": "colon"}, "view.zoom: ':' is taken by view.command"),
        ({"view.zoom": []}, "view.zoom: expected a key or a list of keys"),
        ({"view.zoom": {"a": 1}}, "view.zoom: expected a key or a list of keys"),
    ],
)
def test_wrong_wishes_change_nothing(wish: dict[str, object], problem: str) -> None:
    registry, problems = REGISTRY.remapped(wish)
    assert problems == [problem]
    assert registry.keymap() == REGISTRY.keymap()


def test_actions_for_different_kinds_may_share_a_key() -> None:
    registry, problems = REGISTRY.remapped({"node.drain": "R", "view.zoom": ["Z", "ctrl+z"]})
    assert problems == []
    assert registry["node.drain"].keys == ("R",)
    assert registry.keymap()["view.zoom"] == "Z,ctrl+z"
    assert REGISTRY["view.zoom"].keys == ("z",)


def test_key_names() -> None:
    assert canonical_key("slash") == "/"
    assert canonical_key("question_mark") == "?"
    assert canonical_key("pagedown") == "pagedown"
    assert key_label("ctrl+p") == "^p"
    assert key_label("escape") == "esc"
    assert is_key("ctrl+backslash")
    assert not is_key("hyperdrive+x")


@pytest.mark.parametrize(
    ("text", "found", "count"),
    [
        ("view.zoom: Z\n", {"view.zoom": "Z"}, 0),
        ("pane.goto: y\nnamespace.1: 7\n", {"pane.goto": "y", "namespace.1": "7"}, 0),
        ("", {}, 0),
        ("- a\n", {}, 1),
        ("a: [b\n", {}, 1),
    ],
)
def test_keys_file(tmp_path: Path, text: str, found: dict[str, str], count: int) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text(text)
    wishes, problems = read_keys(path)
    assert wishes == found
    assert len(problems) == count
    assert read_keys(tmp_path / "absent.yaml") == ({}, [])


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("q", Quit()),
        ("ns a,b", Namespaces(frozenset({"a", "b"}))),
        ("ns", Namespaces(frozenset())),
        ("ns all", Namespaces(frozenset())),
        ("theme ansi-dark", UseTheme("ansi-dark")),
        ("pods", ShowKind(POD)),
        ("deploy web", ShowKind(DEPLOYMENT, "web")),
        ("cm /app -n prod", ShowKind(CONFIG_MAP, "", "app", frozenset({"prod"}))),
        ("po -l app=web -A", ShowKind(POD, "", "-l app=web", frozenset())),
        ("zoom", RunAction("view.zoom")),
        ("app.history", RunAction("app.history")),
    ],
)
def test_commands(text: str, command: command_line.Command) -> None:
    assert command_line.parse(text, KINDS, ACTIONS) == command


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a command is missing"),
        ("nonsense", "neither a kind nor a command"),
        ("deploy 'web", "No closing"),
    ],
)
def test_wrong_commands_are_explained(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        command_line.parse(text, KINDS, ACTIONS)


def test_suggestions() -> None:
    def offered(text: str) -> list[str]:
        return command_line.suggestions(text, KINDS, ACTIONS, ["default", "prod"], ["web", "api"])

    assert offered("dep")[0] == "deployments"
    assert offered("ns d") == ["ns default"]
    assert offered("ns default,p") == ["ns default,prod"]
    assert offered("deploy w") == ["deploy web"]
    assert offered("") == []


def test_a_kind_of_the_same_plural_in_another_group_gets_no_action_of_its_namesake() -> None:
    own = Kind("x.io", "v1", "Deployment", "deployments", True, subresources=("scale",))
    assert not REGISTRY["workload.rollback"].applies_to(own)
    assert not REGISTRY["object.logs"].applies_to(own)
    assert REGISTRY["workload.scale"].applies_to(own), "by its own scale"
    measures = Kind("metrics.k8s.io", "v1beta1", "NodeMetrics", "nodes", False)
    assert not REGISTRY["node.cordon"].applies_to(measures)
