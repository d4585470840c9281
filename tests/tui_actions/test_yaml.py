"""Objects as kubectl writes them in YAML."""

from __future__ import annotations

import base64

import yaml

from tuik8s.tui.describe.yaml_text import paint_yaml, to_yaml

OBJECT = {
    "kind": "ConfigMap",
    "apiVersion": "v1",
    "metadata": {
        "name": "a",
        "managedFields": [{"manager": "kubectl"}],
        "annotations": {"on": "yes", "n": "1"},
    },
    "data": {"file": "one\ntwo\n", "odd": "[red]: #no markup\x1b[0m"},
}


def test_keys_come_in_kubectls_order() -> None:
    heads = [line for line in to_yaml(OBJECT).splitlines() if not line.startswith(" ")]
    assert heads == ["apiVersion: v1", "data:", "kind: ConfigMap", "metadata:"]


def test_text_of_several_lines_is_a_block_and_lookalikes_are_quoted() -> None:
    text = to_yaml(OBJECT)
    assert "  file: |\n    one\n    two\n" in text
    assert '"on": "yes"' in text
    assert '    n: "1"' in text


def test_it_reads_back_as_the_same_object() -> None:
    assert yaml.safe_load(to_yaml(OBJECT, managed_fields=True)) == OBJECT


def test_managed_fields_are_shown_on_demand_only() -> None:
    assert "managedFields" not in to_yaml(OBJECT)
    assert "managedFields" in to_yaml(OBJECT, managed_fields=True)
    assert "managedFields" in OBJECT["metadata"]


def test_lists_are_not_indented() -> None:
    assert to_yaml({"spec": {"containers": [{"name": "a", "args": ["x"]}]}}) == (
        "spec:\n  containers:\n  - args:\n    - x\n    name: a\n"
    )


def test_secrets_are_decoded_on_demand() -> None:
    data = {"password": base64.b64encode(b"hunter2").decode(), "key": base64.b64encode(b"\xff\xfe").decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "data": {**data, "broken": "%%"}}
    assert "hunter2" not in to_yaml(secret)
    shown = yaml.safe_load(to_yaml(secret, decode=True))["data"]
    assert shown == {"password": "hunter2", "key": "<2 bytes that are not text>", "broken": "%%"}


def test_control_characters_are_escaped() -> None:
    assert "\x1b" not in to_yaml(OBJECT)


def test_painting_changes_no_character() -> None:
    for line in [*to_yaml(OBJECT).splitlines(), "# comment", "- a: 1", '"quoted key": true', "plain", ""]:
        assert paint_yaml(line).plain == line
