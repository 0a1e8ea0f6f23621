"""How a version says what a station has to say; all else about a station knows no version."""

from datetime import datetime
from typing import Any, Literal, Protocol

from msgspec import Struct

from libs.ocpp.message import Request, Version
from libs.station.moment import Moment, Sample, Token, Verdict
from libs.station.table import View


class Hardware(Struct, frozen=True, kw_only=True):
    """What a station is, as its BootNotification tells."""

    vendor: str = "Voltbus"
    model: str = "Virtual"
    serial: str = ""
    firmware: str = "1.0.0"


class Dialect(Protocol):
    @property
    def version(self) -> Version: ...

    def boot(self, hardware: Hardware, reason: str, /) -> Request[Any]: ...

    def heartbeat(self) -> Request[Any]: ...

    def status(self, evse: int, view: View, at: datetime, fault: str | None, /) -> Request[Any]:
        """``evse`` 0 is the station itself, which only 1.6 tells of."""
        ...

    def authorize(self, token: Token, /) -> Request[Any]: ...

    def verdict(self, answer: Any, /) -> Verdict | None:
        """What the answer to Authorize or a transaction message says of the token, if any."""
        ...

    def tells(self, moment: Moment, /) -> bool:
        """Whether there is a message for this moment."""
        ...

    def transaction(self, moment: Moment, alias: int | None, /) -> Request[Any]:
        """The message of a moment; ``alias`` is what a 1.6 server calls the transaction."""
        ...

    def meter(self, evse: int, samples: tuple[Sample, ...], /) -> Request[Any]:
        """MeterValues outside of transactions."""
        ...

    def reservation(
        self, id: int, why: Literal["Expired", "Removed", "NoTransaction"], /
    ) -> Request[Any] | None:
        """A reservation ended without use; 1.6 has no message for that, 2.0.1 none for
        NoTransaction.
        """
        ...
