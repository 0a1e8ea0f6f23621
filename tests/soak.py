"""How long tests may take: short in CI, long with ``make soak``."""

import os

SOAK = bool(os.environ.get("VOLTBUS_SOAK"))


def long(short: int, soak: int) -> int:
    """The first number in CI, the second in a soak."""
    return soak if SOAK else short
