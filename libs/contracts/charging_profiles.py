"""What the service ``devices`` owns of smart charging (block K): the charging profiles of stations
as far as we know, what cars need and plan, and the limits that others impose.
"""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field

from libs.bus.message import Ask, Event
from libs.contracts.devices import CallSent
from libs.ocpp.message import Version

RateUnit = Literal["A", "W"]


# -- profiles ------------------------------------------------------------------------------------


class ProfileView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A charging profile that a station holds."""

    id: int
    evse: int | None = None
    """0 is the station; absent: wherever the remote start that brings it will begin."""
    source: str = "CSO"
    """Who set it: `CSO` is us; others are known from reports."""
    purpose: str
    """As the station's version names it."""
    stack_level: int
    kind: str
    transaction: str | None = None
    """The station's name of the session that it is for; it goes with it."""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    version: Version
    profile: dict[str, Any]
    """As OCPP writes it."""
    set_at: datetime | None = None
    """When the station accepted it from us; absent: it was there."""
    confirmed_at: datetime | None = None
    """When the station last reported it; absent: it did not since."""


class ProfilePage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[ProfileView]
    next: str | None = None


class BrokenRule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rule of OCPP that a charging profile breaks."""

    rule: str
    """Its name, as `periods_unordered`."""
    requirement: str
    """Where OCPP says so, as `K01.FR.35`."""
    detail: str
    hint: str
    """How to mend it."""
    field: str
    """JSON pointer into the profile; empty for the profile as a whole."""


class ProfileSet(CallSent, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a SetChargingProfile."""

    broken_rules: list[BrokenRule] = field(default_factory=list[BrokenRule])
    """What we think is wrong with the profile, where the station refused it or it was forced."""
    reason: str | None = None
    """The station's reasonCode, where it gave one."""


class ListProfiles(Ask[ProfilePage]):
    """In the order of EVSE, source and id."""

    subject = "api.{tenant}.devices.profiles"

    tenant: str
    station: str
    evse: int | None = None
    after: str | None = None
    limit: int = 50


class PutProfile(Ask[ProfileSet]):
    """SetChargingProfile: the same id replaces (K01.FR.05). ``profile`` is as the version writes
    it; its id is ``id``. ``Invalid`` with ``errors`` when it breaks a rule, unless ``force``.
    """

    subject = "api.{tenant}.devices.profile_put"

    tenant: str
    station: str
    id: int
    evse: int
    profile: dict[str, Any]
    force: bool = False
    by: str = "operator"
    timeout_seconds: float = 30


class ClearProfiles(Ask[CallSent]):
    """ClearChargingProfile by id, or by the criteria that are given (K10)."""

    subject = "api.{tenant}.devices.profiles_clear"

    tenant: str
    station: str
    id: int | None = None
    evse: int | None = None
    purpose: str | None = None
    stack_level: int | None = None
    by: str = "operator"
    timeout_seconds: float = 30


class RefreshProfiles(Ask[CallSent]):
    """GetChargingProfiles: what comes of it puts the list right (K09)."""

    subject = "api.{tenant}.devices.profiles_refresh"

    tenant: str
    station: str
    evse: int | None = None
    ids: list[int] = field(default_factory=list[int])
    purpose: str | None = None
    stack_level: int | None = None
    sources: list[str] = field(default_factory=list[str])
    by: str = "operator"
    timeout_seconds: float = 30


class CompositePeriod(Struct, frozen=True, kw_only=True, omit_defaults=True):
    start: int
    """Seconds from the begin of the schedule."""
    limit: float | None = None
    phases: int | None = None


class CompositeSchedule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a station will allow, the same for every version."""

    evse: int
    begins_at: datetime | None = None
    duration: int | None = None
    """Seconds."""
    unit: RateUnit
    periods: list[CompositePeriod]


class ScheduleComputed(CallSent, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a GetCompositeSchedule."""

    schedule: CompositeSchedule | None = None


class ComputeSchedule(Ask[ScheduleComputed]):
    """GetCompositeSchedule (K08): what the station will allow."""

    subject = "api.{tenant}.devices.composite_schedule"

    tenant: str
    station: str
    evse: int
    duration: int
    """Seconds."""
    unit: RateUnit | None = None
    by: str = "operator"
    timeout_seconds: float = 30


class NoteProfile(Ask[None]):
    """A station took a remote start with this profile: whoever sent it tells the keeper."""

    subject = "api.{tenant}.devices.profile_note"

    tenant: str
    station: str
    version: Version
    evse: int | None
    token: str
    transaction: str | None
    profile: dict[str, Any]
    at: datetime


# -- cars ----------------------------------------------------------------------------------------


class NeedsView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a car said it needs (NotifyEVChargingNeeds)."""

    id: int
    at: datetime
    evse: int
    answer: str
    """What we answered."""
    max_periods: int | None = None
    """Periods that the car takes in a schedule (maxScheduleTuples)."""
    departure_at: datetime | None = None
    energy_transfer: str
    needs: dict[str, Any]
    """As OCPP writes it."""


class NeedsPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[NeedsView]
    next: str | None = None


class ListNeeds(Ask[NeedsPage]):
    """Newest first."""

    subject = "api.{tenant}.devices.charging_needs"

    tenant: str
    station: str
    evse: int | None = None
    after: str | None = None
    limit: int = 50


class EvScheduleView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a car said it will charge (NotifyEVChargingSchedule)."""

    id: int
    at: datetime
    evse: int
    answer: str
    """`Rejected`: it exceeds the profile of its session, and the station is to renegotiate."""
    begins_at: datetime
    schedule: dict[str, Any]
    """As OCPP writes it."""


class EvSchedulePage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[EvScheduleView]
    next: str | None = None


class ListEvSchedules(Ask[EvSchedulePage]):
    """Newest first."""

    subject = "api.{tenant}.devices.charging_schedules"

    tenant: str
    station: str
    evse: int | None = None
    after: str | None = None
    limit: int = 50


# -- limits of others ----------------------------------------------------------------------------


class LimitView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A limit that somebody else imposes on a station (NotifyChargingLimit)."""

    id: int
    evse: int
    """0 is the station."""
    source: str
    """`EMS`, `SO`, `Other`, …"""
    grid_critical: bool | None = None
    local_generation: bool | None = None
    """It is what the site generates, and adds to what may be drawn (OCPP 2.1)."""
    schedules: list[dict[str, Any]] = []
    """As OCPP writes them, where the station tells them."""
    told_at: datetime
    cleared_at: datetime | None = None


class LimitPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[LimitView]
    next: str | None = None


class ListLimits(Ask[LimitPage]):
    """Newest first; ``active``: only those that hold, or only the others."""

    subject = "api.{tenant}.devices.charging_limits"

    tenant: str
    station: str
    active: bool | None = None
    after: str | None = None
    limit: int = 50


# -- events --------------------------------------------------------------------------------------


class ChargingNeedsTold(Event):
    """A car says what it needs; who makes profiles may answer with one within a minute."""

    subject = "event.{tenant}.charging.needs_told.{station}"

    station: str
    message: str
    evse: int
    answer: str
    needs: dict[str, Any]

    def key(self) -> str:
        return f"{self.station}/{self.message}"


class ChargingScheduleTold(Event):
    """A car says how it will charge."""

    subject = "event.{tenant}.charging.schedule_told.{station}"

    station: str
    message: str
    evse: int
    answer: str
    schedule: dict[str, Any]

    def key(self) -> str:
        return f"{self.station}/{self.message}"


class ChargingLimitSet(Event):
    """Somebody else limits a station."""

    subject = "event.{tenant}.charging.limit_set.{station}"

    station: str
    message: str
    evse: int
    source: str
    grid_critical: bool | None = None
    schedules: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def key(self) -> str:
        return f"{self.station}/{self.message}"


class ChargingLimitCleared(Event):
    """That limit is gone."""

    subject = "event.{tenant}.charging.limit_cleared.{station}"

    station: str
    message: str
    evse: int
    source: str

    def key(self) -> str:
        return f"{self.station}/{self.message}"
