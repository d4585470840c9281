"""`$(VAR)` references in commands, arguments, environment values and subPathExpr.

A reference to something unknown stays as it is; `$$` is a literal `$`, so `$$(VAR)` gives `$(VAR)`
(k8s.io/kubernetes/third_party/forked/golang/expansion).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKEN = re.compile(r"\$(?:\$|\(([^)]*)\))")


def expand(text: str, values: Mapping[str, str]) -> str:
    """`text` with every known reference replaced."""
    if "$" not in text:
        return text
    return _TOKEN.sub(lambda match: _replace(match, values), text)


def unresolved(text: str, values: Mapping[str, str]) -> list[str]:
    """The names `text` refers to that `values` does not know; subPathExpr refuses them."""
    names = [match.group(1) for match in _TOKEN.finditer(text)]
    return [name for name in names if name is not None and name not in values]


def _replace(match: re.Match[str], values: Mapping[str, str]) -> str:
    name = match.group(1)
    if name is None:
        return "$"
    return values.get(name, match.group(0))
