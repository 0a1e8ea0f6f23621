"""Energy from the readings of one register, in order, whatever the register did meanwhile.

A register only grows. When it does not, one of these happened, and each is told by numbers alone:
rounding (one source knows more decimals), noise, a rollover at a power of ten, a reset to about
zero, or a single false reading in between. None may bend the bill, and none may invent energy.
"""

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from services.transactions import flags
from services.transactions.entry import BEGIN, END, PLAIN

ZERO = Decimal(0)
SECONDS_MIN = 60.0
"""Readings are rarely closer; clocks of stations are not exact to the second."""
POWER_W_MAX = 500_000
"""More than any EVSE of today delivers for long."""
NOISE_WH = Decimal(1000)
"""A register that is shown in kWh and one in Wh differ by up to this."""
JUMP_WH = Decimal(100_000)
"""A session does not begin with 100 kWh in one step: there the register stood all along."""
OFFLINE_JUMP_WH = Decimal(10_000)
ROLLOVER_WH_MIN = Decimal(10) ** 6
ROLLOVER_STEP_WH_MAX = Decimal(500_000)


class Held(Struct, array_like=True):
    """Where a register stood, and the energy until then."""

    energy: Decimal
    last: Decimal


class Register(Struct, array_like=True):
    """One register during one session. ``energy`` is exact, in Wh."""

    start: Decimal
    start_at: datetime
    last: Decimal
    last_at: datetime
    count: int = 1
    energy: Decimal = ZERO
    begun: bool = False
    finished: bool = False
    offline_begin: bool = False
    moving_s: float = 0.0
    """How long it was seen growing."""
    flags: int = 0
    held: Held | None = None
    """From where it fell: if it comes back, the fall was a false reading."""
    segment: Held | None = None
    """Where it began again after a reset or a rollover."""
    leapt: Held | None = None
    """From where it grew faster than any EVSE charges: if it falls back, that was false."""

    def read(self, at: datetime, value: Decimal, mark: int = PLAIN) -> None:
        """The next reading."""
        self.count += 1
        if mark == BEGIN and not self.begun:
            self._begin(at, value)
            return
        if mark == END:
            self.finished = True
        step = value - self.last
        seconds = (at - self.last_at).total_seconds()
        if step < 0:
            self._fall(value, seconds, mark)
        elif self.held is not None:
            self._recover(value, seconds)
        elif not self.last and value and self._jumps(value, seconds):
            self._begin_again(at, value)
            return
        else:
            if self.leapt is None and _impossible(step, seconds):
                self.leapt = Held(self.energy, self.last)
            self.energy += step
            self.last = value
        if step > 0 and seconds > 0:
            self.moving_s += seconds
        self.last_at = at

    def precede(self, at: datetime, value: Decimal) -> None:
        """A reading of a series that goes back further than what was read first."""
        if not self.begun and at < self.start_at and value <= self.start:
            self._begin_before(at, value)

    @property
    def stood(self) -> Decimal:
        """Where it was last seen, unless it fell and nothing was read since."""
        return self.last if self.held is None else self.held.last

    def all_flags(self) -> int:
        """Flags, with a fall that was not explained by the end."""
        return self.flags | flags.REGISTER_RESET if self.held is not None else self.flags

    def _begin(self, at: datetime, value: Decimal) -> None:
        """The register at the beginning, told after other readings: the EVSE was not known."""
        self.begun = True
        before = self.start - value
        if at > self.start_at or before < 0:
            self.energy, self.start, self.start_at = ZERO, value, at
            self.last, self.last_at = value, at
            self.held = self.segment = self.leapt = None
        else:
            self._begin_before(at, value)

    def _begin_before(self, at: datetime, value: Decimal) -> None:
        before = self.start - value
        if not value and before >= JUMP_WH:
            self.flags |= flags.BEGIN_ZERO
            return
        self.energy += before
        for known in (self.held, self.segment, self.leapt):
            if known is not None:
                known.energy += before
        self.start, self.start_at = value, at

    def _jumps(self, value: Decimal, seconds: float) -> bool:
        """Is this first value above zero where the register stood all along?"""
        if self.energy:
            return False
        impossible = _impossible(value, seconds)
        if self.offline_begin:
            return value >= JUMP_WH or (impossible and value >= OFFLINE_JUMP_WH)
        return impossible and value >= JUMP_WH

    def _begin_again(self, at: datetime, value: Decimal) -> None:
        self.flags |= flags.BEGIN_ZERO
        self.start, self.start_at = value, at
        self.last, self.last_at = value, at

    def _fall(self, value: Decimal, seconds: float, mark: int) -> None:
        """A reading below the one before."""
        step = value - self.last
        near = value * 2 > self.last
        rounded = -step < max(_resolution(value), _resolution(self.last))
        # A zero in MWh is known to 100 kWh, but no rounding of whatever was there.
        rounded = rounded and (near or -step <= NOISE_WH)
        if rounded or (-step <= NOISE_WH and near):
            if not rounded:
                self.flags |= flags.REGISTER_DECREASED
            if mark == END:
                # The value at the end is what the meter says of the session.
                self.energy = max(self.energy + step, ZERO)
                self.last = value
        elif self.held is not None:
            # False or not, nothing was delivered between two readings that fall.
            self.last = value
        elif (over := _rollover(self.last, value, seconds)) is not None:
            self.flags |= flags.REGISTER_ROLLOVER
            self.energy += over
            self.last = value
            self.segment, self.leapt = Held(self.energy, value), None
        elif (origin := self._origin(value, value, seconds)) is not None:
            self._go_back(origin, value)
        else:
            self.held = Held(self.energy, self.last)
            self.last = value

    def _recover(self, value: Decimal, seconds: float) -> None:
        """The reading after a fall: a new segment, or back to where it was."""
        held, step = self.held, value - self.last
        if held is None or not step:
            return
        beyond = value - held.last
        self.held = None
        if beyond >= 0 and beyond * 2 <= step:
            self.flags |= flags.REGISTER_DECREASED
            self.energy = held.energy + beyond
        elif (origin := self._origin(value, step, seconds)) is not None:
            self._go_back(origin, value)
        else:
            self.flags |= flags.REGISTER_RESET
            self.segment, self.leapt = Held(self.energy, self.last), None
            self.energy += step
        self.last = value

    def _origin(self, value: Decimal, fresh: Decimal, seconds: float) -> Held | None:
        """From where a register that fell has grown to this value, if it was not reset.

        It cannot have been when it would have counted ``fresh`` in so short a time.
        """
        if self.leapt is not None and value and value >= self.leapt.last:
            return self.leapt
        segment = self.segment or Held(ZERO, self.start)
        return segment if value >= segment.last and _impossible(fresh, seconds) else None

    def _go_back(self, origin: Held, value: Decimal) -> None:
        """What was read above this value was false."""
        self.flags |= flags.REGISTER_DECREASED
        self.energy = origin.energy + value - origin.last
        self.last = value
        self.leapt = None


class Interval(Struct, array_like=True):
    """The sum of energies reported for intervals. ``energy`` is exact, in Wh."""

    last_at: datetime
    energy: Decimal

    def read(self, at: datetime, value: Decimal) -> None:
        """The next interval; one that ends when the last one ended is the same one."""
        if at > self.last_at:
            self.energy += value
            self.last_at = at


def begin(at: datetime, value: Decimal, mark: int, *, offline: bool) -> Register:
    """A register at its first reading."""
    return Register(
        value,
        at,
        value,
        at,
        begun=mark == BEGIN,
        finished=mark == END,
        offline_begin=offline,
    )


def _resolution(value: Decimal) -> Decimal:
    """The worth of the last digit that was told."""
    exponent = value.as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else ZERO


def _impossible(wh: Decimal, seconds: float) -> bool:
    """Can no EVSE deliver that in this time?"""
    return float(wh) * 3600 > POWER_W_MAX * max(seconds, SECONDS_MIN)


def _rollover(before: Decimal, after: Decimal, seconds: float) -> Decimal | None:
    """The energy between two readings if the register passed a power of ten in between."""
    limit = Decimal(1).scaleb(before.adjusted() + 1)
    over = limit - before + after
    if limit < ROLLOVER_WH_MIN or over > min(limit / 100, ROLLOVER_STEP_WH_MAX):
        return None
    # A register that is exactly at zero was rather not read at all.
    return None if _impossible(over, seconds) or (not after and over > NOISE_WH) else over
