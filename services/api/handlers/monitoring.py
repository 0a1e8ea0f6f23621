"""Monitors of variables, and events of the device model (OCPP 2.x, block N)."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, get, post, put
from litestar.params import JSONBody, QueryParameter
from msgspec.structs import asdict

from libs.contracts.monitoring import (
    ClearMonitors,
    DeviceEventPage,
    EventTrigger,
    GetMonitoring,
    ListDeviceEvents,
    ListMonitors,
    MonitoringView,
    MonitorPage,
    MonitorsCleared,
    MonitorSpec,
    MonitorsSet,
    ReportMonitors,
    SetMonitoring,
    SetMonitors,
    Variable,
)
from services.api.answers import CallAnswer, MonitoringAnswer
from services.api.app import COMMAND, READ, TIMEOUT_SECONDS, Here, StationId, Tenant, Timeout
from services.api.bodies.monitoring import (
    MonitoringPut,
    MonitoringReport,
    MonitorsClear,
    MonitorsPost,
)
from services.api.handlers.calls import answer
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["monitoring"]
ALL = MonitoringReport()
"""What a request without a body means."""


@get("/stations/{station:str}/monitors", opt=READ, tags=TAGS)
async def list_monitors(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    component: Annotated[str | None, QueryParameter(max_length=50)] = None,
    variable: Annotated[str | None, QueryParameter(max_length=50)] = None,
) -> Response[MonitorPage]:
    """The monitors of a station, as they were set and as it reported them."""
    ask = ListMonitors(
        tenant=tenant,
        station=station,
        component=component,
        variable=variable,
        limit=limit,
        after=after,
    )
    return paged(request, await app.ask(ask))


@post(
    "/stations/{station:str}/monitors",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[MonitorsPost],
)
async def set_monitors(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[MonitorsPost],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> MonitorsSet:
    """Set monitors (SetVariableMonitoring); each has its own result."""
    ask = SetMonitors(
        tenant=tenant,
        station=station,
        monitors=[MonitorSpec(**asdict(each)) for each in data.monitors],
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return await app.command(ask, seconds)


@post(
    "/stations/{station:str}/monitors/clear",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[MonitorsClear],
)
async def clear_monitors(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[MonitorsClear],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> MonitorsCleared:
    """Clear monitors (ClearVariableMonitoring); each has its own result."""
    ask = ClearMonitors(
        tenant=tenant,
        station=station,
        ids=data.ids,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return await app.command(ask, seconds)


@get("/stations/{station:str}/monitoring", opt=READ, tags=TAGS)
async def get_monitoring(*, app: Here, tenant: Tenant, station: StationId) -> MonitoringView:
    """Base and level of monitoring, as they were last set, and how many monitors are known."""
    return await app.ask(GetMonitoring(tenant=tenant, station=station))


@put("/stations/{station:str}/monitoring", opt=COMMAND, tags=TAGS, dto=Body[MonitoringPut])
async def set_monitoring(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[MonitoringPut],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> MonitoringAnswer:
    """Set base and level of monitoring (SetMonitoringBase, SetMonitoringLevel)."""
    ask = SetMonitoring(
        tenant=tenant,
        station=station,
        base=data.base,
        level=data.level,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    # Two calls, one after the other.
    done = await app.command(ask, 2 * seconds)
    return MonitoringAnswer(
        base=answer(done.base, seconds) if done.base else None,
        level=answer(done.level, seconds) if done.level else None,
    )


@post(
    "/stations/{station:str}/monitoring/report",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[MonitoringReport],
)
async def report_monitors(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[MonitoringReport] = ALL,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Have a station report its monitors (GetMonitoringReport).

    The parts of its report are found under `requests/{request}`, the monitors under `monitors`.
    """
    variables = None
    if data.variables is not None:
        variables = [Variable(**asdict(each)) for each in data.variables]
    ask = ReportMonitors(
        tenant=tenant,
        station=station,
        criteria=data.criteria,
        variables=variables,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return answer(await app.command(ask, seconds), seconds)


@get("/stations/{station:str}/device-events", opt=READ, tags=TAGS)
async def list_device_events(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    component: Annotated[str | None, QueryParameter(max_length=50)] = None,
    variable: Annotated[str | None, QueryParameter(max_length=50)] = None,
    trigger: Annotated[EventTrigger | None, QueryParameter()] = None,
    cleared: Annotated[
        bool | None, QueryParameter(description="Only those that end an alert, or only the others.")
    ] = None,
    severity: Annotated[
        int | None, QueryParameter(ge=0, le=9, description="This severity and graver.")
    ] = None,
    since: Annotated[
        datetime | None,
        QueryParameter(name="from", description="At this time or later, by the station's clock."),
    ] = None,
    until: Annotated[
        datetime | None,
        QueryParameter(name="to", description="Before this time, by the station's clock."),
    ] = None,
) -> Response[DeviceEventPage]:
    """The events that a station told (NotifyEvent), newest first."""
    ask = ListDeviceEvents(
        tenant=tenant,
        station=station,
        component=component,
        variable=variable,
        trigger=trigger,
        cleared=cleared,
        severity=severity,
        since=since,
        until=until,
        limit=limit,
        after=after,
    )
    return paged(request, await app.ask(ask))


HANDLERS = [
    list_monitors,
    set_monitors,
    clear_monitors,
    get_monitoring,
    set_monitoring,
    report_monitors,
    list_device_events,
]
