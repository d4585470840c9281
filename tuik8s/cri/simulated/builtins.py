"""The commands a simulated container knows, each a generator of steps ending in its exit code."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from tuik8s.cri.simulated.archives import tar
from tuik8s.cri.simulated.paths import reason, resolve
from tuik8s.cri.simulated.process import FOREVER, READ, SERVE, Builtin, Output, Pause, Process, Steps
from tuik8s.cri.simulated.shells import read, shell

if TYPE_CHECKING:
    from collections.abc import Callable

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def serve(process: Process, words: list[str]) -> Steps:
    """What nobody knows is taken for a server."""
    yield SERVE
    return 0


def _true(process: Process, words: list[str]) -> Steps:
    yield from ()
    return 0


def _false(process: Process, words: list[str]) -> Steps:
    yield from ()
    return 1


def _exit(process: Process, words: list[str]) -> Steps:
    yield from ()
    code = words[1] if len(words) > 1 else str(process.status)
    process.exit(int(code) if re.fullmatch(r"\d+", code) else 2)
    return 0


def _leave_loop(process: Process, words: list[str]) -> Steps:
    yield from ()
    process.leave_loop(again=words[0] == "continue")
    return 0


def _echo(process: Process, words: list[str]) -> Steps:
    rest, newline, escapes = words[1:], "\n", False
    while rest and re.fullmatch(r"-[neE]+", rest[0]):
        newline = "" if "n" in rest[0] else newline
        escapes = "e" in rest[0]
        rest = rest[1:]
    text = " ".join(rest)
    yield Output(1, ((unescape(text) if escapes else text) + newline).encode())
    return 0


def _printf(process: Process, words: list[str]) -> Steps:
    text = unescape(words[1]) if len(words) > 1 else ""
    for argument in words[2:]:
        before, found, after = text.partition("%s") if "%s" in text else text.partition("%d")
        text = before + argument + after if found else text
    yield Output(1, text.encode())
    return 0


def _sleep(process: Process, words: list[str]) -> Steps:
    total = 0.0
    for word in words[1:]:
        match = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)([smhd]?)", word)
        if word in ("infinity", "inf"):
            total = math.inf
        elif match:
            total += float(match[1]) * _UNITS[match[2]]
        else:
            yield Output(2, f"sleep: invalid number '{word}'\n".encode())
            return 1
    if len(words) == 1:
        yield Output(2, b"sleep: missing operand\n")
        return 1
    yield Pause(total)
    return 0


def _tail(process: Process, words: list[str]) -> Steps:
    follow = any(word in ("-f", "-F") or re.fullmatch(r"-[a-zA-Z0-9]*[fF]", word) for word in words[1:])
    for path in (word for word in words[1:] if not word.startswith("-") and not word.isdigit()):
        yield from _file_to_output(process, "tail", path)
    if follow:
        yield FOREVER
    return 0


def _cat(process: Process, words: list[str]) -> Steps:
    paths = [word for word in words[1:] if word == "-" or not word.startswith("-")]
    status = 0
    for path in paths or ["-"]:
        if path == "-":
            yield from _input_to_output(process)
        else:
            status |= yield from _file_to_output(process, "cat", path)
    return status


def _input_to_output(process: Process) -> Steps:
    while (data := process.input.take()) != b"":
        yield READ if data is None else Output(1, data)
    return 0


def _file_to_output(process: Process, name: str, path: str) -> Steps:
    if path == "/dev/null":
        return 0
    try:
        data = process.files.read(resolve(process, path))
    except OSError as error:
        yield Output(2, f"{name}: can't open '{path}': {reason(error)}\n".encode())
        return 1
    yield Output(1, data)
    return 0


def _ls(process: Process, words: list[str]) -> Steps:
    status = 0
    hidden = any(word.startswith("-") and "a" in word for word in words[1:])
    for path in [word for word in words[1:] if not word.startswith("-")] or ["."]:
        where = resolve(process, path)
        try:
            names = [path] if process.files.is_file(where) else process.files.list(where)
        except OSError as error:
            yield Output(2, f"ls: {path}: {reason(error)}\n".encode())
            status = 1
            continue
        shown = [name for name in names if hidden or not name.startswith(".")]
        yield Output(1, "".join(f"{name}\n" for name in shown).encode())
    return status


def _env(process: Process, words: list[str]) -> Steps:
    if words[0] == "printenv" and len(words) > 1:
        if words[1] not in process.env:
            return 1
        yield Output(1, f"{process.env[words[1]]}\n".encode())
        return 0
    yield Output(1, "".join(f"{name}={value}\n" for name, value in process.env.items()).encode())
    return 0


def _hostname(process: Process, words: list[str]) -> Steps:
    yield Output(1, f"{process.ip if '-i' in words else process.hostname}\n".encode())
    return 0


def _pwd(process: Process, words: list[str]) -> Steps:
    yield Output(1, f"{process.directory}\n".encode())
    return 0


def _cd(process: Process, words: list[str]) -> Steps:
    path = resolve(process, words[1] if len(words) > 1 else "/")
    if not process.files.is_directory(path):
        yield Output(2, f"sh: cd: can't cd to {path}: No such file or directory\n".encode())
        return 2
    process.directory = path
    return 0


def _date(process: Process, words: list[str]) -> Steps:
    now = process.now()
    form = next((word[1:] for word in words[1:] if word.startswith("+")), "%a %b %e %H:%M:%S UTC %Y")
    yield Output(1, f"{now.strftime(form.replace('%s', str(int(now.timestamp()))))}\n".encode())
    return 0


def _changing(change: Callable[[Process, str], None]) -> Builtin:
    """A command that does one thing to each of its paths: `touch`, `rm`, `mkdir`."""

    def run(process: Process, words: list[str]) -> Steps:
        flags = "".join(word for word in words[1:] if word.startswith("-"))
        status = 0
        for path in (word for word in words[1:] if not word.startswith("-")):
            try:
                change(process, resolve(process, path))
            except OSError as error:
                if words[0] == "rm" and "f" in flags and isinstance(error, FileNotFoundError):
                    continue
                yield Output(2, f"{words[0]}: {path}: {reason(error)}\n".encode())
                status = 1
        return status

    return run


def _test(process: Process, words: list[str]) -> Steps:
    yield from ()
    operands = words[1:-1] if words[0] == "[" and words[-1] == "]" else words[1:]
    if operands[:1] == ["!"]:
        return 1 if _holds(process, operands[1:]) else 0
    return 0 if _holds(process, operands) else 1


def _holds(process: Process, operands: list[str]) -> bool:
    match operands:
        case ["-f" | "-s", path]:
            return process.files.is_file(resolve(process, path))
        case ["-d", path]:
            return process.files.is_directory(resolve(process, path))
        case ["-e" | "-r" | "-w" | "-x", path]:
            return process.files.exists(resolve(process, path))
        case ["-z", text]:
            return not text
        case ["-n", text] | [text]:
            return bool(text)
        case [left, "=" | "==", right]:
            return left == right
        case [left, "!=", right]:
            return left != right
        case [left, ("-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge") as operator, right]:
            return _compares(left, operator, right)
        case _:
            return False


def _compares(left: str, operator: str, right: str) -> bool:
    if not (re.fullmatch(r"-?\d+", left) and re.fullmatch(r"-?\d+", right)):
        return False
    a, b = int(left), int(right)
    return {"-eq": a == b, "-ne": a != b, "-lt": a < b, "-le": a <= b, "-gt": a > b, "-ge": a >= b}[operator]


def _export(process: Process, words: list[str]) -> Steps:
    yield from ()
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if equals:
            process.env[name] = value
    return 0


def _busybox(process: Process, words: list[str]) -> Steps:
    """`busybox COMMAND …` is that command."""
    if len(words) == 1:
        yield Output(1, "".join(f"{name}\n" for name in sorted(BUILTINS)).encode())
        return 0
    return (yield from process.builtins.get(words[1], process.unknown)(process, words[1:]))


def _pause(process: Process, words: list[str]) -> Steps:
    yield FOREVER
    return 0


def unescape(text: str) -> str:
    """The escapes of `echo -e` and `printf`."""
    table = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "0": "\0", "a": "\a", "e": "\x1b"}
    return re.sub(r"\\([ntr\\0ae])", lambda match: table[match[1]], text)


BUILTINS: dict[str, Builtin] = {
    "true": _true, ":": _true, "false": _false, "exit": _exit, "break": _leave_loop, "continue": _leave_loop,
    "echo": _echo, "printf": _printf, "sleep": _sleep, "tail": _tail, "cat": _cat, "ls": _ls, "env": _env,
    "printenv": _env, "hostname": _hostname, "pwd": _pwd, "cd": _cd, "date": _date, "test": _test, "[": _test,
    "touch": _changing(lambda process, path: process.files.write(path, b"", append=True)),
    "rm": _changing(lambda process, path: process.files.remove(path)),
    "mkdir": _changing(lambda process, path: process.files.make_directory(path)),
    "sh": shell, "ash": shell, "bash": shell, "read": read, "tar": tar, "export": _export, "pause": _pause,
    "busybox": _busybox,
}  # fmt: skip
