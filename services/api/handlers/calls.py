"""Any OCPP call, in the version that the station speaks."""

import re
from difflib import get_close_matches
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Raw

from libs.contracts.devices import (
    CallSent,
    GetRequest,
    ListRequests,
    RequestPage,
    RequestView,
    SendCall,
)
from libs.contracts.stations import GetStation
from libs.ocpp import catalog, codec
from libs.ocpp.fault import Violation
from libs.ocpp.message import NAMES, Version
from services.api.answers import CallAnswer
from services.api.app import (
    COMMAND,
    READ,
    TIMEOUT_SECONDS,
    Action,
    Here,
    StationId,
    Tenant,
    Timeout,
)
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.problem import FieldError, Refusal
from services.api.strict import PayloadBody

TAGS = ["commands"]
NOTHING = Raw(b"{}")


@post(
    "/stations/{station:str}/calls/{action:str}",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=PayloadBody,
)
async def call(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    action: Action,
    data: JSONBody[Raw] = NOTHING,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Send an OCPP action to a station and answer what it answered.

    The payload is checked against the schema of the station's OCPP version and then passed on as it
    is. The status is 200 whatever became of the call; `status` in the answer tells. What comes of
    it later (reports, statuses) is found under `requests/{request}`.
    """
    payload = bytes(data)
    version = (await app.ask(GetStation(tenant=tenant, station=station))).protocol
    if version is None:
        return CallAnswer(status="offline", description="The station never connected.")
    check(version, action, payload)
    sent = await app.command(
        SendCall(
            tenant=tenant,
            station=station,
            version=version,
            action=action,
            payload=Raw(payload),
            by=request.user.name,
            timeout_seconds=seconds,
        ),
        seconds,
    )
    return answer(sent, seconds)


def answer(sent: CallSent, seconds: float) -> CallAnswer:
    result = sent.result
    why: dict[str, str] = {
        "offline": "The station is not connected.",
        "timeout": f"No answer within {seconds:g} s.",
    }
    return CallAnswer(
        status=result.status,
        request=sent.request or None,
        payload=result.payload,
        code=result.code,
        description=why.get(result.status, result.description),
        details=result.details,
        hint=sent.hint,
    )


@get("/stations/{station:str}/requests", opt=READ, tags=TAGS)
async def list_requests(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    action: Annotated[
        str | None, QueryParameter(max_length=50, description="Only this OCPP action.")
    ] = None,
) -> Response[RequestPage]:
    """What the station was asked, and how far it is, newest first."""
    page = await app.ask(
        ListRequests(tenant=tenant, station=station, action=action, limit=limit, after=after)
    )
    return paged(request, page)


@get("/stations/{station:str}/requests/{id:str}", opt=READ, tags=TAGS)
async def get_request(
    *,
    app: Here,
    tenant: Tenant,
    station: StationId,
    id: Annotated[str, PathParameter(description="Id of the request.")],
) -> RequestView:
    """A request with the station's answer and all messages that it caused."""
    found = await app.ask(GetRequest(tenant=tenant, request=id))
    if found.station != station:
        raise Refusal("not_found", f"Station {station!r} has no request {id!r}.")
    return found


def check(version: Version, action: str, payload: bytes) -> None:
    """The action exists, is one that stations take, and its payload conforms."""
    message = catalog.find(version, action)
    if message is None:
        detail = f"OCPP {NAMES[version]} has no action `{action}`."
        raise Refusal("unknown_action", detail, hint=elsewhere(action) or near_by(version, action))
    if message.sender == "station":
        raise Refusal("not_for_stations", f"Stations send {action}; it cannot be sent to one.")
    try:
        codec.decode(message, payload)
    except Violation as violation:
        error = FieldError(
            pointer=pointer(violation.path), detail=violation.what, hint=violation.hint
        )
        detail = f"{action} of OCPP {NAMES[version]}: {violation.description}"
        raise Refusal("invalid_payload", detail, errors=[error]) from violation


def elsewhere(action: str) -> str | None:
    """Which versions have it."""
    having = [NAMES[version] for version in catalog.ACTIONS if catalog.find(version, action)]
    return f"It is one of OCPP {' and '.join(having)}." if having else None


def near_by(version: Version, action: str) -> str | None:
    """What may have been meant."""
    names = [n for n, message in catalog.ACTIONS[version].items() if message.sender != "station"]
    lowered = {name.lower(): name for name in names}
    near = get_close_matches(action.lower(), lowered, n=3, cutoff=0.6)
    return f"Near: {', '.join(lowered[name] for name in near)}." if near else None


def pointer(path: str) -> str:
    """``$.meterValue[0].unit`` as a JSON pointer."""
    return re.sub(r"[.\[]", "/", path.removeprefix("$").replace("]", ""))


HANDLERS = [call, list_requests, get_request]
