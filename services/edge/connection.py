"""A station's connection: OCPP frames come in and go out here.

CALLs of the station go to ``upward``, answers to ours to ``downward``: two independent slots
(2.x part 4, 4.1).
"""

from collections import Counter

import msgspec
from msgspec import Struct

from libs.bus.envelope import Down
from libs.bus.errors import Conflict, Unavailable
from libs.bus.station_subscription import Reply, StationSubscription
from libs.contracts.stations import Admission, Registration
from libs.ocpp import frame
from libs.ocpp.dialect import spell as spell_times
from libs.ocpp.fault import spell
from libs.ocpp.frame import Call, CallError, CallResult, CallResultError, FrameFault, Send
from libs.ocpp.message import NAMES, Version
from libs.runtime import log
from services.edge import counters, gate
from services.edge.app import App
from services.edge.downward import Downward
from services.edge.inspection import kind_of, plain
from services.edge.journal import error_of
from services.edge.upward import Upward
from services.edge.websocket import SERVICE_RESTART, WebSocket

logger = log.get("edge")

QUIRK_KINDS_MAX = 32
"""Per station; what comes beyond is counted in the totals only."""
NOTHING: frozenset[str] = frozenset()
EARLY = "StatusNotification"


class BootAnswer(Struct):
    """What the edge reads of the answer to a BootNotification, of any version."""

    status: Registration


class Connection:
    """One socket of a station, from 101 to its end. The fields are what ``stations`` said at
    admission.
    """

    __slots__ = (
        "app",
        "asked_for",
        "boot_status",
        "downward",
        "epoch",
        "leaving",
        "quirks",
        "remote",
        "socket",
        "speech",
        "station",
        "strict",
        "subscription",
        "tenant",
        "upward",
        "version",
    )

    def __init__(self, app: App, admission: Admission, version: Version, remote: str) -> None:
        self.app = app
        self.tenant = admission.tenant
        self.station = admission.station
        self.epoch = admission.epoch
        self.boot_status: Registration | None = admission.boot_status
        self.strict = admission.strict
        self.speech = admission.speech
        self.version: Version = version
        self.remote = remote
        self.socket: WebSocket | None = None
        """``None`` before it opens and when it is closed."""
        self.subscription: StationSubscription | None = None
        self.upward = Upward(self)
        self.downward: Downward | None = None
        self.asked_for = NOTHING
        """Actions that a pending station may send because we requested them."""
        self.quirks: Counter[str] | None = None
        self.leaving = False

    # -- the socket's life (websocket.Receiver) -------------------------------------------------

    def opened(self, socket: WebSocket) -> None:
        self.socket = socket
        self.app.roster.enter(self)

    def closed(self, code: int, reason: str) -> None:
        self.socket = None
        counters.closed(code)
        if self.downward is not None:
            self.downward.end()
        self.app.roster.leave(self, code, reason)

    def close(self, code: int, reason: str) -> None:
        if self.socket is not None:
            self.socket.close(code, reason)

    def leave(self) -> None:
        """The edge goes down: finish what is under way, take nothing new, and close."""
        self.leaving = True
        self.settled()

    def settled(self) -> None:
        """Something under way has ended."""
        if self.leaving and self.upward.idle and (self.downward is None or self.downward.idle):
            self.close(SERVICE_RESTART, "the edge restarts; connect again")

    # -- frames ---------------------------------------------------------------------------------

    def received(self, message: bytes) -> None:
        counters.frames_in.value += 1
        try:
            parsed = frame.decode(message, self.version)
        except FrameFault as fault:
            self.broken(message, fault)
            return
        if isinstance(parsed, Call):
            if not self.leaving:
                self.upward.receive(parsed, message)
        else:
            self.answered(parsed)

    def answered(self, parsed: CallResult | CallError | CallResultError | Send) -> None:
        """Every frame but a CALL."""
        match parsed:
            case CallResult():
                if self.downward is None or not self.downward.result(parsed):
                    self.late(parsed.id)
            case CallError():
                if self.downward is None or not self.downward.error(parsed):
                    self.late(parsed.id)
            case CallResultError():
                # The exchange is over: that the station found our answer wrong can only be told.
                counters.disputed.value += 1
                error = error_of(parsed.code, parsed.description, parsed.details)
                self.app.journal.disputed(self, parsed.id, error)
            case Send():
                if not self.leaving:
                    self.upward.send(parsed)

    def late(self, id: str) -> None:
        """An answer that nobody waits for (any more)."""
        counters.late.value += 1
        logger.debug("answer came too late", station=self.station, id=id)

    def broken(self, message: bytes, fault: FrameFault) -> None:
        """Bytes that are no frame: the station is told if it can be."""
        counters.error(fault.code)
        message_id = fault.id or frame.UNREADABLE_ID
        if self.downward is not None and self.downward.broken(message_id, fault):
            return
        code = spell(fault.code, self.version)
        if fault.answerable:
            self.send(frame.encode_error(message_id, code, fault.description, {}))
        self.app.journal.broken(self, message, message_id, error_of(code, fault.description))

    def send(self, data: bytes) -> None:
        if self.socket is not None:
            counters.frames_out.value += 1
            if self.speech is not None:
                data = spell_times(data, self.speech.times)
            self.socket.send(data)

    # -- what the two slots tell ----------------------------------------------------------------

    def booted(self, answer: bytes) -> None:
        """A BootNotification was answered: what the station may send depends on it."""
        self.boot_status = msgspec.json.decode(answer, type=BootAnswer).status

    def quirk(self, name: str) -> bool:
        """The station did something that it should not, and it was tolerated. False: its dialect
        says that it does, so it is no news.
        """
        kind = kind_of(name)
        expected = kind in self.expects
        if expected:
            counters.expected(kind)
        else:
            counters.quirk(kind)
        if self.quirks is None:
            self.quirks = Counter()
        if kind in self.quirks or len(self.quirks) < QUIRK_KINDS_MAX:
            self.quirks[kind] += 1
        return not expected

    @property
    def expects(self) -> frozenset[str]:
        """The kinds of quirks that its dialect foretells."""
        return NOTHING if self.speech is None else self.speech.expects

    def early(self, action: str) -> bool:
        """Whether its dialect foretells this action before the answer to its boot."""
        if self.speech is None or not self.speech.early_status:
            return False
        return action == EARLY and self.boot_status is None

    def call_down(self, version: Version, action: str, down: Down, reply: Reply) -> None:
        """A CALL to the station, from the bus."""
        if self.leaving:
            reply.fail(Unavailable("the station's edge restarts; it will be back in a moment"))
            return
        if version != self.version:
            reply.fail(Conflict(f"the station speaks OCPP {NAMES[self.version]}"))
            return
        untimely = gate.untimely(self.boot_status, action)
        if untimely is not None:
            reply.fail(Conflict(untimely))
            return
        if self.boot_status == "Pending":
            requested = gate.requested(action, plain(bytes(down.payload)))
            if requested:
                self.asked_for |= {requested}
        if self.downward is None:
            self.downward = Downward(self)
        self.downward.call(action, down, reply)
