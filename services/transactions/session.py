"""The fold: a session as a pure function of the set of its entries.

``append`` adds the entry that comes next, at constant cost; ``fold`` sorts and appends all, for
when one came late. Both give the same state, for one is made of the other.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter

from msgspec import Struct

from services.transactions import flags, gaps, register
from services.transactions.entry import BEGIN, END, Entry, Reading
from services.transactions.measure import INTERVALS
from services.transactions.register import ZERO, Interval, Register
from services.transactions.timeline import CHARGING, seconds

CLOCK_TOLERANCE = timedelta(seconds=10)
LEAP = timedelta(days=30)
FUTURE_TOLERANCE = timedelta(minutes=5)

RANKS = {"started": 0, "updated": 1, "ended": 2}
AFTER_END = 3


class State(Struct, array_like=True, kw_only=True):
    """What all entries so far come to. Grows with registers and gaps, not with entries."""

    first_at: datetime
    """Of the first entry in order; of the Started one if that is here."""
    at: datetime
    """Of the last entry in order."""
    seqs: gaps.Ranges | None = None
    """2.x; ``None`` is a session of 1.6."""
    count: int = 0
    received_first: datetime
    received_last: datetime
    flags: int = 0
    started: bool = False
    started_at: datetime | None = None
    start_trigger: str | None = None
    ended_at: datetime | None = None
    stop_trigger: str | None = None
    stop_reason: str | None = None
    evse: int | None = None
    connector: int | None = None
    token: str | None = None
    token_type: str | None = None
    stop_token: str | None = None
    stop_token_type: str | None = None
    remote_start_id: int | None = None
    reservation: int | None = None
    charging_state: str | None = None
    state_at: datetime | None = None
    charging_s: float = 0.0
    time_spent_charging: int | None = None
    registers: dict[str, Register] = {}
    intervals: dict[str, Interval] = {}
    power: dict[str, tuple[float, float]] = {}
    """Phase to highest and last watts."""
    power_at: datetime | None = None
    soc_start: float | None = None
    soc_last: float | None = None
    soc_at: datetime | None = None
    leapt_s: float = 0.0
    """By how much the clock was set, where that was by more than a session lasts."""

    @property
    def reused(self) -> bool:
        """The station's counter is broken: only its clock tells the order."""
        return bool(self.flags & flags.SEQUENCE_REUSED)


def fold(entries: Iterable[Entry]) -> State | None:
    """The session of a set of entries: any order, each repeated any number of times."""
    unique: dict[tuple[object, ...], Entry] = {}
    for entry in entries:
        unique.setdefault(entry.identity(), entry)
    ordered = order(list(unique.values()))
    if not ordered:
        return None
    state = begin(ordered[0])
    if _renumbered(ordered):
        state.flags |= flags.SEQUENCE_REUSED
    for entry in ordered:
        append(state, entry)
    return state


def order(entries: list[Entry]) -> list[Entry]:
    """By sequence number; by time where the protocol has none or the station gives one twice."""
    if entries and entries[0].seq is None:
        started = next((entry.at for entry in entries if entry.kind == "started"), None)
        ended = min((entry.at for entry in entries if entry.kind == "ended"), default=None)
        if ended is not None and started is not None and ended < started:
            # The clock was set back: it does not tell what came after the end.
            ended = None
        return sorted(entries, key=lambda entry: _place(entry, started, ended))
    if _renumbered(entries):
        return sorted(entries, key=lambda entry: (entry.at, entry.seq or 0, RANKS[entry.kind]))
    return sorted(entries, key=attrgetter("seq"))


def begin(entry: Entry) -> State:
    """A session without entries, of the kind that this entry belongs to."""
    return State(
        first_at=entry.at,
        at=entry.at,
        seqs=None if entry.seq is None else [],
        received_first=entry.received_at,
        received_last=entry.received_at,
    )


def follows(state: State, entry: Entry) -> bool:
    """Is this entry surely new, and the last one in order?"""
    if state.ended_at is not None:
        return False
    if not state.count:
        return True
    if state.reused:
        return entry.at > state.at
    if entry.seq is not None:
        return entry.seq > state.seqs[-1] if state.seqs else True
    if entry.kind == "updated":
        start = state.started_at
        # What is timed before the start has a place of its own in the order.
        return entry.at > state.at and (start is None or state.at >= start)
    return entry.kind == "ended" and not _passes(state, entry)


def _passes(state: State, entry: Entry) -> bool:
    """Does this end of 1.6 lie before what was sampled already?"""
    started = state.started_at
    if started is None:
        return entry.at < state.at
    return entry.at >= started and not started <= state.at <= entry.at


def append(state: State, entry: Entry) -> None:
    """Add the next entry in order."""
    after_end = state.ended_at is not None
    passed = entry.at - state.at
    if state.count and (passed < -CLOCK_TOLERANCE or passed > LEAP):
        _jump(state, min([entry.at, *(reading.at for reading in entry.readings)]))
        if abs(passed) > LEAP and not after_end:
            state.leapt_s += passed.total_seconds()
    state.count += 1
    if state.seqs is not None and entry.seq is not None:
        gaps.add(state.seqs, entry.seq)
    state.received_first = min(state.received_first, entry.received_at)
    state.received_last = max(state.received_last, entry.received_at)
    _note(state, entry)
    if entry.charging_state is not None and not after_end:
        _turn(state, entry.charging_state, entry.at)
    if entry.readings and not (after_end and entry.kind == "ended"):
        _meter(state, entry)
    if entry.kind == "updated":
        state.at = entry.at if not after_end else state.at
    elif entry.kind == "started":
        _start(state, entry)
    else:
        _end(state, entry)


def _place(
    entry: Entry, started: datetime | None, ended: datetime | None
) -> tuple[int, bool, datetime, Decimal, bytes]:
    # 1.6 has no numbers: what is timed before the start comes after a clock that was set back, and
    # of messages of the same second the one with the higher register is the later one.
    rank, updated = RANKS[entry.kind], entry.kind == "updated"
    before = updated and started is not None and entry.at < started
    if updated and ended is not None and entry.at > ended:
        rank = AFTER_END
    values = (value for reading in entry.readings for _, value, _ in reading.registers)
    return (rank, before, entry.at, max(values, default=ZERO), entry.digest)


def _renumbered(entries: list[Entry]) -> bool:
    return len({entry.seq for entry in entries}) < len(entries) and entries[0].seq is not None


def _jump(state: State, at: datetime) -> None:
    """The station's clock was set: what comes now is later than what came, whatever it says."""
    state.flags |= flags.CLOCK_JUMP
    if state.charging_state == CHARGING and state.state_at is not None:
        state.charging_s += seconds(state.state_at, state.at)
        state.state_at = at
    for interval in state.intervals.values():
        interval.last_at = min(interval.last_at, at)
    for one in state.registers.values():
        leaps = at - one.last_at > LEAP
        one.last_at = at if leaps else min(one.last_at, at)
    state.soc_at = min(state.soc_at, at) if state.soc_at else None
    state.power_at = min(state.power_at, at) if state.power_at else None


def _note(state: State, entry: Entry) -> None:
    """What an entry says once for the whole session."""
    if entry.at - entry.received_at > FUTURE_TOLERANCE:
        state.flags |= flags.TIME_IN_FUTURE
    if entry.offline:
        state.flags |= flags.OFFLINE
    if state.started_at is not None and state.started_at - entry.at > CLOCK_TOLERANCE:
        state.flags |= flags.TIME_BEFORE_START
    if entry.evse is not None and state.evse is None:
        state.evse = entry.evse
    if entry.connector is not None and state.connector is None:
        state.connector = entry.connector
    if entry.remote_start_id is not None and state.remote_start_id is None:
        state.remote_start_id = entry.remote_start_id
    if entry.reservation is not None and state.reservation is None:
        state.reservation = entry.reservation
    if entry.token is None:
        return
    if entry.stops:
        if state.stop_token is None:
            state.stop_token, state.stop_token_type = entry.token, entry.token_type
    elif state.token is None:
        state.token, state.token_type = entry.token, entry.token_type


def _start(state: State, entry: Entry) -> None:
    if state.ended_at is None:
        state.at = entry.at
    if state.started:
        return
    state.started = True
    state.started_at = entry.at
    state.start_trigger = entry.trigger
    state.first_at = entry.at


def _end(state: State, entry: Entry) -> None:
    if state.ended_at is not None:
        state.flags |= flags.ENDED_TWICE
        return
    state.at = state.ended_at = entry.at
    state.stop_trigger = entry.trigger
    state.stop_reason = entry.reason
    state.time_spent_charging = entry.time_spent_charging


def _turn(state: State, charging_state: str, at: datetime) -> None:
    """The charging state; time counts from its change."""
    if charging_state == state.charging_state:
        return
    if state.charging_state == CHARGING and state.state_at is not None:
        state.charging_s += seconds(state.state_at, at)
    state.charging_state = charging_state
    state.state_at = at


def _meter(state: State, entry: Entry) -> None:
    """All readings of an entry, oldest first."""
    readings = entry.readings
    if len(readings) > 1:
        readings = sorted(readings, key=attrgetter("at"))
    end = state.ended_at or (_end_of(readings) if entry.kind == "ended" else None)
    for reading in readings:
        # What is read after the end is not of this session.
        after_end = end is not None and reading.at > end
        if reading.registers:
            _registers(state, entry, reading, newest=reading is readings[-1], after_end=after_end)
        if after_end:
            continue
        if reading.power and (state.power_at is None or reading.at >= state.power_at):
            state.power_at = reading.at
            for phase, watts in reading.power:
                highest = state.power[phase][0] if phase in state.power else watts
                state.power[phase] = (max(highest, watts), watts)
        if reading.soc is not None and (state.soc_at is None or reading.at >= state.soc_at):
            state.soc_at = reading.at
            state.soc_last = reading.soc
            if state.soc_start is None:
                state.soc_start = reading.soc


def _registers(
    state: State, entry: Entry, reading: Reading, *, newest: bool, after_end: bool
) -> None:
    for key, value, mark in reading.registers:
        if after_end and mark != END:
            continue
        if key in INTERVALS:
            if key in state.intervals:
                state.intervals[key].read(reading.at, value)
            else:
                state.intervals[key] = Interval(reading.at, value)
        elif key not in state.registers:
            offline = entry.offline or entry.queued
            state.registers[key] = register.begin(reading.at, value, mark, offline=offline)
        elif _is_news(state.registers[key], reading, mark, newest=newest):
            state.registers[key].read(reading.at, value, mark)
        elif not state.flags & flags.CLOCK_JUMP:
            state.registers[key].precede(reading.at, value)
    if entry.kind == "started":
        for known in state.registers.values():
            known.begun = True


def _is_news(known: Register, reading: Reading, mark: int, *, newest: bool) -> bool:
    """Or does a series repeat what was read before?"""
    if reading.at >= known.last_at or mark == END or (mark == BEGIN and not known.begun):
        return True
    return newest and known.last_at - reading.at <= CLOCK_TOLERANCE


def _end_of(readings: list[Reading]) -> datetime | None:
    """When the register at the end was read."""
    for reading in reversed(readings):
        if any(mark == END for _, _, mark in reading.registers):
            return reading.at
    return None
