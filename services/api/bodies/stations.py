"""A station as operators describe it."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from libs.contracts.stations import Registration
from services.api.bodies.base import Body, EvseId, Name


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
    automatic: bool | UnsetType = UNSET
    """Whether it is sent what no operator asked for: inventory, local list, templates."""
    dialect: Annotated[str, Meta(max_length=50)] | UnsetType | None = UNSET
    """How it speaks (`GET dialects`); `null`: as its vendor, model and firmware tell."""
    labels: (
        Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=50)]
        | UnsetType
    ) = UNSET
    """Free, as a site or a purpose: templates choose by them."""
    tenant: Name | UnsetType = UNSET
    """Moves the station to another tenant."""
    evses: Annotated[list[EvseBody], Meta(max_length=200)] | UnsetType = UNSET
    """What it has; replaced by what the station itself reports."""
