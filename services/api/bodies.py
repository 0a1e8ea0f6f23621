"""What clients may send: a struct for each body, with the limits of every name and number.

Unknown fields are refused, so that a misspelled one is not silently without effect.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from libs.contracts.authorization import AuthorizationStatus
from libs.contracts.stations import Registration

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255)]
Number: TypeAlias = Annotated[int, Meta(ge=0, le=2_147_483_647)]
EvseId: TypeAlias = Annotated[int, Meta(ge=1, le=2_147_483_647)]
Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]


class Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    example: ClassVar[dict[str, Any]] = {}


class ConnectorBody(Body, frozen=True, kw_only=True):
    """A connector of an EVSE."""

    example = {"id": 1, "type": "cType2"}

    id: EvseId
    type: Annotated[str, Meta(max_length=50)] | None = None
    """OCPP ConnectorEnumType, as `cCCS2`."""


class EvseBody(Body, frozen=True, kw_only=True):
    """An EVSE with its connectors. In 1.6, connector n is EVSE n, connector 1."""

    example = {"id": 1, "connectors": [{"id": 1, "type": "cCCS2"}]}

    id: EvseId
    connectors: Annotated[list[ConnectorBody], Meta(max_length=100)] = []


class StationPut(Body, frozen=True, kw_only=True):
    """Creates or changes a station; what is not given stays as it is."""

    example = {"registration": "Accepted", "security_profile": 1, "password": "made-up-secret-1"}

    security_profile: Annotated[int, Meta(ge=0, le=3)] | UnsetType = UNSET
    """OCPP security profile: 0 none, 1 password, 2 password and TLS, 3 client certificate."""
    password: Annotated[str, Meta(max_length=64)] | UnsetType | None = UNSET
    """Write-only; `null` takes it away."""
    registration: Registration | UnsetType = UNSET
    """What its BootNotification is answered."""
    strict: bool | UnsetType = UNSET
    """Whether messages that break the schema are refused instead of mended."""
    tenant: Name | UnsetType = UNSET
    """Moves the station to another tenant."""
    evses: Annotated[list[EvseBody], Meta(max_length=200)] | UnsetType = UNSET
    """What it has; replaced by what the station itself reports."""


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


class Start(Body, frozen=True, kw_only=True):
    """RemoteStartTransaction or RequestStartTransaction."""

    example = {"token": "DEMO0001", "evse": 1}

    token: Name
    type: Annotated[str, Meta(min_length=1, max_length=20)] = "Central"
    """OCPP 2.x IdTokenEnumType."""
    evse: EvseId | None = None
    """EVSE, of 1.6 the connector; absent: the station chooses."""
    charging_profile: dict[str, Any] | None = None
    """A ChargingProfile of the station's OCPP version."""


class Stop(Body, frozen=True, kw_only=True):
    """Without `transaction`: the one active session of the station, or of `evse`."""

    example = {"transaction": "3f0f2b56-1f5e-4c53-9a50-2c1b1d0c7f11"}

    transaction: Name | None = None
    """The ledger's id, or what the station calls it."""
    evse: EvseId | None = None


class Unlock(Body, frozen=True, kw_only=True):
    example = {"evse": 1, "connector": 1}

    evse: EvseId = 1
    connector: EvseId = 1


class Reset(Body, frozen=True, kw_only=True):
    """`hard`: 1.6 Hard, 2.x Immediate; else 1.6 Soft, 2.x OnIdle. `evse` needs 2.x."""

    example = {"hard": False}

    hard: bool = False
    evse: EvseId | None = None


class Availability(Body, frozen=True, kw_only=True):
    """The whole station, one EVSE, or one connector."""

    example = {"operative": False, "evse": 1}

    operative: bool
    evse: EvseId | None = None
    connector: EvseId | None = None


class Trigger(Body, frozen=True, kw_only=True):
    """Asks the station to send a message."""

    example = {"message": "StatusNotification", "evse": 1}

    message: Annotated[str, Meta(min_length=1, max_length=50)]
    """The action, as the station's OCPP version names it."""
    evse: EvseId | None = None
    connector: EvseId | None = None
