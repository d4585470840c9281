"""Single JSON values as Go's decoders for Kubernetes' types accept, normalise and refuse them."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from tuik8s.api import quantity

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))"
)
_LAYOUT_PARTS = (
    (r"\d{4}", "2006"), ("-", "-"), (r"\d\d", "01"), ("-", "-"), (r"\d\d", "02"), ("T", "T"), (r"\d\d", "15"),
    (":", ":"), (r"\d\d", "04"), (":", ":"), (r"\d\d", "05"),
)  # fmt: skip
_SECONDS_LAYOUT = "2006-01-02T15:04:05Z07:00"
_MICRO_LAYOUT = "2006-01-02T15:04:05.000000Z07:00"
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


class Mismatch(Exception):
    """A value of the wrong type; its text is that of Go's JSON package, once `within` named the field."""

    def __init__(self, found: str, wanted: str, *, into_struct: bool = False) -> None:
        super().__init__(f"json: cannot unmarshal {found} into Go value of type {wanted}")
        self.found, self.wanted = found, wanted
        self.struct = ""
        self._into_struct = into_struct

    def within(self, struct: str, path: str) -> Mismatch:
        """Name the innermost struct and the path from the object's root; outer calls change nothing."""
        if not self.struct:
            self.struct = struct
            field = f"Go struct field {struct}.{path} of type {self.wanted}"
            self.args = (f"json: cannot unmarshal {self.found} into {field}",)
        return self

    def conversion_text(self) -> str:
        """In the words of the converter from maps to Go types, which strategic merge patches go through."""
        json_name, _, digits = self.found.partition(" ")
        number = "float64" if "." in digits else "int64"
        found = {"array": "slice", "object": "map", "number": number}.get(json_name, json_name)
        if self._into_struct:
            return f"cannot restore struct from: {found}"
        if self.wanted.startswith("map[") or self.wanted == "v1.ResourceList":
            return f"cannot restore map from {found}"
        if self.wanted.startswith("[]"):
            return f"cannot restore slice from {found}"
        is_number = re.match(r"int|float", self.wanted) is not None
        if is_number or self.wanted == "bool":
            # Numbers are cut to the type that is wanted, or lose their fraction: only that is refused.
            cut = is_number and json_name == "number"
            return f"cannot convert {found} to {self.wanted}" if cut else f"unrecognized type: {self.wanted}"
        return f"cannot convert int64 to {self.wanted}" if found == "int64" else "unrecognized type: string"


def json_kind(value: Any) -> str:
    """What Go's errors call a JSON value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def string(value: Any, wanted: str = "string") -> str:
    if not isinstance(value, str):
        raise Mismatch(json_kind(value), wanted)
    return value


def boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise Mismatch(json_kind(value), "bool")
    return value


def number(value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Mismatch(json_kind(value), "float64")
    return value


def integer(value: Any, bits: int = 32) -> int:
    """A whole number that fits; `3.0` counts as 3, as YAML writes it to JSON."""
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        found = f"number {value}" if type(value) is float else json_kind(value)
        raise Mismatch(found, f"int{bits}")
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise Mismatch(f"number {value}", f"int{bits}")
    return value


def int_or_string(value: Any) -> int | str:
    """Without the field's name on errors: this type decodes itself."""
    if type(value) is str:
        return value
    try:
        return integer(value)
    except Mismatch as mismatch:
        raise ValueError(str(mismatch)) from None


def quantity_text(value: Any) -> str:
    """As written, but a text even if it came as a number."""
    text = value.strip() if isinstance(value, str) else value
    quantity.read(text)
    return text if isinstance(text, str) else quantity.canonical(text)


def resource_amount(value: Any) -> str:
    """A quantity of a resource list: canonical and in thousandths at the finest."""
    return quantity.rounded_to_millis(value.strip() if isinstance(value, str) else value)


def base64_text(value: Any) -> str:
    """Standard base64, line breaks removed."""
    if type(value) is not str:
        raise Mismatch(json_kind(value), "[]uint8")
    text = value.replace("\n", "").replace("\r", "")
    if _BASE64.fullmatch(text) is None:
        raise ValueError(f"illegal base64 data at input byte {_first_bad_byte(text)}")
    return text


def _first_bad_byte(text: str) -> int:
    bad = re.search(r"[^A-Za-z0-9+/]", text)
    if bad is None:
        return len(text) - len(text) % 4
    end = bad.start()
    if text[end] == "=" and end % 4 == 2 and text[end + 1 : end + 2] == "=":
        return end + 2
    return end + 1 if text[end] == "=" and end % 4 == 3 else end


def decoded_size(text: str) -> int:
    """Bytes that a base64 text stands for."""
    return len(base64.b64decode(text))


def time(value: Any) -> str:
    """RFC 3339 in UTC, to the second."""
    return _seconds(_time_text(value))


def micro_time(value: Any) -> str:
    """RFC 3339 in UTC, with six decimals."""
    return _micros(_time_text(value))


def _time_text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError(f"json: cannot unmarshal {json_kind(value)} into Go value of type string")
    return value


@lru_cache(maxsize=4096)
def _seconds(text: str) -> str:
    return _moment(text, _SECONDS_LAYOUT).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


@lru_cache(maxsize=4096)
def _micros(text: str) -> str:
    return _moment(text, _MICRO_LAYOUT).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def _moment(text: str, layout: str) -> datetime:
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(_parse_problem(text, layout))
    *parts, fraction, sign, hours, minutes = match.groups()
    _check_ranges(text, [int(part) for part in parts])
    iso = f"{text[:10]}T{text[11:19]}.{(fraction or '0')[:6].ljust(6, '0')}"
    zone = f"{sign}{hours}:{minutes}" if sign else "+00:00"
    try:
        return datetime.fromisoformat(iso + zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f'parsing time "{text}": day out of range') from None


def _check_ranges(text: str, parts: list[int]) -> None:
    limits = (
        ("year", 1, 9999),
        ("month", 1, 12),
        ("day", 1, 31),
        ("hour", 0, 23),
        ("minute", 0, 59),
        ("second", 0, 59),
    )
    for (unit, least, most), part in zip(limits, parts, strict=True):
        if not least <= part <= most:
            raise ValueError(f'parsing time "{text}": {unit} out of range')


def _parse_problem(text: str, layout: str) -> str:
    """Go's words: the rest of the text and the element of the layout that it does not fit."""
    rest = text
    for pattern, element in _LAYOUT_PARTS:
        match = re.match(pattern, rest)
        if match is None:
            return f'parsing time "{text}" as "{layout}": cannot parse "{rest}" as "{element}"'
        rest = rest[match.end() :]
    rest = re.sub(r"^[.,]\d+", "", rest)
    return f'parsing time "{text}" as "{layout}": cannot parse "{rest}" as "Z07:00"'
