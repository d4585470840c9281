"""Plain YAML scalars as JSON values, by the rules that kubectl reads manifests with (YAML 1.1 in go-yaml).

So `yes`, `on` and `y` are true, `0644` is octal, and times, dates and sexagesimal numbers stay text.
"""

from __future__ import annotations

import re
from typing import TypeAlias

Scalar: TypeAlias = "str | int | float | bool | None"

_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
for _word in ("y", "yes", "true", "on"):
    _WORDS |= {_word: True, _word.capitalize(): True, _word.upper(): True}
for _word in ("n", "no", "false", "off"):
    _WORDS |= {_word: False, _word.capitalize(): False, _word.upper(): False}

_INT = re.compile(r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_BASES = {"0b": 2, "0o": 8, "0x": 16}
LONGEST_NUMBER = 64
"""Longer digits are text: no field holds them, and reading them costs the square of their length."""


def resolve(text: str) -> Scalar:
    """The value of an unquoted scalar; raises ValueError for what JSON cannot hold."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > LONGEST_NUMBER or text[0] not in "+-.0123456789":
        return text
    if _INT.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _NOT_JSON.fullmatch(text):
        raise ValueError(f"{text} is not a number that JSON can hold")
    return text


def tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with an explicit `!!` tag."""
    match tag.removeprefix("tag:yaml.org,2002:"):
        case "str" | "binary":  # a binary stays the base64 text that Kubernetes wants
            return text
        case "int":
            return _integer(text)
        case "float":
            return float(text)
        case "bool" | "null":
            return resolve(text)
    raise ValueError(f"the tag {tag} is not allowed in a manifest")


def _integer(text: str) -> int:
    digits = text.lstrip("+-").replace("_", "")
    if digits[:2] in _BASES:
        number = int(digits[2:], _BASES[digits[:2]])
    elif len(digits) > 1 and digits[0] == "0":
        number = int(digits, 8)
    else:
        number = int(digits)
    return -number if text.startswith("-") else number
