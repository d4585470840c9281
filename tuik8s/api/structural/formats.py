"""String formats that schemas of custom resources may ask for (k8s.io/kube-openapi/pkg/validation/strfmt)."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tuik8s.api import names
from tuik8s.api.durations import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_HEX = "[0-9a-fA-F]"
_BYTE = r"(0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])"
# Compiled when they are first asked for: few schemas name a format, and every start would pay for all.
_DATE_TIME = r"\d{4}-\d{2}-\d{2}[Tt\s]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})?"
_WORDY_DURATION = (
    r"((\d+)\s*(nanoseconds?|nanos?|ns|microseconds?|micros?|µs|us|milliseconds?|millis?|ms|seconds?|secs?|s"
    r"|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w))+"
)
_HOSTNAME = r"[^\W_]([^\W_]|-(?=[^\W_]))*(\.[^\W_]([^\W_]|-)*)*\.?"
_CREDIT_CARD = (
    r"4\d{12}(\d{3})?|5[1-5]\d{14}|6(011|5\d\d)\d{12}|3[47]\d{13}|3(0[0-5]|[68]\d)\d{11}"
    r"|(2131|1800|35\d{3})\d{11}"
)


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


def _accepted(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return check


def _is_date(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is not None and _accepted(date.fromisoformat)(text)


def _is_date_time(text: str) -> bool:
    return re.fullmatch(_DATE_TIME, text) is not None and _is_date(text[:10]) and int(text[11:13]) < 24


def is_duration(text: str) -> bool:
    return _accepted(parse_duration)(text) or re.fullmatch(_WORDY_DURATION, text) is not None


def _is_uri(text: str) -> bool:
    """Absolute, or a path from the root, as Go's ParseRequestURI."""
    try:
        return text.startswith("/") or bool(urlsplit(text).scheme)
    except ValueError:
        return False


def _is_email(text: str) -> bool:
    address = re.fullmatch(r"(?:[^<>]*<)?([^\s<>@]+@[^\s<>@]+)>?", text.strip())
    return address is not None and ("<" in text) == (">" in text)


def _is_hostname(text: str) -> bool:
    short = len(text) <= 255 and all(len(label) <= 63 for label in text.split("."))
    return short and re.fullmatch(_HOSTNAME, text) is not None


def _is_cidr(text: str) -> bool:
    return not names.cidr(text)


def _is_mac(text: str) -> bool:
    groups = (
        rf"({_HEX}{{2}}[:-]){{{n}}}{_HEX}{{2}}|({_HEX}{{4}}\.){{{(n - 1) // 2}}}{_HEX}{{4}}"
        for n in (5, 7, 19)
    )
    return any(re.fullmatch(group, text) for group in groups)


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return bool(text)


def _isbn10(text: str) -> bool:
    digits = re.sub(r"[\s-]", "", text)
    if re.fullmatch(r"\d{9}[\dX]", digits) is None:
        return False
    return sum((index + 1) * (10 if c == "X" else int(c)) for index, c in enumerate(digits)) % 11 == 0


def _isbn13(text: str) -> bool:
    digits = re.sub(r"[\s-]", "", text)
    if re.fullmatch(r"\d{13}", digits) is None:
        return False
    return sum(int(c) * (3 if index % 2 else 1) for index, c in enumerate(digits)) % 10 == 0


def _is_credit_card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    if re.fullmatch(_CREDIT_CARD, digits) is None:
        return False
    doubled = [int(c) * (1 + index % 2) for index, c in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _uuid(version: str, variant: str = "") -> Callable[[str], bool]:
    third = f"{version}{_HEX}{{3}}" if version else f"{_HEX}{{4}}"
    fourth = f"{variant}{_HEX}{{3}}" if variant else f"{_HEX}{{4}}"
    return _matches(f"{_HEX}{{8}}-?{_HEX}{{4}}-?{third}-?{fourth}-?{_HEX}{{12}}")


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "bsonobjectid": _matches(f"{_HEX}{{24}}"),
    "uri": _is_uri,
    "email": _is_email,
    "hostname": _is_hostname,
    "ipv4": _accepted(ipaddress.IPv4Address),
    "ipv6": _accepted(ipaddress.IPv6Address),
    "cidr": _is_cidr,
    "mac": _is_mac,
    "uuid": _uuid(""),
    "uuid3": _uuid("3"),
    "uuid4": _uuid("4", "[89abAB]"),
    "uuid5": _uuid("5", "[89abAB]"),
    "isbn": lambda text: _isbn10(text) or _isbn13(text),
    "isbn10": _isbn10,
    "isbn13": _isbn13,
    "creditcard": _is_credit_card,
    "ssn": _matches(r"\d{3}[- ]?\d{2}[- ]?\d{4}"),
    "hexcolor": _matches(f"#?({_HEX}{{3}}|{_HEX}{{6}})"),
    "rgbcolor": _matches(rf"rgb\((\s*{_BYTE}\s*,){{2}}\s*{_BYTE}\s*\)"),
    "byte": _is_base64,
    "password": lambda _: True,
    "date": _is_date,
    "duration": is_duration,
    "datetime": _is_date_time,
    "k8sshortname": lambda text: not names.dns_label(text),
    "k8slongname": lambda text: not names.dns_subdomain(text),
}  # fmt: skip
"""By their names without dashes."""

_NUMERIC = {"integer": ("int32", "int64"), "number": ("float", "double")}


def string_format(name: str) -> Callable[[str], bool] | None:
    """None: Kubernetes does not check this format either."""
    return FORMATS.get(name.replace("-", ""))


def is_recognized(name: str, type_name: str) -> bool:
    """Whether a schema of this type may ask for the format without a warning."""
    if type_name in ("", "string"):
        return string_format(name) is not None
    return name in _NUMERIC.get(type_name, ())
