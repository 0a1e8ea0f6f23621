"""Logs and diagnostics of stations: asked for, looked at, downloaded."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.params import JSONBody, PathParameter
from litestar.response import Stream
from msgspec.structs import asdict

from libs.contracts.logs import GetLogRequest, ListLogs, LogView, RequestLog, StationLogPage
from libs.contracts.uploads import GetFile, StoredFile
from services.api.answers import LogAnswer
from services.api.app import COMMAND, READ, TIMEOUT_SECONDS, Here, StationId, Tenant, Timeout
from services.api.bodies.logs import LogPost
from services.api.handlers.uploads import PREFIX
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.problem import Refusal
from services.api.strict import Body

TAGS = ["logs"]
DIAGNOSTICS = LogPost()
"""What a request without a body means."""

LogId = Annotated[str, PathParameter(description="Id of the log, which is that of its request.")]


@post("/stations/{station:str}/logs", opt=COMMAND, tags=TAGS, status_code=200, dto=Body[LogPost])
async def post_log(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[LogPost] = DIAGNOSTICS,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> LogAnswer:
    """Ask a station to upload a log.

    Without `location` it gets an address of ours, good for one file. The status is 200 whatever
    became of it; what the station says of the upload, and the file, are found under
    `logs/{request}`.
    """
    ask = RequestLog(
        tenant=tenant,
        station=station,
        uploads_at=app.upload_url + PREFIX.rstrip("/"),
        by=request.user.name,
        timeout_seconds=seconds,
        **asdict(data),
    )
    sent = await app.command(ask, seconds)
    return LogAnswer(
        **asdict(sent.result),
        request=sent.request,
        request_id=sent.request_id,
        location=sent.location,
        upload=sent.upload.id if sent.upload else None,
        expires_at=sent.upload.expires_at if sent.upload else None,
    )


@get("/stations/{station:str}/logs", opt=READ, tags=TAGS)
async def list_logs(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[StationLogPage]:
    """Logs that the station was asked for, newest first, by whichever way."""
    page = await app.ask(ListLogs(tenant=tenant, station=station, limit=limit, after=after))
    return paged(request, page)


@get("/stations/{station:str}/logs/{id:str}", opt=READ, tags=TAGS)
async def get_log(*, app: Here, tenant: Tenant, station: StationId, id: LogId) -> LogView:
    """One log: what the station said of its upload, and the file that arrived."""
    return await app.ask(GetLogRequest(tenant=tenant, station=station, id=id))


@get(
    "/stations/{station:str}/logs/{id:str}/content",
    opt=READ,
    tags=TAGS,
    media_type="application/octet-stream",
)
async def get_log_content(*, app: Here, tenant: Tenant, station: StationId, id: LogId) -> Stream:
    """The file that the station uploaded, as it came."""
    log = await app.ask(GetLogRequest(tenant=tenant, station=station, id=id))
    if log.upload is None:
        raise Refusal("not_found", "The station was told to upload it to another place.")
    stored = await app.ask(GetFile(tenant=tenant, upload=log.upload.id))
    parts = app.files.read(stored.object)
    # The first part now: that a file is gone must be said before the answer has begun.
    first = await anext(parts, b"")
    return Stream(
        joined(first, parts),
        media_type="application/octet-stream",
        headers=described(stored, log.announced_name),
    )


async def joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in rest:
        yield part


def described(stored: StoredFile, announced: str | None) -> dict[str, str]:
    """What a file is called and is, for who saves it (RFC 6266): never to be shown as a page."""
    name = stored.file.file_name or announced or "log"
    return {
        "Content-Length": str(stored.file.size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "ETag": f'"{stored.file.sha256}"',
    }


HANDLERS = [post_log, list_logs, get_log, get_log_content]
