"""How long a session charged and idled, by station clocks; no duration is ever negative."""

from datetime import datetime

CHARGING = "Charging"


def seconds(start: datetime, end: datetime) -> float:
    """From start to end; nothing when a clock was set back in between."""
    return max((end - start).total_seconds(), 0.0)


def charging_seconds(
    so_far: float, state: str | None, since: datetime | None, until: datetime
) -> float:
    """What was charged so far, and since the last change if the state is Charging."""
    if state != CHARGING or since is None:
        return so_far
    return so_far + seconds(since, until)
