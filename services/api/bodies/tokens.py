"""Id tokens as operators describe them."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from libs.contracts.authorization import AuthorizationStatus
from services.api.bodies.base import Body, Moment, Name


class TokenPut(Body, frozen=True, kw_only=True):
    """Creates or changes an id token; what is not given stays as it is."""

    example = {"type": "ISO14443", "status": "Accepted", "group": "fleet-7", "valid_to": None}

    type: Annotated[str, Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    """OCPP 2.x IdTokenEnumType."""
    status: AuthorizationStatus | UnsetType = UNSET
    group: Name | UnsetType | None = UNSET
    """Tokens of one group may stop each other's sessions."""
    master_pass: bool | UnsetType = UNSET
    """Whether it may stop any session, and start none."""
    valid_from: Moment | UnsetType | None = UNSET
    valid_to: Moment | UnsetType | None = UNSET
    language: Annotated[str, Meta(max_length=8)] | UnsetType | None = UNSET
    """RFC 5646, as `de`."""
    evse_types: Annotated[list[Name], Meta(max_length=100)] | UnsetType | None = UNSET
    """Connector types that it may use; `null` = all."""
    stations: Annotated[list[Name], Meta(max_length=10000)] | UnsetType | None = UNSET
    """Stations that it may use; `null` = all."""
    concurrent_max: Annotated[int, Meta(ge=0, le=1000)] | UnsetType | None = UNSET
    """Sessions at a time; `null` = the platform's default."""


class TokenPost(TokenPut, frozen=True, kw_only=True):
    """A new id token."""

    example = {"id": "04A2B3C4D5E6F7", "type": "ISO14443", "status": "Accepted"}

    id: Name
