"""What can be read of a transaction message that does not conform: as much as is there.

A station measured something and will not say it again. What is not of its type is taken as absent.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar, cast

from msgspec import MsgspecError, convert, json

from libs.ocpp.message import Version
from libs.ocpp.scalar import INT_MAX
from services.transactions.entries_v2 import KINDS
from services.transactions.entries_v16 import digest, digest_of
from services.transactions.entry import BEGIN, END, MARKS, Entry, Kind, Reading, storable, utc
from services.transactions.measure import MEASURES, OUTLET, believable, scaled, series

T = TypeVar("T")
TEXT_MAX = 255


def document(raw: bytes) -> dict[str, Any]:
    """The payload as far as it is an object."""
    try:
        found = json.decode(raw)
    except MsgspecError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def transaction(version: Version, raw: bytes) -> str | None:
    """The name of the session that a message is about, if it says one."""
    said = document(raw)
    if version == "v16":
        number = _is(said.get("transactionId"), int)
        return None if number is None else str(number)
    return _is(_object(said, "transactionInfo").get("transactionId"), str)


def kind_of(raw: bytes) -> Kind:
    """What a TransactionEvent of 2.x is about; an update, unless it says otherwise."""
    return KINDS.get(_is(document(raw).get("eventType"), str) or "", "updated")


def entry(version: Version, kind: Kind, raw: bytes, received_at: datetime) -> Entry:
    """The entry of a payload, with whatever of it makes sense."""
    said = document(raw)
    if version == "v16":
        return _entry_16(said, kind, raw, received_at)
    return _entry_2(said, kind, raw, received_at)


def _entry_16(said: dict[str, Any], kind: Kind, raw: bytes, received_at: datetime) -> Entry:
    values = _list(said, "meterValue") or _list(said, "transactionData")
    readings = list(_readings(values, received_at))
    latest = max((each.at for each in readings), default=received_at)
    at = _time(said.get("timestamp"), latest)
    for name, mark in (("meterStart", BEGIN), ("meterStop", END)):
        register = _decimal(said.get(name))
        if register is not None and register >= 0:
            readings.append(Reading(at, [(OUTLET, register, mark)]))
    connector = _is(said.get("connectorId"), int)
    return Entry(
        kind=kind,
        at=at,
        received_at=received_at,
        digest=b"" if kind == "started" else digest(raw) if said else digest_of(raw),
        readings=readings,
        reason=_is(said.get("reason"), str) or "Local" if kind == "ended" else None,
        evse=connector if connector and connector > 0 else None,
        connector=1 if connector and connector > 0 else None,
        token=_is(said.get("idTag"), str),
        stops=kind == "ended",
    )


def _entry_2(said: dict[str, Any], kind: Kind, raw: bytes, received_at: datetime) -> Entry:
    info, evse, token = (_object(said, name) for name in ("transactionInfo", "evse", "idToken"))
    trigger = _is(said.get("triggerReason"), str)
    number = _is(said.get("seqNo"), int)
    return Entry(
        kind=kind,
        at=_time(said.get("timestamp"), received_at),
        received_at=received_at,
        # Without a time of its own it is known by its content.
        digest=b"" if isinstance(said.get("timestamp"), str) or not said else digest(raw),
        seq=number if number is not None and number >= 0 else 0,
        readings=list(_readings(_list(said, "meterValue"), received_at)),
        trigger=trigger,
        reason=_is(info.get("stoppedReason"), str) or "Local" if kind == "ended" else None,
        charging_state=_is(info.get("chargingState"), str),
        offline=said.get("offline") is True,
        evse=_is(evse.get("id"), int) or None,
        connector=_is(evse.get("connectorId"), int),
        token=_is(token.get("idToken"), str),
        token_type=_is(token.get("type"), str),
        stops=kind == "ended" or trigger == "StopAuthorized",
        remote_start_id=_is(info.get("remoteStartId"), int),
        reservation=_is(said.get("reservationId"), int),
    )


def _readings(values: list[Any], received_at: datetime) -> Iterator[Reading]:
    for value in _objects(values):
        found = [_register(sample) for sample in _objects(_list(value, "sampledValue"))]
        registers = [register for register in found if register is not None]
        yield Reading(_time(value.get("timestamp"), received_at), registers)


def _register(sample: dict[str, Any]) -> tuple[str, Decimal, int] | None:
    """An energy register among whatever is sampled; the rest is not worth guessing."""
    names = [_is(sample.get(name), str) for name in ("measurand", "location", "phase")]
    kind, key = MEASURES.get((names[0], names[1], names[2]), ("power", ""))
    number = _decimal(sample.get("value"))
    if kind not in {"register", "interval"} or number is None:
        return None
    unit = _object(sample, "unitOfMeasure")
    said = _is(sample.get("unit"), str) or _is(unit.get("unit"), str) or ""
    number = scaled(number, said, _is(unit.get("multiplier"), int) or 0)
    if number is None or number < 0:
        return None
    context = _is(sample.get("context"), str)
    return (series(kind, key, context), number, MARKS.get(context, 0))


def _is(value: Any, kind: type[T]) -> T | None:
    if not isinstance(value, kind) or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return cast("T", storable(value[:TEXT_MAX]))
    return value if not isinstance(value, int) or abs(value) <= INT_MAX else None


def _object(said: dict[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _objects(values: list[Any]) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)]


def _list(said: dict[str, Any], name: str) -> list[Any]:
    found = said.get(name)
    return cast("list[Any]", found) if isinstance(found, list) else []


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except ArithmeticError:
        return None
    return number if believable(number) else None


def _time(value: Any, otherwise: datetime) -> datetime:
    """A time, also without a zone; else the time when it came."""
    try:
        found = convert(value, datetime)
    except MsgspecError:
        return otherwise
    return utc(found if found.tzinfo else found.replace(tzinfo=UTC))
