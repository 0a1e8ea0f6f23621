"""Variables of stations, and how stations connect."""

from msgspec import Struct

from libs.contracts.command import CommandResult
from libs.contracts.device_model import (
    BatchView,
    ItemResult,
    VariablePage,
    VariableResults,
    VariableView,
)
from libs.contracts.network_profiles import NetworkProfileSent, NetworkView, Reach, SlotView
from services.api.examples.spine import ACCEPTED, ID, NOON

VARIABLE = VariableView(
    component="OCPPCommCtrlr",
    variable="OfflineThreshold",
    value="60",
    mutability="ReadWrite",
    persistent=True,
    constant=False,
    unit="s",
    data_type="integer",
    min_limit=0,
    supports_monitoring=False,
    reported_at=NOON,
    source="report",
)
RESULT = ItemResult(
    component="OCPPCommCtrlr", variable="OfflineThreshold", status="Accepted", value="60"
)
BATCH = BatchView(request=ID, items=1, status="answered")
REACH = Reach(reachable=True, status=401, detail="A web server answered 401.")
SLOT = SlotView(
    slot=2,
    profile={
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "wss://csms.example/ocpp",
        "messageTimeout": 30,
        "securityProfile": 2,
        "ocppInterface": "Wired0",
    },
    status="Accepted",
    request=ID,
    set_at=NOON,
)

EXAMPLES: tuple[Struct, ...] = (
    VARIABLE,
    VariablePage(items=[VARIABLE]),
    RESULT,
    BATCH,
    VariableResults(status="answered", items=[RESULT], calls=[BATCH]),
    REACH,
    SLOT,
    NetworkView(slots=[SLOT], priority=[1], priority_pending=[2, 1], active=1),
    NetworkProfileSent(
        request=ID,
        result=CommandResult(
            status="answered", version="v201", action="SetNetworkProfile", payload=ACCEPTED
        ),
        reach=REACH,
    ),
)
