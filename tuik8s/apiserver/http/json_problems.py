"""What is wrong with a text that is no JSON, as Go's JSON package says it."""

from __future__ import annotations

import re

_SPACE = re.compile(rb"[ \t\r\n]*")
_STRING = re.compile(rb'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*')
_HEX = re.compile(rb"[0-9a-fA-F]*")
_DIGITS = re.compile(rb"[0-9]*")
_WHOLE = re.compile(rb"-?(?:0|[1-9][0-9]*)?")
_EXPONENT = re.compile(rb"[eE][+-]?")
_LITERALS = {b"t": b"true", b"f": b"false", b"n": b"null"}


class _Problem(Exception):
    """The byte at `position` does not belong there; behind the end, the text stops too early."""

    def __init__(self, position: int, context: str) -> None:
        self.position, self.context = position, context


def json_problem(text: bytes) -> str:
    """Empty when the text is JSON, as far as this can tell: what characters strings hold is not looked at."""
    try:
        _document(text)
    except _Problem as problem:
        if problem.position >= len(text):
            return "unexpected end of JSON input"
        return f"invalid character {_quoted(text[problem.position])} {problem.context}"
    return ""


def _document(text: bytes) -> None:
    """Without recursion: how deep a text goes is for others to say."""
    closers: list[bytes] = []
    position = _opened(text, _skip(text, 0), closers)
    while closers:
        closer = closers[-1]
        position = _skip(text, position)
        found = text[position : position + 1]
        if found == closer:
            closers.pop()
            position += 1
        elif found == b",":
            position = _item(text, _skip(text, position + 1), closers)
        else:
            what = "object key:value pair" if closer == b"}" else "array element"
            raise _Problem(position, f"after {what}")
    if _skip(text, position) < len(text):
        raise _Problem(_skip(text, position), "after top-level value")


def _opened(text: bytes, start: int, closers: list[bytes]) -> int:
    """The end of a scalar, or of the first scalar in what opens here; what stays open is in `closers`."""
    found = text[start : start + 1]
    if found not in (b"{", b"["):
        return _scalar(text, start)
    closers.append(b"}" if found == b"{" else b"]")
    inside = _skip(text, start + 1)
    if text[inside : inside + 1] == closers[-1]:
        return inside
    return _item(text, inside, closers)


def _item(text: bytes, start: int, closers: list[bytes]) -> int:
    if closers[-1] == b"}":
        if text[start : start + 1] != b'"':
            raise _Problem(start, "looking for beginning of object key string")
        after = _skip(text, _scalar(text, start))
        if text[after : after + 1] != b":":
            raise _Problem(after, "after object key")
        start = _skip(text, after + 1)
    return _opened(text, start, closers)


def _scalar(text: bytes, start: int) -> int:
    found = text[start : start + 1]
    if found == b'"':
        return _string(text, start)
    if found in _LITERALS:
        return _literal(text, start, _LITERALS[found])
    if found and found in b"-0123456789":
        return _number(text, start)
    raise _Problem(start, "looking for beginning of value")


def _string(text: bytes, start: int) -> int:
    end = _end(_STRING, text, start)
    found = text[end : end + 1]
    if found == b'"':
        return end + 1
    if found != b"\\":
        raise _Problem(end, "in string literal")
    if text[end + 1 : end + 2] == b"u":
        raise _Problem(_end(_HEX, text, end + 2), r"in \u hexadecimal character escape")
    raise _Problem(end + 1, "in string escape code")


def _literal(text: bytes, start: int, word: bytes) -> int:
    for offset, wanted in enumerate(word):
        if text[start + offset : start + offset + 1] != bytes((wanted,)):
            raise _Problem(start + offset, f"in literal {word.decode()} (expecting '{chr(wanted)}')")
    return start + len(word)


def _number(text: bytes, start: int) -> int:
    end = _end(_WHOLE, text, start)
    if text[start:end] == b"-":
        raise _Problem(end, "in numeric literal")
    if text[end : end + 1] == b".":
        end = _digits(text, end + 1, "after decimal point in numeric literal")
    if _EXPONENT.match(text, end):
        end = _digits(text, _end(_EXPONENT, text, end), "in exponent of numeric literal")
    return end


def _digits(text: bytes, start: int, context: str) -> int:
    end = _end(_DIGITS, text, start)
    if end == start:
        raise _Problem(end, context)
    return end


def _skip(text: bytes, start: int) -> int:
    return _end(_SPACE, text, start)


def _end(pattern: re.Pattern[bytes], text: bytes, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def _quoted(byte: int) -> str:
    if byte == ord("'"):
        return r"'\''"
    shown = {0x07: r"\a", 0x08: r"\b", 0x09: r"\t", 0x0A: r"\n", 0x0B: r"\v", 0x0C: r"\f", 0x0D: r"\r"}
    character = chr(byte)
    plain = character if character.isprintable() else shown.get(byte, f"\\x{byte:02x}")
    return "'" + (r"\\" if plain == "\\" else plain) + "'"
