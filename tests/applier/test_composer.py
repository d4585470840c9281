"""YAML text to JSON values, with the place of each and limits on all."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tuik8s.applier.composer import Composed, ManifestError, compose
from tuik8s.applier.scalars import resolve


def one(text: str) -> Any:
    return next(compose(text)).value


def test_documents_come_in_order_with_the_line_they_begin_at() -> None:
    documents = list(compose("a: 1\n---\n# note\nb: 2\n---\n"))
    assert [document.value for document in documents] == [{"a": 1}, {"b": 2}, None]
    assert documents[1].line >= 2


def test_the_place_of_a_value_is_known_by_its_path() -> None:
    composed: Composed = next(compose("spec:\n  containers:\n  - name: web\n    image: nginx\n"))
    assert composed.places["spec", "containers", 0, "image"] == (4, 12)
    assert composed.places["spec", "containers", 0] == (3, 5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True), ("off", False), ("y", True), ("No", False), ("~", None), ("", None), ("null", None),
        ("0644", 420), ("0o644", 420), ("0x1F", 31), ("1_000", 1000), ("-5", -5), ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5), ("12:30:45", "12:30:45"), ("2021-01-01", "2021-01-01"), ("1.2.3", "1.2.3"), ("08", 8.0),
        ("100m", "100m"), ("-", "-"), (".", "."), ("nope", "nope"), ("9" * 65, "9" * 65),
    ],
)  # fmt: skip
def test_plain_scalars_are_read_as_kubectl_reads_them(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_quoted_scalars_are_text() -> None:
    assert one("a: \"yes\"\nb: '1'\nc: |\n  2\n") == {"a": "yes", "b": "1", "c": "2\n"}


def test_keys_are_text_whatever_they_look_like() -> None:
    assert one("1: a\ntrue: b\n") == {"1": "a", "true": "b"}


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a: 1\na: 2\n", 'key "a" already set in map', 2, 1),
        ("a: [1, 2\n", "did not find expected ',' or ']'", 2, 1),
        ("a:\n\t- b\n", "cannot start any token", 2, 1),
        ("a: *nothing\n", "alias", 1, 4),
        ("a: &x [*x]\n", "stands for nothing, or for what contains it", 1, 8),
        ("a: .inf\n", "not a number that JSON can hold", 1, 4),
        ("a: !!set {b}\n", "", 0, 0),
        ("a: !python/object:os.system x\n", "tag", 1, 4),
        ("? [a]\n: b\n", "a key must be text", 1, 3),
        ("a: 1\n  b: 2\n", "mapping values are not allowed", 2, 4),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str, line: int, column: int) -> None:
    if not message:
        assert list(compose(text))  # a set is a mapping to nothing: harmless
        return
    with pytest.raises(ManifestError) as caught:
        list(compose(text))
    assert message in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "a: " + "{b: " * 50_000, "- " * 20_000], ids=["seq", "map", "dash"]
)
def test_deep_nesting_is_an_error_not_the_end_of_the_process(text: str) -> None:
    with pytest.raises(ManifestError, match=r"nested deeper|nesting depth|did not find"):
        list(compose(text))


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(ManifestError, match="aliases written out"):
        list(compose("\n".join(lines)))


def test_merge_keys_fill_in_what_is_not_given() -> None:
    value = one("base: &b {cpu: 1, memory: 2}\nweb: {<<: *b, cpu: 3}\n")
    assert value["web"] == {"cpu": 3, "memory": 2}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz-./", max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(json_values)
def test_what_yaml_writes_is_read_back(value: Any) -> None:
    text = yaml.safe_dump({"value": value}, allow_unicode=True, default_style='"')
    quoted = one(text)["value"]
    assert _texts(quoted) == _texts(value)


def _texts(value: Any) -> Any:
    """Quoting turns every scalar into text, or gives it a tag: compare the shape and the texts."""
    if isinstance(value, dict):
        return {key: _texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return str(value)


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_input_is_read_or_refused(data: bytes) -> None:
    with suppress(ManifestError):
        list(compose(data.decode("utf-8", "replace")))
