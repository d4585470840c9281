"""Resource quantities (`500m`, `1.5Gi`, `1e3`), exact, read and printed as k8s.io/apimachinery does it."""

from __future__ import annotations

import re
from decimal import ROUND_UP, Context, Decimal
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

Format: TypeAlias = Literal["DecimalSI", "BinarySI", "DecimalExponent"]
Readable: TypeAlias = str | int | float

FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
SUFFIX_WRONG = "unable to parse quantity's suffix"

_PATTERN = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)")
_DECIMAL_EXPONENTS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_DECIMAL_SUFFIXES = {exponent: suffix for suffix, exponent in _DECIMAL_EXPONENTS.items()}
_BINARY_EXPONENTS = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_BINARY_SUFFIXES = ["", *_BINARY_EXPONENTS]

_LARGEST = Decimal(2**63 - 1)
_NANO = Decimal("1e-9")
# Far beyond any digits a quantity keeps: what lies outside is capped or rounded before it is computed.
_EXPONENT_LIMIT = 1000
_EXACT = Context(prec=5000, Emax=100_000, Emin=-100_000, rounding=ROUND_UP)


class Quantity(NamedTuple):
    """An amount and the notation it was written in, which decides how it is printed."""

    amount: Decimal
    format: Format

    def __str__(self) -> str:
        return _print(self.amount, self.format)


def parse(text: Readable | Decimal) -> Decimal:
    """The amount; ValueError in Kubernetes' words when it is none.

    Amounts finer than a billionth round away from zero; those above 2^63-1 are capped to it.
    """
    return text if isinstance(text, Decimal) else read(text).amount


def read(text: Readable) -> Quantity:
    """The amount together with its notation; ValueError when it is no quantity."""
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ValueError(FORMAT_WRONG)
    return _read(text if isinstance(text, str) else repr(text))


@lru_cache(maxsize=8192)
def _read(text: str) -> Quantity:
    match = _PATTERN.fullmatch(text)
    if match is None or not text or len(text) > _EXPONENT_LIMIT:
        raise ValueError(FORMAT_WRONG)
    sign, whole, fraction, suffix = match.groups()
    digits = Decimal(f"{sign}{whole or '0'}.{fraction or '0'}")
    notation, amount = _scale(digits, suffix)
    amount = _bound(amount)
    if notation == "BinarySI" and 0 < amount < 1:
        notation = "DecimalSI"
    return Quantity(amount, notation)


def _scale(digits: Decimal, suffix: str) -> tuple[Format, Decimal]:
    if suffix in _DECIMAL_EXPONENTS:
        return "DecimalSI", digits.scaleb(_DECIMAL_EXPONENTS[suffix], _EXACT)
    if suffix in _BINARY_EXPONENTS:
        return "BinarySI", _EXACT.multiply(digits, Decimal(1024 ** _BINARY_EXPONENTS[suffix]))
    if suffix[0] in "eE" and re.fullmatch("[-+]?[0-9]+", suffix[1:]):
        exponent = max(-_EXPONENT_LIMIT * 2, min(int(suffix[1:]), _EXPONENT_LIMIT * 2))
        return "DecimalExponent", digits.scaleb(exponent, _EXACT)
    raise ValueError(SUFFIX_WRONG)


def _bound(amount: Decimal) -> Decimal:
    if not amount:
        return Decimal(0)
    if amount > _LARGEST:
        return _LARGEST
    return amount.quantize(_NANO, context=_EXACT) if amount.as_tuple().exponent < -9 else amount  # type: ignore[operator]


def millis(amount: Readable | Decimal) -> int:
    """Thousandths, rounded up: CPU is counted in them."""
    return _round_up(parse(amount).scaleb(3, _EXACT))


def value(amount: Readable | Decimal) -> int:
    """Whole units, rounded up: bytes, pods."""
    return _round_up(parse(amount))


def _round_up(amount: Decimal) -> int:
    return int(amount.to_integral_value(ROUND_UP, _EXACT))


@lru_cache(maxsize=8192)
def _canonical(text: str) -> str:
    return str(_read(text))


def canonical(text: Readable) -> str:
    """As Kubernetes prints it: the largest suffix that leaves a whole number (`1000m` is `1`)."""
    return _canonical(text) if isinstance(text, str) else str(read(text))


@lru_cache(maxsize=8192)
def _rounded(text: str) -> str:
    quantity = _read(text)
    return _print(Decimal(millis(quantity.amount)).scaleb(-3), quantity.format)


def rounded_to_millis(text: Readable) -> str:
    """Canonical, and rounded up to thousandths: how resource lists are stored."""
    return _rounded(text if isinstance(text, str) else repr(text))


def format_cpu(amount: int) -> str:
    """Thousandths of a CPU as `500m`, `2`."""
    return _print(Decimal(amount).scaleb(-3), "DecimalSI")


def format_bytes(amount: int) -> str:
    """Bytes as `512Mi`, `1Gi`; what is not a multiple of 1024 stays in full."""
    return _print(Decimal(amount), "BinarySI")


def format_amount(amount: Decimal, notation: Format = "DecimalSI") -> str:
    return _print(amount, notation)


def _print(amount: Decimal, notation: Format) -> str:
    if not amount:
        return "0"
    whole = amount == amount.to_integral_value(context=_EXACT)
    if notation == "BinarySI" and whole and abs(amount) >= 1024:
        return _print_binary(int(amount))
    number, exponent = _factor_thousands(amount)
    if notation == "DecimalExponent":
        return f"{number}e{exponent}" if exponent else str(number)
    return f"{number}{_DECIMAL_SUFFIXES[exponent]}"


def _print_binary(number: int) -> str:
    power = 0
    while number % 1024 == 0 and power < len(_BINARY_SUFFIXES) - 1:
        number //= 1024
        power += 1
    return f"{number}{_BINARY_SUFFIXES[power]}"


def _factor_thousands(amount: Decimal) -> tuple[int, int]:
    """`number` and `exponent`, a multiple of three, as large as leaves the number whole."""
    sign, digits, exponent = amount.normalize(_EXACT).as_tuple()
    assert isinstance(exponent, int)  # neither infinite nor NaN: it came from a finite literal
    number = int("".join(map(str, digits))) * 10 ** (exponent % 3)
    return (-number if sign else number), exponent - exponent % 3
