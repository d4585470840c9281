from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuik8s.api import quantity


@pytest.mark.parametrize(
    ("text", "canonical", "millis", "value"),
    [
        ("0", "0", 0, 0),
        ("0.0Gi", "0", 0, 0),
        ("1000m", "1", 1000, 1),
        ("0.5", "500m", 500, 1),
        (".5", "500m", 500, 1),
        ("1500m", "1500m", 1500, 2),
        ("-1500m", "-1500m", -1500, -2),
        ("1000", "1k", 1_000_000, 1000),
        ("1024", "1024", 1_024_000, 1024),
        ("1.5Gi", "1536Mi", 1_610_612_736_000, 1_610_612_736),
        ("0.5Ki", "512", 512_000, 512),
        ("1048576Ki", "1Gi", 1_073_741_824_000, 1_073_741_824),
        ("1.1Mi", "1153433600m", 1_153_433_600, 1_153_434),
        ("1e3", "1e3", 1_000_000, 1000),
        ("12E2", "1200", 1_200_000, 1200),
        ("1E", "1E", 10**21, 10**18),
        ("0.1n", "1n", 1, 1),
        ("100u", "100u", 1, 1),
        ("1e999999999", "9223372036854775807", (2**63 - 1) * 1000, 2**63 - 1),
    ],
)
def test_reading_and_printing(text: str, canonical: str, millis: int, value: int) -> None:
    assert quantity.canonical(text) == canonical
    assert quantity.millis(text) == millis
    assert quantity.value(text) == value


@pytest.mark.parametrize("text", ["", "a", "1.1.1", "1 Gi", "1Gb", "+-1x", "1" * 2000])
def test_wrong_format(text: str) -> None:
    with pytest.raises(ValueError, match="quantities must match the regular expression"):
        quantity.parse(text)


@pytest.mark.parametrize("text", ["1i", "1e", "1e-", "1Mm", "1kk", "3Eii", "Ki1"])
def test_wrong_suffix(text: str) -> None:
    with pytest.raises(ValueError, match="unable to parse quantity's suffix"):
        quantity.parse(text)


@pytest.mark.parametrize("value", [True, None, [], {}])
def test_other_json_values(value: object) -> None:
    with pytest.raises(ValueError, match="quantities must match"):
        quantity.parse(value)  # type: ignore[arg-type]


def test_numbers_are_quantities() -> None:
    assert quantity.parse(2) == 2
    assert quantity.parse(0.5) == Decimal("0.5")
    assert quantity.parse(1e21) == 2**63 - 1
    assert quantity.parse(Decimal("1.25")) == Decimal("1.25")


def test_resource_lists_keep_thousandths() -> None:
    assert quantity.rounded_to_millis("0.0001") == "1m"
    assert quantity.rounded_to_millis("128Mi") == "128Mi"
    assert quantity.rounded_to_millis(2) == "2"


def test_formatting_counts() -> None:
    assert quantity.format_cpu(250) == "250m"
    assert quantity.format_cpu(4000) == "4"
    assert quantity.format_bytes(2**30) == "1Gi"
    assert quantity.format_bytes(1500) == "1500"
    assert quantity.format_bytes(0) == "0"


_SUFFIXES = st.sampled_from(
    ["", "n", "u", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "e3", "E-2", "e+1"]
)


@st.composite
def _texts(draw: st.DrawFn) -> str:
    whole = draw(st.integers(min_value=0, max_value=10**6))
    fraction = draw(st.sampled_from(["", ".5", ".25", ".001", ".0"]))
    return f"{draw(st.sampled_from(['', '-', '+']))}{whole}{fraction}{draw(_SUFFIXES)}"


@given(_texts())
def test_the_canonical_form_means_the_same_and_is_final(text: str) -> None:
    canonical = quantity.canonical(text)
    assert quantity.parse(canonical) == quantity.parse(text)
    # A binary number without a whole binary unit loses its suffix, and then reads as a decimal one.
    final = quantity.canonical(canonical)
    assert final == canonical or canonical.isdecimal()
    assert quantity.canonical(final) == final


@given(_texts())
def test_rounding_never_loses_amount(text: str) -> None:
    amount = quantity.parse(text)
    assert abs(quantity.value(text)) >= abs(amount)
    assert abs(quantity.millis(text)) >= abs(amount) * 1000
    assert abs(abs(quantity.value(text)) - abs(amount)) < 1


@given(st.integers(min_value=0, max_value=2**62))
def test_bytes_round_trip(number: int) -> None:
    assert quantity.value(quantity.format_bytes(number)) == number
    assert quantity.millis(quantity.format_cpu(number % 10**12)) == number % 10**12


@given(st.text(max_size=20))
def test_anything_else_is_a_value_error(text: str) -> None:
    try:
        amount = quantity.parse(text)
    except ValueError:
        return
    assert amount.is_finite()
