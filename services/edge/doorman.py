"""Who may come in: the answer of ``stations``, asked for each handshake, as a socket or a refusal
in HTTP.
"""

import random

from libs.bus import BusError
from libs.contracts.stations import Admission, Admit
from libs.runtime import log
from services.edge.app import App
from services.edge.connection import Connection
from services.edge.handshake import Refused, Wanted, unauthorized
from services.edge.websocket import WebSocket

logger = log.get("edge")

RETRY_SECONDS = (5, 15)
"""Refused for our sake, a herd is asked to come back spread over this time."""


def away(reason: str) -> Refused:
    return Refused(503, reason, Retry_After=str(random.randint(*RETRY_SECONDS)))


class Doorman:
    """``tls``: whether the connections he sees are encrypted."""

    def __init__(self, app: App, *, tls: bool) -> None:
        self.app = app
        self.tls = tls

    async def admit(self, wanted: Wanted, remote: str) -> WebSocket:
        """A socket for a station that may come in; raises ``Refused``."""
        # With the address in the key nobody keeps a station out by connecting in its name from
        # elsewhere.
        key = (remote.rpartition(":")[0], wanted.tenant, wanted.station)
        self.check(key, wanted)
        try:
            admission = await self.ask(wanted, remote)
        except BusError as error:
            self.app.penalty.give_back(key)
            logger.warning("admission not decided", station=wanted.station, reason=str(error))
            raise away("the station registry is away for a moment") from None
        if not admission.admitted:
            raise refusal(admission)
        connection = Connection(self.app, admission, wanted.version, remote)
        return WebSocket(connection, self.app.sockets, wanted.deflate_bits)

    def check(self, key: tuple[str, str | None, str], wanted: Wanted) -> None:
        """Too many connects wait outside, at no cost for anybody else."""
        seconds = self.app.penalty.take(key, self.app.loop.time())
        if seconds is None:
            return
        if self.app.penalty.refusals(key) == 1:
            logger.warning("station connects too often", station=wanted.station, address=key[0])
        most = self.app.limits.connects_per_minute_max
        raise Refused(429, f"more than {most} connects a minute", Retry_After=str(seconds))

    async def ask(self, wanted: Wanted, remote: str) -> Admission:
        question = Admit(
            station=wanted.station,
            edge=self.app.name,
            remote=remote,
            named_tenant=wanted.tenant,
            version=wanted.version,
            user=wanted.user,
            secret=wanted.secret,
            tls=self.tls,
        )
        return await self.app.bus.ask_patiently(
            question, self.app.limits.admission_seconds_max, self.app.limits.attempt_seconds
        )


def refusal(admission: Admission) -> Refused:
    """The HTTP answer to what ``stations`` said."""
    match admission.refused:
        case "unknown":
            return Refused(404, admission.reason or "this station is not known here")
        case "unauthorized" | None:
            return unauthorized(admission.reason or "wrong user or password")
        case "forbidden":
            return Refused(403, admission.reason or "not allowed")
        case "busy":
            seconds = admission.retry_after_seconds
            if seconds is None:
                return away(admission.reason or "come back later")
            return Refused(503, admission.reason or "come back later", Retry_After=str(seconds))
