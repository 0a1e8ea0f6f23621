"""Places among the sessions that a token may have at a time.

A transaction holds a place from its start to its end. A token that was accepted and has not started
yet holds one for its station, for a short time; the transaction that then starts at that station
takes it over. So a token cannot be accepted at ten stations at once and then start at all of them.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from libs.contracts.authorization import Purpose

Verdict = Literal["held", "take", "full"]
"""``held``: it has one already. ``take``: one is to be taken, or kept for longer. ``full``:
there is none."""


class Held(Struct, frozen=True, kw_only=True, gc=False):
    """A place that is taken. ``transaction`` is the ledger's id, None: not started yet.
    One that ``ended`` holds nothing, and is remembered for who asks late.
    """

    station: str
    transaction: str | None = None
    ended: bool = False
    taken_at: datetime


class Wish(Struct, frozen=True, kw_only=True, gc=False):
    station: str
    purpose: Purpose
    transaction: str | None = None


def judge(held: list[Held], wish: Wish, limit: int) -> Verdict:
    """Whether there is room, for a start or for being about to start."""
    if any(is_it(place, wish) for place in held):
        return "held" if wish.transaction is not None else "take"
    if wish.purpose == "authorize" and any(
        place.station == wish.station and place.transaction and not place.ended for place in held
    ):
        # Many stations ask before they let a token end its own session.
        return "held"
    others = [place for place in held if not place.ended and not taken_over(place, wish)]
    return "take" if len(others) < limit else "full"


def is_it(place: Held, wish: Wish) -> bool:
    """The same question was asked before."""
    if wish.transaction is not None:
        return place.transaction == wish.transaction
    return place.transaction is None and place.station == wish.station


def taken_over(place: Held, wish: Wish) -> bool:
    """The place that the token was given when it was accepted at this station."""
    return (
        wish.transaction is not None and place.transaction is None and place.station == wish.station
    )
