"""NATS: subjects, ask, answer, publish, follow. The only place a subject is spelled."""

from libs.bus.connection import Bus
from libs.bus.envelope import Address, Down, Station, Up, ViolationInfo
from libs.bus.errors import (
    BusError,
    CallFailed,
    CallFault,
    Conflict,
    Forbidden,
    InternalError,
    Invalid,
    NoOwner,
    NotFound,
    Offline,
    TimedOut,
    Unavailable,
)
from libs.bus.log import LogError, LogRecord
from libs.bus.message import PLATFORM, Ask, Event, Notice
from libs.bus.router import AlreadyRegistered, Router
from libs.bus.serving import Serving
from libs.bus.station_subscription import Reply, StationSubscription
from libs.bus.stream import Limits, StreamLimits
from libs.bus.wire import Options

__all__ = [
    "PLATFORM",
    "Address",
    "AlreadyRegistered",
    "Ask",
    "Bus",
    "BusError",
    "CallFailed",
    "CallFault",
    "Conflict",
    "Down",
    "Event",
    "Forbidden",
    "InternalError",
    "Invalid",
    "Limits",
    "LogError",
    "LogRecord",
    "NoOwner",
    "NotFound",
    "Notice",
    "Offline",
    "Options",
    "Reply",
    "Router",
    "Serving",
    "Station",
    "StationSubscription",
    "StreamLimits",
    "TimedOut",
    "Unavailable",
    "Up",
    "ViolationInfo",
]
