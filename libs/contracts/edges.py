"""What edges tell the registry: that they live, and whom they hold. ``stations`` answers."""

from msgspec import Struct

from libs.bus.message import PLATFORM, Ask
from libs.ocpp.message import Version


class Done(Struct, frozen=True):
    """Nothing to say but that it is done."""


class EdgeLease(Struct, frozen=True, kw_only=True, omit_defaults=True):
    lease_seconds: float
    roster_wanted: bool = False
    """The registry's count differs from the edge's: send :class:`EdgeRoster`."""


class EdgeAlive(Ask[EdgeLease]):
    """An edge says every few seconds that it lives; without it its stations go offline at the
    lease's end.
    """

    subject = "api.{tenant}.stations.edge_alive"

    edge: str
    connections: int
    leaving: bool = False
    """A last word at shutdown: the lease ends now."""
    tenant: str = PLATFORM


class RosterEntry(Struct, frozen=True, array_like=True):
    tenant: str
    station: str
    epoch: int
    version: Version


class EdgeRoster(Ask[Done]):
    """All sockets of an edge, in parts of up to 5,000; ``last`` ends the list, and who was not
    named is offline.

    ``part`` counts from 0, one part after the other: a part 0 begins anew.
    """

    subject = "api.{tenant}.stations.edge_roster"

    edge: str
    part: int
    last: bool
    entries: list[RosterEntry]
    tenant: str = PLATFORM
