"""Quirks of stations as data: dialects by vendor, model and firmware, from files."""

from libs.ocpp.dialect.book import BadDialect, Book, Identity, bundled, load, merged
from libs.ocpp.dialect.habits import (
    STANDARD,
    Dialect,
    Limits,
    Speech,
    Times,
    speech,
)
from libs.ocpp.dialect.times import spell

__all__ = [
    "STANDARD",
    "BadDialect",
    "Book",
    "Dialect",
    "Identity",
    "Limits",
    "Speech",
    "Times",
    "bundled",
    "load",
    "merged",
    "speech",
    "spell",
]
