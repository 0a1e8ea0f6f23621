"""What operators had stations asked, and what came of it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from libs.bus import Address, Invalid, NotFound
from libs.contracts.devices import (
    CallSent,
    GetRequest,
    ListRequests,
    Report,
    RequestPage,
    RequestView,
    SendCall,
)
from libs.contracts.faults import CallRefused
from libs.ocpp import catalog, codec
from libs.ocpp.fault import Violation
from libs.ocpp.message import NAMES
from services.devices import incidents, page, store_requests
from services.devices.app import App, router
from services.devices.asking import Question, ask_station
from services.devices.faults.explanation import explain
from services.devices.handlers.registry import named
from services.devices.progress import standing
from services.devices.store_requests import Cursor, Kept, Told

LATER_MAX = 1000


@router.answers(SendCall)
async def send_call(app: App, ask: SendCall) -> CallSent:
    kind = catalog.find(ask.version, ask.action)
    if kind is None or kind.sender == "station":
        raise Invalid(f"OCPP {NAMES[ask.version]} has no {ask.action} for stations.")
    payload = bytes(ask.payload)
    try:
        call = codec.decode(kind, payload)
    except Violation as violation:
        raise Invalid(violation.description, field="payload") from violation
    question = Question(
        Address(ask.tenant, ask.station), call, ask.by, ask.timeout_seconds, payload
    )
    return await ask_station(app, question, announced=True)


@router.shares(CallRefused)
async def call_refused(app: App, notice: CallRefused) -> None:
    """What others asked, and a station answered with a CALLERROR, is a fault as well."""
    to = Address(notice.tenant, notice.station)
    async with app.outbox.transaction() as connection:
        await incidents.call_failed(app, connection, to, notice.id, notice.result)


@router.answers(GetRequest)
async def get_request(app: App, ask: GetRequest) -> RequestView:
    found = await store_requests.get(app.pool, ask.tenant, named(ask.request))
    if found is None:
        raise NotFound(f"There is no request {ask.request!r}.")
    told = await store_requests.told(app.pool, [found.id])
    later = await store_requests.later(app.pool, found.id, LATER_MAX)
    return view(app, found, told[found.id], later)


@router.answers(ListRequests)
async def list_requests(app: App, ask: ListRequests) -> RequestPage:
    limit = page.size(ask.limit)
    before = page.read(ask.after, Cursor)
    found = await store_requests.page(app.pool, ask, before, limit + 1)
    shown = found[:limit]
    told = await store_requests.told(app.pool, [request.id for request in shown])
    last = Cursor(shown[-1].asked_at, shown[-1].id) if len(found) > limit else None
    return RequestPage(
        items=[view(app, request, told[request.id], []) for request in shown],
        next=page.spell(last) if last else None,
    )


def view(app: App, found: Kept, told: Sequence[Told], later: list[Report]) -> RequestView:
    progress, missing = standing(found, told, datetime.now(UTC))
    return RequestView(
        id=str(found.id),
        tenant=found.tenant,
        station=found.station,
        version=found.version,
        action=found.action,
        payload=found.payload,
        by=found.by,
        asked_at=found.asked_at,
        answered_at=found.answered_at,
        progress=progress,
        result=found.result,
        hint=explain(app.catalogue, found.action, found.result, found.payload)
        if found.result
        else None,
        parts_missing=missing,
        repeats=found.repeats,
        later=later,
    )
