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
    """Where a register stood before it fell: if it comes back, the fall was a false reading."""

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

    def read(self, at: datetime, value: Decimal, mark: int = PLAIN) -> None:
        """The next reading."""
        self.count += 1
        if mark == BEGIN and not self.begun:
            self._begin(at, value)
            return
        if mark == END:
            self.finished = True
        step = value - self.last
        if step < 0:
            self._fall(value, step, mark)
        elif self.held is not None:
            self._recover(value, step)
        elif not self.last and value and self._jumps(at, value):
            self._begin_again(at, value)
            return
        else:
            self.energy += step
            self.last = value
        seconds = (at - self.last_at).total_seconds()
        if step > 0 and seconds > 0:
            self.moving_s += seconds
        self.last_at = at

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
            self.last, self.last_at, self.held = value, at, None
        elif value or before < JUMP_WH:
            self.energy += before
            self.start, self.start_at = value, at
        else:
            self.flags |= flags.BEGIN_ZERO

    def _jumps(self, at: datetime, value: Decimal) -> bool:
        """Is this first value above zero where the register stood all along?"""
        if self.energy:
            return False
        seconds = max((at - self.last_at).total_seconds(), SECONDS_MIN)
        impossible = float(value) * 3600 > POWER_W_MAX * seconds
        if self.offline_begin:
            return value >= JUMP_WH or (impossible and value >= OFFLINE_JUMP_WH)
        return impossible and value >= JUMP_WH

    def _begin_again(self, at: datetime, value: Decimal) -> None:
        self.flags |= flags.BEGIN_ZERO
        self.start, self.start_at = value, at
        self.last, self.last_at = value, at

    def _fall(self, value: Decimal, step: Decimal, mark: int) -> None:
        """A reading below the one before."""
        rounded = -step < max(_resolution(value), _resolution(self.last))
        if rounded or (-step <= NOISE_WH and value * 2 > self.last):
            if not rounded:
                self.flags |= flags.REGISTER_DECREASED
            if mark == END:
                # The value at the end is what the meter says of the session.
                self.energy = max(self.energy + step, ZERO)
                self.last = value
            return
        if (over := _rollover(self.last, value)) is not None:
            self.flags |= flags.REGISTER_ROLLOVER
            self.energy += over
        else:
            if self.held is not None:
                self.flags |= flags.REGISTER_RESET
            self.held = Held(self.energy, self.last)
        self.last = value

    def _recover(self, value: Decimal, step: Decimal) -> None:
        """The reading after a fall: a new segment, or back to where it was."""
        held = self.held
        if held is None or not step:
            return
        beyond = value - held.last
        if beyond >= 0 and beyond * 2 <= step:
            self.flags |= flags.REGISTER_DECREASED
            self.energy = held.energy + beyond
        else:
            self.flags |= flags.REGISTER_RESET
            self.energy += step
        self.held = None
        self.last = value


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


def _rollover(before: Decimal, after: Decimal) -> Decimal | None:
    """The energy between two readings if the register passed a power of ten in between."""
    limit = Decimal(1).scaleb(before.adjusted() + 1)
    over = limit - before + after
    if limit >= ROLLOVER_WH_MIN and over <= min(limit / 100, ROLLOVER_STEP_WH_MAX):
        return over
    return None
