"""A tiny shell language: enough of sh to read what tutorials put into `command` and `args`.

`parse` gives statements or raises `Unsupported`; nothing is ever executed by the machine. Known: quotes,
`$VAR`, `${VAR}`, `$(…)`, `;`, `&&`, `||`, newlines, `>`, `>>`, `2>`, `2>&1`, `while`/`until`, `for … in`,
`if`/`else`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

_LEXEME = re.compile(
    r"""(?P<space>[ \t]+|\\\n)
    |(?P<comment>(?<![^\s;&|])\#[^\n]*)
    |(?P<operator>&&|\|\||2>&1|&>|2>>|2>|>>|>&2|1>&2|>|;;|;|\n|\||&|<|\(|\))
    |(?P<word>(?:'[^']*'|"(?:\\.|[^"\\])*"|\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`|\\.|[^\s;&|<>()'"\\`])+)""",
    re.VERBOSE | re.DOTALL,
)
_REDIRECTS = {">", ">>", "2>", "2>>", "&>", "2>&1", ">&2", "1>&2"}
_SEPARATORS = {";", "\n"}
_CLOSERS = {"do", "done", "then", "elif", "else", "fi"}
_UNKNOWN = {"|", "&", "<", "(", ")", ";;"}


class Unsupported(ValueError):
    """The script uses more of the shell than is simulated."""


@dataclass(frozen=True, slots=True)
class Word:
    """As written, with its quotes; `literal` ones come from an argument vector and are not expanded."""

    text: str
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    words: tuple[Word, ...]
    redirects: tuple[tuple[str, Word], ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """Statements joined by `&&` and `||`; the first operator is empty."""

    parts: tuple[tuple[str, Statement], ...]


@dataclass(frozen=True, slots=True)
class Loop:
    condition: Block
    body: Block
    until: bool = False


@dataclass(frozen=True, slots=True)
class Each:
    variable: str
    words: tuple[Word, ...]
    body: Block


@dataclass(frozen=True, slots=True)
class Choice:
    condition: Block
    then: Block
    otherwise: Block


Statement: TypeAlias = Command | Chain | Loop | Each | Choice
Block: TypeAlias = tuple[Statement, ...]


def parse(script: str) -> Block:
    """Read a whole script."""
    parser = _Parser(_lex(script))
    block = parser.block()
    if parser.token is not None:
        raise Unsupported(f"unexpected {parser.token!r}")
    return block


def argument_vector(words: tuple[str, ...]) -> Block:
    """One command given as a vector: nothing in it is special."""
    return (Command(tuple(Word(word, literal=True) for word in words)),)


def _lex(script: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(script):
        match = _LEXEME.match(script, position)
        if match is None:
            raise Unsupported(f"cannot read {script[position : position + 20]!r}")
        kind, text = match.lastgroup or "", match.group()
        position = match.end()
        if kind == "word" and text == "1" and script[position : position + 1] == ">":
            continue
        if kind == "word" or (kind == "operator" and text not in _UNKNOWN):
            tokens.append((kind, text))
        elif kind == "operator":
            raise Unsupported(f"{text!r} is not simulated")
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def token(self) -> str | None:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else None

    def block(self) -> Block:
        statements: list[Statement] = []
        while True:
            while self.token in _SEPARATORS:
                self._at += 1
            if self.token is None or self.token in _CLOSERS:
                return tuple(statements)
            statements.append(self._chain())
            if self.token is not None and self.token not in _SEPARATORS and self.token not in _CLOSERS:
                raise Unsupported(f"unexpected {self.token!r}")

    def _chain(self) -> Statement:
        parts = [("", self._statement())]
        while self.token in ("&&", "||"):
            operator = self._take()
            while self.token == "\n":
                self._at += 1
            parts.append((operator, self._statement()))
        return parts[0][1] if len(parts) == 1 else Chain(tuple(parts))

    def _statement(self) -> Statement:
        match self.token:
            case "while" | "until":
                return self._loop(until=self._take() == "until")
            case "for":
                return self._each()
            case "if":
                self._at += 1
                return self._choice()
            case _:
                return self._command()

    def _loop(self, *, until: bool) -> Loop:
        condition = self.block()
        self._expect("do")
        body = self.block()
        self._expect("done")
        return Loop(condition, body, until)

    def _each(self) -> Each:
        self._at += 1
        variable = self._take()
        self._expect("in")
        words = []
        while self.token is not None and self.token not in _SEPARATORS:
            words.append(Word(self._take()))
        while self.token in _SEPARATORS:
            self._at += 1
        self._expect("do")
        body = self.block()
        self._expect("done")
        return Each(variable, tuple(words), body)

    def _choice(self) -> Choice:
        condition = self.block()
        self._expect("then")
        then = self.block()
        otherwise: Block = ()
        match self._take():
            case "elif":
                return Choice(condition, then, (self._choice(),))
            case "else":
                otherwise = self.block()
                self._expect("fi")
            case "fi":
                return Choice(condition, then, ())
            case other:
                raise Unsupported(f"unexpected {other!r}")
        return Choice(condition, then, otherwise)

    def _command(self) -> Command:
        words: list[Word] = []
        redirects: list[tuple[str, Word]] = []
        while self._at < len(self._tokens):
            kind, text = self._tokens[self._at]
            if kind == "word":
                words.append(Word(text))
                self._at += 1
            elif text in _REDIRECTS:
                self._at += 1
                target = "" if text in ("2>&1", ">&2", "1>&2") else self._take()
                redirects.append((text, Word(target)))
            else:
                break
        if not words:
            raise Unsupported(f"unexpected {self.token!r}")
        return Command(tuple(words), tuple(redirects))

    def _take(self) -> str:
        if self.token is None:
            raise Unsupported("the script ends too early")
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _expect(self, word: str) -> None:
        if (found := self._take()) != word:
            raise Unsupported(f"expected {word!r}, not {found!r}")
