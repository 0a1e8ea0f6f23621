"""What the parts of a station need of the whole."""

from random import Random
from typing import Protocol

from libs.station.clock import Clock
from libs.station.configuration import Configuration
from libs.station.flash import Flash
from libs.station.moment import Moment, Session
from libs.station.table import Points


class Host(Protocol):
    @property
    def clock(self) -> Clock: ...
    @property
    def configuration(self) -> Configuration: ...
    @property
    def flash(self) -> Flash: ...
    @property
    def dice(self) -> Random: ...
    @property
    def online(self) -> bool:
        """Whether the server can be reached."""
        ...

    def points(self) -> Points:
        """Where transactions start and stop."""
        ...

    def tell(self, moment: Moment) -> None:
        """Queue a moment for the server."""
        ...

    def changed(self, evse: int) -> None:
        """The status of an EVSE may have changed."""
        ...

    def ended(self, session: Session) -> None:
        """A transaction is over; this is the truth about it."""
        ...
