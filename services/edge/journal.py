"""The message log: one record for each exchange that ended, however it ended."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw, Struct

from libs.bus import Bus, BusError
from libs.bus import log as bus_log
from libs.bus.log import NO_RESPONSE, Direction, LogError, LogRecord, Outcome
from libs.ocpp.secret import hide
from services.edge import counters

if TYPE_CHECKING:
    from services.edge.connection import Connection

EXCERPT_BYTES = 500
"""Of bytes that are no frame, so much goes into the log."""
NO_ACTION = "?"


class Exchange(Struct, gc=False):
    """A CALL and where it stands."""

    direction: Direction
    id: str
    action: str
    request: bytes | Raw
    """The payload as it came or went, JSON."""
    requested_at: datetime
    quirks: list[str] = []


def now() -> datetime:
    return datetime.now(UTC)


class Journal:
    """Tells the bus; what cannot be told (NATS away for long) is counted."""

    __slots__ = ("bus", "edge")

    def __init__(self, bus: Bus, edge: str) -> None:
        self.bus = bus
        self.edge = edge

    def answered(self, connection: "Connection", exchange: Exchange, response: bytes | Raw) -> None:
        self.record(connection, exchange, "answered", response=response)

    def failed(
        self,
        connection: "Connection",
        exchange: Exchange,
        outcome: Outcome,
        error: LogError | None = None,
    ) -> None:
        self.record(connection, exchange, outcome, error=error)

    def broken(self, connection: "Connection", frame: bytes, id: str, error: LogError) -> None:
        """Bytes of a station that are no frame of OCPP."""
        excerpt = msgspec.json.encode(frame[:EXCERPT_BYTES].decode(errors="replace"))
        exchange = Exchange("up", id, NO_ACTION, excerpt, now())
        self.record(connection, exchange, "error", error=error)

    def disputed(self, connection: "Connection", id: str, error: LogError) -> None:
        """The station says that an answer of ours was wrong (2.1 CALLRESULTERROR)."""
        exchange = Exchange("up", id, NO_ACTION, NO_RESPONSE, now())
        self.record(connection, exchange, "error", error=error)

    def record(
        self,
        connection: "Connection",
        exchange: Exchange,
        outcome: Outcome,
        *,
        response: bytes | Raw = NO_RESPONSE,
        error: LogError | None = None,
    ) -> None:
        record = LogRecord(
            tenant=connection.tenant,
            station=connection.station,
            version=connection.version,
            epoch=connection.epoch,
            edge=self.edge,
            direction=exchange.direction,
            id=exchange.id,
            action=exchange.action,
            request=Raw(hide(exchange.action, bytes(exchange.request))),
            response=Raw(hide(exchange.action, bytes(response))),
            error=error,
            outcome=outcome,
            requested_at=exchange.requested_at,
            answered_at=None if outcome in {"timeout", "unanswered"} else now(),
            quirks=exchange.quirks,
        )
        try:
            self.bus.publish_log(connection.tenant, connection.station, bus_log.encode(record))
        except BusError:
            counters.unlogged.value += 1


def error_of(code: str, description: str, details: dict[str, Any] | None = None) -> LogError:
    return LogError(code=code, description=description, details=details or {})
