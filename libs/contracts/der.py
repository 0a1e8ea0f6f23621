"""What stations of OCPP 2.1 tell of energy: controls of distributed resources (block R), priority
charging (K21, K22) and battery swaps (block S); `devices` owns it.
"""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field

from libs.bus.message import Ask, Event
from libs.contracts.devices import CallSent


class ControlView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A DER control of a station, as far as we know."""

    id: str
    type: str
    """DERControlEnumType, as `VoltVar`; absent in the report of some, then the kind of setting."""
    is_default: bool
    superseded: bool = False
    """A control of higher priority is in its place."""
    running: bool | None = None
    """Whether it is in effect, as the station last told; `null`: it did not."""
    setting: dict[str, Any]
    """The setting as OCPP writes it: `curve`, `fixedVar`, `limitMaxDischarge`, …"""
    set_at: datetime | None = None
    """When we set it; absent: it was there."""
    confirmed_at: datetime | None = None
    """When the station last reported it."""
    told_at: datetime | None = None
    """When the station last told that it started or stopped."""


class ControlPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[ControlView]
    next: str | None = None


class ListControls(Ask[ControlPage]):
    """In the order of their ids."""

    subject = "api.{tenant}.devices.der_controls"

    tenant: str
    station: str
    after: str | None = None
    limit: int = 50


class SetControl(Ask[CallSent]):
    """SetDERControl. ``setting`` holds the one field of the message that fits the type."""

    subject = "api.{tenant}.devices.der_set"

    tenant: str
    station: str
    id: str
    type: str
    is_default: bool = False
    setting: dict[str, Any]
    by: str = "operator"
    timeout_seconds: float = 30


class ClearControl(Ask[CallSent]):
    """ClearDERControl of one id; ``is_default`` absent: as we know it."""

    subject = "api.{tenant}.devices.der_clear"

    tenant: str
    station: str
    id: str
    is_default: bool | None = None
    by: str = "operator"
    timeout_seconds: float = 30


class RefreshControls(Ask[CallSent]):
    """GetDERControl: what comes of it puts the list right."""

    subject = "api.{tenant}.devices.der_refresh"

    tenant: str
    station: str
    id: str | None = None
    type: str | None = None
    is_default: bool | None = None
    by: str = "operator"
    timeout_seconds: float = 30


class AlarmView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A NotifyDERAlarm."""

    id: int
    at: datetime
    type: str
    fault: str | None = None
    """GridEventFaultEnumType, as `OverVoltage`."""
    ended: bool = False
    info: str | None = None


class AlarmPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[AlarmView]
    next: str | None = None


class ListAlarms(Ask[AlarmPage]):
    """Newest first."""

    subject = "api.{tenant}.devices.der_alarms"

    tenant: str
    station: str
    after: str | None = None
    limit: int = 50


class PriorityView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A NotifyPriorityCharging."""

    id: int
    at: datetime
    transaction: str
    activated: bool


class PriorityPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[PriorityView]
    next: str | None = None


class ListPriorities(Ask[PriorityPage]):
    """Newest first."""

    subject = "api.{tenant}.devices.priority_charging"

    tenant: str
    station: str
    after: str | None = None
    limit: int = 50


class BatteryView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A battery that went in or out."""

    evse: int
    serial_number: str
    soc: float
    """State of charge, per cent."""
    soh: float
    """State of health, per cent."""
    produced_at: datetime | None = None
    vendor_info: str | None = None


class SwapView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A BatterySwap message; those of one swap have the same `number`."""

    id: int
    at: datetime
    number: int
    """The requestId, of the station or of our request."""
    event: Literal["BatteryIn", "BatteryOut", "BatteryOutTimeout"]
    token: str
    token_type: str
    batteries: list[BatteryView]
    request: str | None = None
    """The request of ours that asked for the swap, where one did."""


class SwapPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[SwapView]
    next: str | None = None


class ListSwaps(Ask[SwapPage]):
    """Newest first."""

    subject = "api.{tenant}.devices.battery_swaps"

    tenant: str
    station: str
    after: str | None = None
    limit: int = 50


class RequestSwap(Ask[CallSent]):
    """RequestBatterySwap (S03)."""

    subject = "api.{tenant}.devices.battery_swap_request"

    tenant: str
    station: str
    token: str
    token_type: str = "Central"  # noqa: S105 - a kind of token
    by: str = "operator"
    timeout_seconds: float = 30


# -- events --------------------------------------------------------------------------------------


class DerAlarmRaised(Event):
    """An alarm of the grid began or, ``ended``, is over (R03)."""

    subject = "event.{tenant}.der_alarm.raised.{station}"

    station: str
    type: str
    fault: str | None = None
    ended: bool = False
    info: str | None = None

    def key(self) -> str:
        return f"{self.station}/{self.at.timestamp()}/{self.type}/{self.fault}/{self.ended}"


class DerControlTurned(Event):
    """A control took effect or ended (R04)."""

    subject = "event.{tenant}.der_control.turned.{station}"

    station: str
    id: str
    started: bool
    superseded: list[str] = field(default_factory=list[str])

    def key(self) -> str:
        return f"{self.station}/{self.id}/{self.at.timestamp()}/{self.started}"


class DerControlsReported(Event):
    """The report that was asked for is complete."""

    subject = "event.{tenant}.der_controls.reported.{station}"

    station: str
    number: int

    def key(self) -> str:
        return f"{self.station}/{self.number}/{self.at.timestamp()}"


class PriorityChargingTurned(Event):
    """Priority charging of a transaction began or ended (K21, K22)."""

    subject = "event.{tenant}.priority_charging.turned.{station}"

    station: str
    transaction: str
    activated: bool

    def key(self) -> str:
        return f"{self.station}/{self.transaction}/{self.at.timestamp()}/{self.activated}"


class BatterySwapped(Event):
    """A battery went in or out, or was not taken in time."""

    subject = "event.{tenant}.battery.swapped.{station}"

    station: str
    number: int
    event: str
    token: str
    serial_numbers: list[str]

    def key(self) -> str:
        return f"{self.station}/{self.number}/{self.event}/{self.at.timestamp()}"
