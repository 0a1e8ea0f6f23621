"""The display of a station: messages of the server, when they are shown, and what a session costs
(block O, I02, C25).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from libs.station.feature import Feature
from libs.station.flash import Shown
from libs.station.moment import Moment
from libs.station.settings import DISPLAYS_MAX

if TYPE_CHECKING:
    from libs.station.controller import Controller

PRIORITIES = ("AlwaysFront", "InFront", "NormalCycle")
"""In their order."""

SetStatus = Literal[
    "Accepted",
    "NotSupportedMessageFormat",
    "Rejected",
    "NotSupportedPriority",
    "NotSupportedState",
    "UnknownTransaction",
    "LanguageNotSupported",
]


class Outcome(NamedTuple):
    """The status of the answer, and a reasonCode."""

    status: SetStatus
    reason: str | None = None


class Filter(NamedTuple):
    """Which messages are asked for; None is all."""

    ids: tuple[int, ...] | None = None
    priority: str | None = None
    state: str | None = None

    def takes(self, message: Shown) -> bool:
        return (
            (self.ids is None or message.id in self.ids)
            and (self.priority is None or message.priority == self.priority)
            and (self.state is None or message.state == self.state)
        )


class Display(Feature):
    """What belongs to running transactions: cost, and payments that are under way."""

    __slots__ = ("costs", "payments")

    def __init__(self, station: "Controller") -> None:
        super().__init__(station)
        self.costs: dict[str, float] = {}
        """By transaction, as the server last told."""
        self.payments: dict[int, datetime] = {}
        """EVSEs for which somebody pays on a web page, and until when."""

    def fell(self) -> None:
        self.costs.clear()
        self.payments.clear()

    def told(self, moment: Moment) -> None:
        """O02: a message of a transaction goes with it."""
        if moment.kind != "Ended":
            return
        self.costs.pop(moment.transaction, None)
        displays = self.station.flash.displays
        for message in list(displays.values()):
            if message.transaction == moment.transaction:
                del displays[message.id]


def put(station: "Controller", message: Shown) -> Outcome:
    """Show a message; the same id replaces (O06)."""
    tidy(station)
    outcome = judge(station, message)
    if outcome.status == "Accepted":
        station.flash.displays[message.id] = message
    return outcome


def judge(station: "Controller", message: Shown) -> Outcome:
    read = station.configuration
    formats = {*read.items("DisplayMessageCtrlr.SupportedFormats")}
    if read.flag("DisplayMessageCtrlr.QRCodeDisplayCapable"):
        formats.add("QRCODE")
    languages = {*read.items("DisplayMessageCtrlr.Language")}
    running = {each.id for each in station.flash.open.values()}
    if not read.flag("DisplayMessageCtrlr.Enabled"):
        return Outcome("Rejected", "NotEnabled")
    if not formats.issuperset(message.formats):
        return Outcome("NotSupportedMessageFormat")
    if message.priority not in read.items("DisplayMessageCtrlr.SupportedPriorities"):
        return Outcome("NotSupportedPriority")
    if message.state and message.state not in read.items("DisplayMessageCtrlr.SupportedStates"):
        return Outcome("NotSupportedState")
    if languages and not languages.issuperset(message.languages):
        return Outcome("LanguageNotSupported")
    if message.transaction is not None and message.transaction not in running:
        return Outcome("UnknownTransaction", "TxNotFound")
    others = station.flash.displays.keys() - {message.id}
    if len(others) >= DISPLAYS_MAX:
        return Outcome("Rejected", "TooManyElements")
    return Outcome("Accepted")


def clear(station: "Controller", id: int) -> bool:
    """False: there is no such message (O05)."""
    tidy(station)
    return station.flash.displays.pop(id, None) is not None


def find(station: "Controller", wanted: Filter) -> list[Shown]:
    """In the order of their ids."""
    tidy(station)
    messages = sorted(station.flash.displays.items())
    return [message for _, message in messages if wanted.takes(message)]


def tidy(station: "Controller") -> None:
    """O02: a message goes when its time is over."""
    now = station.clock.now()
    displays = station.flash.displays
    for message in list(displays.values()):
        if message.ends is not None and message.ends <= now:
            del displays[message.id]


def visible(station: "Controller") -> list[int]:
    """Ids of what people see now, the front first: one that is always in front hides the others."""
    tidy(station)
    now, states = station.clock.now(), {*states_of(station)}
    seen = [
        message
        for message in station.flash.displays.values()
        if (message.starts is None or message.starts <= now)
        and (message.state is None or message.state in states)
    ]
    seen.sort(key=lambda message: (PRIORITIES.index(message.priority), message.id))
    front = [message for message in seen if message.priority == "AlwaysFront"]
    return [message.id for message in front or seen]


def states_of(station: "Controller") -> Iterator[str]:
    """What the station as a whole may be said to be: busy places count before idle ones."""
    statuses = {station.view(evse).status for evse in station.evses}
    if "Faulted" in statuses:
        yield "Faulted"
    if (0, 0) in station.flash.inoperative or statuses == {"Unavailable"}:
        yield "Unavailable"
    if "Charging" in statuses:
        yield "Charging"
    if statuses & {"SuspendedEV", "SuspendedEVSE"}:
        yield "Suspended"
    if not statuses & {"Charging", "SuspendedEV", "SuspendedEVSE", "Faulted", "Unavailable"}:
        yield "Idle"
