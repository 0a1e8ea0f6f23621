"""The exchanges with a station, as they went over its websocket."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import QueryParameter
from msgspec.structs import asdict

from libs.bus.log import Direction, LogRecord
from libs.contracts.stations import GetStation
from services.api.answers import Exchange, LogPage
from services.api.app import READ, Here, StationId, Tenant
from services.api.page import LIMIT_DEFAULT, Limit, paged

SCANNED_MAX = 5000
"""Records that one request looks through for a rare one; ``next`` goes on from there."""
BATCH = 500


@get("/stations/{station:str}/log", opt=READ, tags=["stations"])
async def list_exchanges(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: Annotated[
        int | None, QueryParameter(ge=1, le=2**63 - 1, description="`next` of the page before.")
    ] = None,
    action: Annotated[
        str | None, QueryParameter(max_length=50, description="Only this OCPP action.")
    ] = None,
    direction: Annotated[
        Direction | None, QueryParameter(description="`up`: the station called; `down`: we did.")
    ] = None,
    errors: Annotated[
        bool, QueryParameter(description="Only exchanges that were not answered with a result.")
    ] = False,
) -> Response[LogPage]:
    """Exchanges with the station, newest first.

    With filters, a page may be short and still have a `next`.
    """

    def wanted(record: LogRecord) -> bool:
        return (
            (action is None or record.action == action)
            and (direction is None or record.direction == direction)
            and (not errors or record.outcome != "answered")
        )

    await app.ask(GetStation(tenant=tenant, station=station))
    found: list[tuple[int, LogRecord]] = []
    before, scanned, more = after, 0, True
    batch = limit + 1 if action is None and direction is None and not errors else BATCH
    while more and len(found) <= limit and scanned < SCANNED_MAX:
        records = await app.bus.read_log(tenant, station, before, batch)
        found += [item for item in records if wanted(item[1])]
        scanned += len(records)
        more = len(records) == batch
        before = records[-1][0] if records else before
    return paged(request, page(found, limit, before if more else None))


def page(found: list[tuple[int, LogRecord]], limit: int, scanned_to: int | None) -> LogPage:
    """The first ``limit``; the next page begins after them, or where the search stopped."""
    rest = found[limit:]
    last = found[limit - 1][0] if rest else scanned_to
    return LogPage(
        items=[shown(record) for _, record in found[:limit]],
        next=None if last is None else str(last),
    )


def shown(record: LogRecord) -> Exchange:
    """A record as it is shown; the log keeps the absence of a response as ``null``."""
    fields = asdict(record)
    answered = bytes(record.response) != b"null"
    fields["response"] = record.response if answered else None
    return Exchange(**fields)


HANDLERS = [list_exchanges]
