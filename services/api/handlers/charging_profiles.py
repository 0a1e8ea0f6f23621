"""Smart charging: profiles, composite schedules, needs of cars, limits of others."""

from typing import Annotated, Any, TypeAlias

from litestar import Request, Response, delete, get, post, put
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec.structs import asdict

from libs.contracts.charging_profiles import (
    ClearProfiles,
    ComputeSchedule,
    EvSchedulePage,
    LimitPage,
    ListEvSchedules,
    ListLimits,
    ListNeeds,
    ListProfiles,
    NeedsPage,
    ProfilePage,
    PutProfile,
    RefreshProfiles,
)
from services.api.answers import CallAnswer, CompositeAnswer, ProfileAnswer
from services.api.app import COMMAND, READ, TIMEOUT_SECONDS, Here, StationId, Tenant, Timeout
from services.api.bodies.charging_profiles import (
    CompositePost,
    ProfileClear,
    ProfilePut,
    ProfileRefresh,
)
from services.api.handlers.calls import answer
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["charging profiles"]
EVERYTHING, ALL = ProfileRefresh(), ProfileClear()
"""What a request without a body means."""

ProfileId: TypeAlias = Annotated[
    int, PathParameter(ge=-(2**31), le=2**31 - 1, description="Id of the charging profile.")
]
Evse: TypeAlias = Annotated[
    int | None, QueryParameter(ge=0, le=2**31 - 1, description="Only of this EVSE.")
]


@get("/stations/{station:str}/charging-profiles", opt=READ, tags=TAGS)
async def list_charging_profiles(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    evse: Evse = None,
) -> Response[ProfilePage]:
    """The charging profiles that a station holds, in the order of EVSE and id.

    They are what the station accepted and what it reported; `refresh` asks it.
    """
    ask = ListProfiles(tenant=tenant, station=station, evse=evse, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@put(
    "/stations/{station:str}/charging-profiles/{id:int}",
    opt=COMMAND,
    tags=TAGS,
    dto=Body[ProfilePut],
)
async def put_charging_profile(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    id: ProfileId,
    data: JSONBody[ProfilePut],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> ProfileAnswer:
    """Have a station take a charging profile, or another one in its place.

    A profile that breaks a rule of OCPP is not sent, and `errors` says which and how to mend it;
    with `force` it is. When the station refuses, the answer says why, as far as it is known.
    """
    ask = PutProfile(
        tenant=tenant,
        station=station,
        id=id,
        by=request.user.name,
        timeout_seconds=seconds,
        **asdict(data),
    )
    sent = await app.command(ask, seconds)
    return ProfileAnswer(
        **asdict(answer(sent, seconds)), reason=sent.reason, broken_rules=sent.broken_rules
    )


@delete(
    "/stations/{station:str}/charging-profiles/{id:int}", opt=COMMAND, tags=TAGS, status_code=200
)
async def delete_charging_profile(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    id: ProfileId,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Have a station clear one charging profile; `Unknown` says that it has none of that id."""
    ask = ClearProfiles(
        tenant=tenant, station=station, id=id, by=request.user.name, timeout_seconds=seconds
    )
    return answer(await app.command(ask, seconds), seconds)


@post(
    "/stations/{station:str}/charging-profiles/clear",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[ProfileClear],
)
async def clear_charging_profiles(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[ProfileClear] = ALL,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Have a station clear all charging profiles that fit; 1.6 clears all without any criterion."""
    ask = ClearProfiles(
        tenant=tenant,
        station=station,
        by=request.user.name,
        timeout_seconds=seconds,
        **asdict(data),
    )
    return answer(await app.command(ask, seconds), seconds)


@post(
    "/stations/{station:str}/charging-profiles/refresh",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[ProfileRefresh],
)
async def refresh_charging_profiles(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[ProfileRefresh] = EVERYTHING,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Ask a station of OCPP 2.x what it holds; its report puts the list right."""
    ask = RefreshProfiles(
        tenant=tenant,
        station=station,
        by=request.user.name,
        timeout_seconds=seconds,
        **asdict(data),
    )
    return answer(await app.command(ask, seconds), seconds)


@post(
    "/stations/{station:str}/composite-schedule",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[CompositePost],
)
async def composite_schedule(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[CompositePost],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CompositeAnswer:
    """Ask a station what it will allow from now on, all its profiles together."""
    ask = ComputeSchedule(
        tenant=tenant,
        station=station,
        by=request.user.name,
        timeout_seconds=seconds,
        **asdict(data),
    )
    sent = await app.command(ask, seconds)
    return CompositeAnswer(**asdict(answer(sent, seconds)), schedule=sent.schedule)


@get("/stations/{station:str}/charging-needs", opt=READ, tags=TAGS)
async def list_charging_needs(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    evse: Evse = None,
) -> Response[NeedsPage]:
    """What cars said by ISO 15118 that they need, newest first."""
    ask = ListNeeds(tenant=tenant, station=station, evse=evse, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@get("/stations/{station:str}/charging-schedules", opt=READ, tags=TAGS)
async def list_charging_schedules(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    evse: Evse = None,
) -> Response[EvSchedulePage]:
    """How cars said that they will charge, newest first."""
    ask = ListEvSchedules(tenant=tenant, station=station, evse=evse, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@get("/stations/{station:str}/charging-limits", opt=READ, tags=TAGS)
async def list_charging_limits(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    active: Annotated[
        bool | None, QueryParameter(description="Only those that hold, or only the others.")
    ] = None,
) -> Response[LimitPage]:
    """The limits that others impose: energy managers, grid operators. Newest first."""
    ask = ListLimits(tenant=tenant, station=station, active=active, limit=limit, after=after)
    return paged(request, await app.ask(ask))


HANDLERS = [
    list_charging_profiles,
    put_charging_profile,
    delete_charging_profile,
    clear_charging_profiles,
    refresh_charging_profiles,
    composite_schedule,
    list_charging_needs,
    list_charging_schedules,
    list_charging_limits,
]
