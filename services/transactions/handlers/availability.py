"""Connectors that say Available while a session is active: its end is late, or lost."""

from datetime import UTC, datetime, timedelta

from libs.contracts.stations import ConnectorStatusChanged
from services.transactions import store_aside
from services.transactions.app import App, router

AVAILABLE = "Available"


@router.follows(ConnectorStatusChanged)
async def on_status_changed(app: App, event: ConnectorStatusChanged) -> None:
    if AVAILABLE not in {event.status, event.previous}:
        return
    await store_aside.mark_available(
        app.pool,
        event.tenant,
        event.station,
        event.evse,
        since=event.at if event.status == AVAILABLE else None,
        due_at=datetime.now(UTC) + timedelta(seconds=app.config.available_seconds),
    )
