"""One batch of the ledger: what arrived becomes next states, messages kept, events told."""

from collections.abc import Callable
from datetime import datetime
from random import getrandbits

from msgspec import Struct, json

from libs.bus import cloudevent
from libs.bus.cloudevent import Announcement
from libs.bus.message import Event
from libs.contracts.transactions import CdrView
from libs.ocpp.message import Version
from services.transactions import due, flags, view
from services.transactions.arrival import Arrived
from services.transactions.entry import Entry
from services.transactions.record import Head, History, Session, new_id, pack
from services.transactions.store import Changed, Fresh, Kept, Key, StartKey
from services.transactions.stored import CODES

NAME = "transactions"
MARK_BITS = 63
ID_BITS = 74


class Report(Struct, frozen=True, gc=False):
    """A station's message about a session. 1.6 starts have no transaction yet but a ``start``."""

    tenant: str
    station: str
    transaction: str | None
    version: Version
    entry: Entry
    raw: bytes
    start: StartKey | None = None
    flags: int = 0
    """What is odd about the message itself."""


class Note(Struct, frozen=True):
    """Something that became known of a session otherwise. ``change`` says whether it was news."""

    tenant: str
    station: str
    transaction: str
    change: Callable[[Session], bool]


Item = Report | Note


class Receipt(Struct, frozen=True, gc=False):
    """What is committed: the session that a report belongs to, as it is now."""

    id: str
    key: Key
    evse: int | None
    token: str | None
    """Who started it, as far as known."""
    group: str | None
    authorization: str | None


class Work:
    """One session in a batch: before, what came, after."""

    __slots__ = (
        "bill",
        "cdr",
        "created",
        "ended",
        "events",
        "fallen_back",
        "head",
        "items",
        "kept",
        "key",
        "mark",
        "news",
        "reservation",
        "session",
        "start",
    )

    def __init__(self, key: Key, session: Session | None) -> None:
        self.key = key
        self.session = session
        self.items: list[tuple[int, Item]] = []
        self.start: StartKey | None = None
        self.created = session is None
        self.fallen_back = 0
        """How many entries it had, if they must be read again to tell what is new."""
        self.mark = 0
        self.head: Head | None = None
        self.ended = False
        self.bill: CdrView | None = None
        self.cdr: CdrView | None = None
        self.kept: list[Kept] = []
        self.news = False
        self.reservation: int | None = None
        """The one that it was known to use up."""
        self.events: list[Announcement] = []

    @property
    def id(self) -> str:
        return "" if self.session is None else self.session.id

    def reports(self) -> list[Report]:
        return [item for _, item in self.items if isinstance(item, Report)]

    def remember(self, now: datetime) -> None:
        """How the session was before this batch."""
        session = self.session
        if session is None:
            return
        self.mark = session.mark
        self.head = session.head or session.summary()
        self.ended = session.ended
        self.reservation = session.state.reservation
        if session.history.cdr is not None:
            self.bill = view.cdr(session, session.history.cdr, now)

    def take(self, arrived: Arrived, now: datetime) -> None:
        """What arrived is part of the session."""
        reports = self.reports()
        session = self.session
        if session is None:
            session = self.session = Session(
                id=new_id(now, getrandbits(ID_BITS)),
                tenant=self.key.tenant,
                station=self.key.station,
                transaction=self.key.transaction,
                version=reports[0].version,
                state=arrived.state,
                history=History(),
            )
        session.state = arrived.state
        for place in arrived.taken:
            report = reports[place]
            session.history.flags |= report.flags
            self.kept.append(
                Kept(session.id, report.entry.received_at, CODES[report.entry.kind], report.raw)
            )
        if arrived.late and not self.created:
            session.history.flags |= flags.LATE_EVENTS
        self.news = True

    def settle(self, now: datetime) -> None:
        """Notes, revision, bill and events: what follows from all that came."""
        session = self.session
        if session is None:
            return
        for _, item in self.items:
            if isinstance(item, Note) and item.change(session):
                self.news = True
        if not self.news:
            return
        session.history.revision += 1
        events: list[Event] = [view.started(session)] if self.created else []
        used = session.state.reservation
        if used is not None and self.reservation is None:
            events.append(view.reservation_used(session, used))
        if session.ended:
            self._bill(session, now)
            if self.kept or self.cdr is not None or not self.ended:
                events.append(view.ended(session))
        elif len(self.kept) > self.created:
            events.append(view.updated(session))
        if self.cdr is not None:
            events.append(view.cdr_created(self.cdr))
        self.events = [cloudevent.announcement(event, NAME) for event in events]

    def _bill(self, session: Session, now: datetime) -> None:
        """A charge detail record at the end; another one when a late value changed it."""
        record = view.cdr(session, new_id(now, getrandbits(ID_BITS)), now)
        if self.bill is not None and view.same_bill(record, self.bill):
            return
        if self.bill is not None:
            session.history.flags |= flags.CORRECTED_AFTER_END
        self.cdr = record
        session.history.cdr = record.id

    # -- rows ------------------------------------------------------------------------------------

    def fresh(self, now: datetime, patience: due.Patience) -> Fresh:
        session = self._written()
        return Fresh(
            session.id,
            self.key,
            session.version,
            self.start.digest if self.start else None,
            self._head_of(session),
            due.due_at(session, now, patience),
            pack(session),
        )

    def changed(self, now: datetime, patience: due.Patience) -> tuple[bool, Changed]:
        """The next state, and whether its columns change too."""
        session = self._written()
        head = self._head_of(session)
        due_at = due.due_at(session, now, patience) if session.ended else None
        wide = head != self.head or session.ended
        return wide, Changed(session.id, self.mark, head, due_at, pack(session))

    def _written(self) -> Session:
        session = self.session
        if session is None:
            raise LookupError(f"{self.key} has no session to be written")
        return session

    @staticmethod
    def _head_of(session: Session) -> Head:
        session.head = session.summary()
        return session.head

    def receipt(self) -> Receipt | None:
        session = self.session
        if session is None:
            return None
        return Receipt(
            session.id,
            self.key,
            session.state.evse,
            session.state.token,
            session.history.group,
            session.history.authorization,
        )


def cdr_json(record: CdrView) -> bytes:
    return json.encode(record)
