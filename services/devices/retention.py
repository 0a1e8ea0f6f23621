"""Old reports and requests go."""

from datetime import UTC, datetime, timedelta

from services.devices import store, store_events, store_faults, store_requests
from services.devices.app import App
from services.devices.chores import chore


@chore("keep reports", every_seconds=3600)
async def keep_reports(app: App) -> None:
    """Partitions of coming weeks are made in time, old ones dropped."""
    days = app.config.report_days
    await store.keep_reports(app.pool, days)
    await store_requests.forget(app.pool, datetime.now(UTC) - timedelta(days=days))


@chore("keep events", every_seconds=3600)
async def keep_events(app: App) -> None:
    """The same for events and faults."""
    await store_events.keep(app.pool, app.config.event_days)
    await store_faults.keep(app.pool, app.config.event_days)
