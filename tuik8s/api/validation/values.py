"""Checks that many kinds share: numbers, enumerations, labels, selectors, paths, addresses."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from tuik8s.api import errors, names
from tuik8s.api.quantity import millis, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

NEGATIVE = "must be greater than or equal to 0"
NOT_POSITIVE = "must be greater than zero"
IMMUTABLE = "field is immutable"
FILE_MODE = "must be a number between 0 and 0777 (octal), both inclusive"
PROTOCOLS = ("SCTP", "TCP", "UDP")
SET_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
"""Of requirements in selectors of labels and of nodes."""


def complain(path: str, value: Any, problems: Sequence[str]) -> Iterator[FieldError]:
    """One `Invalid value` per complaint."""
    for problem in problems:
        yield errors.invalid(path, value, problem)


def check_nonnegative(holder: Obj, path: str, *fields: str) -> Iterator[FieldError]:
    for field in fields:
        value = holder.get(field)
        if value is not None and value < 0:
            yield errors.invalid(f"{path}.{field}", value, NEGATIVE)


def check_range(value: int, path: str, least: int, most: int) -> Iterator[FieldError]:
    if not least <= value <= most:
        yield errors.invalid(path, value, f"must be between {least} and {most}, inclusive")


def check_choice(value: str | None, path: str, choices: Sequence[str]) -> Iterator[FieldError]:
    """A required enumeration."""
    if not value:
        yield errors.required(path)
    elif value not in choices:
        yield errors.not_supported(path, value, choices)


def check_optional_choice(value: str | None, path: str, choices: Sequence[str]) -> Iterator[FieldError]:
    if value is not None and value not in choices:
        yield errors.not_supported(path, value, choices)


def check_required(holder: Obj, path: str, *fields: str) -> Iterator[FieldError]:
    for field in fields:
        if not holder.get(field):
            yield errors.required(f"{path}.{field}")


def check_mode(holder: Obj, path: str, field: str) -> Iterator[FieldError]:
    """Permission bits of files in a volume."""
    mode = holder.get(field)
    if mode is not None and not 0 <= mode <= 0o777:
        yield errors.invalid(f"{path}.{field}", mode, FILE_MODE)


def check_immutable(new: Any, old: Any, path: str) -> Iterator[FieldError]:
    if new != old:
        yield errors.invalid(path, new, IMMUTABLE)


def check_dns_label(value: str, path: str) -> Iterator[FieldError]:
    return complain(path, value, names.dns_label(value))


def check_dns_subdomain(value: str, path: str) -> Iterator[FieldError]:
    return complain(path, value, names.dns_subdomain(value))


def check_qualified_name(value: str, path: str) -> Iterator[FieldError]:
    return complain(path, value, names.qualified_name(value))


def check_required_name(
    holder: Obj, path: str, rule: Callable[[str], list[str]] = names.dns_label
) -> Iterator[FieldError]:
    name = holder.get("name") or ""
    if not name:
        yield errors.required(f"{path}.name")
    else:
        yield from complain(f"{path}.name", name, rule(name))


def check_labels(labels: Obj | None, path: str) -> Iterator[FieldError]:
    for key, value in (labels or {}).items():
        yield from complain(path, key, names.qualified_name(key))
        yield from complain(path, value, names.label_value(value))


def check_label_selector(selector: Obj | None, path: str) -> Iterator[FieldError]:
    if selector is None:
        return
    yield from check_labels(selector.get("matchLabels"), f"{path}.matchLabels")
    for index, expression in enumerate(selector.get("matchExpressions") or ()):
        yield from _check_expression(expression, f"{path}.matchExpressions[{index}]")


def check_set(operator: str, values: Sequence[object], path: str) -> Iterator[FieldError]:
    """Whether one of `SET_OPERATORS` has the values that it needs, or none where it takes none."""
    if operator in ("In", "NotIn"):
        if not values:
            yield errors.required(path, "must be specified when `operator` is 'In' or 'NotIn'")
    elif values:
        yield errors.forbidden(path, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")


def _check_expression(expression: Obj, path: str) -> Iterator[FieldError]:
    operator, values = expression.get("operator", ""), expression.get("values") or []
    if operator in SET_OPERATORS:
        yield from check_set(operator, values, f"{path}.values")
    else:
        yield errors.invalid(f"{path}.operator", operator, "not a valid selector operator")
    key = expression.get("key", "")
    yield from check_qualified_name(key, f"{path}.key")
    for index, value in enumerate(values):
        yield from complain(f"{path}.values[{index}]", value, names.label_value(value))


def check_port(port: Any, path: str) -> Iterator[FieldError]:
    """A number, or the name of a container's port."""
    if isinstance(port, str):
        yield from complain(path, port, names.port_name(port))
    else:
        yield from complain(path, port or 0, names.port_number(port or 0))


def check_ip(text: str, path: str) -> Iterator[FieldError]:
    return complain(path, text, names.ip_address(text))


def check_cidr(text: str, path: str) -> Iterator[FieldError]:
    return complain(path, text, names.cidr(text))


def check_ordinary_ip(text: str, path: str) -> Iterator[FieldError]:
    """An address that endpoints and external addresses may have."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        yield errors.invalid(path, text, "must be a valid IP address")
        return
    if address.is_unspecified:
        yield errors.invalid(path, text, f"may not be unspecified ({text})")
    if address.is_loopback:
        yield errors.invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if address.is_link_local:
        yield errors.invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if address in ipaddress.ip_network("224.0.0.0/24" if address.version == 4 else "ff02::/10", strict=False):
        yield errors.invalid(
            path, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
        )


def check_no_backsteps(text: str, path: str) -> Iterator[FieldError]:
    if ".." in text.split("/"):
        yield errors.invalid(path, text, "must not contain '..'")


def check_descending_path(text: str, path: str) -> Iterator[FieldError]:
    """A relative path that stays below where it starts."""
    if text.startswith("/"):
        yield errors.invalid(path, text, "must be a relative path")
    yield from check_no_backsteps(text, path)


def check_file_path(text: str, path: str) -> Iterator[FieldError]:
    """A file inside a volume; names that start with `..` are the kubelet's own."""
    yield from check_descending_path(text, path)
    if text.startswith("..") and not text.startswith("../"):
        yield errors.invalid(path, text, "must not start with '..'")


def check_amount(text: str, path: str, *, whole: bool = False) -> Iterator[FieldError]:
    """A quantity that is not negative and, if asked, has no fraction."""
    if parse(text) < 0:
        yield errors.invalid(path, text, NEGATIVE)
    if whole and millis(text) % 1000:
        yield errors.invalid(path, text, "must be an integer")


def check_percent(value: Any, path: str) -> Iterator[FieldError]:
    """Not more than all of them."""
    if isinstance(value, str) and percent_or_count(value) > 100:
        yield errors.invalid(path, value, "must not be greater than 100%")


def percent_or_count(value: Any) -> int:
    """Of a count or a percentage; other texts count as 0, they are refused elsewhere."""
    text = str(value).removesuffix("%")
    return int(text) if text.isascii() and text.isdigit() else 0


def check_int_or_percent(value: Any, path: str) -> Iterator[FieldError]:
    if isinstance(value, str):
        if re.fullmatch("[0-9]+%", value) is None:
            yield errors.invalid(
                path,
                value,
                "a valid percent string must be a numeric string followed by an ending '%' "
                "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
            )
    elif value < 0:
        yield errors.invalid(path, value, NEGATIVE)
