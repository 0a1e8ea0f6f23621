"""Charging profiles as operators describe them."""

from typing import Annotated, Any

from msgspec import Meta

from libs.contracts.charging_profiles import RateUnit
from services.api.bodies.base import Body, Number

Purpose = Annotated[str, Meta(min_length=1, max_length=50)]
Source = Annotated[str, Meta(min_length=1, max_length=20)]
ProfileNumber = Annotated[int, Meta(ge=-2_147_483_648, le=2_147_483_647)]


class ProfilePut(Body, frozen=True, kw_only=True):
    """A charging profile for a station (SetChargingProfile)."""

    example = {
        "evse": 1,
        "profile": {
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [
                {
                    "id": 1,
                    "startSchedule": "2027-01-01T00:00:00Z",
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
                }
            ],
        },
    }

    evse: Number
    """EVSE, of 1.6 the connector; 0 is the station."""
    profile: dict[str, Any]
    """A ChargingProfile of the station's OCPP version; its id is that of the address."""
    force: bool = False
    """Send it even if it breaks a rule of OCPP."""


class ProfileClear(Body, frozen=True, kw_only=True):
    """What a station is to clear (ClearChargingProfile): all that is given has to fit."""

    example = {"evse": 1, "purpose": "TxDefaultProfile", "stack_level": 0}

    evse: Number | None = None
    """0: what is set for the station as a whole."""
    purpose: Purpose | None = None
    """As the station's OCPP version names it."""
    stack_level: Number | None = None


class ProfileRefresh(Body, frozen=True, kw_only=True):
    """What the station is asked for (GetChargingProfiles); nothing is everything."""

    example = {"evse": 1, "purpose": "TxDefaultProfile"}

    evse: Number | None = None
    """0: what is set for the station as a whole."""
    ids: Annotated[list[ProfileNumber], Meta(max_length=1000)] = []
    purpose: Purpose | None = None
    stack_level: Number | None = None
    sources: Annotated[list[Source], Meta(max_length=4)] = []
    """Who set them: `CSO`, `EMS`, `SO`, `Other`."""


class CompositePost(Body, frozen=True, kw_only=True):
    """What is asked of a GetCompositeSchedule."""

    example = {"evse": 1, "duration": 3600, "unit": "A"}

    evse: Number
    """EVSE, of 1.6 the connector; 0 is the station."""
    duration: Annotated[int, Meta(ge=1, le=2_147_483_647)]
    """Seconds."""
    unit: RateUnit | None = None
