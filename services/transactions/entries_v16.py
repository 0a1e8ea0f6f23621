"""StartTransaction, MeterValues and StopTransaction of 1.6 as entries."""

from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b

from msgspec import json

from libs.ocpp import v16
from services.transactions.entry import BEGIN, END, MARKS, Entry, Reading, storable, utc
from services.transactions.measure import MEASURES, OUTLET, number, scaled, series

QUEUED_AFTER = timedelta(minutes=5)
"""1.6 does not say that a station was offline: its messages are old when they come."""
DIGEST_BYTES = 12

Message = v16.StartTransaction | v16.MeterValues | v16.StopTransaction


def entry(call: Message, raw: bytes, received_at: datetime) -> Entry:
    """A transaction message without its version. 1.6 connector n is EVSE n, connector 1."""
    match call:
        case v16.StartTransaction():
            return started(call, received_at)
        case v16.MeterValues():
            return updated(call, raw, received_at)
        case v16.StopTransaction():
            return ended(call, raw, received_at)


def started(call: v16.StartTransaction, received_at: datetime) -> Entry:
    at = utc(call.timestamp)
    return Entry(
        kind="started",
        at=at,
        received_at=received_at,
        readings=[_register(at, call.meter_start, BEGIN)],
        trigger=None,
        queued=received_at - at > QUEUED_AFTER,
        evse=call.connector_id if call.connector_id > 0 else None,
        connector=1 if call.connector_id > 0 else None,
        token=storable(call.id_tag),
        reservation=call.reservation_id,
    )


def updated(call: v16.MeterValues, raw: bytes, received_at: datetime) -> Entry:
    readings = [reading(value) for value in call.meter_value]
    return Entry(
        kind="updated",
        at=max((each.at for each in readings), default=received_at),
        received_at=received_at,
        digest=digest(raw),
        readings=readings,
        evse=call.connector_id if call.connector_id > 0 else None,
        connector=1 if call.connector_id > 0 else None,
    )


def ended(call: v16.StopTransaction, raw: bytes, received_at: datetime) -> Entry:
    at = utc(call.timestamp)
    return Entry(
        kind="ended",
        at=at,
        received_at=received_at,
        digest=digest(raw),
        readings=[
            *(reading(value) for value in call.transaction_data or ()),
            _register(at, call.meter_stop, END),
        ],
        # 1.6 4.8: a StopTransaction without a reason means Local.
        reason=call.reason or "Local",
        token=None if call.id_tag is None else storable(call.id_tag),
        stops=True,
    )


def reading(value: v16.MeterValue) -> Reading:
    """What counts of one meter value."""
    registers: list[tuple[str, Decimal, int]] = []
    power: list[tuple[str, float]] = []
    soc = None
    for sample in value.sampled_value:
        measure = MEASURES.get((sample.measurand, sample.location, sample.phase))
        if measure is None or sample.format == "SignedData":
            continue
        kind, key = measure
        said = number(sample.value)
        if said is None:
            continue
        if kind == "soc":
            soc = float(said)
            continue
        amount = scaled(said, sample.unit or "")
        if amount is None:
            continue
        if kind == "power":
            power.append((key, float(amount)))
        elif amount >= 0:
            track = series(kind, key, sample.context)
            registers.append((track, amount, MARKS.get(sample.context, 0)))
    return Reading(utc(value.timestamp), registers, power, soc)


def digest(raw: bytes) -> bytes:
    """The same for the same content, however it is written."""
    canonical = json.encode(json.decode(raw), order="sorted")
    return blake2b(canonical, digest_size=DIGEST_BYTES).digest()


def digest_of(raw: bytes) -> bytes:
    """The same for payloads that are equal to the byte: what cannot be read has no content."""
    return blake2b(raw, digest_size=DIGEST_BYTES).digest()


def start_key(call: v16.StartTransaction) -> bytes:
    """The same for a start that is sent again: 1.6 has no other name for it yet."""
    said = f"{call.connector_id} {utc(call.timestamp).isoformat()} {call.meter_start} {call.id_tag}"
    return blake2b(said.encode(), digest_size=DIGEST_BYTES).digest()


def _register(at: datetime, wh: int, mark: int) -> Reading:
    return Reading(at, [(OUTLET, Decimal(wh), mark)] if wh >= 0 else [])
