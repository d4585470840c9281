"""The `:` line as a language: what was typed, parsed into what is meant; and what could be meant so far."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.kinds import Kind, KindRegistry


@dataclass(frozen=True, slots=True)
class Quit:
    """`:q`"""


@dataclass(frozen=True, slots=True)
class Namespaces:
    """`:ns a,b`; none means all."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class UseTheme:
    """`:theme ansi-dark`"""

    name: str


@dataclass(frozen=True, slots=True)
class UseContext:
    """`:ctx prod`; without a name the person is asked."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class RunAction:
    """`:zoom`: an action by the last part of its id, or its whole id."""

    action_id: str


@dataclass(frozen=True, slots=True)
class ShowKind:
    """`:deploy web`, `:pods -n prod`, `:cm /app`, `:po -l app=web`"""

    kind: Kind
    name: str = ""
    filter: str = ""
    namespaces: frozenset[str] | None = None
    """None leaves the namespaces as they are."""


Command: TypeAlias = Quit | Namespaces | UseTheme | UseContext | RunAction | ShowKind

_ALL = ("all", "*", "-")
_ALSO = {"api-resources": "view.kinds", "aliases": "view.kinds", "kinds": "view.kinds"}
"""What kubectl and k9s call some actions."""


_CONTEXT = ("ctx", "context", "contexts")


class UnknownWord(ValueError):
    """Neither a kind nor a command: as far as is known here and now."""


def parse(text: str, kinds: KindRegistry, actions: Iterable[str]) -> Command:
    """Raises ValueError in words for the person. A namespace after `ns` may be `all`."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from None
    if not words:
        raise ValueError("a command is missing: try :pods, :deploy web, :ns default or :q")
    head, rest = words[0], words[1:]
    if head in ("q", "q!", "quit", "exit"):
        return Quit()
    if head in ("ns", "namespace", "namespaces") and (rest or head == "ns"):
        return Namespaces(_names(",".join(rest)))
    if head == "theme" and rest:
        return UseTheme(rest[0])
    if head in _CONTEXT:
        return UseContext(" ".join(rest))
    if head in _ALSO:
        return RunAction(_ALSO[head])
    kind = kinds.find(head)
    if kind is not None:
        if "list" not in kind.verbs:
            raise ValueError(f"{kind} cannot be listed: the server only takes requests of that kind")
        return _show(kind, rest)
    action = _action(head, actions)
    if action:
        return RunAction(action)
    raise UnknownWord(
        f"{head!r} is neither a kind nor a command: try :deploy web, :ns default, :kinds for all kinds, :q"
    )


def _names(text: str) -> frozenset[str]:
    names = {name for name in text.split(",") if name}
    return frozenset() if names & set(_ALL) else frozenset(names)


def _show(kind: Kind, words: list[str]) -> ShowKind:
    name, wanted, namespaces = "", [], None
    remaining = iter(words)
    for word in remaining:
        if word in ("-n", "--namespace"):
            namespaces = _names(next(remaining, ""))
        elif word in ("-A", "--all-namespaces"):
            namespaces = frozenset()
        elif word in ("-l", "--selector"):
            wanted.append(f"-l {next(remaining, '')}")
        elif word.startswith(("/", "!")) or name:
            wanted.append(word.removeprefix("/"))
        else:
            name = word
    return ShowKind(kind, name, " ".join(wanted), namespaces)


def _action(word: str, actions: Iterable[str]) -> str:
    found = [action for action in actions if word in (action, action.rsplit(".", 1)[-1])]
    return found[0] if found else ""


def suggestions(
    text: str, kinds: KindRegistry, actions: Iterable[str], namespaces: Iterable[str], names: Iterable[str],
    contexts: Iterable[str] = (),
) -> list[str]:  # fmt: skip
    """Whole lines that begin with what was typed, kinds by their plurals first, short ones first of all;
    `names` are those of the kind that was typed."""
    head, space, tail = text.partition(" ")
    if not space:
        words = ["ns", "q", "theme", "ctx", *_ALSO]
        listed = [kind for kind in kinds if "list" in kind.verbs]
        words += [word for kind in listed for word in (kind.plural, *kind.short_names, str(kind))]
        words += [action.rsplit(".", 1)[-1] for action in actions]
        found = [word for word in dict.fromkeys(words) if word.startswith(head)] if head else []
        plurals = {kind.plural for kind in kinds}
        return sorted(found, key=lambda word: (word not in plurals, len(word)))
    if head in _CONTEXT:
        return [f"{head} {name}" for name in contexts if name.startswith(tail)]
    if head in ("ns", "namespace", "namespaces"):
        done, comma, begun = tail.rpartition(",")
        return [f"{head} {done}{comma}{name}" for name in namespaces if name.startswith(begun)]
    return [f"{head} {name}" for name in names if name.startswith(tail)]
