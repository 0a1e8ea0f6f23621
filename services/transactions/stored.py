"""What was kept of a session, read again: from bytes to the entries that they were."""

from datetime import datetime

from msgspec import MsgspecError, json

from libs.ocpp import v16, v21, v201
from libs.ocpp.message import Version
from services.transactions import entries_v2, entries_v16, salvage
from services.transactions.entry import Entry, Kind

KINDS: tuple[Kind, ...] = ("started", "updated", "ended")
CODES: dict[Kind, int] = {kind: code for code, kind in enumerate(KINDS)}

_started = json.Decoder(v16.StartTransaction).decode
_updated = json.Decoder(v16.MeterValues).decode
_ended = json.Decoder(v16.StopTransaction).decode
_event_201 = json.Decoder(v201.TransactionEvent).decode
_event_21 = json.Decoder(v21.TransactionEvent).decode


def entry(version: Version, kind: int, raw: bytes, received_at: datetime) -> Entry:
    """The entry of a kept payload: as it was when it came."""
    try:
        return _entry(version, KINDS[kind], raw, received_at)
    except MsgspecError:
        return salvage.entry(version, KINDS[kind], raw, received_at)


def _entry(version: Version, kind: Kind, raw: bytes, received_at: datetime) -> Entry:
    match version:
        case "v201":
            return entries_v2.entry(_event_201(raw), received_at)
        case "v21":
            return entries_v2.entry(_event_21(raw), received_at)
        case "v16":
            return entries_v16.entry(_decode_16(kind, raw), raw, received_at)


def _decode_16(kind: Kind, raw: bytes) -> entries_v16.Message:
    match kind:
        case "started":
            return _started(raw)
        case "updated":
            return _updated(raw)
        case "ended":
            return _ended(raw)
