"""Where stations upload files: ``PUT`` or ``POST /uploads/{secret}/{name}``, without a token.

Outside of the API proper: a body is streamed, of any size that its place takes, and the secret in
the path is all that a station needs. Every refusal is a problem with code and hint, as in the API.
"""

import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote, unquote

import msgspec
from litestar.datastructures import Headers

from libs.bus import BusError, Conflict, NotFound
from libs.bus.objects import Stored, StoreFull
from libs.contracts.uploads import BeginUpload, EndUpload, FailUpload, Ticket
from libs.runtime import log, metrics
from services.api.app import App
from services.api.faults import refusal_of
from services.api.problem import MEDIA_TYPE, Refusal
from services.api.reception import (
    ENVELOPE_BYTES_MAX,
    Body,
    Broken,
    Sent,
    TooLarge,
    TooSlow,
)

PREFIX = "/uploads/"
METHODS = ("PUT", "POST")
NAME_CHARACTERS_MAX = 255
PATIENCE_SECONDS = 20.0
"""How long the record of a file that is here waits for `devices`."""
DRAIN_BYTES_MAX = 16 << 20
DRAIN_SECONDS_MAX = 10.0
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")

ASGI: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

logger = log.get("api")
files_received = metrics.counter("api_uploads", "files that stations uploaded")
files_refused = metrics.counter("api_uploads_refused", "tries to upload that failed")


class Arrival(NamedTuple):
    """A file on its way to a place of ours."""

    ticket: Ticket
    sent: Sent
    body: Body


def door(app: App, inside: ASGI) -> ASGI:
    """What stations upload is taken here, all else goes inside."""

    async def enter(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            return await inside(scope, receive, send)
        body = Body(receive)
        try:
            receipt = await taken(app, scope, body)
        except Exception as error:
            files_refused.value += 1
            refusal = refusal_of(error, has_body=False)
            if refusal.kind.status == 500:
                logger.exception("upload failed")
            return await refuse(send, refusal, body)
        files_received.value += 1
        return await reply(send, 200, msgspec.json.encode(receipt), "application/json")

    return enter


async def taken(app: App, scope: Any, body: Body) -> Stored:
    """Receive a file for the place that the path names."""
    headers = Headers.from_scope(scope)
    if scope["method"] not in METHODS:
        allow = {"Allow": ", ".join(METHODS)}
        raise Refusal("method_not_allowed", "A file is sent by PUT or POST.", headers=allow)
    if "content-range" in headers:
        raise Refusal("upload_broken", "A part of a file is not taken; send all of it.")
    if app.uploads.locked():
        raise Refusal("too_many_uploads", "This instance receives as many files as it can.")
    async with app.uploads:
        secret, name = address(scope)
        # What Expect: 100-continue asks is answered by reading on: not before all this holds.
        ticket = await begun(app, secret)
        sent = Sent(headers, name)
        body.awaited = "expect" in headers
        body.bytes_max = ticket.bytes_max + (ENVELOPE_BYTES_MAX if sent.is_form else 0)
        return await received(app, Arrival(ticket, sent, body), headers)


def address(scope: Any) -> tuple[str, str | None]:
    """The secret, and the last part of the path behind it: some stations append their name for the
    file to a path with or without a slash at its end, others take the path as it is.
    """
    raw = (scope.get("raw_path") or quote(scope["path"]).encode()).partition(b"?")[0]
    parts = raw.decode("ascii", "replace").removeprefix(PREFIX).split("/")
    names = [part for part in parts[1:] if part]
    return unquote(parts[0])[:NAME_CHARACTERS_MAX], unquote(names[-1]) if names else None


async def begun(app: App, secret: str) -> Ticket:
    try:
        return await app.ask(BeginUpload(secret=clean(secret) or "-", object=uuid.uuid4().hex))
    except NotFound as error:
        raise Refusal("upload_unknown", error.description) from error
    except Conflict as error:
        code = "upload_expired" if error.details.get("reason") == "expired" else "upload_done"
        raise Refusal(code, error.description) from error


async def received(app: App, arrival: Arrival, headers: Headers) -> Stored:
    """Write it to the store, then make it known; what went wrong is told to the record too."""
    ticket, sent, body = arrival
    try:
        if int(headers.get("content-length", "0")) > body.bytes_max:
            raise TooLarge(f"It is larger than {ticket.bytes_max} bytes.")
        stored = await app.files.put(ticket.object, sent.parts(body))
    except (Broken, TooSlow, TooLarge, BusError) as error:
        await failed(app, ticket, str(error))
        raise told(error, ticket) from error
    await ended(app, arrival, stored)
    logger.info("file uploaded", upload=ticket.upload, size=stored.size)
    return stored


def told(error: Exception, ticket: Ticket) -> Exception:
    """The answer to a station whose file was not taken."""
    if isinstance(error, TooLarge):
        hint = f"This address takes a file of up to {ticket.bytes_max} bytes."
        return Refusal("too_large", str(error), hint=hint)
    if isinstance(error, TooSlow):
        return Refusal("upload_slow", str(error))
    if isinstance(error, Broken):
        return Refusal("upload_broken", str(error))
    if isinstance(error, StoreFull):
        return Refusal("no_room", error.description)
    return error


async def ended(app: App, arrival: Arrival, stored: Stored) -> None:
    ticket, sent, _ = arrival
    end = EndUpload(
        object=ticket.object,
        file_name=base(sent.file_name),
        content_type=clean(sent.content_type),
        size=stored.size,
        sha256=stored.sha256,
    )
    try:
        await app.bus.ask_patiently(end, PATIENCE_SECONDS)
    except (Conflict, NotFound) as error:
        await app.files.delete(ticket.object)
        await failed(app, ticket, error.description)
        raise Refusal("upload_done", error.description) from error


async def failed(app: App, ticket: Ticket, reason: str) -> None:
    """If this is not heard, the place tells nothing of it, and what is left is swept later."""
    try:
        await app.ask(FailUpload(object=ticket.object, reason=reason))
    except BusError as error:
        logger.warning("failed upload not noted", upload=ticket.upload, reason=str(error))


def clean(text: str | None) -> str | None:
    """What can be shown and kept."""
    return UNPRINTABLE.sub("", text or "")[:NAME_CHARACTERS_MAX] or None


def base(name: str | None) -> str | None:
    """The last part of a file's name: the folders of a station are its own business."""
    return clean(re.split(r"[/\\]", name or "")[-1])


async def refuse(send: Any, refusal: Refusal, body: Body) -> None:
    """Answer, then read on for a while: who still sends would else see the connection break."""
    data = msgspec.json.encode(refusal.problem(PREFIX))
    headers = dict(refusal.headers)
    if body.ended:
        return await reply(send, refusal.kind.status, data, MEDIA_TYPE, headers)
    await start(send, refusal.kind.status, data, MEDIA_TYPE, {**headers, "Connection": "close"})
    await send({"type": "http.response.body", "body": data, "more_body": True})
    if body.received or not body.awaited:
        await body.drain(DRAIN_BYTES_MAX, DRAIN_SECONDS_MAX)
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    return None


async def reply(
    send: Any, status: int, data: bytes, media: str, headers: dict[str, str] | None = None
) -> None:
    await start(send, status, data, media, headers or {})
    await send({"type": "http.response.body", "body": data, "more_body": False})


async def start(send: Any, status: int, data: bytes, media: str, headers: dict[str, str]) -> None:
    fields = {"Content-Type": media, "Content-Length": str(len(data)), **headers}
    lines = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
