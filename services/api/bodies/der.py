"""DER controls and battery swaps as operators ask for them."""

from typing import Annotated, Any

from msgspec import Meta

from libs.ocpp.v21.der_setting import DERControl
from services.api.bodies.base import Body, Name


class ControlPut(Body, frozen=True, kw_only=True):
    """A DER control (SetDERControl)."""

    example = {
        "type": "FixedVar",
        "setting": {"fixedVar": {"priority": 1, "setpoint": 10.0, "unit": "PctMaxVar"}},
    }

    type: DERControl
    is_default: bool = False
    """In effect whenever no other control of the type is."""
    setting: dict[str, Any]
    """The field of SetDERControl that fits the type: `curve`, `enterService`, `fixedPFAbsorb`,
    `fixedPFInject`, `fixedVar`, `freqDroop`, `gradient` or `limitMaxDischarge`.
    """


class ControlRefresh(Body, frozen=True, kw_only=True):
    """What the station is asked for (GetDERControl); nothing is everything."""

    example = {"type": "VoltVar", "is_default": True}

    id: Annotated[str, Meta(max_length=36)] | None = None
    type: DERControl | None = None
    is_default: bool | None = None


class SwapPost(Body, frozen=True, kw_only=True):
    """Let somebody swap batteries (RequestBatterySwap)."""

    example = {"token": "DEMO0001"}

    token: Name
    token_type: Annotated[str, Meta(min_length=1, max_length=20)] = "Central"  # noqa: S105 - a kind of token
    """OCPP 2.x IdTokenEnumType."""
