"""What a client is told about a body that cannot be read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.http.conftest import CONFIG_MAPS, Served, config_map
from tuik8s.apiserver.http.json_problems import json_problem

DOCUMENT = json.dumps({"a": [1, -2.5e3, True, None, 'x\\"\n'], "b": {"c": {}, "d": [[]]}}).encode()
UNRECOGNIZED = "the object provided is unrecognized (must be of type ConfigMap): "


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (
            b"apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", "application/json",
            f"{UNRECOGNIZED}couldn't get version/kind; json parse error: invalid character 'a' looking for "
            "beginning of value (61706956657273696f6e3a2076310a6b696e643a20436f6e6669674d6170 ...)",
        ),
        (
            b'{"kind": "ConfigMap",}', "application/json",
            f"{UNRECOGNIZED}couldn't get version/kind; json parse error: invalid character '}}' looking for "
            'beginning of object key string ({"kind": "ConfigMap",})',
        ),
        (
            b"", "application/json",
            f"{UNRECOGNIZED}couldn't get version/kind; json parse error: unexpected end of JSON input "
            "(<empty>)",
        ),
        (
            b"[]", "application/json",
            f"{UNRECOGNIZED}couldn't get version/kind; json parse error: json: cannot unmarshal array into "
            'Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; '
            'Kind string "json:\\"kind,omitempty\\"" } (5b5d)',
        ),
    ],
)  # fmt: skip
async def test_what_is_no_object_is_shown(
    served: Served, body: bytes, content_type: str, message: str
) -> None:
    refused = await served.json(
        "POST", CONFIG_MAPS, data=body, headers={"Content-Type": content_type}, status=400
    )
    assert refused["message"] == message


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        ("application/json-patch+json", "error decoding patch: unexpected end of JSON input"),
        ("application/merge-patch+json", "error decoding patch: unexpected end of JSON input"),
        ("application/strategic-merge-patch+json", "unexpected end of JSON input"),
    ],
)
async def test_patches_that_are_no_json(served: Served, content_type: str, message: str) -> None:
    await served.json("POST", CONFIG_MAPS, json=config_map("a"), status=201)
    headers = {"Content-Type": content_type}
    refused = await served.json("PATCH", f"{CONFIG_MAPS}/a", data=b'{"data":', headers=headers, status=400)
    assert refused["message"] == message


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a":1 2}', "invalid character '2' after object key:value pair"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b"{} x", "invalid character 'x' after top-level value"),
        (b"[trux]", "invalid character 'x' in literal true (expecting 'e')"),
        (b'"a\nb"', r"invalid character '\n' in string literal"),
        (rb'"\x"', "invalid character 'x' in string escape code"),
        (rb'"\u12g4"', r"invalid character 'g' in \u hexadecimal character escape"),
        (b"[-]", "invalid character ']' in numeric literal"),
        (b"[1.]", "invalid character ']' after decimal point in numeric literal"),
        (b"[1e]", "invalid character ']' in exponent of numeric literal"),
        (b"'a'", r"invalid character '\'' looking for beginning of value"),
    ],
)
def test_problems_are_named_as_go_names_them(text: bytes, problem: str) -> None:
    assert json_problem(text) == problem


@given(st.integers(0, len(DOCUMENT) - 1), st.sampled_from(list(b'{}[],:"\\0a1e.-t ')), st.booleans())
def test_exactly_what_is_no_json_has_a_problem(position: int, byte: int, replaces: bool) -> None:
    end = position + 1 if replaces else position
    text = DOCUMENT[:position] + bytes((byte,)) + DOCUMENT[end:]
    try:
        json.loads(text)
    except ValueError:
        assert json_problem(text)
    else:
        assert json_problem(text) == ""
