"""What the service ``reservations`` owns: places that are kept for somebody."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from libs.bus.message import Ask, Event
from libs.contracts.command import CommandResult
from libs.ocpp.message import Version

ReservationState = Literal[
    "asked", "active", "uncertain", "refused", "unreached",
    "used", "cancelled", "expired", "removed", "no_transaction", "replaced",
]  # fmt: skip
"""``asked``: the station was not heard yet; ``active``: it keeps the place; ``uncertain``: it did
not answer in time and may keep it. ``refused``: it would not (``answer`` says why);
``unreached``: it was offline or answered CALLERROR. The rest is how a reservation ended:
``used`` by a session, ``cancelled`` by us, ``expired``, ``removed`` by the station (a fault, out of
service, or it knows no such reservation), ``no_transaction``: used, but nothing began (2.1),
``replaced`` by a later one with the same number.
"""

End = Literal["used", "cancelled", "expired", "removed", "no_transaction", "replaced"]


class ReservationView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reservation as it was asked for, and what became of it."""

    id: str
    """Ours, unique on the platform."""
    tenant: str
    station: str
    reservation: int
    """Its number at the station (OCPP id, reservationId)."""
    status: ReservationState
    version: Version | None = None
    """Absent: the station never connected."""
    token: str
    token_type: str | None = None
    """Of OCPP 2.x; 1.6 knows none."""
    group: str | None = None
    """Tokens of this group may use it too."""
    evse: int | None = None
    """Of 1.6 the connector; absent: any."""
    connector_type: str | None = None
    expires_at: datetime
    answer: str | None = None
    """What the station answered to ReserveNow: Accepted, Faulted, Occupied, Rejected,
    Unavailable.
    """
    reason: str | None = None
    """Why it is as it is, where that needs a sentence."""
    by: str = "operator"
    request: str | None = None
    """The raw call that made it, if that did."""
    transaction: str | None = None
    """The session that used it, by the ledger's id."""
    made_at: datetime
    ended_at: datetime | None = None


class ReservationPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[ReservationView]
    next: str | None = None


class Reserved(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of asking a station, and the record as it is now."""

    result: CommandResult
    reservation: ReservationView


class Reserve(Ask[Reserved]):
    """ReserveNow. What speaks against it is a ``Conflict``, unless ``force``: then the station is
    asked all the same. The number of a reservation that is open replaces that one.
    """

    subject = "api.{tenant}.reservations.reserve"

    tenant: str
    station: str
    token: str
    expires_at: datetime
    type: str | None = None
    """OCPP 2.x IdTokenEnumType; absent: as registered, else ISO14443."""
    group: str | None = None
    """Absent: the group of the token, if it has one."""
    evse: int | None = None
    connector_type: str | None = None
    reservation: int | None = None
    """Absent: the next free number of the station."""
    force: bool = False
    by: str = "operator"
    timeout_seconds: float = 30


class CancelReserved(Ask[Reserved]):
    """CancelReservation, by our id. ``force`` asks the station though it has ended already."""

    subject = "api.{tenant}.reservations.cancel"

    tenant: str
    id: str
    force: bool = False
    timeout_seconds: float = 30


class GetReservation(Ask[ReservationView]):
    subject = "api.{tenant}.reservations.get"

    tenant: str
    id: str


class ListReservations(Ask[ReservationPage]):
    """Newest first. ``open``: only those that a station keeps, or may keep; or only the others."""

    subject = "api.{tenant}.reservations.list"

    tenant: str
    station: str | None = None
    status: ReservationState | None = None
    token: str | None = None
    reservation: int | None = None
    open: bool | None = None
    after: str | None = None
    limit: int = 50


class ReservationMade(Event):
    """A station keeps a place."""

    subject = "event.{tenant}.reservation.made.{station}"

    station: str
    id: str
    reservation: int
    token: str
    group: str | None = None
    evse: int | None = None
    connector_type: str | None = None
    expires_at: datetime

    def key(self) -> str:
        return self.id


class ReservationEnded(Event):
    """A place is no longer kept. A station's own word may correct what our clock said before:
    then the same reservation ends again, otherwise.
    """

    subject = "event.{tenant}.reservation.ended.{station}"

    station: str
    id: str
    reservation: int
    why: End
    token: str
    evse: int | None = None
    transaction: str | None = None

    def key(self) -> str:
        return f"{self.id}/{self.why}"
