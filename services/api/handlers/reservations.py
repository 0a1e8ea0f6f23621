"""Reservations: places that are kept for somebody."""

from typing import Annotated, Any

from litestar import Request, Response, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec.structs import asdict

from libs.contracts.reservations import (
    CancelReserved,
    GetReservation,
    ListReservations,
    ReservationPage,
    ReservationState,
    ReservationView,
    Reserve,
    Reserved,
)
from services.api.app import COMMAND, READ, TIMEOUT_SECONDS, Here, StationId, Tenant, Timeout
from services.api.bodies.reservations import ReservationPost
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["reservations"]


@post(
    "/stations/{station:str}/reservations",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[ReservationPost],
)
async def post_reservation(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[ReservationPost],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> Reserved:
    """Ask a station to keep a place for a token.

    What is known to speak against it (another reservation, a blocked token, a faulted EVSE, a time
    that is over) is a conflict and nothing is sent, unless `force` is set.
    """
    ask = Reserve(
        tenant=tenant,
        station=station,
        by=request.user.name,
        timeout_seconds=seconds,
        **asdict(data),
    )
    return await app.command(ask, seconds)


@get("/stations/{station:str}/reservations", opt=READ, tags=TAGS)
async def list_station_reservations(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    is_open: Annotated[
        bool | None,
        QueryParameter(name="open", description="Only those that it keeps, or only the others."),
    ] = None,
) -> Response[ReservationPage]:
    """The reservations of a station, newest first."""
    ask = ListReservations(tenant=tenant, station=station, open=is_open, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@get("/reservations", opt=READ, tags=TAGS)
async def list_reservations(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    station: Annotated[str | None, QueryParameter(max_length=255)] = None,
    status: FromQuery[ReservationState | None] = None,
    token: Annotated[str | None, QueryParameter(max_length=255)] = None,
    reservation: Annotated[
        int | None, QueryParameter(ge=0, le=2**31 - 1, description="Its number at the station.")
    ] = None,
    is_open: Annotated[
        bool | None,
        QueryParameter(name="open", description="Only those that are kept, or only the others."),
    ] = None,
) -> Response[ReservationPage]:
    """The reservations of the tenant, newest first."""
    ask = ListReservations(
        tenant=tenant,
        station=station,
        status=status,
        token=token,
        reservation=reservation,
        open=is_open,
        limit=limit,
        after=after,
    )
    return paged(request, await app.ask(ask))


@get("/reservations/{id:str}", opt=READ, tags=TAGS)
async def get_reservation(*, app: Here, tenant: Tenant, id: FromPath[str]) -> ReservationView:
    """One reservation, and what became of it."""
    return await app.ask(GetReservation(tenant=tenant, id=id))


@delete("/reservations/{id:str}", opt=COMMAND, tags=TAGS, status_code=200)
async def cancel_reservation(
    *,
    app: Here,
    tenant: Tenant,
    id: FromPath[str],
    seconds: Timeout = TIMEOUT_SECONDS,
    force: Annotated[
        bool, QueryParameter(description="Ask the station even if it has ended already.")
    ] = False,
) -> Reserved:
    """Ask the station to give the place back (CancelReservation); the record stays."""
    ask = CancelReserved(tenant=tenant, id=id, force=force, timeout_seconds=seconds)
    return await app.command(ask, seconds)


HANDLERS = [
    post_reservation,
    list_station_reservations,
    list_reservations,
    get_reservation,
    cancel_reservation,
]
