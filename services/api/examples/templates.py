"""Desired state."""

from datetime import UTC, datetime

from libs.contracts.device_model import Item
from libs.contracts.templates import (
    DriftItem,
    DriftPage,
    Progress,
    Selector,
    StationDrift,
    TemplatePage,
    TemplateView,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

ITEM = Item(component="OCPPCommCtrlr", variable="HeartbeatInterval", value="300")
SELECTOR = Selector(vendor="volta*", labels=["north"])
TEMPLATE = TemplateView(
    tenant="default",
    name="heartbeat",
    settings=[ITEM],
    selector=SELECTOR,
    enforce=True,
    reboot="when_idle",
    changed_at=NOON,
    progress=Progress(in_step=40, refused=2),
)
DRIFTING = DriftItem(
    component="OCPPCommCtrlr",
    variable="HeartbeatInterval",
    template="heartbeat",
    wanted="300",
    known="86400",
    state="refused",
    reason="Rejected: ValueTooLow",
)
DRIFT = StationDrift(
    station="CP-1",
    online=True,
    templates=["heartbeat"],
    items=[DRIFTING],
    counts=Progress(refused=1),
    seen_to_at=NOON,
)
EXAMPLES = (
    ITEM,
    SELECTOR,
    Progress(in_step=40, refused=2),
    TEMPLATE,
    TemplatePage(items=[TEMPLATE]),
    DRIFTING,
    DRIFT,
    DriftPage(items=[DRIFT]),
)
