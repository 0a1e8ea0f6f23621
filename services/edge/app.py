"""What all connections of one edge share."""

import asyncio

from libs.bus import Bus
from services.edge.journal import Journal
from services.edge.limits import Limits
from services.edge.penalty import Penalty
from services.edge.roster import Roster
from services.edge.tasks import Tasks
from services.edge.websocket import Sockets
from services.edge.wheel import Wheel


class App:
    """``name`` is this edge among all edges, and new with each start."""

    __slots__ = (
        "bus",
        "journal",
        "limits",
        "loop",
        "name",
        "penalty",
        "roster",
        "sockets",
        "tasks",
        "wheel",
    )

    def __init__(self, bus: Bus, name: str, limits: Limits) -> None:
        self.bus = bus
        self.name = name
        self.limits = limits
        self.loop = asyncio.get_running_loop()
        self.tasks = Tasks()
        self.wheel = Wheel(max(limits.ping_after_seconds, limits.pong_within_seconds))
        self.sockets = Sockets(limits)
        self.journal = Journal(bus, name)
        self.penalty = Penalty(limits.connects_per_minute_max)
        self.roster = Roster(self)
