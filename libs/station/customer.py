"""What a station knows of a customer, and how it forgets (N09, N10)."""

from typing import TYPE_CHECKING, NamedTuple

from libs.station import local_list
from libs.station.moment import Token

if TYPE_CHECKING:
    from libs.station.controller import Controller

NOTHING = "Nothing is known."
PART_CHARACTERS = 512


class Customer(NamedTuple):
    """Who is meant: by a token, or by a name that the vendor gave (or the number of a
    certificate).
    """

    token: Token | None
    name: str | None


def report(station: "Controller", customer: Customer) -> str:
    """All that is known, as a text for people."""
    if customer.token is not None:
        known = _of_token(station, customer.token)
    else:
        text = station.flash.customers.get(customer.name or "")
        known = [text] if text is not None else []
    return " ".join(known) or NOTHING


def _of_token(station: "Controller", token: Token) -> list[str]:
    flash = station.flash
    found: list[str] = []
    if (cached := flash.cache.get(token.key)) is not None:
        found.append(f"Authorization cache: {cached.verdict.status}.")
    if (listed := local_list.find(station, token)) is not None:
        found.append(f"Local list: {listed.status}.")
    found += [
        f"Running transaction: {transaction.id}."
        for transaction in flash.open.values()
        if transaction.token is not None and transaction.token.key == token.key
    ]
    waiting = sum(each.token is not None and each.token.key == token.key for each in flash.waiting)
    if waiting:
        found.append(f"Messages that are not told yet: {waiting}.")
    found += [
        f"Reservation: {kept.id}."
        for kept in flash.reservations.values()
        if kept.token.casefold() == token.key
    ]
    return found


def clear(station: "Controller", customer: Customer) -> None:
    """Forget what the station may forget by itself: the local list is the server's (N10.FR.02),
    and a session is still to be told.
    """
    if customer.token is not None:
        station.flash.cache.pop(customer.token.key, None)
    elif customer.name is not None:
        station.flash.customers.pop(customer.name, None)


def parts(text: str) -> list[str]:
    """A text in parts that fit a message; an empty one is one part."""
    cut = range(0, max(len(text), 1), PART_CHARACTERS)
    return [text[begin : begin + PART_CHARACTERS] for begin in cut]
