"""One registry of everything a key can do; bindings, footer, help, palette and keymap all derive from it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from textual.binding import Binding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tuik8s.api.kinds import Kind

Scope = Literal["app", "main", "object", "table", "log", "logs", "text", "dialog"]
"""Where an action applies: everywhere, on the main screen, to the objects under cursor or marks of a table,
inside a table, inside a log, on the full screen of a log, inside a full-screen text, inside a dialog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAction:
    """One thing a person can do. `id` is what a keymap file names, and stays the same for ever."""

    id: str
    keys: tuple[str, ...]
    """In Textual's spelling (`ctrl+p`), characters as themselves; the first is the one shown."""
    label: str
    """One or two words, for footer and menus."""
    help: str
    """One sentence without a full stop, for `?` and the palette; empty for one that another explains."""
    group: str
    """The heading in `?`."""
    scope: Scope
    kinds: frozenset[str] = frozenset()
    """The kinds it works on, as `Kind.resource` names them: others may have the same plural. Empty: any."""
    subresource: str = ""
    """Works as well on any kind that has this subresource."""
    verb: str = ""
    """What the server must be able to do with the kind."""
    kubectl: str = ""
    """The same with kubectl; `{kind}`, `{name}` and `{namespace}` (`-n NAME` or nothing) are filled in."""
    footer: int = 0
    """Rank in the footer, 1 first; 0: not shown there."""
    mutates: bool = False
    """Changes the cluster: absent when the interface is read-only."""
    bulk: bool = False
    """Works on all marked rows together."""
    action: str = ""
    """A Textual action of the widget or screen itself; else the id is looked up among the handlers."""

    @property
    def textual_action(self) -> str:
        return self.action or f"run({self.id!r})"

    def applies_to(self, kind: Kind) -> bool:
        if self.verb and self.verb not in kind.verbs:
            return False
        return not self.kinds or kind.resource in self.kinds or self.subresource in kind.subresources

    def command(self, kind: str, namespace: str, name: str) -> str:
        """The kubectl command that does the same to this object."""
        place = f"-n {namespace}" if namespace else ""
        filled = self.kubectl.format(kind=kind, name=name, namespace=place)
        return " ".join(filled.split())


class KeyRegistry:
    """The actions in the order of the help, with the keys that are in effect."""

    def __init__(self, actions: Iterable[KeyAction]) -> None:
        self._actions: dict[str, KeyAction] = {}
        for action in actions:
            if action.id in self._actions:
                raise ValueError(f"two actions are called {action.id!r}")
            self._actions[action.id] = action

    def __iter__(self) -> Iterator[KeyAction]:
        return iter(self._actions.values())

    def __contains__(self, action_id: object) -> bool:
        return action_id in self._actions

    def __getitem__(self, action_id: str) -> KeyAction:
        return self._actions[action_id]

    def of_scope(self, *scopes: Scope) -> list[KeyAction]:
        return [action for action in self if action.scope in scopes]

    def bindings(self, *scopes: Scope) -> list[Binding]:
        """For the BINDINGS of the widget or screen that serves these scopes."""
        return [
            Binding(joined(action.keys), action.textual_action, action.label, show=False, id=action.id)
            for action in self.of_scope(*scopes)
            if action.keys
        ]

    def keymap(self) -> dict[str, str]:
        """For `App.set_keymap`: complete, since Textual takes a remapped action's old key from all others."""
        return {action.id: joined(action.keys) for action in self if action.keys}

    def remapped(self, wishes: Mapping[str, object]) -> tuple[KeyRegistry, list[str]]:
        """This registry with other keys, and what was wrong with the wishes; a wrong wish changes nothing."""
        problems: list[str] = []
        changed = KeyRegistry(self)
        for action_id, wish in wishes.items():
            problem = changed._remap(action_id, wish)
            if problem:
                problems.append(problem)
        return changed, problems

    def _remap(self, action_id: str, wish: object) -> str:
        if action_id not in self._actions:
            return f"unknown action {action_id!r}"
        texts = [wish] if isinstance(wish, str) else wish
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            return f"{action_id}: expected a key or a list of keys"
        keys = tuple(canonical_key(part.strip()) for text in texts for part in split_keys(text))
        for key in keys:
            if not is_key(key):
                return f"{action_id}: {key!r} is not a key"
            rival = self._rival(self._actions[action_id], key)
            if rival:
                return f"{action_id}: {key!r} is taken by {rival.id}"
        self._actions[action_id] = replace(self._actions[action_id], keys=keys)
        return ""

    def _rival(self, action: KeyAction, key: str) -> KeyAction | None:
        """Who else would hear this key at the same place."""
        for other in self:
            if other.id == action.id or key not in other.keys or not _overlap(action, other):
                continue
            return other
        return None


_TOGETHER: tuple[frozenset[Scope], ...] = (
    frozenset({"app", "main", "object", "table"}),
    frozenset({"app", "main", "log"}),
    frozenset({"app", "log", "logs"}),
    frozenset({"app", "text"}),
    frozenset({"app", "dialog"}),
)


def _overlap(one: KeyAction, other: KeyAction) -> bool:
    if not any(one.scope in together and other.scope in together for together in _TOGETHER):
        return False
    return not one.kinds or not other.kinds or bool(one.kinds & other.kinds)


def joined(keys: tuple[str, ...]) -> str:
    """As `Binding` wants several keys."""
    return ",".join("comma" if key == "," else key for key in keys)


def split_keys(text: str) -> list[str]:
    """`"d, ctrl+d"` as two keys; a lone comma is the comma key."""
    return [","] if text.strip() == "," else text.split(",")


_MODIFIERS = {"ctrl", "alt", "shift", "super", "meta", "hyper"}
_NAMED = {key.value for key in Keys} | {"space"}
_REPLACED = {short: long for long, short in KEY_NAME_REPLACEMENTS.items()}
_SHORT = {
    "escape": "esc", "pagedown": "pgdn", "pageup": "pgup", "@": "space", "left": "←", "right": "→",
    "up": "↑", "down": "↓",
}  # fmt: skip
_SHORT_MODIFIERS = {"ctrl": "^", "shift": "⇧", "alt": "alt-"}


def canonical_key(text: str) -> str:
    """A named character (`slash`, `comma`) as the character itself; anything else unchanged."""
    if len(text) <= 1 or text in _NAMED:
        return text
    try:
        return unicodedata.lookup(_REPLACED.get(text, text).replace("_", " "))
    except KeyError:
        return text


def is_key(text: str) -> bool:
    """Whether Textual could ever report this key."""
    if len(text) == 1:
        return text.isprintable() and not text.isspace()
    *modifiers, key = text.split("+")
    if not all(modifier in _MODIFIERS for modifier in modifiers):
        return False
    return text in _NAMED or key in _NAMED or (bool(modifiers) and len(key) == 1 and key.isprintable())


def key_label(key: str) -> str:
    """A key as footer and help write it: `^p`, `esc`, `/`."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return "".join(_SHORT_MODIFIERS.get(name, f"{name}-") for name in modifiers) + _SHORT.get(last, last)
