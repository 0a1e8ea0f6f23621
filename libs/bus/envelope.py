"""What surrounds an OCPP payload on the bus: as short as it can be, JSON for everybody."""

from datetime import datetime

from msgspec import Raw, Struct, json

from libs.ocpp.fault import Code
from libs.ocpp.message import Version


class Address(Struct, frozen=True):
    """A station, wherever its socket is."""

    tenant: str
    station: str


class ViolationInfo(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a payload that was let through does not conform (``libs.ocpp.fault.Violation``)."""

    code: Code
    description: str
    path: str = ""


class Up(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A CALL of a station. ``epoch`` grows with each connection; the edge mended ``quirks``."""

    id: str
    received_at: datetime
    edge: str
    epoch: int
    payload: Raw
    quirks: list[str] = []
    violation: ViolationInfo | None = None


class Down(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A CALL to a station; after ``timeout_seconds`` nobody waits for its answer any more."""

    timeout_seconds: float
    payload: Raw


class Station(Struct, frozen=True, kw_only=True, gc=False):
    """Who sent a CALL, and what the edge knows of it: the second argument of its handler."""

    tenant: str
    id: str
    version: Version
    message_id: str
    received_at: datetime
    edge: str
    epoch: int
    quirks: list[str]
    violation: ViolationInfo | None
    raw: bytes
    """The payload as it came over the bus."""

    @property
    def address(self) -> Address:
        return Address(self.tenant, self.id)


encode = json.Encoder().encode
"""Any message of ours as JSON."""
decode_up = json.Decoder(Up).decode
decode_down = json.Decoder(Down).decode
