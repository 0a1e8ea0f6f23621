"""Whose sockets are here. The newest socket of a station wins, in this process and on the whole
platform.
"""

import random
from typing import TYPE_CHECKING

from libs.bus import BusError
from libs.bus.message import Notice
from libs.contracts.stations import Connected, Disconnected, RosterEntry
from libs.runtime import log
from services.edge.journal import now
from services.edge.websocket import POLICY_VIOLATION

if TYPE_CHECKING:
    from services.edge.app import App
    from services.edge.connection import Connection

logger = log.get("edge")

REPLACED = "replaced by a newer connection of this station"


class Roster:
    __slots__ = ("app", "held")

    def __init__(self, app: "App") -> None:
        self.app = app
        self.held: dict[tuple[str, str], Connection] = {}

    def __len__(self) -> int:
        return len(self.held)

    def find(self, tenant: str, station: str) -> "Connection | None":
        return self.held.get((tenant, station))

    def enter(self, connection: "Connection") -> None:
        """A socket has opened: calls to the station come here from now on; everybody is told."""
        key = (connection.tenant, connection.station)
        older = self.held.get(key)
        if older is not None and older.epoch > connection.epoch:
            connection.close(POLICY_VIOLATION, REPLACED)
            return
        self.held[key] = connection
        if older is not None:
            older.close(POLICY_VIOLATION, REPLACED)
        connection.subscription = self.app.bus.serve_station(
            connection.tenant, connection.station, connection.call_down
        )
        self.announce(connection)
        self.visit(connection)
        logger.info(
            "station connected",
            tenant=connection.tenant,
            station=connection.station,
            version=connection.version,
            epoch=connection.epoch,
            remote=connection.remote,
        )

    def visit(self, connection: "Connection") -> None:
        """Spread the pings of a herd that came together."""
        if connection.socket is not None:
            seconds = random.randint(1, self.app.limits.ping_after_seconds)
            self.app.wheel.put(connection.socket, seconds)

    def leave(self, connection: "Connection", code: int, reason: str) -> None:
        """A socket has closed. Its epoch says which: the end of an older one is not the end of a
        newer one.
        """
        key = (connection.tenant, connection.station)
        newest = self.held.get(key) is connection
        if newest:
            del self.held[key]
        if connection.subscription is None:
            return
        # Where a newer socket has taken over, it answers, here or at another edge.
        if newest and reason != REPLACED:
            connection.subscription.close()
        else:
            connection.subscription.unsubscribe()
        connection.subscription = None
        self.tell(
            Disconnected(
                tenant=connection.tenant,
                station=connection.station,
                edge=self.app.name,
                epoch=connection.epoch,
                reason=f"{code} {reason}",
                at=now(),
            )
        )
        logger.info(
            "station disconnected",
            tenant=connection.tenant,
            station=connection.station,
            epoch=connection.epoch,
            code=code,
            reason=reason,
            quirks=dict(connection.quirks or {}),
        )

    def announce(self, connection: "Connection") -> None:
        self.tell(
            Connected(
                tenant=connection.tenant,
                station=connection.station,
                edge=self.app.name,
                epoch=connection.epoch,
                version=connection.version,
                remote=connection.remote,
                at=now(),
            )
        )

    def tell(self, notice: Notice) -> None:
        """What cannot be said now is found in the roster later."""
        try:
            self.app.bus.tell(notice)
        except BusError as error:
            logger.warning("presence not told", reason=str(error))

    def entries(self) -> list[RosterEntry]:
        return [RosterEntry(c.tenant, c.station, c.epoch, c.version) for c in self.held.values()]
