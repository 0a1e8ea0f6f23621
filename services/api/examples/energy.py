"""DER controls, priority charging, battery swaps, streams, payments."""

from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

from libs.contracts.der import (
    AlarmPage,
    AlarmView,
    BatteryView,
    ControlPage,
    ControlView,
    PriorityPage,
    PriorityView,
    SwapPage,
    SwapView,
)
from libs.contracts.payments import (
    CompanyView,
    SettlementPage,
    SettlementView,
    VatCheckPage,
    VatCheckView,
)
from libs.contracts.streams import (
    StreamPage,
    StreamSettings,
    StreamValue,
    StreamValuePage,
    StreamView,
)
from services.api.examples.spine import NOON

CONTROL = ControlView(
    id="limit-7",
    type="FixedVar",
    is_default=False,
    running=True,
    setting={"fixedVar": {"priority": 1, "setpoint": 10.0, "unit": "PctMaxVar"}},
    set_at=NOON,
    told_at=NOON,
)
ALARM = AlarmView(id=3, at=NOON, type="HVMustTrip", fault="OverVoltage", info="L2")
PRIORITY = PriorityView(id=4, at=NOON, transaction="tx-0815", activated=True)
BATTERY = BatteryView(evse=1, serial_number="B-0042", soc=96, soh=99)
SWAP = SwapView(
    id=5,
    at=NOON,
    number=4711,
    event="BatteryOut",
    token="DEMO0001",  # noqa: S106 - an id token
    token_type="ISO14443",  # noqa: S106 - a kind of card
    batteries=[BATTERY],
)
STREAM = StreamView(
    id=1,
    monitor=17,
    interval_seconds=30,
    values=20,
    opened_at=NOON,
    received=240,
    last_at=NOON + timedelta(minutes=4),
    last_value="231.2",
)
VALUE = StreamValue(at=NOON + timedelta(minutes=4), value="231.2")
SETTLEMENT = SettlementView(
    id=6,
    station="CP-1",
    transaction="tx-0815",
    psp_ref="psp-99",
    status="Settled",
    amount=Decimal("12.50"),
    at=NOON,
    receipt_id="r-1",
    company=CompanyView(name="Volta", address1="Via Roma 1", city="Como", country="IT"),
    vat_number="IT00743110157",
    received_at=NOON,
)
VAT_CHECK = VatCheckView(
    id=7,
    at=NOON,
    number="IT00743110157",
    evse=1,
    status="Accepted",
    reason="Its form is right; whether it is registered was not asked",
)

EXAMPLES: tuple[Struct, ...] = (
    ControlPage(items=[CONTROL]),
    AlarmPage(items=[ALARM]),
    PriorityPage(items=[PRIORITY]),
    SwapPage(items=[SWAP]),
    StreamPage(items=[STREAM]),
    StreamValuePage(items=[VALUE]),
    StreamSettings(),
    SettlementPage(items=[SETTLEMENT]),
    VatCheckPage(items=[VAT_CHECK]),
)
