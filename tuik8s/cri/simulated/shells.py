"""`sh` as a command: a script, or lines from its input as they come."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tuik8s.cri.simulated.process import READ, Output, Pause, not_found, turn_of
from tuik8s.cri.simulated.shell import Unsupported, parse

if TYPE_CHECKING:
    from tuik8s.cri.simulated.process import Process, Steps

SHELLS = ("sh", "ash", "bash")
INTERRUPTED = 130


def shell(process: Process, words: list[str]) -> Steps:
    """`sh -c script`, or without one a conversation."""
    script = script_of(words)
    if script is None:
        return (yield from _converse(process))
    try:
        block = parse(script)
    except Unsupported:
        return (yield from process.unknown(process, words))
    return (yield from process.run(block))


def script_of(words: list[str]) -> str | None:
    """The argument of `-c` (also of `-ec`, `-xc` …)."""
    for index, word in enumerate(words[1:], 1):
        if re.fullmatch(r"-[a-z]*c", word) and index + 1 < len(words):
            return words[index + 1]
    return None


def read(process: Process, words: list[str]) -> Steps:
    """`read NAME…`: one line into variables, the last takes the rest; 1 at the end of the input."""
    while (line := process.input.line()) is None:
        yield READ
    yield Pause(0)
    names = [word for word in words[1:] if not word.startswith("-")] or ["REPLY"]
    values = line.decode(errors="replace").rstrip("\n").split(None, len(names) - 1)
    for index, name in enumerate(names):
        process.env[name] = values[index] if index < len(values) else ""
    return 0 if line.endswith(b"\n") else 1


def _converse(process: Process) -> Steps:
    """A line, what it does, the next line; until `exit` or the end of the input."""
    process.interactive = True
    process.unknown = not_found
    while True:
        if process.terminal:
            yield Output(1, f"{process.directory} # ".encode())
        while (line := process.input.line()) is None and not process.input.interrupted:
            yield READ
        if process.input.interrupted:
            process.input.interrupted, process.status = False, INTERRUPTED
        elif not line:
            return process.status
        else:
            process.status = yield from _line(process, line.decode(errors="replace"))


def _line(process: Process, text: str) -> Steps:
    try:
        block = parse(text)
    except Unsupported as reason:
        yield Output(2, f"sh: {reason}\n".encode())
        return 2
    status = 0
    for step in turn_of(process.block(block)):
        if isinstance(step, int):
            status = step
            continue
        yield step
        if process.input.interrupted:
            process.input.interrupted = False
            return INTERRUPTED
    return status
