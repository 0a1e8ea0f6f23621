"""What can go wrong between two services: one family, carried by the bus as NATS service errors.

The code travels in the header ``Nats-Service-Error-Code``, the sentence in ``Nats-Service-Error``,
the details as the JSON body.
"""

from typing import Any

from libs.ocpp.fault import Code


class BusError(Exception):
    """A code that callers decide by, a sentence for people, and details for programs."""

    code: str = "BusError"
    passing: bool = False
    """Whether trying again later may help."""

    def __init__(self, description: str = "", *, code: str | None = None, **details: Any) -> None:
        super().__init__(description)
        if code is not None:
            self.code = code
        self.description = description
        self.details: dict[str, Any] = details

    def __str__(self) -> str:
        return f"{self.code}: {self.description}" if self.description else self.code


class NotFound(BusError):
    """There is no such thing."""

    code = "NotFound"


class Conflict(BusError):
    """The thing is in a state that does not allow this."""

    code = "Conflict"


class Invalid(BusError):
    """The request makes no sense; the detail ``field`` may name what is wrong."""

    code = "Invalid"


class Forbidden(BusError):
    """The caller may not."""

    code = "Forbidden"


class InternalError(BusError):
    """The owner's handler broke; its log says why."""

    code = "InternalError"


class Unavailable(BusError):
    """A passing fault of ours (a database or peer is away): callers may try again."""

    code = "Unavailable"
    passing = True


class NoOwner(BusError):
    """Nobody serves this subject now: the owning service is not running."""

    code = "NoOwner"
    passing = True


class TimedOut(BusError):
    """No answer in time. It may yet have been acted upon."""

    code = "TimedOut"
    passing = True


class Offline(BusError):
    """No edge holds the station's socket."""

    code = "Offline"


class CallFailed(BusError):
    """The station answered a CALL with CALLERROR; code, description and details are its own."""

    def __init__(
        self, code: str, description: str = "", details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(description, code=code)
        self.details = details or {}


class CallFault(BusError):
    """Raised by the handler of a station's CALL to have it answered with this CALLERROR."""

    def __init__(
        self, code: Code, description: str = "", details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(description, code=code)
        self.fault: Code = code
        self.details = details or {}


FAMILY: dict[str, type[BusError]] = {
    kind.code: kind
    for kind in (
        NotFound,
        Conflict,
        Invalid,
        Forbidden,
        InternalError,
        Unavailable,
        NoOwner,
        TimedOut,
        Offline,
    )
}
"""The errors that travel under a code of their own."""
