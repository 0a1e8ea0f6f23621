"""The exchanges of one station, newest first, out of a stream that holds those of all.

JetStream finds the *next* message of a subject, not the one before. So a window that ends where reading begins
grows backwards until it holds enough; each look at it costs one request, and touches only what it covers.
"""

import asyncio
import secrets

from msgspec import json

from libs.bus import header as headers
from libs.bus import log, subject
from libs.bus.errors import TimedOut
from libs.bus.log import LogRecord
from libs.bus.stream import API_TIMEOUT_SECONDS, OCPP_LOG, Streams
from libs.bus.wire import Listening, Wire

END_OF_BATCH = 204
GROWTH = 4

Item = tuple[int, bytes]


async def read(
    wire: Wire, streams: Streams, address: str, before_sequence: int | None, limit: int
) -> list[tuple[int, LogRecord]]:
    """Up to ``limit`` records of the subject, of sequences below ``before_sequence``."""
    state = await streams.info(OCPP_LOG)
    end = (
        state.last_seq + 1 if before_sequence is None else min(before_sequence, state.last_seq + 1)
    )
    width = limit * 8
    found: list[Item] = []
    while end > state.first_seq and len(found) < limit:
        start = max(end - width, state.first_seq)
        window = await between(wire, address, start, end)
        found = window[-(limit - len(found)) :] + found
        end = start
        width *= GROWTH
    return [(sequence, log.decode(body)) for sequence, body in reversed(found)]


async def between(wire: Wire, address: str, start: int, end: int) -> list[Item]:
    """All messages of the subject from ``start`` to before ``end``."""
    items: list[Item] = []
    while start < end:
        batch = await get_batch(wire, address, start, min(end - start, 512))
        items += [item for item in batch if item[0] < end]
        if not batch or batch[-1][0] >= end or len(batch) < min(end - start, 512):
            break
        start = batch[-1][0] + 1
    return items


async def get_batch(wire: Wire, address: str, start: int, batch: int) -> list[Item]:
    """The next ``batch`` messages of the subject from a sequence on."""
    items: list[Item] = []
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def receive(_: bytes, reply: bytes, payload: bytes, header: bytes) -> None:
        if headers.status(header):
            if not done.done():
                done.set_result(None)
            return
        items.append((int(headers.parse(header)["Nats-Sequence"]), payload))

    inbox = Listening(f"{wire.inbox_prefix}.{secrets.token_hex(8)}", receive)
    wire.listen(inbox)
    request = {"seq": start, "next_by_subj": address, "batch": batch}
    try:
        wire.send(subject.direct_get(OCPP_LOG), json.encode(request), inbox.subject)
        async with asyncio.timeout(API_TIMEOUT_SECONDS):
            await done
    except TimeoutError:
        raise TimedOut("the log was not read in time") from None
    finally:
        wire.ignore(inbox)
    return items
