"""Stations, tokens, sessions, the platform."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from msgspec import Raw, Struct

from libs.contracts.authorization import TokenPage, TokenView
from libs.contracts.command import CommandResult
from libs.contracts.devices import Report, ReportPage, RequestPage, RequestView
from libs.contracts.stations import (
    ConnectorView,
    EvseView,
    StationPage,
    StationView,
    StatusChange,
    StatusHistory,
)
from libs.contracts.transactions import (
    CdrPage,
    CdrView,
    MeterView,
    PhasePower,
    SampleView,
    TransactionPage,
    TransactionView,
)
from services.api.answers import (
    CallAnswer,
    Exchange,
    Health,
    LogPage,
    StartAnswer,
    TransactionAnswer,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ID = "3f0f2b56-1f5e-4c53-9a50-2c1b1d0c7f11"
ACCEPTED = {"status": "Accepted"}

STATION = StationView(
    tenant="default",
    id="CP-1",
    online=True,
    since=NOON,
    last_seen=NOON + timedelta(minutes=4),
    protocol="v201",
    edge="edge-7c9d",
    vendor="Volta",
    model="Duo 22",
    serial_number="VD22-000417",
    firmware="3.4.1",
    boot_status="Accepted",
    booted_at=NOON,
    boot_reason="PowerUp",
    security_profile=1,
    has_password=True,
    status="Available",
    evses=[EvseView(id=1, connectors=[ConnectorView(id=1, status="Charging", since=NOON)])],
    created_at=NOON - timedelta(days=90),
)
TOKEN = TokenView(
    tenant="default",
    id="04A2B3C4D5E6F7",
    group="fleet-7",
    language="de",
    created_at=NOON,
    changed_at=NOON,
)
TRANSACTION = TransactionAnswer(
    id=ID,
    tenant="default",
    station="CP-1",
    transaction="tx-0815",
    version="v201",
    status="ended",
    evse=1,
    connector=1,
    token=TOKEN.id,
    token_type=TOKEN.type,
    authorization="Accepted",
    started_at=NOON,
    ended_at=NOON + timedelta(hours=1),
    start_trigger="CablePluggedIn",
    stop_trigger="EVDeparted",
    stop_reason="EVDisconnected",
    meter_start_wh=Decimal(120_000),
    meter_stop_wh=Decimal("131049.5"),
    energy_wh=Decimal("11049.5"),
    duration_s=3600,
    charging_s=3300,
    idle_s=300,
    power=[PhasePower(phase="total", max_w=11_040, last_w=0)],
    soc_start=31,
    soc_last=78,
    events=14,
    complete=True,
    updated_at=NOON + timedelta(hours=1),
    meter_values=[
        MeterView(
            at=NOON,
            seq_no=0,
            samples=[
                SampleView(
                    measurand="Energy.Active.Import.Register",
                    value=Decimal(120_000),
                    unit="Wh",
                    context="Transaction.Begin",
                )
            ],
        )
    ],
)
SESSION = TransactionView(
    **{name: getattr(TRANSACTION, name) for name in TransactionView.__struct_fields__}
)
CDR = CdrView(
    id="c4b1f7de-43a7-4c0a-8d7e-5b0f5f0f6a01",
    tenant="default",
    transaction_id=ID,
    revision=1,
    created_at=NOON + timedelta(hours=1),
    station="CP-1",
    evse=1,
    connector=1,
    token=TOKEN.id,
    started_at=NOON,
    ended_at=NOON + timedelta(hours=1),
    energy_wh=Decimal("11049.5"),
    meter_start_wh=Decimal(120_000),
    meter_stop_wh=Decimal("131049.5"),
    charging_s=3300,
    idle_s=300,
    stop_reason="EVDisconnected",
    complete=True,
)
LOG = Exchange(
    tenant="default",
    station="CP-1",
    version="v201",
    epoch=12,
    edge="edge-7c9d",
    direction="down",
    id="b7c1",
    action="Reset",
    request=Raw(b'{"type":"OnIdle"}'),
    response=Raw(b'{"status":"Accepted"}'),
    outcome="answered",
    requested_at=NOON,
    answered_at=NOON + timedelta(milliseconds=84),
    error=None,
    quirks=[],
)
CHANGE = StatusChange(at=NOON, evse=1, connector=1, status="Charging")
REPORT = Report(
    id=41,
    at=NOON,
    station="CP-1",
    version="v201",
    action="NotifyEvent",
    payload={"generatedAt": "2026-11-22T12:00:00Z", "seqNo": 0, "eventData": []},
)

REQUEST = RequestView(
    id=ID,
    tenant="default",
    station="CP-1",
    version="v201",
    action="GetBaseReport",
    payload={"requestId": 4711, "reportBase": "FullInventory"},
    by="alice",
    asked_at=NOON,
    answered_at=NOON + timedelta(milliseconds=84),
    progress="running",
    result=CommandResult(
        status="answered", version="v201", action="GetBaseReport", payload=ACCEPTED
    ),
)

EXAMPLES: tuple[Struct, ...] = (
    STATION,
    StationPage(items=[STATION], next="CP-1"),
    StatusHistory(items=[CHANGE]),
    ReportPage(items=[REPORT]),
    LogPage(items=[LOG], next="4711"),
    TOKEN,
    TokenPage(items=[TOKEN]),
    TRANSACTION,
    TransactionPage(items=[SESSION], next="c2Vzc2lvbg"),
    CdrPage(items=[CDR]),
    CommandResult(
        status="answered",
        version="v201",
        action="Reset",
        payload={"status": "Rejected", "statusInfo": {"reasonCode": "TxInProgress"}},
        hint="A transaction is running. End it first.",
    ),
    StartAnswer(
        status="answered",
        version="v201",
        action="RequestStartTransaction",
        payload=ACCEPTED,
        remote_start_id=23,
    ),
    CallAnswer(status="answered", request=ID, payload=ACCEPTED),
    REQUEST,
    RequestPage(items=[REQUEST]),
    Health(status="ok", version="0.1.0", nats=True, database=True, services={"stations": True}),
)
