"""The filter line of a table: text, `!text`, `-l selector`, and any mixture of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuik8s.api.objects import labels_of
from tuik8s.api.selectors import LabelSelector

if TYPE_CHECKING:
    from tuik8s.tui.rows.model import Row

_SELECTOR = re.compile(r"(?:^|\s)-l\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a row must match. Words must all occur, those after `!` must not; case counts only when typed.

    A vertical bar separates alternatives within a word, as in `web|api`.
    """

    text: str = ""
    wanted: tuple[tuple[str, ...], ...] = ()
    unwanted: tuple[tuple[str, ...], ...] = ()
    selector: LabelSelector | None = None

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Raises ValueError, in words for the person, when the selector does not parse."""
        selector = None
        words = text
        match = _SELECTOR.search(text)
        if match:
            selector = LabelSelector.parse(match[1].strip())
            words = text[: match.start()]
        wanted: list[tuple[str, ...]] = []
        unwanted: list[tuple[str, ...]] = []
        for word in words.split():
            options = tuple(part for part in word.removeprefix("!").split("|") if part)
            if options:
                (unwanted if word.startswith("!") else wanted).append(options)
        return cls(text.strip(), tuple(wanted), tuple(unwanted), selector)

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted or self.selector is not None)

    @property
    def highlights(self) -> tuple[str, ...]:
        """The texts whose occurrences are worth showing."""
        return tuple(option for options in self.wanted for option in options)

    def matches(self, row: Row) -> bool:
        if self.selector is not None and not self.selector.matches(labels_of(row.object)):
            return False
        if not self.wanted and not self.unwanted:
            return True
        exact = "\0".join(row.cells)
        folded = exact.lower()
        if not all(_occurs(options, exact, folded) for options in self.wanted):
            return False
        return not any(_occurs(options, exact, folded) for options in self.unwanted)


def _occurs(options: tuple[str, ...], exact: str, folded: str) -> bool:
    return any(
        option in (folded if option.islower() or not option.isalpha() else exact) for option in options
    )


NO_FILTER = Filter()
