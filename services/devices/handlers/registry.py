"""Reports as operators see them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from msgspec import ValidationError, json

from libs.bus import Invalid
from libs.contracts.devices import ListReports, ReportPage
from services.devices import store
from services.devices.app import App, router
from services.devices.store import Cursor

PAGE_MAX = 500


@router.answers(ListReports)
async def list_reports(app: App, ask: ListReports) -> ReportPage:
    limit = min(max(ask.limit, 1), PAGE_MAX)
    lines = await store.page(app.pool, ask, cursor(ask.after), limit + 1)
    more = len(lines) > limit
    return ReportPage(
        items=[report for _, report in lines[:limit]],
        next=urlsafe_b64encode(json.encode(lines[limit - 1][0])).decode() if more else None,
    )


def cursor(after: str | None) -> Cursor | None:
    if after is None:
        return None
    try:
        return json.decode(urlsafe_b64decode(after), type=Cursor)
    except (ValueError, ValidationError):
        raise Invalid("This is no cursor of a page of ours.", field="after") from None
