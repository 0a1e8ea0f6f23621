"""The state of connectors: one model for StatusNotification of all versions and for NotifyEvent.

EVSE 0, connector 0 is the station as a whole; connector 0 of an EVSE is the EVSE itself.
"""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from libs.contracts.devices import AvailabilityReported
from libs.contracts.stations import ConnectorStatus
from libs.ocpp import v16, v21, v201

STATES: dict[str, ConnectorStatus] = {
    state.lower(): state
    for state in (
        "Available", "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing",
        "Occupied", "Reserved", "Unavailable", "Faulted",
    )
}  # fmt: skip
"""An AvailabilityState is a free text of the device model, so it is read without regard to case."""

NO_ERROR = "NoError"

EVSES_MAX = 1000
CONNECTORS_MAX = 20


class Report(Struct, frozen=True, kw_only=True, gc=False):
    """A station says what state a connector is in."""

    evse: int
    connector: int
    status: ConnectorStatus
    at: datetime
    """When it became so, by the station's clock, but never later than we heard of it."""
    received_at: datetime
    error_code: str | None = None
    info: str | None = None
    vendor_error_code: str | None = None
    vendor_id: str | None = None

    @property
    def place(self) -> tuple[int, int]:
        return self.evse, self.connector


class State(Struct, frozen=True, kw_only=True, gc=False):
    """What the registry holds of a connector. ``since``: when ``status`` last changed."""

    status: ConnectorStatus | None = None
    error_code: str | None = None
    info: str | None = None
    vendor_error_code: str | None = None
    since: datetime | None = None
    reported_at: datetime | None = None
    received_at: datetime | None = None


class Outcome(Struct, frozen=True, gc=False):
    """What a report changes. ``news``: it is no repetition, so it belongs into the history;
    ``previous`` is set apart from ``changed`` because a first status follows none.
    """

    state: State
    news: bool
    changed: bool


def of_16(received_at: datetime, call: v16.StatusNotification) -> Report:
    """1.6 connector n is connector 1 of EVSE n; without a time it is as of now (4.6)."""
    return Report(
        evse=call.connector_id,
        connector=1 if call.connector_id else 0,
        status=call.status,
        at=min(call.timestamp or received_at, received_at),
        received_at=received_at,
        error_code=None if call.error_code == NO_ERROR else call.error_code,
        info=call.info,
        vendor_error_code=call.vendor_error_code,
        vendor_id=call.vendor_id,
    )


def of_2(received_at: datetime, call: v201.StatusNotification | v21.StatusNotification) -> Report:
    return Report(
        evse=call.evse_id,
        connector=call.connector_id,
        status=call.connector_status,
        at=min(call.timestamp, received_at),
        received_at=received_at,
    )


def of_event(received_at: datetime, event: AvailabilityReported) -> Report | None:
    """None when the state is no word that OCPP knows."""
    status = STATES.get(event.state.lower())
    if status is None:
        return None
    return Report(
        evse=event.evse or 0,
        connector=event.connector or 0,
        status=status,
        at=min(event.at, received_at),
        received_at=received_at,
    )


def fold(now: State, report: Report, booted_at: datetime | None) -> Outcome:
    """Add a report to what is known. An older one than the stored goes into the history only,
    unless the station booted in between: then its clock was set anew, and the order of arrival
    counts.
    """
    if now.reported_at is None or now.received_at is None:
        return Outcome(told(now, report, report.at), news=True, changed=True)
    same = says_the_same(now, report)
    if same and report.at == now.reported_at:
        return Outcome(now, news=False, changed=False)
    booted = booted_at is not None and now.received_at < booted_at <= report.received_at
    if report.at < now.reported_at and not booted:
        return Outcome(now, news=True, changed=False)
    if same:
        return Outcome(told(now, report, now.since), news=False, changed=False)
    since = now.since if now.status == report.status else report.at
    return Outcome(told(now, report, since), news=True, changed=True)


def says_the_same(now: State, report: Report) -> bool:
    return (
        now.status == report.status
        and now.error_code == report.error_code
        and now.info == report.info
        and now.vendor_error_code == report.vendor_error_code
    )


def told(now: State, report: Report, since: datetime | None) -> State:
    return replace(
        now,
        status=report.status,
        error_code=report.error_code,
        info=report.info,
        vendor_error_code=report.vendor_error_code,
        since=since,
        reported_at=report.at,
        received_at=report.received_at,
    )


def plausible(report: Report) -> bool:
    """Whether there can be such a connector: each is a row, and a station must not make
    millions.
    """
    return 0 <= report.evse <= EVSES_MAX and 0 <= report.connector <= CONNECTORS_MAX
