"""The libraries that Kubernetes adds to the language (k8s.io/apiserver/pkg/cel/library).

Quantities, addresses, networks and URLs are values of types of their own there; here they are texts in
canonical form, so that equal ones are equal.
"""

from __future__ import annotations

import ipaddress
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from tuik8s.api import quantity
from tuik8s.api.patterns import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Function(NamedTuple):
    """`signature` is the types of result and parameters, the first of a method its receiver."""

    name: str
    signature: str
    implementation: Callable[..., Any]
    method: bool = True


def declarations(cel: Any) -> list[Any]:
    """As the engine wants them; `cel` is its module."""
    types = {
        "s": cel.Type.STRING, "i": cel.Type.INT, "b": cel.Type.BOOL, "d": cel.Type.DYN, "f": cel.Type.DOUBLE,
        "l": cel.Type.LIST, "m": cel.Type.MAP,
    }  # fmt: skip
    overloads: dict[str, list[Any]] = {}
    for function in FUNCTIONS:
        result, *parameters = (types[letter] for letter in function.signature)
        kind = "method" if function.method else "function"
        overloads.setdefault(function.name, []).append(
            cel.Overload(
                id=f"kubernetes_{kind}_{function.name}_{function.signature}".replace(".", "_"),
                return_type=result,
                parameters=parameters,
                is_member=function.method,
                impl=function.implementation,
            )
        )
    return [cel.FunctionDecl(name, found) for name, found in overloads.items()]


def _accepts(parse: Callable[..., Any]) -> Callable[..., bool]:
    def check(*values: Any) -> bool:
        try:
            parse(*values)
        except ValueError:
            return False
        return True

    return check


# Lists


def _index(items: list[Any], item: Any) -> int:
    return items.index(item) if item in items else -1


def _last_index(items: list[Any], item: Any) -> int:
    return len(items) - 1 - items[::-1].index(item) if item in items else -1


def _is_sorted(items: list[Any]) -> bool:
    return all(left <= right for left, right in pairwise(items))


def _contains_all(items: list[Any], wanted: list[Any]) -> bool:
    return all(item in items for item in wanted)


def _is_equivalent(left: list[Any], right: list[Any]) -> bool:
    return _contains_all(left, right) and _contains_all(right, left)


def _intersects(left: list[Any], right: list[Any]) -> bool:
    return any(item in left for item in right)


# Regular expressions


def _found(text: str, pattern: str) -> Iterator[str]:
    return (match.group(0) for match in compiled(pattern).finditer(text))


def _find(text: str, pattern: str) -> str:
    return next(_found(text, pattern), "")


def _find_all(text: str, pattern: str) -> list[str]:
    return list(_found(text, pattern))


def _find_some(text: str, pattern: str, limit: int) -> list[str]:
    found = _find_all(text, pattern)
    return found if limit < 0 else found[:limit]


# Quantities


def _compare(left: str, right: str) -> int:
    one, other = quantity.parse(left), quantity.parse(right)
    return (one > other) - (one < other)


def _sum(left: str, right: str | int, sign: int = 1) -> str:
    read = quantity.read(left)
    return quantity.format_amount(read.amount + sign * quantity.parse(right), read.format)


def _sign(text: str) -> int:
    amount = quantity.parse(text)
    return (amount > 0) - (amount < 0)


def _is_integer(text: str) -> bool:
    amount = quantity.parse(text)
    return amount == amount.to_integral_value()


# Addresses and networks


def _host_in(network: str, address: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)


def _network_in(network: str, inner: str) -> bool:
    outer, below = ipaddress.ip_network(network, strict=False), ipaddress.ip_network(inner, strict=False)
    return outer.version == below.version and below.subnet_of(outer)  # type: ignore[arg-type]


def _network(text: str) -> str:
    if "/" not in text:
        raise ValueError(f'network address parse error during conversion from string: invalid CIDR "{text}"')
    address = ipaddress.ip_address(text.partition("/")[0])
    return f"{address}/{ipaddress.ip_network(text, strict=False).prefixlen}"


def _address(text: str) -> str:
    return str(ipaddress.ip_address(text))


def _of_address(name: str) -> Callable[[str], bool]:
    return lambda text: bool(getattr(ipaddress.ip_address(text), name))


def _is_global(text: str) -> bool:
    address = ipaddress.ip_address(text)
    return not (
        address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local
    )


# URLs


def _url(text: str) -> str:
    parts = urlsplit(text)
    if not parts.scheme and not text.startswith("/"):
        raise ValueError(f'URL parse error during conversion from string: parse "{text}": invalid URI')
    return text


FUNCTIONS = (
    Function("indexOf", "ild", _index),
    Function("lastIndexOf", "ild", _last_index),
    Function("isSorted", "bl", _is_sorted),
    Function("sum", "dl", sum),
    Function("min", "dl", min),
    Function("max", "dl", max),
    Function("sets.contains", "bll", _contains_all, method=False),
    Function("sets.equivalent", "bll", _is_equivalent, method=False),
    Function("sets.intersects", "bll", _intersects, method=False),
    Function("find", "sss", _find),
    Function("findAll", "lss", _find_all),
    Function("findAll", "lssi", _find_some),
    Function("isQuantity", "bs", _accepts(quantity.parse), method=False),
    Function("quantity", "ss", quantity.canonical, method=False),
    Function("sign", "is", _sign),
    Function("isInteger", "bs", _is_integer),
    Function("asInteger", "is", lambda text: int(quantity.parse(text))),
    Function("asApproximateFloat", "fs", lambda text: float(quantity.parse(text))),
    Function("isGreaterThan", "bss", lambda left, right: _compare(left, right) > 0),
    Function("isLessThan", "bss", lambda left, right: _compare(left, right) < 0),
    Function("compareTo", "iss", _compare),
    Function("add", "sss", _sum),
    Function("add", "ssi", _sum),
    Function("sub", "sss", lambda left, right: _sum(left, right, -1)),
    Function("sub", "ssi", lambda left, right: _sum(left, right, -1)),
    Function("isIP", "bs", _accepts(ipaddress.ip_address), method=False),
    Function("ip", "ss", _address, method=False),
    Function("ip.isCanonical", "bs", lambda text: _address(text) == text, method=False),
    Function("family", "is", lambda text: ipaddress.ip_address(text).version),
    Function("isUnspecified", "bs", _of_address("is_unspecified")),
    Function("isLoopback", "bs", _of_address("is_loopback")),
    Function("isLinkLocalMulticast", "bs", lambda text: text.startswith(("224.0.0.", "ff02"))),
    Function("isLinkLocalUnicast", "bs", _of_address("is_link_local")),
    Function("isGlobalUnicast", "bs", _is_global),
    Function("isCIDR", "bs", _accepts(_network), method=False),
    Function("cidr", "ss", _network, method=False),
    Function("containsIP", "bss", _host_in),
    Function("containsCIDR", "bss", _network_in),
    Function("ip", "ss", lambda text: text.partition("/")[0]),
    Function("prefixLength", "is", lambda text: ipaddress.ip_network(text, strict=False).prefixlen),
    Function("masked", "ss", lambda text: str(ipaddress.ip_network(text, strict=False))),
    Function("isURL", "bs", _accepts(_url), method=False),
    Function("url", "ss", _url, method=False),
    Function("getScheme", "ss", lambda text: urlsplit(text).scheme),
    Function("getHost", "ss", lambda text: urlsplit(text).netloc.rpartition("@")[2]),
    Function("getHostname", "ss", lambda text: urlsplit(text).hostname or ""),
    Function("getPort", "ss", lambda text: str(urlsplit(text).port or "")),
    Function("getEscapedPath", "ss", lambda text: quote(urlsplit(text).path, safe="/%:@!$&'()*+,;=~")),
    Function("getQuery", "ms", lambda text: parse_qs(urlsplit(text).query, keep_blank_values=True)),
)  # fmt: skip
