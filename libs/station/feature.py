"""A functional block of a station that hears what happens in it: monitors, displays, profiles, …"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from libs.station.moment import Moment

if TYPE_CHECKING:
    from libs.station.controller import Controller


class Feature:
    """One per station and block, so it should hold little; what survives a power cut belongs into
    the flash memory. Each method is a moment at which the block may have something to do.
    """

    __slots__ = ("station",)

    def __init__(self, station: "Controller") -> None:
        self.station = station

    def woke(self) -> None:
        """The power came; nobody is connected yet."""

    def fell(self) -> None:
        """The power goes: timers are to be cancelled."""

    def accepted(self) -> None:
        """The server accepted the boot, or is back after a time without connection."""

    def refused(self) -> None:
        """An attempt to connect led nowhere."""

    def changed(self, evse: int) -> None:
        """The state of an EVSE changed."""

    def told(self, moment: Moment) -> None:
        """Something happened in a transaction, and will be told to the server."""

    def trigger(self, message: str) -> "Callable[[], None] | None":  # noqa: ARG002 - most know none
        """What sends this message now, if it is one of this block (F06)."""
        return None

    def set(self, name: str) -> None:
        """A setting took a new value."""
