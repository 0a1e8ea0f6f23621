"""Transactions (block E, 1.6 Core): commit, ask about the token, answer."""

from libs.bus import Station
from libs.ocpp import v16, v21, v201
from services.transactions import answers, entries_v2, entries_v16, store_aside, tokens
from services.transactions.app import App, router
from services.transactions.batch import Note, Receipt, Report
from services.transactions.entry import Entry, storable
from services.transactions.record import Session
from services.transactions.store import StartKey

NOTHING_201 = v201.TransactionEventResponse()
NOTHING_21 = v21.TransactionEventResponse()
NOTHING_16 = v16.StopTransactionResponse()


@router.on(v201.TransactionEvent)
async def transaction_event_201(
    app: App, station: Station, call: v201.TransactionEvent
) -> v201.TransactionEventResponse:
    entry = entries_v2.entry(call, station.received_at)
    receipt = await report(app, station, call.transaction_info.transaction_id, entry)
    if entry.token is None:
        return NOTHING_201
    decision = await tokens.decide(app, receipt, entry)
    return v201.TransactionEventResponse(id_token_info=answers.id_token_info_201(decision))


@router.on(v21.TransactionEvent)
async def transaction_event_21(
    app: App, station: Station, call: v21.TransactionEvent
) -> v21.TransactionEventResponse:
    entry = entries_v2.entry(call, station.received_at)
    receipt = await report(app, station, call.transaction_info.transaction_id, entry)
    if entry.token is None:
        return NOTHING_21
    decision = await tokens.decide(app, receipt, entry)
    return v21.TransactionEventResponse(id_token_info=answers.id_token_info_21(decision))


@router.on(v16.StartTransaction)
async def start_transaction(
    app: App, station: Station, call: v16.StartTransaction
) -> v16.StartTransactionResponse:
    entry = entries_v16.started(call, station.received_at)
    receipt = await report_start(app, station, entry, entries_v16.start_key(call))
    await claim_remote_start(app, receipt, call)
    decision = await tokens.decide(app, receipt, entry)
    return v16.StartTransactionResponse(
        transaction_id=int(receipt.key.transaction), id_tag_info=answers.id_tag_info(decision)
    )


@router.on(v16.StopTransaction)
async def stop_transaction(
    app: App, station: Station, call: v16.StopTransaction
) -> v16.StopTransactionResponse:
    entry = entries_v16.ended(call, station.raw, station.received_at)
    receipt = await report(app, station, str(call.transaction_id), entry)
    if entry.token is None:
        return NOTHING_16
    decision = await tokens.decide(app, receipt, entry)
    return v16.StopTransactionResponse(id_tag_info=answers.id_tag_info(decision))


async def report(app: App, station: Station, transaction: str, entry: Entry) -> Receipt:
    """Commit a message of a session that the station names."""
    return await app.ledger.report(
        Report(
            station.tenant,
            station.id,
            storable(transaction),
            station.version,
            entry,
            station.raw,
        )
    )


async def report_start(
    app: App, station: Station, entry: Entry, key: bytes, flags: int = 0
) -> Receipt:
    """Commit a 1.6 start, which gets a number, or the one that it got before."""
    start = StartKey(station.tenant, station.id, key)
    return await app.ledger.report(
        Report(station.tenant, station.id, None, station.version, entry, station.raw, start, flags)
    )


async def claim_remote_start(app: App, receipt: Receipt, call: v16.StartTransaction) -> None:
    """1.6 does not say which start answers which request: by station, token and time."""
    number = await store_aside.claim_remote_start(
        app.pool,
        receipt.id,
        receipt.key,
        call.id_tag,
        evse=receipt.evse,
        window=app.config.remote_start_window(),
    )
    if number is None:
        return

    def remember(session: Session) -> bool:
        known, session.history.remote_start_id = session.history.remote_start_id, number
        return known != number

    await app.ledger.note(Note(*receipt.key, remember))
