"""One line to type into, at the bottom of the main screen: for `:`, for `/`, and for what screens ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from textual import on
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

Purpose: TypeAlias = Literal["command", "filter", "search"]
_SIGNS: dict[Purpose, str] = {"command": ":", "filter": "/", "search": "/"}


class _Suggester(Suggester):
    """Offers the first of what `candidates` knows."""

    def __init__(self, candidates: Callable[[str], list[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._candidates = candidates

    async def get_suggestion(self, value: str) -> str | None:
        found = self._candidates(value)
        return found[0] if found else None


class Prompt(Horizontal):
    """Hidden until `ask`; speaks by `Edited` at each change and `Closed` at the end."""

    BINDINGS: ClassVar[list[Any]] = [("escape", "cancel", "cancel"), ("tab", "complete", "complete")]

    class Edited(Message):
        def __init__(self, purpose: Purpose, text: str) -> None:
            super().__init__()
            self.purpose: Purpose = purpose
            self.text = text

    class Closed(Message):
        """`text` is None when the person gave up."""

        def __init__(self, purpose: Purpose, text: str | None) -> None:
            super().__init__()
            self.purpose: Purpose = purpose
            self.text = text

    def __init__(self, suggest: Callable[[str], list[str]], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.purpose: Purpose = "command"
        self._suggest = suggest
        self._sign = Static("", markup=False, id="prompt-sign")
        self._input = Input(compact=True, select_on_focus=False, suggester=_Suggester(self._candidates))
        self.display = False

    def compose(self) -> ComposeResult:
        yield self._sign
        yield self._input

    def ask(self, purpose: Purpose, text: str = "") -> None:
        self.purpose = purpose
        self._sign.update(_SIGNS[purpose])
        with self.prevent(Input.Changed):
            self._input.value = text
        self._input.cursor_position = len(text)
        self.display = True
        self._input.focus()

    def _candidates(self, text: str) -> list[str]:
        return self._suggest(text) if self.purpose == "command" else []

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display:
            self.post_message(self.Edited(self.purpose, event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._close(event.value)

    def action_cancel(self) -> None:
        self._close(None)

    def action_complete(self) -> None:
        self._input.action_cursor_right()
        found = self._candidates(self._input.value)
        if found and self._input.value != found[0]:
            self._input.value = found[0]
            self._input.cursor_position = len(found[0])

    def _close(self, text: str | None) -> None:
        self.display = False
        self.post_message(self.Closed(self.purpose, text))
