"""Flags as bits of one integer: how a session and its row keep them."""

from libs.contracts.transactions import Flag

ORDER: tuple[Flag, ...] = (
    "unknown_token", "token_refused", "unknown_transaction", "offline", "late_events",
    "missing_events", "started_missing", "ended_missing", "begin_zero", "register_reset",
    "register_rollover", "register_decreased", "no_register", "clock_jump", "time_in_future",
    "time_before_start", "overlap", "closed_by_rule", "corrected_after_end", "never_identified",
    "estimated_end", "quarantined_message", "sequence_reused", "ended_twice",
)  # fmt: skip
"""The bit of a flag is its place here: new ones go to the end, for rows hold these numbers."""

BITS: dict[Flag, int] = {flag: 1 << place for place, flag in enumerate(ORDER)}

UNKNOWN_TOKEN = BITS["unknown_token"]
TOKEN_REFUSED = BITS["token_refused"]
UNKNOWN_TRANSACTION = BITS["unknown_transaction"]
OFFLINE = BITS["offline"]
LATE_EVENTS = BITS["late_events"]
MISSING_EVENTS = BITS["missing_events"]
STARTED_MISSING = BITS["started_missing"]
ENDED_MISSING = BITS["ended_missing"]
BEGIN_ZERO = BITS["begin_zero"]
REGISTER_RESET = BITS["register_reset"]
REGISTER_ROLLOVER = BITS["register_rollover"]
REGISTER_DECREASED = BITS["register_decreased"]
NO_REGISTER = BITS["no_register"]
CLOCK_JUMP = BITS["clock_jump"]
TIME_IN_FUTURE = BITS["time_in_future"]
TIME_BEFORE_START = BITS["time_before_start"]
OVERLAP = BITS["overlap"]
CLOSED_BY_RULE = BITS["closed_by_rule"]
CORRECTED_AFTER_END = BITS["corrected_after_end"]
NEVER_IDENTIFIED = BITS["never_identified"]
ESTIMATED_END = BITS["estimated_end"]
QUARANTINED_MESSAGE = BITS["quarantined_message"]
SEQUENCE_REUSED = BITS["sequence_reused"]
ENDED_TWICE = BITS["ended_twice"]


def names(bits: int) -> list[Flag]:
    """The flags that are set, in the order of their bits."""
    return [flag for flag, bit in BITS.items() if bits & bit] if bits else []
