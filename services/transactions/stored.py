"""What was kept of a session, read again: from bytes to the messages and entries that they were."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import MsgspecError, json

from libs.ocpp import codec, v16, v21, v201
from libs.ocpp.fault import Violation
from libs.ocpp.message import Request, Version
from services.transactions import entries_v2, entries_v16, salvage
from services.transactions.entry import Entry, Kind

KINDS: tuple[Kind, ...] = ("started", "updated", "ended")
CODES: dict[Kind, int] = {kind: code for code, kind in enumerate(KINDS)}

TYPES_16: tuple[type[Request[Any]], ...] = (
    v16.StartTransaction,
    v16.MeterValues,
    v16.StopTransaction,
)
TYPES_2: dict[Version, type[Request[Any]]] = {
    "v201": v201.TransactionEvent,
    "v21": v21.TransactionEvent,
}
_decoders: dict[type[Request[Any]], Callable[[bytes], Any]] = {
    kind: json.Decoder(kind).decode for kind in (*TYPES_16, *TYPES_2.values())
}

Message = entries_v16.Message | entries_v2.TransactionEvent


def message(version: Version, kind: int, raw: bytes) -> Message | None:
    """The message of a kept payload; ``None`` if it is not one, even mended."""
    wanted = TYPES_16[kind] if version == "v16" else TYPES_2[version]
    try:
        return _decoders[wanted](raw)
    except MsgspecError:
        pass
    try:
        return codec.mend(wanted, raw).message  # type: ignore[return-value] - one of TYPES
    except Violation:
        return None


def entry(version: Version, kind: int, raw: bytes, received_at: datetime) -> Entry:
    """The entry of a kept payload: as it was when it came."""
    found = message(version, kind, raw)
    match found:
        case None:
            return salvage.entry(version, KINDS[kind], raw, received_at)
        case v16.StartTransaction() | v16.MeterValues() | v16.StopTransaction():
            return entries_v16.entry(found, raw, received_at)
        case v201.TransactionEvent() | v21.TransactionEvent():
            return entries_v2.entry(found, received_at)
