"""What others may see of the ledger: sessions, meter values, charge detail records."""

from datetime import datetime
from uuid import UUID

from msgspec import json

from libs.bus import Invalid, NotFound
from libs.contracts.transactions import (
    CdrPage,
    CdrView,
    GetTransaction,
    ListCdrs,
    ListTransactions,
    MeterView,
    TransactionDetail,
    TransactionPage,
)
from services.transactions import samples, store, store_views, view
from services.transactions.app import App, router
from services.transactions.record import Session, session_of

PAGE_MAX = 1000
PAGE_DEFAULT = 50

_cdr = json.Decoder(CdrView).decode


@router.answers(ListTransactions)
async def list_transactions(app: App, ask: ListTransactions) -> TransactionPage:
    limit = bounded(ask.limit)
    found = await store_views.sessions(app.pool, ask, limit)
    items = [view.transaction(session_of(seen.found), seen.heard_at) for seen in found]
    last = items[-1] if len(items) == limit else None
    after = store_views.cursor_of(last.started_at, last.id) if last and last.started_at else None
    return TransactionPage(items=items, next=after)


@router.answers(GetTransaction)
async def get_transaction(app: App, ask: GetTransaction) -> TransactionDetail:
    known = uuid(ask.id)
    seen = await store_views.session(app.pool, ask.tenant, known) if known else None
    if seen is None:
        raise NotFound(f"There is no transaction {ask.id}.")
    session = session_of(seen.found)
    values = await meter_values(app, session)
    offset = place(ask.after)
    limit = bounded(ask.limit)
    more = offset + limit < len(values)
    return TransactionDetail(
        transaction=view.transaction(session, seen.heard_at),
        meter_values=values[offset : offset + limit],
        next=str(offset + limit) if more else None,
    )


@router.answers(ListCdrs)
async def list_cdrs(app: App, ask: ListCdrs) -> CdrPage:
    if ask.after is not None and uuid(ask.after) is None:
        raise Invalid("The cursor is not one of ours.", field="after")
    if ask.transaction_id is not None and uuid(ask.transaction_id) is None:
        return CdrPage(items=[])
    limit = bounded(ask.limit)
    items = [_cdr(text) for text in await store_views.cdrs(app.pool, ask, limit)]
    return CdrPage(items=items, next=items[-1].id if len(items) == limit else None)


async def meter_values(app: App, session: Session) -> list[MeterView]:
    """All that was sampled during a session, oldest first; equal ones that came again once."""
    state = session.state
    rows = await store.entries(app.pool, [session.id], state.received_first, state.received_last)
    found: dict[tuple[datetime, bytes], MeterView] = {}
    for row in rows:
        for each in samples.views(session.version, row.kind, row.body):
            # A series at the end repeats what was told before.
            found.setdefault((each.at, json.encode(each.samples)), each)
    return sorted(found.values(), key=order)


def order(value: MeterView) -> tuple[datetime, int]:
    return (value.at, value.seq_no or 0)


def bounded(limit: int) -> int:
    return min(max(limit, 1), PAGE_MAX)


def place(after: str | None) -> int:
    """How many meter values were shown before."""
    if after is None:
        return 0
    if not after.isdecimal():
        raise Invalid("The cursor is not one of ours.", field="after")
    return int(after)


def uuid(text: str) -> str | None:
    """The id as we write it, if it is one."""
    try:
        return str(UUID(text))
    except ValueError:
        return None
