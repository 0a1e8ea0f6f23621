"""Reports as operators see them."""

from uuid import UUID

from libs.bus import NotFound
from libs.contracts.devices import ListReports, ReportPage
from services.devices import page, store
from services.devices.app import App, router
from services.devices.store import Cursor


@router.answers(ListReports)
async def list_reports(app: App, ask: ListReports) -> ReportPage:
    if ask.request is not None:
        named(ask.request)
    limit = page.size(ask.limit)
    lines = await store.page(app.pool, ask, page.read(ask.after, Cursor), limit + 1)
    more = len(lines) > limit
    return ReportPage(
        items=[report for _, report in lines[:limit]],
        next=page.spell(lines[limit - 1][0]) if more else None,
    )


def named(request: str) -> UUID:
    """The id of a request; what is no id names none."""
    try:
        return UUID(request)
    except ValueError:
        raise NotFound(f"There is no request {request!r}.") from None
