"""What a session comes to: energies, durations and flags, out of the state of its fold."""

from datetime import datetime
from decimal import Decimal
from itertools import product

from msgspec import Struct

from services.transactions import flags
from services.transactions.measure import CLOCK, LOCATIONS, TOTAL, Direction, track
from services.transactions.register import ZERO, Interval, Register
from services.transactions.session import State
from services.transactions.timeline import charging_seconds, seconds

PHASES = ("L1", "L2", "L3")
DERIVED = flags.MISSING_EVENTS | flags.STARTED_MISSING | flags.NO_REGISTER | flags.NEVER_IDENTIFIED


class Energy(Struct, frozen=True):
    """One direction's energy in Wh; ``None`` where no register tells."""

    energy: Decimal | None = None
    start: Decimal | None = None
    stop: Decimal | None = None
    moving_s: float = 0.0
    flags: int = 0


class Times(Struct, frozen=True):
    """Seconds of a session."""

    duration_s: float
    charging_s: float

    @property
    def idle_s(self) -> float:
        return self.duration_s - self.charging_s


NOTHING = Energy()


def energy(state: State, direction: Direction) -> Energy:
    """The energy of a session by the best register it reported, else by intervals.

    The outlet before other places; the total before the sum of the phases; a register that was read
    twice before one that was read once.
    """
    best = _registers(state, direction)
    if best is None or not any(one.last for one in best):
        intervals = _intervals(state, direction)
        if intervals is not None and (best is None or sum(one.energy for one in intervals)):
            return Energy(sum((one.energy for one in intervals), ZERO))
    if best is None:
        return NOTHING
    bits = 0
    for one in best:
        bits |= one.all_flags()
    known = all(one.count > 1 or one.begun for one in best) or state.ended_at is None
    return Energy(
        sum((one.energy for one in best), ZERO) if known else None,
        sum((one.start for one in best), ZERO) if known else None,
        sum((one.stood for one in best), ZERO),
        max(one.moving_s for one in best),
        bits,
    )


def energy_so_far(state: State) -> Decimal | None:
    """The imported energy, quickly: most sessions report one register, from its begin on."""
    if len(state.registers) == 1:
        ((key, one),) = state.registers.items()
        if one.last and key.startswith("import"):
            return one.energy if one.count > 1 or one.begun or state.ended_at is None else None
    return energy(state, "import").energy


def times(state: State, ended_at: datetime | None, moving_s: float) -> Times:
    """How long it took, and charged: by the charging states, else by the register that grew."""
    until = ended_at or state.at
    duration = max(seconds(state.started_at or state.first_at, until) - state.leapt_s, 0.0)
    if state.ended_at is not None and state.time_spent_charging is not None:
        charging = float(state.time_spent_charging)
    elif state.charging_state is not None:
        charging = charging_seconds(state.charging_s, state.charging_state, state.state_at, until)
    else:
        charging = moving_s
    return Times(duration, min(charging, duration))


def complete(state: State) -> bool:
    """Started, ended, and every number in between is here."""
    return state.started and state.ended_at is not None and not has_gaps(state)


def has_gaps(state: State) -> bool:
    return state.seqs is not None and len(state.seqs) > 2


def all_flags(state: State, *, ended: bool) -> int:
    """The flags that follow from the entries alone."""
    bits = state.flags
    if has_gaps(state):
        bits |= flags.MISSING_EVENTS
    if not state.started:
        bits |= flags.STARTED_MISSING
        if state.seqs is None:
            bits |= flags.UNKNOWN_TRANSACTION
    for one in state.registers.values():
        if one.flags or one.held is not None:
            bits |= energy(state, "import").flags | energy(state, "export").flags
            break
    if ended:
        if state.token is None and state.stop_token is None:
            bits |= flags.NEVER_IDENTIFIED
        if energy_so_far(state) is None:
            bits |= flags.NO_REGISTER
    return bits


def _registers(state: State, direction: Direction) -> list[Register] | None:
    best: list[Register] | None = None
    for location in LOCATIONS:
        total = state.registers.get(track(direction, "register", location, TOTAL))
        phases = [
            one
            for phase in PHASES
            if (one := state.registers.get(track(direction, "register", location, phase)))
        ]
        for found in ([total] if total else [], phases):
            if found and min(one.count for one in found) > 1:
                return found
            best = best or found or None
    return best


def _intervals(state: State, direction: Direction) -> list[Interval] | None:
    for location, clock in product(LOCATIONS, ("", CLOCK)):
        total = state.intervals.get(track(direction, "interval", location, TOTAL) + clock)
        if total is not None:
            return [total]
        phases = [
            one
            for phase in PHASES
            if (one := state.intervals.get(track(direction, "interval", location, phase) + clock))
        ]
        if phases:
            return phases
    return None
