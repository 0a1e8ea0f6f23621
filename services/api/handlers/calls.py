"""Any OCPP call, in the version that the station speaks."""

import re
from difflib import get_close_matches

from litestar import post
from litestar.params import JSONBody
from msgspec import Raw

from libs.bus import CallFailed, Offline, TimedOut
from libs.contracts.stations import GetStation
from libs.ocpp import catalog, codec
from libs.ocpp.fault import Violation
from libs.ocpp.message import NAMES, Version
from services.api.answers import CallAnswer
from services.api.app import COMMAND, TIMEOUT_SECONDS, Action, Here, StationId, Tenant, Timeout
from services.api.problem import FieldError, Refusal
from services.api.strict import PayloadBody

NOTHING = Raw(b"{}")


@post(
    "/stations/{station:str}/calls/{action:str}",
    opt=COMMAND,
    tags=["commands"],
    status_code=200,
    dto=PayloadBody,
)
async def call(
    *,
    app: Here,
    tenant: Tenant,
    station: StationId,
    action: Action,
    data: JSONBody[Raw] = NOTHING,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Send an OCPP action to a station and answer what it answered.

    The payload is checked against the schema of the station's OCPP version and then passed on as it
    is. The status is 200 whatever became of the call; `status` in the answer tells.
    """
    payload = bytes(data)
    version = (await app.ask(GetStation(tenant=tenant, station=station))).protocol
    if version is None:
        return CallAnswer(status="offline", description="The station never connected.")
    check(version, action, payload)
    try:
        answer = await app.bus.call_raw(tenant, station, version, action, payload, timeout=seconds)
    except Offline:
        return CallAnswer(status="offline", description="The station is not connected.")
    except TimedOut:
        return CallAnswer(status="timeout", description=f"No answer within {seconds:g} s.")
    except CallFailed as error:
        return CallAnswer(
            status="error",
            code=error.code,
            description=error.description,
            details=error.details,
        )
    return CallAnswer(status="answered", payload=Raw(answer))


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


HANDLERS = [call]
