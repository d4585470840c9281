"""JSONPath as Kubernetes has it (k8s.io/client-go/util/jsonpath): what printer columns are made of.

Fields (`.a.b`, `['a']`, `\\.` for a dot in a name), indexes and slices, `*`, `..`, and filters that compare
(`[?(@.type=="Ready")]`). A field that is missing finds nothing.
"""

from __future__ import annotations

import json
import operator
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Step: TypeAlias = Callable[[Any], Iterable[Any]]

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<=": operator.le, ">=": operator.ge, "<": operator.lt,
    ">": operator.gt,
}  # fmt: skip
_NAME = re.compile(r"((?:\\.|[^.\[\]\s\\])+)")
_BRACKET = re.compile(r"\[((?:'(?:\\.|[^'])*'|\"(?:\\.|[^\"])*\"|\?\(.*?\)(?=\])|[^\]])*)\]")
_COMPARED = re.compile(r"(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+)")
_SLICE = re.compile(r"(-?\d*):(-?\d*)(?::(-?\d+))?")


class JsonPath:
    """One compiled path; ValueError for a text that is none."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._steps = tuple(_steps(text))

    def find(self, value: Any) -> list[Any]:
        found = [value]
        for step in self._steps:
            found = [item for one in found for item in step(one)]
        return found


@lru_cache(maxsize=4096)
def compile_path(text: str) -> JsonPath:
    return JsonPath(text)


def _steps(text: str) -> Iterator[Step]:
    rest = text.removeprefix("$")
    while rest:
        if rest.startswith(".."):
            yield _everything_below
            rest = rest[1:] if rest[2:3] not in ("[", "") else rest[2:]
        elif rest.startswith("["):
            bracket = _BRACKET.match(rest)
            if bracket is None:
                raise ValueError(f"unterminated array in {text!r}")
            yield _in_brackets(bracket[1].strip())
            rest = rest[bracket.end() :]
        else:
            name = _NAME.match(rest.removeprefix("."))
            if name is None:
                if rest == ".":
                    return
                raise ValueError(f"unexpected {rest[:1]!r} in {text!r}")
            yield _any if name[1] == "*" else _field(re.sub(r"\\(.)", r"\1", name[1]))
            rest = rest.removeprefix(".")[name.end() :]


def _in_brackets(inside: str) -> Step:
    if inside == "*":
        return _any
    if inside.startswith("?(") and inside.endswith(")"):
        return _filter(inside[2:-1].strip())
    if inside[:1] in ("'", '"') and inside[-1:] == inside[:1]:
        return _field(inside[1:-1].replace(f"\\{inside[0]}", inside[0]))
    if slice_ := _SLICE.fullmatch(inside):
        part = slice(*(int(part) if part else None for part in slice_.groups()))
        if part.step is not None and part.step <= 0:
            raise ValueError("step must be > 0")
        return _slice(part)
    if re.fullmatch(r"-?\d+", inside):
        return _index(int(inside))
    raise ValueError(f"invalid array index {inside!r}")


def _field(name: str) -> Step:
    def step(value: Any) -> Iterable[Any]:
        return (value[name],) if isinstance(value, dict) and name in value else ()

    return step


def _index(index: int) -> Step:
    def step(value: Any) -> Iterable[Any]:
        inside = isinstance(value, list) and -len(value) <= index < len(value)
        return (value[index],) if inside else ()

    return step


def _slice(part: slice) -> Step:
    return lambda value: value[part] if isinstance(value, list) else ()


def _any(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _everything_below(value: Any) -> Iterator[Any]:
    yield value
    for item in _any(value):
        yield from _everything_below(item)


def _filter(condition: str) -> Step:
    compared = _COMPARED.fullmatch(condition)
    left = _operand(compared[1] if compared else condition)
    right = _operand(compared[3]) if compared else None
    compare = _COMPARISONS[compared[2]] if compared else None

    def matches(item: Any) -> bool:
        found = left(item)
        if right is None or compare is None:
            return bool(found)
        wanted = right(item)
        try:
            return bool(found and wanted and compare(found[0], wanted[0]))
        except TypeError:
            return False

    return lambda value: [item for item in _any(value) if matches(item)]


def _operand(text: str) -> Callable[[Any], list[Any]]:
    text = text.strip()
    if text.startswith("@"):
        return compile_path(text[1:]).find
    if text[:1] == "'" and text[-1:] == "'":
        literal: Any = text[1:-1]
    else:
        try:
            literal = json.loads(text)
        except ValueError:
            raise ValueError(f"unrecognized value {text!r} in a filter") from None
    return lambda _: [literal]
