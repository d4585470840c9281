"""Compile and evaluate expressions; errors in the words of cel-go where they differ."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from tuik8s.api.cel.functions import declarations

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATUS = re.compile(r"^[A-Z_]+: ")
_MISSING_KEY = re.compile(r'^Key not found in map : "?(.*?)"?$')
_INDEX = re.compile(r"^Index error: index=(-?\d+) size=\d+$")
_STRINGS = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")
_IN_GO = {
    "divide by zero": "division by zero",
    "Iteration budget exceeded": "operation cancelled: actual cost limit exceeded",
}
_TYPES = {
    "string": "STRING", "integer": "INT", "number": "DOUBLE", "boolean": "BOOL", "array": "LIST",
    "object": "MAP", "timestamp": "TIMESTAMP", "duration": "DURATION", "bytes": "BYTES",
}  # fmt: skip


class CelError(Exception):
    """An expression that cannot be compiled, or that has no value."""


class Expression:
    """One compiled expression. `uses` tells which variables it names."""

    def __init__(self, source: str, program: Any) -> None:
        self.source = source
        self._program = program
        self._names = frozenset(re.findall(r"[A-Za-z_]\w*", _STRINGS.sub("", source)))

    def uses(self, name: str) -> bool:
        return name in self._names

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """Its value in Python; CelError for one that has none."""
        try:
            result = self._program.eval(data=variables)
        except RuntimeError as error:
            raise CelError(_explained(_compile_errors(str(error)))) from None
        if str(result.type()) == "ERROR":
            raise CelError(_explained(str(result.value())))
        return result.plain_value()


@lru_cache(maxsize=4096)
def compile_expression(source: str, wanted: str, *variables: tuple[str, str]) -> Expression:
    """`wanted` is the type that it must have (`bool`, `string`); `variables` are pairs of name and JSON type,
    the empty type for any. Raises CelError with all that is wrong."""
    try:
        program = _environment(variables).compile(source)
    except RuntimeError as error:
        raise CelError(f"compilation failed: {_compile_errors(str(error))}") from None
    found = program.return_type().name().lower()
    if found not in (wanted, "dyn"):
        raise CelError(f"cel expression must evaluate to a {wanted}")
    return Expression(source, program)


@cache
def _environment(variables: tuple[tuple[str, str], ...]) -> Any:
    from cel_expr_python import cel
    from cel_expr_python.ext import (
        ext_bindings,
        ext_encoders,
        ext_math,
        ext_optional,
        ext_strings,
    )

    extensions = [
        ext_bindings.ExtBindings(), ext_encoders.ExtEncoders(), ext_math.ExtMath(),
        ext_optional.ExtOptional(), ext_strings.ExtStrings(),
    ]  # fmt: skip
    types = {name: getattr(cel.Type, _TYPES.get(type_name, "DYN")) for name, type_name in variables}
    extensions.append(cel.CelExtension("kubernetes", declarations(cel)))
    return cel.NewEnv(variables=types, extensions=extensions)


def _compile_errors(message: str) -> str:
    return re.sub(r" \[[A-Z_]+\]$", "", _STATUS.sub("", message))


def _explained(message: str) -> str:
    text = _STATUS.sub("", message)
    missing = _MISSING_KEY.match(text)
    if missing:
        return f"no such key: {missing[1]}"
    if index := _INDEX.match(text):
        return f"index out of bounds: {index[1]}"
    if text.startswith("No matching overloads found"):
        return f"no such overload: {text.partition(' : ')[2]}"
    return _IN_GO.get(text, text)
