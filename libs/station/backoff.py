"""How long a station waits before it tries again: pure, the dice come in as a number."""

from msgspec import Struct


class BackOff(Struct, frozen=True, kw_only=True):
    """RetryBackOffWaitMinimum, RetryBackOffRandomRange (seconds) and RetryBackOffRepeatTimes.

    OCPP 1.6 leaves the pattern open; its stations behave alike here.
    """

    wait_minimum: float = 10.0
    random_range: float = 10.0
    repeat_times: int = 5


def wait(policy: BackOff, failures: int, chance: float) -> float:
    """Seconds before attempt ``failures + 1``; ``failures`` from 1, ``chance`` in [0, 1).

    The wait doubles with each failure until it has doubled ``repeat_times`` times and then stays; a
    success
    starts anew (2.0.1 part 4, 5.3 with errata).
    """
    first = policy.wait_minimum + chance * policy.random_range
    return first * 2.0 ** min(max(failures - 1, 0), policy.repeat_times)
