"""What a station is asked to do."""

from typing import Annotated, Any

from msgspec import Meta

from services.api.bodies.base import Body, EvseId, Name


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
