"""Reservations as operators ask for them."""

from typing import Annotated

from msgspec import Meta

from services.api.bodies.base import Body, EvseId, Moment, Name, Number


class ReservationPost(Body, frozen=True, kw_only=True):
    """A place to be kept for a token (ReserveNow)."""

    example = {"token": "DEMO0001", "evse": 1, "expires_at": "2027-01-01T12:00:00Z"}

    token: Name
    type: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    """OCPP 2.x IdTokenEnumType; absent: as the token is registered, else ISO14443."""
    group: Name | None = None
    """Tokens of this group may use it too; absent: the group of the token, if it has one."""
    expires_at: Moment
    evse: EvseId | None = None
    """EVSE, of 1.6 the connector; absent: any."""
    connector_type: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    """OCPP 2.x connector type, as `cCCS2`."""
    reservation: Number | None = None
    """Its number at the station; absent: the next one. That of an open one replaces it."""
    force: bool = False
    """Ask the station even if something is known that speaks against it."""
