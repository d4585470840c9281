from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.api.objects import refusal
from tuik8s.api import kinds
from tuik8s.api.selectors import (
    EVERYTHING,
    NOTHING,
    FieldSelector,
    LabelSelector,
    NodeSelector,
    NodeSelectorTerm,
    Requirement,
)

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

LABELS = {"app": "web", "tier": "front", "weight": "5", "empty": ""}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("app", True),
        ("!app", False),
        ("app=web", True),
        ("app==web", True),
        ("app = web , tier=front", True),
        ("app!=web", False),
        ("other!=web", True),
        ("app in (web,api)", True),
        ("app notin (web,api)", False),
        ("other notin (web)", True),
        ("other in (web)", False),
        ("weight>4", True),
        ("weight<4", False),
        ("app>4", False),
        ("empty=", True),
        ("empty in ()", True),
        ("app in (,web)", True),
        ("in in (in,notin)", False),
        ("app=web,!other,tier in (front),weight>4", True),
    ],
)
def test_label_text(text: str, *, matches: bool) -> None:
    assert LabelSelector.parse(text).matches(LABELS) is matches


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("app=web,", "found '', expected: identifier after ','"),
        ("=web", "found '=', expected: !, identifier, or 'end of string'"),
        ("app web", "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt"),
        ("app in web", "unable to parse requirement: found 'web' expected: '('"),
        ("app in (a b)", "unable to parse requirement: found 'b', expected: ',' or ')'"),
        ("app in (a", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("app=(", "unable to parse requirement: found '(', expected: identifier"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("!app=web", "found '=', expected: ',' or 'end of string'"),
        ("app=a=b", "found '=', expected: ',' or 'end of string'"),
        (
            "weight>x",
            'unable to parse requirement: values[0]: Invalid value: "x": '
            "for 'Gt', 'Lt' operators, the value must be an integer",
        ),
    ],
)
def test_label_text_errors(text: str, message: str) -> None:
    assert refusal(LabelSelector.parse, text) == message


def test_bad_keys_and_values_are_named() -> None:
    with pytest.raises(ValueError, match=r'<nil>: Invalid value: "-a": name part must consist of') as caught:
        LabelSelector.parse("-a=b")
    assert "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used" in str(caught.value)
    with pytest.raises(ValueError, match=r'values\[0\]\[a\]: Invalid value: "\$": a valid label must be'):
        LabelSelector.parse("a=$")


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "api"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
        ({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "x", "operator": "Exists"}]}, False),
    ],
)
def test_label_selector_objects(selector: Any, *, matches: bool) -> None:
    assert LabelSelector.of(selector).matches(LABELS) is matches


@pytest.mark.parametrize(
    "expression",
    [
        {"key": "a", "operator": "Is"},
        {"key": "a", "operator": "In"},
        {"key": "a", "operator": "Exists", "values": ["b"]},
        {"key": "-", "operator": "Exists"},
        {},
    ],
)
def test_label_selector_objects_refused(expression: Any) -> None:
    assert refusal(LabelSelector.of, {"matchExpressions": [expression]})


def test_empty_and_exact() -> None:
    assert EVERYTHING.empty
    assert not NOTHING.empty
    assert NOTHING.selects_nothing
    assert LabelSelector.of({}).empty
    assert LabelSelector.of_map(None).empty
    assert LabelSelector.parse("b=2,a=1,c").exact == (("a", "1"), ("b", "2"))
    assert str(LabelSelector.of({"matchLabels": {"a": "1"}})) == "a=1"
    assert LabelSelector.parse("a=1") == LabelSelector.of_map({"a": "1"})
    assert hash(LabelSelector.parse("a=1")) == hash(LabelSelector.of_map({"a": "1"}))
    assert LabelSelector.parse("a") != "a"


_KEYS = st.from_regex(r"\A([a-z]{1,5}\.io/)?[a-z]([-a-z0-9_.]{0,8}[a-z0-9])?\Z").filter(
    lambda key: key not in ("in", "notin")
)
_VALUES = st.from_regex(r"\A([a-z0-9]([-a-z0-9_.]{0,8}[a-z0-9])?)?\Z")


@st.composite
def _requirements(draw: st.DrawFn) -> Requirement:
    operator = draw(st.sampled_from(["=", "==", "!=", "in", "notin", "exists", "!", "gt", "lt"]))
    if operator in ("exists", "!"):
        return Requirement(draw(_KEYS), operator)
    if operator in ("gt", "lt"):
        return Requirement(draw(_KEYS), operator, (str(draw(st.integers(0, 99))),))
    if operator in ("in", "notin"):
        return Requirement(
            draw(_KEYS), operator, tuple(sorted(draw(st.sets(_VALUES, min_size=1, max_size=3))))
        )
    return Requirement(draw(_KEYS), operator, (draw(_VALUES),))


@given(st.lists(_requirements(), max_size=4), st.dictionaries(_KEYS, _VALUES, max_size=4))
def test_printing_and_reading_again(requirements: list[Requirement], labels: dict[str, str]) -> None:
    selector = LabelSelector(requirements)
    again = LabelSelector.parse(str(selector))
    assert again == selector
    assert again.matches(labels) == all(requirement.matches(labels) for requirement in requirements)


@given(st.text(alphabet="ab=!,()<> in\t$-", max_size=15))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        selector = LabelSelector.parse(text)
    except ValueError:
        return
    assert LabelSelector.parse(str(selector)) == selector


POD: Obj = {
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"nodeName": "n1", "restartPolicy": "Always"},
    "status": {"phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}]},
}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("metadata.name=web", True),
        ("metadata.name==web,metadata.namespace=shop", True),
        ("metadata.name!=web", False),
        ("status.phase!=Running", False),
        ("status.phase!=Pending,spec.nodeName=n1", True),
        ("spec.nodeName=", False),
        ("spec.hostNetwork=false", True),
        ("spec.hostNetwork=true", False),
        ("status.nominatedNodeName=", True),
        ("status.podIPs=10.0.0.1", True),
        ("spec.serviceAccountName=", True),
    ],
)
def test_pod_fields(text: str, *, matches: bool) -> None:
    assert FieldSelector.parse(text, kinds.POD).matches(POD) is matches


def test_event_fields_fit_both_shapes() -> None:
    core = {
        "involvedObject": {"kind": "Pod", "name": "a"},
        "reason": "Pulled",
        "source": {"component": "kubelet"},
    }
    new = {"regarding": {"kind": "Pod", "name": "a"}, "reason": "Pulled", "reportingController": "kubelet"}
    for event in (core, new):
        assert FieldSelector.parse("involvedObject.name=a,reason=Pulled,source=kubelet").matches(event)
        assert FieldSelector.parse("regarding.name=a", kinds.EVENTS_EVENT).matches(event)
        assert not FieldSelector.parse("involvedObject.kind=Node", kinds.EVENT).matches(event)


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("spec.image=x", kinds.POD, "field label not supported: spec.image"),
        (
            "spec.replicas=1",
            kinds.DEPLOYMENT,
            '"spec.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        ("metadata.name", None, "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
        ("a=b=c", None, "invalid field selector: unescaped character in value: ="),
        ("a=b\\x", None, "invalid field selector: invalid escape sequence: \\x"),
    ],
)
def test_field_errors(text: str, kind: Any, message: str) -> None:
    assert refusal(FieldSelector.parse, text, kind) == message


def test_field_values_with_escapes() -> None:
    selector = FieldSelector.parse(r"metadata.name=a\,b\=c\\d")
    assert selector.matches({"metadata": {"name": "a,b=c\\d"}})
    assert FieldSelector.parse(str(selector)).terms == selector.terms
    assert selector.exact("metadata.name") == "a,b=c\\d"
    assert selector.exact("metadata.namespace") is None


NODE: Obj = {"metadata": {"name": "n1", "labels": {"zone": "a", "cores": "8"}}}


@pytest.mark.parametrize(
    ("term", "matches"),
    [
        ({}, False),
        ({"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}, True),
        ({"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a"]}]}, False),
        ({"matchExpressions": [{"key": "cores", "operator": "Gt", "values": ["4"]}]}, True),
        ({"matchExpressions": [{"key": "cores", "operator": "Lt", "values": ["4"]}]}, False),
        ({"matchExpressions": [{"key": "gpu", "operator": "DoesNotExist"}]}, True),
        ({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}, True),
        ({"matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["n1"]}]}, False),
    ],
)
def test_node_terms(term: Any, *, matches: bool) -> None:
    assert NodeSelectorTerm(term).matches(NODE) is matches
    assert NodeSelector({"nodeSelectorTerms": [{}, term]}).matches(NODE) is matches


def test_a_node_selector_without_terms_matches_nothing() -> None:
    assert not NodeSelector({}).matches(NODE)
