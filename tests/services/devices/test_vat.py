"""VAT numbers: the form of each country, and no more than that is claimed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.devices import vat

GOOD = [
    "ATU12345678", "BE0123456789", "BG123456789", "CHE123456789", "CHE-123.456.789 MWST",
    "CY12345678L", "CZ12345678", "DE123456789", "DK12345678", "EE123456789", "EL123456789",
    "ESX1234567X", "FI12345678", "FR12345678901", "FRXX123456789", "GB123456789", "GBGD001",
    "HR12345678901", "HU12345678", "IE1234567WA", "IE1A23456W", "IT 12345678901", "LT123456789012",
    "LU12345678", "LV12345678901", "MT12345678", "NL123456789B01", "nl 1234.56.789.b01",
    "NO123456789MVA", "PL1234567890", "PT123456789", "RO12", "SE123456789001", "SI12345678",
    "SK1234567890", "XI123456789",
]  # fmt: skip


@pytest.mark.parametrize("number", GOOD)
def test_a_number_of_its_country_may_be_right(number: str) -> None:
    verdict = vat.judge(number)
    assert verdict.accepted
    assert "was not asked" in verdict.reason


def test_every_country_is_tried() -> None:
    assert {vat.SEPARATORS.sub("", number).upper()[:2] for number in GOOD} == set(vat.FORMS)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", "NotFound"),
        ("DE", "InvalidValue"),
        ("US123456789", "NotFound"),
        ("123456789", "NotFound"),
        ("DE012345678", "InvalidValue"),
        ("DE1234567890", "InvalidValue"),
        ("NL123456789", "InvalidValue"),
        ("ATU1234567", "InvalidValue"),
        ("GR123456789", "NotFound"),
    ],
)
def test_what_cannot_be_right_is_rejected_with_a_reason(number: str, code: str) -> None:
    verdict = vat.judge(number)
    assert not verdict.accepted
    assert (verdict.code, bool(verdict.reason)) == (code, True)


@given(st.text(max_size=20))
def test_no_text_breaks_it(number: str) -> None:
    verdict = vat.judge(number)
    assert len(verdict.code) <= 20
    if verdict.accepted:
        assert re.match("[A-Z]{2}", vat.SEPARATORS.sub("", number).upper())
