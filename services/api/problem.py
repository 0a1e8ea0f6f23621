"""What went wrong, as RFC 9457 problem details: one shape for every error of the API.

Each kind of problem has a ``code`` that programs compare, a title, and a ``hint`` how to go on.
"""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

MEDIA_TYPE = "application/problem+json"


class FieldError(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong with the request: where, what, and how to mend it."""

    pointer: str | None = None
    """JSON pointer (RFC 6901) into the body; empty for the body as a whole."""
    parameter: str | None = None
    """Name of a path, query or header parameter."""
    detail: str
    hint: str | None = None


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Problem details (RFC 9457)."""

    type: str
    """Address of the description of this kind of problem."""
    title: str
    status: int
    code: str
    """The kind of problem, for programs."""
    detail: str
    hint: str
    """How to go on."""
    instance: str
    """The path that was asked for."""
    errors: list[FieldError] = []


class Kind(NamedTuple):
    status: int
    title: str
    hint: str


KINDS: dict[str, Kind] = {
    "malformed_json": Kind(400, "The body is not JSON", "Send one JSON object in UTF-8."),
    "bad_request": Kind(400, "The request makes no sense", "Compare it with /api/v1/openapi.json."),
    "unauthenticated": Kind(
        401,
        "Who is asking?",
        "Send the header `Authorization: Bearer TOKEN` with a token of yours.",
    ),
    "forbidden": Kind(403, "Your role does not allow this", "Ask an administrator for the role."),
    "foreign_host": Kind(
        403,
        "The open API serves this machine only",
        "Call it by 127.0.0.1 or localhost, and not from a page of another site.",
    ),
    "no_such_path": Kind(404, "There is nothing here", "The paths are in /api/v1/openapi.json."),
    "not_found": Kind(404, "There is no such thing", "Compare the spelling with the list."),
    "unknown_action": Kind(
        404, "The station's OCPP version has no such action", "Actions are spelled as in OCPP."
    ),
    "method_not_allowed": Kind(
        405, "This path does not know the method", "The header `Allow` names those it knows."
    ),
    "conflict": Kind(409, "Something else stands against it", "Look at it again, then decide."),
    "request_in_progress": Kind(
        409, "The same request is still being worked on", "Repeat it in a few seconds."
    ),
    "too_large": Kind(413, "The body is too large", "A body has at most 1 MiB."),
    "upload_broken": Kind(
        400,
        "The file did not arrive",
        "Send all of it again, as the body or as one file of a form.",
    ),
    "upload_unknown": Kind(
        404, "Nobody gave out this address", "Each request for a log has an address of its own."
    ),
    "upload_slow": Kind(408, "The file did not arrive in time", "Send all of it again."),
    "upload_done": Kind(
        409, "This address took its file already", "A new request has a new address."
    ),
    "upload_expired": Kind(
        410, "This address takes no file any more", "A new request has a new address."
    ),
    "too_many_uploads": Kind(
        503, "Too many files arrive at once", "Send it again in a minute, or to another instance."
    ),
    "no_room": Kind(507, "The store of files is full", "Its operator can make room or enlarge it."),
    "unsupported_media_type": Kind(
        415, "The body is not declared as JSON", "Send `Content-Type: application/json`."
    ),
    "invalid_body": Kind(
        422, "The body is not what is expected here", "`errors` says what to mend."
    ),
    "invalid_parameter": Kind(422, "A parameter is not right", "`errors` says which one and why."),
    "invalid_payload": Kind(
        422,
        "The payload breaks the schema of the station's OCPP version",
        "`errors` names the field.",
    ),
    "not_for_stations": Kind(
        422,
        "Stations send this action, nobody sends it to them",
        "`trigger` asks a station to send.",
    ),
    "key_reused": Kind(
        422, "This idempotency key belongs to another request", "Use a new key for a new request."
    ),
    "too_many_streams": Kind(
        429, "Too many event streams are open", "Close some, or ask another instance."
    ),
    "internal_error": Kind(
        500, "We made a mistake", "The log of the service `api` knows more; please report it."
    ),
    "bad_gateway": Kind(
        502, "The service that owns this made a mistake", "Its log knows more; please report it."
    ),
    "unavailable": Kind(
        503, "The service that owns this is away for the moment", "Repeat it in a few seconds."
    ),
    "gateway_timeout": Kind(
        504, "The service that owns this did not answer in time", "Look whether it happened first."
    ),
}


class Refusal(Exception):
    """A request that ends as a problem. ``code`` is one of :data:`KINDS`."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        hint: str | None = None,
        errors: list[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.kind = KINDS[code]
        self.detail = detail
        self.hint = hint or self.kind.hint
        self.errors = errors or []
        self.headers = dict(headers or {})

    def problem(self, instance: str) -> Problem:
        return Problem(
            type=f"/api/v1/problems/{self.code}",
            title=self.kind.title,
            status=self.kind.status,
            code=self.code,
            detail=self.detail,
            hint=self.hint,
            instance=instance,
            errors=self.errors,
        )
