"""Regular expressions of schemas and rules: Go's syntax, matched in linear time.

They come from whoever writes a CustomResourceDefinition, so a backtracking engine could stop the cluster.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Any:
    """As `re.compile`, of another engine. Raises ValueError for what is no pattern."""
    import re2

    try:
        return re2.compile(pattern, _options())
    except re2.error as error:
        raise ValueError(_explained(error)) from None


@lru_cache(maxsize=4096)
def searcher(pattern: str) -> Callable[[str], bool]:
    """Whether the pattern is found anywhere in a text. Raises ValueError for what is no pattern."""
    import re2

    compiled(pattern)
    # A match object, which nobody needs, takes ten times as long.
    expressions = re2.Set.SearchSet(_options())
    expressions.Add(pattern)
    expressions.Compile()

    def found(text: str) -> bool:
        try:
            return bool(expressions.Match(text))
        except UnicodeEncodeError:  # half a character, which no pattern describes
            return False

    return found


def _options() -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False  # on standard error, which may be a screen
    return options


def _explained(error: Exception) -> str:
    """As Go's regexp package says it."""
    reason = error.args[0]
    shown = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    kind, _, part = shown.partition(": ")
    return f"error parsing regexp: {kind}: `{part}`"
