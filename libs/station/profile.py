"""What a station is made as, and what it is connected with."""

from collections.abc import Mapping
from ssl import SSLContext
from typing import Protocol

from msgspec import Struct

from libs.ocpp.message import Version
from libs.station.dialect import Hardware
from libs.station.habits import Habits

EVSE_POWER_W = 22_000.0


class Profile(Struct, frozen=True, kw_only=True):
    """What a station is made as. ``settings`` are factory values by name
    (``Component.Variable[Instance]``).
    """

    identity: str
    url: str
    version: Version = "v201"
    evses: int = 2
    password: str | bytes | None = None
    hardware: Hardware = Hardware()
    max_power_w: float = EVSE_POWER_W
    settings: Mapping[str, str] = {}
    habits: Habits | None = None
    """How it misbehaves on the wire, if it does."""
    same_id: bool = False
    """A transaction message keeps its message id when it is sent again."""
    tls: SSLContext | None = None


class Wire(Protocol):
    """The connection as the controller sees it."""

    @property
    def up(self) -> bool: ...
    def open(self) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...
    async def stopped(self) -> None: ...
    def send(self, data: bytes) -> None: ...
    def password(self, secret: str) -> None: ...
    def redirect(self, url: str, identity: str, password: str | bytes | None) -> None: ...
