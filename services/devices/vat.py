"""VAT numbers that drivers give for a receipt (C of 2.1): whether one can be right.

:class:`Syntax` looks at the form alone and asks nobody; it says so. A service that knows who is
registered takes its place as another :class:`Validator`.
"""

import re
from typing import NamedTuple, Protocol

FORMS: dict[str, str] = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CH": r"E\d{9}(MWST|TVA|IVA)?",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"[1-9]\d{8}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "EL": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[A-HJ-NP-Z0-9]{2}\d{9}",
    "GB": r"(\d{9}|\d{12}|GD\d{3}|HA\d{3})",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"(\d{7}[A-W][A-I]?|\d[A-Z+*]\d{5}[A-W])",
    "IT": r"\d{11}",
    "LT": r"(\d{9}|\d{12})",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"[A-Z0-9+*]{9}B\d{2}",
    "NO": r"\d{9}(MVA)?",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{10}01",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": r"(\d{9}|\d{12}|GD\d{3}|HA\d{3})",
}
"""What follows the two letters of the country; EL is Greece, XI Northern Ireland, and Switzerland
writes CHE.
"""
SEPARATORS = re.compile(r"[ .\-/]")


class Verdict(NamedTuple):
    """``reason``: what was looked at, or what is wrong."""

    accepted: bool
    reason: str
    code: str
    """The reasonCode of the answer."""


class Validator(Protocol):
    """Who tells whether a VAT number is good."""

    async def validate(self, number: str) -> Verdict: ...


class Syntax:
    """Knows the forms of European numbers, and nobody who is registered."""

    async def validate(self, number: str) -> Verdict:
        return judge(number)


def judge(number: str) -> Verdict:
    """Whether a number has the form of its country; spaces, dots and dashes do not count."""
    plain = SEPARATORS.sub("", number).upper()
    country, rest = plain[:2], plain[2:]
    form = FORMS.get(country)
    if form is None:
        return Verdict(False, "It does not begin with a country whose form we know", "NotFound")
    if re.fullmatch(form, rest, re.ASCII) is None:
        return Verdict(False, f"It has not the form of {country}", "InvalidValue")
    return Verdict(True, "Its form is right; whether it is registered was not asked", "FormOnly")
