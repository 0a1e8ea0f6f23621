"""The outcome of asking a station for something, the same for every command and every version."""

from typing import Any, Literal

from msgspec import Struct

Outcome = Literal["answered", "error", "timeout", "offline"]


class CommandResult(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a CALL to a station.

    ``answered``: ``payload`` is what the station answered, as JSON of its version; its ``status`` may well be
    ``Rejected``. ``error``: the station answered CALLERROR; ``code``, ``description`` and ``details`` are its own.
    ``timeout``: nothing came in time (the station may still act). ``offline``: no edge holds its socket.
    """

    status: Outcome
    version: str | None = None
    action: str | None = None
    payload: dict[str, Any] | None = None
    code: str | None = None
    description: str | None = None
    details: dict[str, Any] | None = None
