"""What speaks against a reservation, as far as it is known, in sentences. Pure."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from libs.contracts.authorization import TokenView
from libs.contracts.stations import EvseView, StationView
from services.reservations.state import Row, Wish

TAKEN = frozenset(
    {
        "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing", "Occupied",
        "Unavailable", "Faulted",
    }
)  # fmt: skip
"""Statuses of a connector that a station does not reserve. Reserved is judged by our own books."""


class Facts(Struct, frozen=True, kw_only=True):
    """``token`` None: not registered. ``kept`` are the open reservations of the station."""

    station: StationView
    token: TokenView | None
    kept: Sequence[Row] = ()
    now: datetime


def find(wish: Wish, facts: Facts) -> list[str]:
    """Every reason against it; none, and the station may be asked."""
    return [*of_time(wish, facts), *of_token(wish, facts), *of_place(wish, facts)]


def of_time(wish: Wish, facts: Facts) -> list[str]:
    if wish.expires_at <= facts.now:
        return [f"it would end at {wish.expires_at.isoformat()}, which is over"]
    return []


def of_token(wish: Wish, facts: Facts) -> list[str]:
    token = facts.token
    if token is None:
        return [f"no token {wish.token!r} is registered"]
    found: list[str] = []
    if token.status != "Accepted":
        found.append(f"the status of the token is {token.status}")
    if token.valid_to is not None and token.valid_to <= facts.now:
        found.append(f"the token was valid until {token.valid_to.isoformat()}")
    if token.valid_from is not None and token.valid_from >= wish.expires_at:
        found.append(f"the token is valid from {token.valid_from.isoformat()} on")
    if token.stations is not None and facts.station.id not in token.stations:
        found.append("the token may not be used at this station")
    if token.master_pass:
        found.append("a master pass starts no session")
    return found


def of_place(wish: Wish, facts: Facts) -> list[str]:
    others = [row for row in facts.kept if row.number != wish.number]
    if wish.evse is not None:
        return of_evse(wish, wish.evse, facts, others)
    return of_any(wish, facts, others)


def of_evse(wish: Wish, number: int, facts: Facts, others: Sequence[Row]) -> list[str]:
    known = {evse.id: evse for evse in facts.station.evses}
    if not known:
        return of_books(number, others)
    evse = known.get(number)
    if evse is None:
        return [f"the station has no EVSE {number}, only {', '.join(map(str, sorted(known)))}"]
    found: list[str] = []
    taken = state_of(evse)
    if taken is not None:
        found.append(f"EVSE {number} is {taken}")
    if not fits(wish, evse):
        found.append(f"EVSE {number} has no connector of type {wish.connector_type}")
    return [*found, *of_books(number, others)]


def of_books(number: int, others: Sequence[Row]) -> list[str]:
    return [
        f"EVSE {number} is reserved for {row.token!r} until {row.expires_at.isoformat()}"
        f" (reservation {row.number})"
        for row in others
        if row.evse == number
    ]


def of_any(wish: Wish, facts: Facts, others: Sequence[Row]) -> list[str]:
    """Every reservation needs a place of its own."""
    if not facts.station.evses:
        return []
    fitting = [evse for evse in facts.station.evses if fits(wish, evse)]
    if not fitting:
        return [f"the station has no connector of type {wish.connector_type}"]
    named = {row.evse for row in others if row.evse is not None}
    free = [evse for evse in fitting if state_of(evse) is None and evse.id not in named]
    anywhere = sum(row.evse is None for row in others)
    if len(free) > anywhere:
        return []
    reserved = f", and {anywhere} reserved without naming an EVSE" if anywhere else ""
    return [f"of {len(fitting)} EVSEs that fit, {len(free)} are free{reserved}"]


def fits(wish: Wish, evse: EvseView) -> bool:
    """What is not known of a connector is not held against it."""
    types = [connector.type for connector in evse.connectors]
    if wish.connector_type is None or not types:
        return True
    return any(kind is None or kind == wish.connector_type for kind in types)


def state_of(evse: EvseView) -> str | None:
    """The status that makes an EVSE useless for a reservation, None if there is none."""
    statuses = [connector.status for connector in evse.connectors]
    if evse.status in TAKEN:
        return evse.status
    if statuses and all(status in TAKEN for status in statuses):
        return statuses[0]
    busy = [status for status in statuses if status in TAKEN - {"Unavailable", "Faulted"}]
    return busy[0] if busy else None
