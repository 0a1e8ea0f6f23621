"""The certification cases of a CSMS, as data: ``cases.csv``, one line per case.

``programme``: 2.0.1 is the list that a certificate asks for, ``2.0.1 extra`` the scripts that exist
beside it. ``block``: the functional block of 2.0.1, the profile of 1.6. ``obligation``: M
mandatory, C conditional on the feature in ``condition``; one for each profile where they differ.
``open``: what is still to be built before the case can be shown, empty once it can.
"""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

CASES = Path(__file__).parent / "cases.csv"

PROGRAMMES = {
    "2.0.1": "OCPP 2.0.1: the cases of the certificate",
    "2.0.1 extra": "OCPP 2.0.1: further scripts",
    "1.6": "OCPP 1.6",
}
BLOCKS = {
    "A": "A. Security",
    "B": "B. Provisioning",
    "C": "C. Authorization",
    "D": "D. Local authorization list",
    "E": "E. Transactions",
    "F": "F. Remote control",
    "G": "G. Availability",
    "H": "H. Reservation",
    "I": "I. Tariff and cost",
    "J": "J. Meter values",
    "K": "K. Smart charging",
    "L": "L. Firmware",
    "M": "M. Certificates",
    "N": "N. Diagnostics",
    "O": "O. Display messages",
    "P": "P. Data transfer",
}
ISSUES = {"TLS": 4, "certificates": 4, "ISO 15118": 4, "tariffs": 5}
"""The issue that builds what an open case waits for."""


class Case(NamedTuple):
    programme: str
    id: str
    block: str
    name: str
    profile: str
    obligation: str
    condition: str
    open: str


@cache
def cases() -> dict[str, Case]:
    """By id, in the order of the programmes."""
    with CASES.open(newline="") as file:
        return {line["id"]: Case(**line) for line in csv.DictReader(file)}
