"""All owners of data in one small peer on the real bus, with everything in memory."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import UNSET
from msgspec.structs import asdict, replace

from libs.bus import Address, Bus, Conflict, Invalid, NotFound, Router
from libs.contracts import calling
from libs.contracts.authorization import (
    DeleteToken,
    GetToken,
    ListTokens,
    PutToken,
    TokenPage,
    TokenView,
)
from libs.contracts.command import CommandResult
from libs.contracts.devices import (
    CallSent,
    GetRequest,
    ListReports,
    ListRequests,
    Report,
    ReportPage,
    RequestPage,
    RequestView,
    SendCall,
)
from libs.contracts.stations import (
    ChangeAvailability,
    ConnectorView,
    DeleteStation,
    Done,
    EvseView,
    GetStation,
    ListStations,
    ListStatusHistory,
    PutStation,
    ResetStation,
    StationPage,
    StationView,
    StatusChange,
    StatusHistory,
    TriggerMessage,
    UnlockConnector,
)
from libs.contracts.transactions import (
    CdrPage,
    CdrView,
    GetTransaction,
    ListCdrs,
    ListTransactions,
    MeterView,
    RemoteStarted,
    SampleView,
    StartRemotely,
    StopRemotely,
    TransactionDetail,
    TransactionPage,
    TransactionView,
)
from libs.ocpp import catalog

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROW = "0c9c1c53-7b8d-4b43-9d50-7d52ad3e1a55"

router = Router("peer")


@dataclass
class Peer:
    """What it was told, and how it is to behave."""

    bus: Bus
    stations: dict[tuple[str, str], StationView] = field(default_factory=dict)
    tokens: dict[tuple[str, str], TokenView] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    slow: asyncio.Event | None = None
    """When there, commands wait for it."""
    fault: Exception | None = None
    """When there, everything ends with it."""

    def hear(self, ask: Any) -> None:
        self.asked.append(ask)
        if self.fault is not None:
            raise self.fault

    def add(self, tenant: str, id: str, **more: Any) -> None:
        self.stations[tenant, id] = StationView(tenant=tenant, id=id, **more)


def cut(items: list[Any], after: str | None, limit: int) -> tuple[list[Any], str | None]:
    """A page whose cursor is a position."""
    if after is not None and not after.isdecimal():
        raise Invalid("this is no cursor of ours", field="after")
    begin = int(after or 0)
    more = begin + limit < len(items)
    return items[begin : begin + limit], str(begin + limit) if more else None


@router.answers(GetStation)
async def get_station(peer: Peer, ask: GetStation) -> StationView:
    peer.hear(ask)
    view = peer.stations.get((ask.tenant, ask.station))
    if view is None:
        raise NotFound(f"there is no station {ask.station}")
    return view


@router.answers(ListStations)
async def list_stations(peer: Peer, ask: ListStations) -> StationPage:
    peer.hear(ask)
    wanted = [
        view
        for (tenant, _), view in sorted(peer.stations.items())
        if tenant == ask.tenant
        and (ask.online is None or view.online == ask.online)
        and (ask.protocol is None or view.protocol == ask.protocol)
        and (ask.search is None or ask.search.lower() in view.id.lower())
    ]
    items, following = cut(wanted, ask.after, ask.limit)
    return StationPage(items=items, next=following)


@router.answers(PutStation)
async def put_station(peer: Peer, ask: PutStation) -> StationView:
    peer.hear(ask)
    known = peer.stations.get((ask.tenant, ask.station))
    view = known or StationView(tenant=ask.tenant, id=ask.station)
    same = {"security_profile", "registration", "strict"}
    given = {k: v for k, v in asdict(ask).items() if k in same and v is not UNSET}
    if ask.password is not UNSET:
        given["has_password"] = ask.password is not None
    if ask.evses is not UNSET:
        given["evses"] = [
            EvseView(
                id=e.id, connectors=[ConnectorView(id=c.id, type=c.type) for c in e.connectors]
            )
            for e in ask.evses
        ]
    if ask.move_to is not UNSET:
        given["tenant"] = ask.move_to
    view = replace(view, **given)
    peer.stations[view.tenant, view.id] = view
    return view


@router.answers(DeleteStation)
async def delete_station(peer: Peer, ask: DeleteStation) -> Done:
    peer.hear(ask)
    if peer.stations.pop((ask.tenant, ask.station), None) is None:
        raise NotFound(f"there is no station {ask.station}")
    return Done()


@router.answers(ListStatusHistory)
async def list_history(peer: Peer, ask: ListStatusHistory) -> StatusHistory:
    peer.hear(ask)
    changes = [StatusChange(at=NOON, evse=n, connector=1, status="Faulted") for n in range(3)]
    items, following = cut(changes, ask.after, ask.limit)
    return StatusHistory(items=items, next=following)


@router.answers(SendCall)
async def send_call(peer: Peer, ask: SendCall) -> CallSent:
    kind = catalog.find(ask.version, ask.action)
    assert kind is not None
    to = Address(ask.tenant, ask.station)
    result = await calling.call_raw(peer.bus, to, kind, bytes(ask.payload), ask.timeout_seconds)
    return CallSent(request=ROW, result=result)


@router.answers(ListRequests)
async def list_requests(peer: Peer, ask: ListRequests) -> RequestPage:
    peer.hear(ask)
    return RequestPage(items=[request_of(ask.tenant, ask.station)], next="more")


@router.answers(GetRequest)
async def get_request(peer: Peer, ask: GetRequest) -> RequestView:
    if ask.request != ROW:
        raise NotFound(f"there is no request {ask.request}")
    return request_of(ask.tenant, "CP/1")


def request_of(tenant: str, station: str) -> RequestView:
    return RequestView(
        id=ROW,
        tenant=tenant,
        station=station,
        version="v201",
        action="GetLog",
        payload={"requestId": 1},
        by="tester",
        asked_at=NOON,
        progress="running",
    )


@router.answers(ListReports)
async def list_reports(peer: Peer, ask: ListReports) -> ReportPage:
    peer.hear(ask)
    report = Report(
        id=7,
        at=NOON,
        station=ask.station,
        version="v201",
        action=ask.action or "NotifyEvent",
        payload={"seqNo": 0},
    )
    return ReportPage(items=[report])


@router.answers(GetToken)
async def get_token(peer: Peer, ask: GetToken) -> TokenView:
    peer.hear(ask)
    view = peer.tokens.get((ask.tenant, ask.token))
    if view is None:
        raise NotFound(f"there is no token {ask.token}")
    return view


@router.answers(ListTokens)
async def list_tokens(peer: Peer, ask: ListTokens) -> TokenPage:
    peer.hear(ask)
    wanted = [view for (tenant, _), view in sorted(peer.tokens.items()) if tenant == ask.tenant]
    items, following = cut(wanted, ask.after, ask.limit)
    return TokenPage(items=items, next=following)


@router.answers(PutToken)
async def put_token(peer: Peer, ask: PutToken) -> TokenView:
    peer.hear(ask)
    key = (ask.tenant, ask.token)
    if ask.create_only and key in peer.tokens:
        raise Conflict(f"the token {ask.token} is there")
    view = peer.tokens.get(key, TokenView(tenant=ask.tenant, id=ask.token))
    names = set(TokenView.__struct_fields__)
    given = {k: v for k, v in asdict(ask).items() if k in names and v is not UNSET}
    peer.tokens[key] = replace(view, **given)
    return peer.tokens[key]


@router.answers(DeleteToken)
async def delete_token(peer: Peer, ask: DeleteToken) -> Done:
    peer.hear(ask)
    if peer.tokens.pop((ask.tenant, ask.token), None) is None:
        raise NotFound(f"there is no token {ask.token}")
    return Done()


def session(tenant: str, number: int = 0) -> TransactionView:
    return TransactionView(
        id=ROW if number == 0 else f"{ROW[:-4]}{number:04}",
        tenant=tenant,
        station="CP-1",
        transaction=f"tx-{number}",
        version="v201",
        status="ended",
        token="AA11",
        started_at=NOON,
        ended_at=NOON + timedelta(hours=1),
        energy_wh=Decimal("11049.50"),
        complete=True,
        flags=["offline"],
    )


@router.answers(ListTransactions)
async def list_transactions(peer: Peer, ask: ListTransactions) -> TransactionPage:
    peer.hear(ask)
    items, following = cut([session(ask.tenant, n) for n in range(5)], ask.after, ask.limit)
    return TransactionPage(items=items, next=following)


@router.answers(GetTransaction)
async def get_transaction(peer: Peer, ask: GetTransaction) -> TransactionDetail:
    peer.hear(ask)
    if ask.id != ROW:
        raise NotFound(f"there is no transaction {ask.id}")
    sample = SampleView(
        measurand="Energy.Active.Import.Register", value=Decimal("120000.0"), unit="Wh"
    )
    values = [MeterView(at=NOON, seq_no=0, samples=[sample])]
    return TransactionDetail(transaction=session(ask.tenant), meter_values=values)


@router.answers(ListCdrs)
async def list_cdrs(peer: Peer, ask: ListCdrs) -> CdrPage:
    peer.hear(ask)
    record = CdrView(
        id="cdr-1",
        tenant=ask.tenant,
        transaction_id=ROW,
        revision=1,
        created_at=NOON,
        station="CP-1",
        started_at=NOON,
        ended_at=NOON,
        energy_wh=Decimal(12),
    )
    return CdrPage(items=[record])


async def accepted(peer: Peer, ask: Any, action: str) -> CommandResult:
    peer.hear(ask)
    if peer.slow is not None:
        await peer.slow.wait()
    return CommandResult(
        status="answered", version="v201", action=action, payload={"status": "Accepted"}
    )


@router.answers(StartRemotely)
async def start(peer: Peer, ask: StartRemotely) -> RemoteStarted:
    result = await accepted(peer, ask, "RequestStartTransaction")
    return RemoteStarted(result=result, remote_start_id=23)


@router.answers(StopRemotely)
async def stop(peer: Peer, ask: StopRemotely) -> CommandResult:
    return await accepted(peer, ask, "RequestStopTransaction")


@router.answers(ResetStation)
async def reset(peer: Peer, ask: ResetStation) -> CommandResult:
    return await accepted(peer, ask, "Reset")


@router.answers(ChangeAvailability)
async def availability(peer: Peer, ask: ChangeAvailability) -> CommandResult:
    return await accepted(peer, ask, "ChangeAvailability")


@router.answers(UnlockConnector)
async def unlock(peer: Peer, ask: UnlockConnector) -> CommandResult:
    return await accepted(peer, ask, "UnlockConnector")


@router.answers(TriggerMessage)
async def trigger(peer: Peer, ask: TriggerMessage) -> CommandResult:
    return await accepted(peer, ask, "TriggerMessage")
