"""Messages that do not conform: kept as they came, put to their session if it is told, answered."""

from typing import Any

from libs.bus import Station
from libs.ocpp import v16, v21, v201
from libs.ocpp.message import Request, Response
from services.transactions import answers, entries_v16, flags, salvage, tokens
from services.transactions.app import App, router
from services.transactions.aside import Quarantined
from services.transactions.batch import Report
from services.transactions.entry import Entry, storable
from services.transactions.handlers.transactions import report_start

REFUSED = v16.IdTagInfo(status="Invalid")


@router.quarantines(v201.MeterValues, v21.MeterValues)
async def meter_values(app: App, station: Station, kind: type[Request[Any]]) -> Response:
    await keep(app, station, kind.action, None)
    return kind.response()


@router.quarantines(v201.TransactionEvent, v21.TransactionEvent)
async def transaction_event(app: App, station: Station, kind: type[Request[Any]]) -> Response:
    transaction = salvage.transaction(station.version, station.raw)
    await keep(app, station, kind.action, transaction)
    if transaction is None:
        return kind.response()
    entry = salvage.entry(
        station.version, salvage.kind_of(station.raw), station.raw, station.received_at
    )
    receipt = await app.ledger.report(salvaged(station, transaction, entry))
    if entry.token is None:
        return kind.response()
    decision = await tokens.decide(app, receipt, entry)
    if station.version == "v201":
        return v201.TransactionEventResponse(id_token_info=answers.id_token_info_201(decision))
    return v21.TransactionEventResponse(id_token_info=answers.id_token_info_21(decision))


@router.quarantines(v16.StartTransaction)
async def start_transaction(app: App, station: Station, kind: type[Request[Any]]) -> Response:
    """1.6 errata: a start always gets a number that its station can use."""
    await keep(app, station, kind.action, None)
    entry = salvage.entry("v16", "started", station.raw, station.received_at)
    key = entries_v16.digest_of(station.raw)
    receipt = await report_start(app, station, entry, key, flags.QUARANTINED_MESSAGE)
    info = REFUSED
    if entry.token is not None:
        info = answers.id_tag_info(await tokens.decide(app, receipt, entry))
    return v16.StartTransactionResponse(
        transaction_id=int(receipt.key.transaction), id_tag_info=info
    )


@router.quarantines(v16.MeterValues, v16.StopTransaction)
async def update_or_stop(app: App, station: Station, kind: type[Request[Any]]) -> Response:
    transaction = salvage.transaction("v16", station.raw)
    await keep(app, station, kind.action, transaction)
    if transaction is None or (kind is v16.MeterValues and transaction in {"0", "-1"}):
        return kind.response()
    about = "ended" if kind is v16.StopTransaction else "updated"
    entry = salvage.entry("v16", about, station.raw, station.received_at)
    receipt = await app.ledger.report(salvaged(station, transaction, entry))
    if kind is v16.MeterValues or entry.token is None:
        return kind.response()
    decision = await tokens.decide(app, receipt, entry)
    return v16.StopTransactionResponse(id_tag_info=answers.id_tag_info(decision))


def salvaged(station: Station, transaction: str, entry: Entry) -> Report:
    return Report(
        station.tenant,
        station.id,
        transaction,
        station.version,
        entry,
        station.raw,
        flags=flags.QUARANTINED_MESSAGE,
    )


async def keep(app: App, station: Station, action: str, transaction: str | None) -> None:
    violation = station.violation
    await app.asides.keep(
        Quarantined(
            station.tenant,
            station.id,
            station.received_at,
            station.version,
            action,
            transaction,
            storable(violation.description) if violation is not None else "",
            station.raw,
        )
    )
