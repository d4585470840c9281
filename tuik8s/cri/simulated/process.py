"""Run a parsed script as a generator of steps: output to write, time to let pass. No process is made.

The caller owns time: it takes steps until a `Pause`, comes back after that many seconds, and reads the exit
code from the generator's return value. `FOREVER` never comes back; `SERVE` is `FOREVER` with open ports;
`READ` comes back when there is input. An interrupt ends any pause of a process that is `interactive`.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tuik8s.cri.simulated.shell import (
    Block,
    Chain,
    Choice,
    Command,
    Each,
    Loop,
    Statement,
    Unsupported,
    Word,
    parse,
)  # fmt: skip
from tuik8s.cri.simulated.terminal import Input

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.cri.simulated.files import Files

# A loop that never sleeps turns once a second; a real one would only burn the processor.
BUSY_LOOP_PAUSE = 1.0
SUBSTITUTION_LIMIT = 64 * 1024


class Output(NamedTuple):
    stream: int
    """1 or 2."""
    data: bytes


class Pause(NamedTuple):
    seconds: float
    serving: bool = False
    reading: bool = False
    """Come back as soon as there is input."""


FOREVER = Pause(math.inf)
SERVE = Pause(math.inf, serving=True)
READ = Pause(math.inf, reading=True)
Steps: TypeAlias = Generator[Output | Pause, None, int]
Builtin: TypeAlias = Callable[["Process", list[str]], Steps]


class _Exit(Exception):
    """`exit N`: leaves the whole script."""

    def __init__(self, code: int) -> None:
        self.code = code


class _LoopControl(Exception):
    def __init__(self, again: bool) -> None:
        self.again = again


@dataclass(slots=True)
class Process:
    """What a script sees of its container. `unknown` says what a command nobody simulates does."""

    env: dict[str, str]
    files: Files
    now: Callable[[], datetime]
    builtins: dict[str, Builtin]
    unknown: Builtin
    hostname: str = ""
    ip: str = ""
    input: Input = field(default_factory=lambda: Input(ended=True))
    terminal: bool = False
    directory: str = "/"
    status: int = field(default=0, init=False)
    interactive: bool = field(default=False, init=False)
    """A shell that somebody types into: it deals with interrupts itself."""

    def run(self, block: Block) -> Steps:
        """The whole program, to its exit code."""
        try:
            return (yield from self.block(block))
        except _Exit as ended:
            return ended.code & 0xFF
        except _LoopControl:
            return self.status

    def exit(self, code: int) -> None:
        raise _Exit(code)

    def leave_loop(self, *, again: bool) -> None:
        raise _LoopControl(again)

    def block(self, block: Block) -> Steps:
        for statement in block:
            self.status = yield from self._statement(statement)
        return self.status

    def _statement(self, statement: Statement) -> Steps:
        match statement:
            case Command():
                return (yield from self._command(statement))
            case Chain():
                return (yield from self._chain(statement))
            case Loop():
                return (yield from self._loop(statement))
            case Each():
                return (yield from self._each(statement))
            case Choice(condition, then, otherwise):
                chosen = then if (yield from self.block(condition)) == 0 else otherwise
                self.status = 0
                return (yield from self.block(chosen))

    def _chain(self, chain: Chain) -> Steps:
        status = 0
        for operator, part in chain.parts:
            if (operator == "&&" and status != 0) or (operator == "||" and status == 0):
                continue
            status = self.status = yield from self._statement(part)
        return status

    def _loop(self, loop: Loop) -> Steps:
        status = 0
        while ((yield from self.block(loop.condition)) == 0) is not loop.until:
            paused = False
            try:
                turn = self.block(loop.body)
                for step in turn_of(turn):
                    if isinstance(step, int):
                        status = step
                        continue
                    paused = paused or isinstance(step, Pause)
                    yield step
            except _LoopControl as control:
                if not control.again:
                    return 0
            if not paused:
                yield Pause(BUSY_LOOP_PAUSE)
        return status

    def _each(self, each: Each) -> Steps:
        status = 0
        for word in each.words:
            for value in self._expand(word):
                self.env[each.variable] = value
                try:
                    status = yield from self.block(each.body)
                except _LoopControl as control:
                    if not control.again:
                        return 0
        return status

    def _command(self, command: Command) -> Steps:
        words = [value for word in command.words for value in self._expand(word)]
        while words and (assignment := re.fullmatch(r"([A-Za-z_]\w*)=(.*)", words[0], re.DOTALL)):
            self.env[assignment[1]] = assignment[2]
            words = words[1:]
        if words and words[0] == "exec":
            words = words[1:]
        if not words:
            return 0
        builtin = self.builtins.get(words[0].rsplit("/", 1)[-1], self.unknown)
        steps = builtin(self, words)
        if not command.redirects:
            return (yield from steps)
        return (yield from self._redirected(steps, command))

    def _redirected(self, steps: Steps, command: Command) -> Steps:
        targets = self._targets(command)
        try:
            for target in targets.values():
                if isinstance(target, tuple):
                    self.files.write(target[0], b"", append=target[1])
        except OSError as error:
            yield Output(2, f"sh: {error}\n".encode())
            return 1
        status = 0
        for step in turn_of(steps):
            if isinstance(step, int):
                status = step
            elif isinstance(step, Output) and (found := targets.get(step.stream)) is not None:
                if isinstance(found, int):
                    yield Output(found, step.data)
                else:
                    self.files.write(found[0], step.data, append=True)
            else:
                yield step
        return status

    def _targets(self, command: Command) -> dict[int, tuple[str, bool] | int]:
        """Where each stream goes: to (file, appending) or into another stream."""
        targets: dict[int, tuple[str, bool] | int] = {}
        for operator, word in command.redirects:
            path = posixpath.join(self.directory, "".join(self._expand(word)))
            match operator:
                case "2>&1":
                    targets[2] = targets.get(1, 1)
                case ">&2" | "1>&2":
                    targets[1] = 2
                case "&>":
                    targets[1] = targets[2] = (path, False)
                case _:
                    targets[2 if operator.startswith("2") else 1] = (path, operator.endswith(">>"))
        return targets

    # Expansion --------------------------------------------------------------------------------------------

    def _expand(self, word: Word) -> list[str]:
        if word.literal:
            return [word.text]
        fields: list[str] = []
        quoted = False
        for kind, text in _pieces(word.text):
            if kind == "'":
                quoted = True
                fields.append(text)
            elif kind == '"':
                quoted = True
                fields.append(self._substitute(re.sub(r'\\(["\\`])', r"\1", text)))
            elif kind == "\\":
                fields.append(text)
            else:
                fields.append(self._substitute(text))
        joined = "".join(fields)
        if quoted or ("$" not in word.text and "`" not in word.text):
            return [joined]
        return joined.split()

    def _substitute(self, text: str) -> str:
        return _VARIABLE.sub(self._value, text)

    def _value(self, match: re.Match[str]) -> str:
        if (script := match["command"] or match["ticks"]) is not None:
            return self._captured(script)
        name = match["name"] or match["braced"]
        if name == "?":
            return str(self.status)
        if name == "$":
            return "1"
        value = self.env.get(name, "")
        return value or match["fallback"] or ""

    def _captured(self, script: str) -> str:
        """What `$(script)` prints; commands in it take no time."""
        collected = bytearray()
        try:
            for step in turn_of(self.block(parse(script))):
                if isinstance(step, Output) and step.stream == 1:
                    collected += step.data
                endless = isinstance(step, Pause) and step.seconds == math.inf
                if len(collected) > SUBSTITUTION_LIMIT or endless:
                    break
        except Unsupported:
            return ""
        return collected.decode(errors="replace").rstrip("\n")


def not_found(process: Process, words: list[str]) -> Steps:
    """A command that nobody simulates."""
    yield Output(2, f"sh: {words[0]}: not found (simulated)\n".encode())
    return 127


def turn_of(steps: Steps) -> Generator[Output | Pause | int, None, None]:
    """The steps, and as the last item the exit code."""
    yield (yield from steps)


_PIECE = re.compile(
    r"""'(?P<single>[^']*)'|"(?P<double>(?:\\.|[^"\\])*)"|\\(?P<escaped>.)
    |(?P<bare>(?:\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`|[^'"\\`])+)""",
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = re.compile(
    r"\$\((?P<command>(?:[^()]|\([^()]*\))*)\)|`(?P<ticks>[^`]*)`|\$(?P<name>[A-Za-z_]\w*|[?$])"
    r"|\$\{(?P<braced>[A-Za-z_]\w*)(?::-(?P<fallback>[^}]*))?\}"
)


def _pieces(text: str) -> Generator[tuple[str, str], None, None]:
    for match in _PIECE.finditer(text):
        if match["single"] is not None:
            yield "'", match["single"]
        elif match["double"] is not None:
            yield '"', match["double"]
        elif match["escaped"] is not None:
            yield "\\", match["escaped"]
        else:
            yield "", match["bare"]
