"""TransactionEvents of 2.0.1 and 2.1 as entries."""

from datetime import datetime
from decimal import Decimal

from libs.ocpp import v21, v201
from services.transactions.entry import MARKS, Entry, Kind, Reading, storable, utc
from services.transactions.measure import MEASURES, scaled, series

TransactionEvent = v201.TransactionEvent | v21.TransactionEvent
MeterValue = v201.MeterValue | v21.MeterValue
SampledValue = v201.SampledValue | v21.SampledValue

KINDS: dict[str, Kind] = {"Started": "started", "Updated": "updated", "Ended": "ended"}
NO_AUTHORIZATION = "NoAuthorization"
PERCENT = ("", "Percent")


def entry(call: TransactionEvent, received_at: datetime) -> Entry:
    """A TransactionEvent (E02 to E13) without its version."""
    info, evse, token = call.transaction_info, call.evse, call.id_token
    kind = KINDS[call.event_type]
    return Entry(
        kind=kind,
        at=utc(call.timestamp),
        received_at=received_at,
        seq=call.seq_no,
        readings=[reading(value) for value in call.meter_value] if call.meter_value else [],
        trigger=call.trigger_reason,
        # E06: an Ended event without a reason means Local.
        reason=(info.stopped_reason or "Local") if kind == "ended" else None,
        charging_state=info.charging_state,
        time_spent_charging=info.time_spent_charging,
        offline=call.offline is True,
        evse=evse.id if evse is not None and evse.id > 0 else None,
        connector=evse.connector_id if evse is not None else None,
        token=None if token is None else storable(token.id_token),
        token_type=None if token is None else token.type,
        stops=kind == "ended" or call.trigger_reason == "StopAuthorized",
        remote_start_id=info.remote_start_id,
        reservation=call.reservation_id,
    )


def reading(value: MeterValue) -> Reading:
    """What counts of one meter value."""
    registers: list[tuple[str, Decimal, int]] = []
    power: list[tuple[str, float]] = []
    soc = None
    for sample in value.sampled_value:
        measure = MEASURES.get((sample.measurand, sample.location, sample.phase))
        if measure is None:
            continue
        kind, key = measure
        if kind == "soc":
            soc = sample.value
            continue
        number = _scaled(sample)
        if number is None:
            continue
        if kind == "power":
            power.append((key, float(number)))
        elif number >= 0:
            track = series(kind, key, sample.context)
            registers.append((track, number, MARKS.get(sample.context, 0)))
    return Reading(utc(value.timestamp), registers, power, soc)


def _scaled(sample: SampledValue) -> Decimal | None:
    # The shortest text of a float is what stood on the wire, up to 15 digits.
    number = Decimal(repr(sample.value))
    unit = sample.unit_of_measure
    if unit is None:
        return scaled(number, "")
    return scaled(number, unit.unit or "", unit.multiplier or 0)
