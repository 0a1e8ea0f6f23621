"""What is kept for a while only goes when its time is over."""

from datetime import UTC, datetime, timedelta

from services.devices import (
    store,
    store_customer,
    store_der,
    store_display,
    store_energy,
    store_events,
    store_faults,
    store_needs,
    store_payment,
    store_requests,
    store_stream,
    store_vendor,
)
from services.devices.app import App
from services.devices.chores import chore


@chore("forget customers", every_seconds=3600)
async def forget_customers(app: App) -> None:
    """What is personal goes first."""
    oldest = datetime.now(UTC) - timedelta(days=app.config.customer_days)
    await store_customer.forget(app.pool, oldest)


@chore("keep partitions", every_seconds=3600)
async def keep_partitions(app: App) -> None:
    """Those of coming weeks are made in time, old ones dropped."""
    await store.keep_reports(app.pool, app.config.report_days)
    await store_events.keep(app.pool, app.config.event_days)
    await store_faults.keep(app.pool, app.config.event_days)
    await store_stream.keep(app.pool, app.config.stream_days)


@chore("tidy up", every_seconds=3600)
async def tidy(app: App) -> None:
    now = datetime.now(UTC)
    await store_display.drop_ended(app.pool, now)
    oldest = now - timedelta(days=app.config.report_days)
    await store_requests.forget(app.pool, oldest)
    await store_vendor.forget(app.pool, oldest)
    await store_der.forget(app.pool, oldest)
    await store_energy.forget(app.pool, oldest)
    await store_needs.forget(app.pool, oldest)
    await store_payment.forget(app.pool, oldest)
