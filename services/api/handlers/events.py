"""What happens, as server-sent events."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, cast

import msgspec
from litestar import Request, get
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from services.api.app import READ, App, Here, Tenant
from services.api.problem import FieldError, Refusal

TYPE = re.compile(r"[a-z_]+\.([a-z_]+|\*)")
RETRY_MILLISECONDS = 2000


class Typed(Struct):
    """What of a CloudEvent the stream itself needs."""

    type: str


type_of = msgspec.json.Decoder(Typed).decode


@get(
    "/events",
    opt=READ,
    tags=["events"],
    media_type="text/event-stream",
    response_headers={"X-Accel-Buffering": "no"},
)
async def stream_events(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    types: Annotated[
        str | None,
        QueryParameter(
            max_length=1000,
            description="Separated by commas, as `transaction.started,connector.*`; absent: all.",
        ),
    ] = None,
    last_event_id: Annotated[
        str | None,
        HeaderParameter(
            name="Last-Event-ID",
            description="The `id` last seen: goes on after it. `0`: from the oldest that is kept.",
        ),
    ] = None,
    after: Annotated[
        str | None, QueryParameter(description="The same for clients that cannot set a header.")
    ] = None,
) -> Stream:
    """The tenant's events from now on, or after the one last seen.

    `id` is the place in the stream, `event` the type (`noun.verb`), `data` a CloudEvent 1.0. Each
    event comes at least once; comments in between keep the connection open.
    """
    wanted = parsed_types(types)
    sequence = parsed_place(last_event_id or after)
    if app.streams.locked():
        raise Refusal("too_many_streams", "This instance has no room for another stream.")
    events = app.bus.read_events(tenant, after_sequence=sequence, types=wanted)
    return Stream(lines(app, cast("AsyncGenerator[tuple[int, bytes]]", events)))


def parsed_types(text: str | None) -> list[str] | None:
    types = [part.strip() for part in (text or "").split(",") if part.strip()]
    if wrong := next((part for part in types if not TYPE.fullmatch(part)), None):
        error = FieldError(
            parameter="types",
            detail=f"`{wrong}` is no type of event.",
            hint="`noun.verb` or `noun.*`, as `transaction.started`.",
        )
        raise Refusal("invalid_parameter", f"`types`: `{wrong}` is no type.", errors=[error])
    return types or None


def parsed_place(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or not text.isascii() or len(text) > 18:
        error = FieldError(parameter="Last-Event-ID", detail="A whole number, as `id` was.")
        raise Refusal("invalid_parameter", "This is no event id.", errors=[error])
    return int(text)


async def lines(app: App, events: AsyncGenerator[tuple[int, bytes]]) -> AsyncIterator[bytes]:
    """The stream; its room is given back however it ends."""
    async with app.streams, aclosing(events), aclosing(heard(app, events)) as found:
        yield b": voltbus events\nretry: %d\n\n" % RETRY_MILLISECONDS
        async for line in found:
            yield line


async def heard(app: App, events: AsyncGenerator[tuple[int, bytes]]) -> AsyncGenerator[bytes]:
    """Events, and a comment when there is none for a while, until the process ends."""
    stopping = asyncio.create_task(app.stopping.wait())
    following = asyncio.ensure_future(anext(events))
    try:
        while not stopping.done():
            if await is_there(following, stopping, app.heartbeat_seconds):
                yield told(*following.result())
                following = asyncio.ensure_future(anext(events))
            else:
                yield b": still here\n\n"
    finally:
        stopping.cancel()
        following.cancel()
        await asyncio.gather(stopping, following, return_exceptions=True)


async def is_there(
    following: asyncio.Future[Any], stopping: asyncio.Future[Any], seconds: float
) -> bool:
    """Whether there is another event, once there is one, or nothing happened for so long."""
    waits = {following, stopping}
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    return following.done()


def told(sequence: int, body: bytes) -> bytes:
    kind = type_of(body).type.encode()
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (sequence, kind, body)


HANDLERS = [stream_events]
