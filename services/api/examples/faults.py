"""Faults and incidents."""

from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from libs.contracts.faults import (
    CataloguePage,
    Entry,
    FaultPage,
    FaultView,
    IncidentPage,
    IncidentView,
)
from services.api.examples.spine import ID, NOON

ENTRY = Entry(
    code="rpc.FormatViolation",
    source="rpc",
    title="The station could not read the payload",
    meaning="It found the message badly formed, or larger than it takes.",
    who="operator",
    hint="Ask with fewer items, or shorter texts.",
    also=["FormationViolation"],
)
FAULT = FaultView(
    id=12,
    station="CP-1",
    evse=1,
    connector=1,
    at=NOON,
    received_at=NOON + timedelta(seconds=1),
    source="connector",
    code="connector.ReaderFailure",
    title="The card reader does not work",
    hint="Drivers can still start by app.",
    who="technician",
    said="ReaderFailure",
    vendor_code="E17",
    info="RFID timeout",
    incident=ID,
)
INCIDENT = IncidentView(
    id=ID,
    station="CP-1",
    evse=1,
    source="connector",
    code="connector.ReaderFailure",
    title="The card reader does not work",
    meaning="No card can be read at the station.",
    hint="Drivers can still start by app.",
    who="technician",
    open=True,
    first_at=NOON,
    last_at=NOON + timedelta(hours=2),
    count=3,
    vendor_code="E17",
    info="RFID timeout",
)
CLOSED = replace(
    INCIDENT,
    open=False,
    closed_at=NOON + timedelta(hours=3),
    closed_how="operator",
    closed_by="ann",
    closed_note="The reader was replaced.",
)

EXAMPLES: tuple[Struct, ...] = (
    ENTRY,
    CataloguePage(items=[ENTRY], next="InJwYy5GIg=="),
    FAULT,
    FaultPage(items=[FAULT]),
    INCIDENT,
    IncidentPage(items=[INCIDENT, CLOSED]),
)
