"""Firmware of stations: updates and publications asked for, and how they go."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import JSONBody, PathParameter
from msgspec.structs import asdict

from libs.contracts.firmware import (
    FirmwarePage,
    FirmwareSent,
    FirmwareView,
    GetFirmware,
    ListFirmware,
    Publish,
    Unpublish,
    UpdateStation,
)
from services.api.answers import FirmwareAnswer
from services.api.app import COMMAND, READ, TIMEOUT_SECONDS, Here, StationId, Tenant, Timeout
from services.api.bodies.firmware import FirmwarePost, PublishPost, UnpublishPost
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["firmware"]


@post(
    "/stations/{station:str}/firmware",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[FirmwarePost],
)
async def update_firmware(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[FirmwarePost],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> FirmwareAnswer:
    """Ask a station to update its firmware.

    A second request takes the place of an update that is under way, if the station still can. The
    status is 200 whatever became of it; how it goes on is found under `firmware/{request}`.
    """
    ask = UpdateStation(
        tenant=tenant,
        station=station,
        by=request.user.name,
        timeout_seconds=seconds,
        **asdict(data),
    )
    return answer(await app.command(ask, seconds))


@post(
    "/stations/{station:str}/firmware/publish",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[PublishPost],
)
async def publish_firmware(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[PublishPost],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> FirmwareAnswer:
    """Ask a local controller to fetch a file and to offer it to its stations."""
    ask = Publish(
        tenant=tenant,
        station=station,
        by=request.user.name,
        timeout_seconds=seconds,
        **asdict(data),
    )
    return answer(await app.command(ask, seconds))


@post(
    "/stations/{station:str}/firmware/unpublish",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[UnpublishPost],
)
async def unpublish_firmware(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[UnpublishPost],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> FirmwareAnswer:
    """Ask a local controller to offer a file no longer."""
    ask = Unpublish(
        tenant=tenant,
        station=station,
        checksum=data.checksum,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return answer(await app.command(ask, seconds))


def answer(sent: FirmwareSent) -> FirmwareAnswer:
    return FirmwareAnswer(**asdict(sent.result), request=sent.request, request_id=sent.request_id)


@get("/stations/{station:str}/firmware", opt=READ, tags=TAGS)
async def list_firmware(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[FirmwarePage]:
    """Updates and publications that the station was asked for, newest first, by whichever way.

    `current` is the newest that is not over.
    """
    page = await app.ask(ListFirmware(tenant=tenant, station=station, limit=limit, after=after))
    return paged(request, page)


@get("/stations/{station:str}/firmware/{id:str}", opt=READ, tags=TAGS)
async def get_firmware(
    *,
    app: Here,
    tenant: Tenant,
    station: StationId,
    id: Annotated[str, PathParameter(description="Id of the request.")],
) -> FirmwareView:
    """One update or publication: every status that the station told, and what followed."""
    return await app.ask(GetFirmware(tenant=tenant, station=station, id=id))


HANDLERS = [
    update_firmware,
    publish_firmware,
    unpublish_firmware,
    list_firmware,
    get_firmware,
]
