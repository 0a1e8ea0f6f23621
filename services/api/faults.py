"""Any exception as a problem: ours, the bus's, the framework's, and what nobody expected."""

from typing import Any, cast

import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from msgspec.inspect import type_info

from libs.bus import BusError, NoOwner, TimedOut
from libs.runtime import log
from services.api.problem import KINDS, MEDIA_TYPE, FieldError, Refusal
from services.api.strict import expected

logger = log.get("api")

BUS_CODES = {
    "NotFound": "not_found",
    "Conflict": "conflict",
    "Invalid": "invalid_body",
    "Forbidden": "forbidden",
    "Unavailable": "unavailable",
    "NoOwner": "unavailable",
    "TimedOut": "gateway_timeout",
}
"""What the owner of a subject may answer, and our word for it; any other is ``bad_gateway``."""

FIELDS = {"move_to": "tenant"}
"""What the owner calls otherwise than we do."""

PARAMETERS = {
    "seconds": "timeout",
    "tenant_query": "tenant",
    "tenant_header": "Voltbus-Tenant",
    "last_event_id": "Last-Event-ID",
}
"""The framework reports the names of arguments; these are called otherwise on the wire."""

RETRY_AFTER_SECONDS = 2


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The exception handler of the whole API."""
    refusal = refusal_of(error, has_body=request.method in {"POST", "PUT"})
    if isinstance(error, ValidationException):
        hint_at_kinds(refusal, request)
    if refusal.kind.status == 500:
        # The framework calls this where it caught the error.
        logger.exception("request failed", path=request.url.path)  # noqa: LOG004
    path = request.scope.get("raw_path") or request.url.path.encode()
    return Response(
        msgspec.json.encode(refusal.problem(path.decode("ascii", "replace"))),
        status_code=refusal.kind.status,
        media_type=MEDIA_TYPE,
        headers=refusal.headers,
    )


def refusal_of(error: Exception, *, has_body: bool) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, BusError):
        return of_bus(error, has_body=has_body)
    if isinstance(error, HTTPException):
        return of_framework(error)
    return Refusal("internal_error", "The request could not be carried out.")


def of_bus(error: BusError, *, has_body: bool) -> Refusal:
    """An owner's refusal keeps its sentence; what it did not mean to say stays inside."""
    code = BUS_CODES.get(error.code, "bad_gateway")
    if code == "bad_gateway":
        return Refusal(code, "The service that owns this failed.")
    if isinstance(error, NoOwner):
        return away("Nobody serves this at the moment.")
    if isinstance(error, TimedOut):
        return Refusal(code, "The service that owns this did not answer in time.")
    if code == "unavailable":
        return away(error.description)
    if code == "invalid_body":
        return invalid(error, has_body=has_body)
    hint = error.details.get("hint")
    return Refusal(code, error.description or KINDS[code].title, hint=str(hint) if hint else None)


def invalid(error: BusError, *, has_body: bool) -> Refusal:
    """The owner may name the field: what we were sent in the body, or as a parameter."""
    detail = error.description or "This makes no sense."
    field = str(error.details.get("field") or "")
    if not has_body:
        errors = [FieldError(parameter=field, detail=detail)] if field else []
        return Refusal("invalid_parameter", detail, errors=errors)
    several = cast("list[dict[str, str]]", error.details.get("errors") or [])
    errors = [
        FieldError(pointer=pointer(each["field"]), detail=each["detail"], hint=each.get("hint"))
        for each in several
    ]
    if field:
        errors.append(FieldError(pointer=pointer(field), detail=detail))
    hint = None if errors else "`detail` says what to mend."
    return Refusal("invalid_body", detail, hint=hint, errors=errors)


def pointer(field: str) -> str:
    return field if field.startswith("/") else f"/{FIELDS.get(field, field)}"


def away(detail: str) -> Refusal:
    return Refusal("unavailable", detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def of_framework(error: HTTPException) -> Refusal:
    headers = error.headers or {}
    if isinstance(error, ValidationException):
        return of_parameters(error)
    if isinstance(error, NotFoundException):
        return Refusal("no_such_path", "This path leads nowhere.")
    if isinstance(error, MethodNotAllowedException):
        allowed = ", ".join(sorted(headers.get("allow", "").split(", ")))
        return Refusal("method_not_allowed", f"It knows {allowed}.", headers={"Allow": allowed})
    if error.status_code == 413:
        return Refusal("too_large", "The body is larger than 1 MiB.")
    if error.status_code < 500:
        return Refusal("bad_request", error.detail or "The request makes no sense.")
    return Refusal("internal_error", "The request could not be carried out.")


def hint_at_kinds(refusal: Refusal, request: Request[Any, Any, Any]) -> None:
    """What a wrong parameter may be is in the signature of the handler."""
    handler: Any = request.scope.get("route_handler")
    signature = getattr(handler, "parsed_fn_signature", None)
    known: dict[str, Any] = {} if signature is None else signature.parameters
    refusal.errors = [
        msgspec.structs.replace(each, hint=expected(type_info(known[each.parameter].annotation)))
        if each.parameter in known
        else each
        for each in refusal.errors
    ]


def of_parameters(error: ValidationException) -> Refusal:
    """The framework checks path, query and header parameters against the handler's signature."""
    found = cast("list[dict[str, Any]]", error.extra if isinstance(error.extra, list) else [])
    # The framework names what is absent, needed or not, by a message that is its quoted name.
    wrong = [item for item in found if item.get("message") != repr(item.get("key"))]
    if not wrong and any(item.get("key") == "data" for item in found):
        nothing = FieldError(pointer="", detail="There is no body.", hint="Send a JSON object.")
        return Refusal("invalid_body", "The body is missing.", errors=[nothing])
    errors = [
        FieldError(
            parameter=PARAMETERS.get(item.get("key", ""), str(item.get("key", ""))),
            detail=str(item.get("message", "")),
        )
        for item in wrong
    ]
    if not errors:
        return Refusal("bad_request", error.detail)
    names = ", ".join(f"`{item.parameter}`" for item in errors)
    return Refusal("invalid_parameter", f"Not right: {names}.", errors=errors)
