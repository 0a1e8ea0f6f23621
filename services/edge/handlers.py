"""What the edge listens to: other edges, and orders of the registry."""

from libs.bus import Router
from libs.contracts.dialects import DialectDecided
from libs.contracts.stations import Connected, Drop, StationChanged
from services.edge.app import App
from services.edge.roster import REPLACED
from services.edge.websocket import POLICY_VIOLATION

router = Router("edge", description="websockets of charging stations")


@router.hears(Connected)
async def connected(app: App, notice: Connected) -> None:
    """The newest socket wins: ours ends, or the other edge learns that its own is the older one."""
    held = app.roster.find(notice.tenant, notice.station)
    if held is None:
        return
    if held.epoch < notice.epoch:
        held.close(POLICY_VIOLATION, REPLACED)
    elif held.epoch > notice.epoch and notice.edge != app.name:
        app.roster.announce(held)


@router.hears(Drop)
async def dropped(app: App, order: Drop) -> None:
    """The registry wants a socket closed: new credentials, another tenant, a deleted station."""
    held = app.roster.find(order.tenant, order.station)
    if held is not None and order.epoch in {0, held.epoch}:
        held.close(order.code, order.reason)


@router.hears(DialectDecided)
async def decided(app: App, notice: DialectDecided) -> None:
    """It holds from the next frame on: at a boot, for the very answer to it."""
    held = app.roster.find(notice.tenant, notice.station)
    if held is not None:
        held.speech = notice.speech


@router.hears(StationChanged)
async def changed(app: App, event: StationChanged) -> None:
    """Strictness holds from the next frame on. A new registration is heard of with the next boot's
    answer.
    """
    held = app.roster.find(event.tenant, event.station)
    if held is not None:
        held.strict = event.strict
