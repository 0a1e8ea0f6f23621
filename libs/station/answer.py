"""How a station answers a CALL of its server: typed, refused where it must be, and in the right
order.
"""

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from msgspec import Struct

from libs.ocpp import catalog, codec, frame
from libs.ocpp.fault import Code, Violation, spell
from libs.ocpp.message import Message, Response
from libs.station.controller import Controller
from libs.station.settings import BY_NAME


class Reply(Struct, frozen=True):
    """The answer, and what follows once it is sent: an answer comes before the messages that it
    promises.
    """

    response: Response
    then: Callable[[], None] | None = None


CallT_contra = TypeVar("CallT_contra", bound=Message, contravariant=True)

Handler = Callable[[Controller, CallT_contra], Reply]


class Refused(Exception):
    """The CALL gets a CALLERROR."""

    def __init__(self, code: Code, description: str) -> None:
        super().__init__(code, description)
        self.code: Code = code
        self.description = description


def refuse(code: Code, description: str) -> NoReturn:
    raise Refused(code, description)


def answer(handlers: dict[str, Handler[Any]], station: Controller, call: frame.Call) -> None:
    """Decode, ask the handler, send the answer, then do what follows."""
    version = station.profile.version
    if version == "v16" and station.registration.standing == "Rejected":
        return  # 1.6 4.2.1: a rejected station does not answer.
    try:
        reply = _reply(handlers, station, call)
    except Refused as refused:
        code = spell(refused.code, version)
        station.respond(frame.encode_error(call.id, code, refused.description, {}))
        return
    station.respond(frame.encode_result(call.id, codec.encode(reply.response)))
    if reply.then is not None:
        reply.then()


def _reply(handlers: dict[str, Handler[Any]], station: Controller, call: frame.Call) -> Reply:
    request = catalog.find(station.profile.version, call.action)
    if request is None:
        refuse("NotImplemented", f"{call.action} is no action of this version.")
    if station.registration.standing in {"Rejected", "Unknown"}:
        refuse("SecurityError", "This station is not accepted by its server yet.")
    handler = handlers.get(call.action)
    if handler is None or request.sender == "station":
        refuse("NotSupported", f"This station does not support {call.action}.")
    _within(station, call)
    try:
        message = codec.decode(request, bytes(call.payload))
    except Violation as violation:
        raise Refused(violation.code, violation.description) from violation
    return handler(station, message)


def _within(station: Controller, call: frame.Call) -> None:
    """A message that is larger than the station says it takes is refused (B05, B06, B08)."""
    name = f"DeviceDataCtrlr.BytesPerMessage[{call.action}]"
    if name not in BY_NAME:
        return
    limit, size = station.configuration.integer(name), len(bytes(call.payload))
    if size > limit:
        refuse("FormatViolation", f"{call.action} takes {limit} bytes, got {size}.")
