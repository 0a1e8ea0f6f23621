"""Displays, customers, vendors."""

from datetime import timedelta

from msgspec import Struct

from libs.contracts.customers import CustomerPage, CustomerView
from libs.contracts.display import DisplayPage, DisplayText, DisplayView
from libs.contracts.vendors import (
    TransferPage,
    TransferView,
    VendorHandler,
    VendorHandlerPage,
)
from services.api.examples.spine import ID, NOON

DISPLAY = DisplayView(
    id=7,
    priority="NormalCycle",
    state="Idle",
    ends_at=NOON + timedelta(days=7),
    message=DisplayText(format="UTF8", language="en", content="Free coffee inside"),
    set_at=NOON,
    confirmed_at=NOON + timedelta(hours=1),
)
CUSTOMER = CustomerView(
    request=ID,
    station="CP-1",
    asked_at=NOON,
    token="04A2B3C4D5E6F7",  # noqa: S106 - an id token
    token_type="ISO14443",  # noqa: S106 - a kind of card
    report=True,
    clear=True,
    text="In the authorization cache: Accepted.",
    parts=1,
    complete=True,
    kept_until=NOON + timedelta(days=7),
)
HANDLER = VendorHandler(vendor="org.example", messages=["Hello"], changed_at=NOON)
TRANSFER = TransferView(
    id=12,
    at=NOON,
    station="CP-1",
    direction="up",
    vendor="org.example",
    message="Hello",
    data={"of": "vendors"},
    status="Accepted",
)

EXAMPLES: tuple[Struct, ...] = (
    DisplayPage(items=[DISPLAY]),
    CUSTOMER,
    CustomerPage(items=[CUSTOMER]),
    HANDLER,
    VendorHandlerPage(items=[HANDLER]),
    TransferPage(items=[TRANSFER]),
)
