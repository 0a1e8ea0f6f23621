"""Periodic event streams of OCPP 2.1 (N11 to N15): values that a station sends without being
answered; `devices` owns them.
"""

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from libs.bus.message import Ask, Event
from libs.contracts.devices import CallSent


class StreamView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stream of a station."""

    id: int
    monitor: int
    """The variable monitor whose values it carries (variableMonitoringId)."""
    interval_seconds: int | None = None
    """After so long at the latest values are sent."""
    values: int | None = None
    """So many values are sent together."""
    opened_at: datetime
    closed_at: datetime | None = None
    received: int = 0
    """Values since it was opened."""
    pending: int = 0
    """Values that the station had not sent yet when it last sent some."""
    last_at: datetime | None = None
    """Time of the newest value."""
    last_value: str | None = None
    adjusted: int = 0
    """How often we asked the station to send in another way because it could not keep up."""


class StreamPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[StreamView]
    next: str | None = None


class ListStreams(Ask[StreamPage]):
    """In the order of their ids."""

    subject = "api.{tenant}.devices.streams"

    tenant: str
    station: str
    after: str | None = None
    limit: int = 50


class StreamValue(Struct, frozen=True, kw_only=True, omit_defaults=True):
    at: datetime
    """The moment of the value: the message's basetime and the value's own offset."""
    value: str


class StreamValuePage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[StreamValue]
    next: str | None = None


class ListStreamValues(Ask[StreamValuePage]):
    """Newest first. Error ``NotFound`` when the station never opened such a stream."""

    subject = "api.{tenant}.devices.stream_values"

    tenant: str
    station: str
    id: int
    after: str | None = None
    limit: int = 50


class AdjustStream(Ask[CallSent]):
    """AdjustPeriodicEventStream (N14)."""

    subject = "api.{tenant}.devices.stream_adjust"

    tenant: str
    station: str
    id: int
    interval_seconds: int | None = None
    values: int | None = None
    by: str = "operator"
    timeout_seconds: float = 30


class RefreshStreams(Ask[CallSent]):
    """GetPeriodicEventStream: its answer puts the list right (N13)."""

    subject = "api.{tenant}.devices.stream_refresh"

    tenant: str
    station: str
    by: str = "operator"
    timeout_seconds: float = 30


class StreamSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an operator allows stations to stream."""

    accept: bool = True
    """Whether streams may be opened."""
    streams_max: int = 100
    """Open streams of one station."""
    adjust: bool = True
    """Whether a station that cannot keep up is asked to send more values at a time."""


class GetStreamSettings(Ask[StreamSettings]):
    subject = "api.{tenant}.devices.stream_settings"

    tenant: str


class PutStreamSettings(Ask[StreamSettings]):
    """What is not given stays as it is."""

    subject = "api.{tenant}.devices.stream_settings_put"

    tenant: str
    accept: bool | UnsetType = UNSET
    streams_max: int | UnsetType = UNSET
    adjust: bool | UnsetType = UNSET


# -- events --------------------------------------------------------------------------------------


class StreamOpened(Event):
    subject = "event.{tenant}.stream.opened.{station}"

    station: str
    id: int
    monitor: int

    def key(self) -> str:
        return f"{self.station}/{self.id}/{self.at.timestamp()}"


class StreamClosed(Event):
    subject = "event.{tenant}.stream.closed.{station}"

    station: str
    id: int

    def key(self) -> str:
        return f"{self.station}/{self.id}/{self.at.timestamp()}"


class StreamReceived(Event):
    """Values came; they are in the order of the message."""

    subject = "event.{tenant}.stream.received.{station}"

    station: str
    id: int
    monitor: int | None = None
    values: list[StreamValue]
    pending: int = 0

    def key(self) -> str:
        return f"{self.station}/{self.id}/{self.at.timestamp()}"


class StreamLagging(Event):
    """A station has ever more values that it did not send; `devices` itself asks it to send more
    at a time.
    """

    subject = "event.{tenant}.stream.lagging.{station}"

    station: str
    id: int
    pending: int
    interval_seconds: int | None = None
    values: int | None = None
    """What it is to be asked for."""

    def key(self) -> str:
        return f"{self.station}/{self.id}/{self.at.timestamp()}"
