"""Structural schemas alone: pruning, defaults, values, rules."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tuik8s.api.objects import copy
from tuik8s.api.patterns import searcher
from tuik8s.api.scalars import Mismatch
from tuik8s.api.structural import StructuralSchema
from tuik8s.api.structural.formats import FORMATS, is_recognized, string_format

STRING, INTEGER = {"type": "string"}, {"type": "integer"}


def schema(**properties: Any) -> StructuralSchema:
    spec = {"type": "object", "properties": properties}
    return StructuralSchema({"type": "object", "properties": {"spec": spec}})


def made(source: StructuralSchema, spec: Any) -> Any:
    pruned, _ = source.pruned({"spec": spec})
    source.set_defaults(pruned)
    return pruned["spec"]


def errors(field: Any, value: Any, old: Any = None) -> list[str]:
    before = None if old is None else {"spec": {"x": old}}
    return [str(error) for error in schema(x=field).errors({"spec": {"x": value}}, before)]


# Pruning and defaults


def test_only_what_the_schema_knows_is_kept() -> None:
    source = schema(a=STRING, m={"type": "object", "additionalProperties": STRING}, o={"type": "object"})
    given = {"spec": {"a": "1", "b": 2, "m": {"any": "x"}, "o": {"c": 1}}, "extra": {}}
    before = copy(given)
    pruned, unknown = source.pruned(given)
    assert pruned == {"spec": {"a": "1", "m": {"any": "x"}, "o": {}}}
    assert unknown == ["extra", "spec.b", "spec.o.c"]
    assert given == before


def test_what_is_preserved_is_kept_but_for_what_is_known_below() -> None:
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    known = {"type": "object", "properties": {"a": STRING}}
    source = schema(f={**free, "properties": {"known": known}}, l={"type": "array", "items": free})
    pruned, unknown = source.pruned(
        {"spec": {"f": {"x": [{"y": 1}], "known": {"a": "", "b": 1}}, "l": [{"z": 1}]}}
    )
    assert pruned["spec"] == {"f": {"x": [{"y": 1}], "known": {"a": ""}}, "l": [{"z": 1}]}
    assert unknown == ["spec.f.known.b"]


def test_metadata_of_the_object_and_of_those_inside() -> None:
    inside = {
        "type": "object", "x-kubernetes-embedded-resource": True,
        "x-kubernetes-preserve-unknown-fields": True,
    }  # fmt: skip
    source = schema(t=inside)
    obj = {"metadata": {"name": "a", "odd": 1}, "spec": {"t": {"metadata": {"name": "b", "odd": 1}, "x": 1}}}
    pruned, unknown = source.pruned(obj)
    assert pruned == {"metadata": {"name": "a"}, "spec": {"t": {"metadata": {"name": "b"}, "x": 1}}}
    assert unknown == ["metadata.odd", "spec.t.metadata.odd"]
    with pytest.raises(Mismatch, match=r"json: cannot unmarshal number into Go struct field ObjectMeta"):
        source.pruned({"metadata": {"labels": {"a": 1}}})


def test_defaults_go_as_deep_as_there_is_something() -> None:
    inner = {"type": "object", "properties": {"b": {**STRING, "default": "x"}}}
    source = schema(
        a={**inner, "default": {}}, n=inner, l={"type": "array", "items": inner},
        m={"type": "object", "additionalProperties": inner}, z={**INTEGER, "nullable": True, "default": 3},
    )  # fmt: skip
    assert made(source, {"l": [{}, {"b": "y"}], "m": {"k": {}}}) == {
        "a": {"b": "x"}, "l": [{"b": "x"}, {"b": "y"}], "m": {"k": {"b": "x"}}, "z": 3,
    }  # fmt: skip
    assert made(source, {"z": None, "a": None, "n": None}) == {"a": {"b": "x"}, "z": None}


def test_defaults_are_not_shared() -> None:
    source = schema(a={"type": "object", "x-kubernetes-preserve-unknown-fields": True, "default": {"l": []}})
    made(source, {})["a"]["l"].append(1)
    assert made(source, {}) == {"a": {"l": []}}


# Values


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (STRING, 1, 'spec.x: Invalid value: "integer": spec.x in body must be of type string: "integer"'),
        (INTEGER, True,
         'spec.x: Invalid value: "boolean": spec.x in body must be of type integer: "boolean"'),
        (INTEGER, 1.5, 'spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"'),
        ({**INTEGER, "format": "int32"}, 2**31,
         '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.x'),
        ({**INTEGER, "maximum": 3, "exclusiveMaximum": True}, 3,
         "spec.x: Invalid value: 3: spec.x in body should be less than 3"),
        ({**INTEGER, "multipleOf": 5}, 7,
         "spec.x: Invalid value: 7: spec.x in body should be a multiple of 5"),
        ({**STRING, "maxLength": 2}, "abc", "spec.x: Too long: may not be more than 2 bytes"),
        ({**STRING, "minLength": 2}, "a",
         'spec.x: Invalid value: "a": spec.x in body should be at least 2 chars long'),
        ({**STRING, "pattern": "^a+$"}, "b",
         "spec.x: Invalid value: \"b\": spec.x in body should match '^a+$'"),
        ({**STRING, "format": "ipv4"}, "1.2.3",
         'spec.x: Invalid value: "1.2.3": spec.x in body must be of type ipv4: "1.2.3"'),
        ({"type": "array", "items": INTEGER, "maxItems": 1}, [1, 2],
         "spec.x: Too many: 2: must have at most 1 items"),
        ({"type": "array", "items": INTEGER, "minItems": 1}, [],
         "spec.x: Invalid value: 0: spec.x in body should have at least 1 items"),
        ({"type": "array", "items": INTEGER}, [1, "a"],
         'spec.x[1]: Invalid value: "string": spec.x[1] in body must be of type integer: "string"'),
        ({"type": "object", "required": ["a"]}, {}, "spec.x.a: Required value"),
        ({"type": "object", "maxProperties": 1, "additionalProperties": STRING}, {"a": "", "b": ""},
         "spec.x: Too many: 2: must have at most 1 items"),
        ({"enum": [1, "a"]}, True, 'spec.x: Unsupported value: true: supported values: "1", "a"'),
        ({"type": "object", "not": {"required": ["a"]}}, {"a": 1},
         '<nil>: Invalid value: "": "spec.x" must not validate the schema (not)'),
        ({"x-kubernetes-int-or-string": True}, [],
         'spec.x: Invalid value: "array": spec.x in body must be of type integer,string: "array"'),
    ],
)  # fmt: skip
def test_invalid_values(field: Any, value: Any, words: str) -> None:
    assert errors(field, value) == [words]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (INTEGER, 3.0), ({"type": "number"}, 3), ({**STRING, "nullable": True}, None), ({}, [1]),
        ({"x-kubernetes-int-or-string": True}, "50%"), ({**STRING, "format": "unheard-of"}, "x"),
        ({"enum": [1]}, 1.0), ({"type": "object", "additionalProperties": True}, {"a": [None]}),
    ],
)  # fmt: skip
def test_valid_values(field: Any, value: Any) -> None:
    assert errors(field, value) == []


def test_alternatives() -> None:
    either = {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}
    assert errors(either, {"a": 1}) == []
    assert errors(either, {"a": 1, "b": 1}) == [
        '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid '
        "alternatives"
    ]
    assert errors(either, {})[0].endswith("(oneOf). Found none valid")
    some = {**INTEGER, "anyOf": [{"minimum": 5}, {"maximum": 1}]}
    assert errors(some, 3) == [
        '<nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)',
        "spec.x: Invalid value: 3: spec.x in body should be greater than or equal to 5",
    ]
    both = {**INTEGER, "allOf": [{"minimum": 5}, {"maximum": 9}]}
    assert errors(both, 7) == []
    assert errors(both, 3)[-1].endswith('"spec.x" must validate all the schemas (allOf)')


FORMAT_EXAMPLES = {
    "bsonobjectid": ("507f1f77bcf86cd799439011", "5"), "uri": ("https://a.b/c", "a b"),
    "email": ("a@b.c", "ab"), "hostname": ("a-b.c", "a_b"), "ipv4": ("1.2.3.4", "::1"),
    "ipv6": ("::1", "1.2.3.4"), "cidr": ("10.0.0.0/8", "10.0.0.0"), "mac": ("01:23:45:67:89:ab", "01"),
    "uuid": ("a3bb189e-8bf9-3888-9912-ace4e6543002", "a3"),
    "uuid3": ("a3bb189e-8bf9-3888-9912-ace4e6543002", "x"),
    "uuid4": ("a3bb189e-8bf9-4888-9912-ace4e6543002", "a3bb189e-8bf9-3888-9912-ace4e6543002"),
    "uuid5": ("a3bb189e-8bf9-5888-9912-ace4e6543002", "x"), "isbn": ("978-0321751041", "1"),
    "isbn10": ("0321751043", "0321751044"), "isbn13": ("978-0321751041", "978-0321751042"),
    "creditcard": ("4111-1111-1111-1111", "4111-1111-1111-1112"), "ssn": ("111-22-3333", "1"),
    "hexcolor": ("#FFFFFF", "#FF"), "rgbcolor": ("rgb(255,255,5)", "rgb(256,0,0)"), "byte": ("YQ==", "a"),
    "date": ("2006-01-02", "2006-13-02"), "duration": ("1h30m", "soon"),
    "datetime": ("2014-12-15T19:30:20.000Z", "2014-12-15"), "k8sshortname": ("a-b", "a.b"),
    "k8slongname": ("a.b", "A"),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "password"])
def test_formats(name: str) -> None:
    good, bad = FORMAT_EXAMPLES[name]
    assert FORMATS[name](good)
    assert not FORMATS[name](bad)


def test_formats_have_names_with_and_without_dashes() -> None:
    assert string_format("date-time") is string_format("datetime") is not None
    assert is_recognized("int32", "integer")
    assert not is_recognized("int32", "string")


def test_a_hostile_pattern_takes_no_time() -> None:
    began = time.perf_counter()
    assert not searcher("^(a+)+$")("a" * 5000 + "!")
    assert time.perf_counter() - began < 1
    with pytest.raises(ValueError, match="error parsing regexp: invalid perl operator"):
        searcher("(?=x)")


# Updates


def test_what_an_update_leaves_as_it_was_need_not_be_valid() -> None:
    field = {"type": "object", "properties": {"a": {**INTEGER, "maximum": 3}, "b": STRING}, "required": ["c"]}
    assert errors(field, {"a": 9, "b": "new", "c": 1}, {"a": 9, "b": "old", "c": 1}) == []
    assert len(errors(field, {"a": 8, "b": "new", "c": 1}, {"a": 9, "b": "old", "c": 1})) == 1
    assert errors(field, {"a": 1, "b": "new"}, {"a": 1, "b": "old"}) == ["spec.x.c: Required value"]
    assert len(errors({**INTEGER, "maximum": 0}, True, 1)) == 1  # true is not 1


def test_items_of_a_map_are_the_same_wherever_they_stand() -> None:
    item = {"type": "object", "properties": {"k": STRING, "n": {**INTEGER, "maximum": 3}}, "required": ["k"]}
    keyed = {
        "type": "array", "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]
    }  # fmt: skip
    old, new = [{"k": "a", "n": 9}], [{"k": "b", "n": 1}, {"k": "a", "n": 9}]
    assert errors(keyed, new, old) == []
    assert len(errors({"type": "array", "items": item}, new, old)) == 1


# Rules


def ruled(field: Any, *rules: Any) -> dict[str, Any]:
    return {**field, "x-kubernetes-validations": [{"rule": r} if isinstance(r, str) else r for r in rules]}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (ruled(INTEGER, "self > 3"), 2, ["spec.x: Invalid value: 2: failed rule: self > 3"]),
        (ruled(INTEGER, "self > 3"), 4, []),
        (ruled(STRING, {"rule": "self.startsWith('a')", "message": "begin with a"}), "b",
         ['spec.x: Invalid value: "b": begin with a']),
        (ruled(INTEGER, {"rule": "self > 3", "messageExpression": "'not ' + string(self)"}), 2,
         ["spec.x: Invalid value: 2: not 2"]),
        (ruled({"type": "object", "properties": {"a-b": INTEGER, "namespace": STRING}},
               "self.a__dash__b > 1 && self.__namespace__ != ''"), {"a-b": 2, "namespace": "x"}, []),
        (ruled({"type": "object", "properties": {"a": INTEGER}}, "self.a > 1"), {},
         ["spec.x: Invalid value: no such key: a evaluating rule: self.a > 1"]),
        (ruled({"type": "object", "properties": {"a": INTEGER}},
               {"rule": "has(self.a)", "reason": "FieldValueRequired", "fieldPath": ".a", "message": "give"}),
         {}, ["spec.x.a: Required value: give"]),
        (ruled({**STRING, "format": "date-time"}, "self > timestamp('2020-01-01T00:00:00Z')"),
         "2021-01-01T00:00:00Z", []),
        (ruled({**STRING, "format": "duration"}, "self >= duration('1m')"), "90s", []),
        (ruled({"type": "number"}, "self * 1.5 > 2.0"), 2, []),
        (ruled(STRING, "quantity(self).isLessThan(quantity('1Gi'))"), "512Mi", []),
        (ruled(STRING, "isURL(self) && url(self).getHost() == 'a.b:1'"), "https://a.b:1/c", []),
        (ruled({"type": "array", "items": STRING}, "self.all(x, self.exists_one(y, x == y))"), ["a", "a"],
         ["spec.x: Invalid value: failed rule: self.all(x, self.exists_one(y, x == y))"]),
        ({"type": "array", "items": ruled(INTEGER, "self != 2")}, [1, 2],
         ["spec.x[1]: Invalid value: 2: failed rule: self != 2"]),
    ],
)  # fmt: skip
def test_rules(field: Any, value: Any, words: list[str]) -> None:
    assert errors(field, value) == words


MOMENTS = {
    "type": "object",
    "properties": {
        "a": INTEGER, "at": {**STRING, "format": "date-time"}, "day": {**STRING, "format": "date"},
        "wait": {**STRING, "format": "duration"},
        "more": {"type": "array", "items": {**STRING, "format": "date-time"}},
        "named": {"type": "object", "additionalProperties": {**STRING, "format": "duration"}},
    },
}  # fmt: skip
MOMENT = "2021-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("self.a == 1", True), ("self.a == 2", False),  # about something else
        ("timestamp(self.at) > timestamp('2020-01-01T00:00:00Z')", True),
        ("timestamp(self.at) < timestamp('2020-01-01T00:00:00Z')", False),
        ("timestamp(self.day + 'T00:00:00Z') < timestamp(self.at)", True),
        ("duration(self.wait) == duration('1m30s')", True),
        ("self.more.all(one, timestamp(one).getFullYear() == 2021)", True),
        ("self.named.all(name, duration(self.named[name]) < duration('1h'))", False),
    ],
)  # fmt: skip
def test_rules_above_times_and_durations(rule: str, *, holds: bool) -> None:
    value = {
        "a": 1, "at": MOMENT, "day": "2020-12-31", "wait": "90s", "more": [MOMENT], "named": {"x": "2h"},
    }  # fmt: skip
    broken = [] if holds else [f"spec.x: Invalid value: failed rule: {rule}"]
    assert errors(ruled(MOMENTS, rule), value) == broken
    above = {"type": "array", "items": MOMENTS}
    assert errors(ruled(above, f"self.map(self, {rule}).all(holds, holds)"), [value]) == [
        found.replace(rule, f"self.map(self, {rule}).all(holds, holds)") for found in broken
    ]


@pytest.mark.parametrize("text", ["1h banana", "99999999999999h", "9" * 400 + "h"])
def test_what_is_no_duration_is_an_error_of_the_value(text: str) -> None:
    found = errors(ruled({**STRING, "format": "duration"}, "self < duration('1h')"), text)
    assert found[0].startswith(f'spec.x: Invalid value: "{text}": ')


def test_zero_is_a_duration() -> None:
    assert errors(ruled({**STRING, "format": "duration"}, "self == duration('0s')"), "0") == []


def test_times_that_may_be_null_or_new_are_times() -> None:
    later = "timestamp('2020-01-01T00:00:00Z') < self"
    assert errors(ruled({**STRING, "format": "date-time", "nullable": True}, later), MOMENT) == []
    grows = {"rule": "!oldSelf.hasValue() || oldSelf.value() <= self", "optionalOldSelf": True}
    assert errors(ruled({**STRING, "format": "duration"}, grows), "90s") == []
    assert errors(ruled({**STRING, "format": "duration"}, grows), "90s", "1m") == []
    assert len(errors(ruled({**STRING, "format": "duration"}, grows), "90s", "2m")) == 1


def test_patterns_of_rules(capfd: pytest.CaptureFixture[str]) -> None:
    assert errors(ruled(STRING, "self.find('[0-9]+') == '12'"), "a12b3") == []
    assert errors(ruled(STRING, "self.findAll('[0-9]+') == ['12', '3']"), "a12b3") == []
    words = errors(ruled(STRING, {"rule": "self.find('(') == ''", "message": "x"}), "a")
    assert words == ['spec.x: Invalid value: "a": error parsing regexp: missing ): `(` evaluating rule: x']
    assert capfd.readouterr().err == ""  # which the interface may be drawn on


def test_transition_rules() -> None:
    grows = ruled(INTEGER, "self >= oldSelf")
    assert errors(grows, 1) == []  # nothing to compare with
    assert errors(grows, 2, 1) == []
    assert errors(grows, 1, 2) == ["spec.x: Invalid value: 1: failed rule: self >= oldSelf"]
    once = ruled(STRING, {"rule": "!oldSelf.hasValue() || oldSelf.value() == self", "optionalOldSelf": True})
    assert errors(once, "a") == []
    assert len(errors(once, "b", "a")) == 1


def test_rules_are_not_asked_about_values_of_the_wrong_kind() -> None:
    found = errors(ruled({"type": "object", "properties": {"a": INTEGER}}, "self.a > 1"), {"a": "x"})
    assert found[-1].startswith('<nil>: Invalid value: "null": some validation rules were not checked')


def test_an_endless_rule_ends() -> None:
    nested = ruled(
        {"type": "array", "items": INTEGER}, "self.all(x, self.all(y, self.all(z, x + y + z >= 0)))"
    )
    began = time.perf_counter()
    assert "evaluating rule" in errors(nested, list(range(500)))[0]
    assert time.perf_counter() - began < 5
