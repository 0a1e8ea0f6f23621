"""The exchanges of one station, newest first, out of a stream that holds those of all.

JetStream reads forwards, and what lies between two messages of a subject costs time. But it tells
cheaply how many messages of a subject follow a sequence: so a start is searched behind which there
are just enough, and only from there on is read.
"""

import asyncio
import logging
import secrets

from msgspec import MsgspecError, Struct, json

from libs.bus import header as headers
from libs.bus import log, subject
from libs.bus.errors import TimedOut
from libs.bus.log import LogRecord
from libs.bus.stream import API_TIMEOUT_SECONDS, OCPP_LOG, Streams, StreamState
from libs.bus.wire import Listening, Wire

logger = logging.getLogger("voltbus.bus")

SEQUENCE = "Nats-Sequence"
PENDING = "Nats-Num-Pending"
GUESSES_MAX = 16
READ_BATCH = 1000
AIM = 1.2
"""How much more than wanted a start is aimed at, lest a second guess is needed."""
ENOUGH = 1.6
"""How much more than wanted is read rather than guessing again."""


class Found(Struct, frozen=True):
    """Messages of the subject from some sequence on: where they begin, and how many there are."""

    first: int
    count: int


class Reader:
    """Reads one subject of the stream."""

    def __init__(self, wire: Wire, address: str) -> None:
        self._wire = wire
        self._address = address

    async def found(self, start: int) -> Found:
        """What there is from a sequence on."""
        items = await self.fetch(start, 1)
        if not items:
            return Found(start, 0)
        sequence, _, following = items[0]
        return Found(sequence, following + 1)

    async def fetch(self, start: int, batch: int) -> list[tuple[int, bytes, int]]:
        """The next messages: sequence, body, and how many follow the first of them."""
        items: list[tuple[int, bytes, int]] = []
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def receive(address: bytes, reply: bytes, payload: bytes, header: bytes) -> None:
            if headers.status(header):
                if not done.done():
                    done.set_result(None)
                return
            fields = headers.parse(header)
            items.append((int(fields[SEQUENCE]), payload, int(fields[PENDING])))

        inbox = Listening(f"{self._wire.inbox_prefix}.{secrets.token_hex(8)}", receive)
        self._wire.listen(inbox)
        request = {"seq": start, "next_by_subj": self._address, "batch": batch}
        try:
            self._wire.send(subject.direct_get(OCPP_LOG), json.encode(request), inbox.subject)
            async with asyncio.timeout(API_TIMEOUT_SECONDS):
                await done
        except TimeoutError:
            raise TimedOut("the log was not read in time") from None
        finally:
            self._wire.ignore(inbox)
        return items

    async def start_of(self, oldest: Found, end: int, later: int, limit: int) -> Found:
        """Where to read from, so that ``limit`` messages or a few more lie before ``end``."""
        low, best = oldest.first, oldest
        high = end
        width = int((end - low) * limit * AIM / (oldest.count - later)) + 1
        for _ in range(GUESSES_MAX):
            guess = max(min(end - width, high - 1), low)
            here = await self.found(guess)
            count = here.count - later
            if count < limit:
                high = guess
                width = int(width * min(max(limit * AIM / max(count, 1), 1.5), 8))
            else:
                low, best = max(guess, low), here
                if count <= limit * ENOUGH:
                    break
                width = int(width * max(limit * AIM / count, 0.1))
            if high - low <= 1:
                break
            if not low < end - width < high:
                width = end - (low + high) // 2
        return best


async def read(
    wire: Wire, streams: Streams, address: str, before_sequence: int | None, limit: int
) -> list[tuple[int, LogRecord]]:
    """Up to ``limit`` records of the subject below ``before_sequence``, newest first."""
    state = await streams.info(OCPP_LOG)
    reader = Reader(wire, address)
    end = min(before_sequence or state.last_seq + 1, state.last_seq + 1)
    records: list[tuple[int, LogRecord]] = []
    while len(records) < limit:
        bodies = await before(reader, state, end, limit - len(records))
        if not bodies:
            break
        records += [item for body in reversed(bodies) for item in record_of(*body)]
        end = bodies[0][0]
    return records


async def before(
    reader: Reader, state: StreamState, end: int, limit: int
) -> list[tuple[int, bytes]]:
    """The last ``limit`` messages before ``end``, oldest first."""
    later = (await reader.found(end)).count if end <= state.last_seq else 0
    start = await reader.found(state.first_seq)
    if start.count <= later:
        return []
    if start.count - later > limit * ENOUGH:
        start = await reader.start_of(start, end, later, limit)
    bodies: list[tuple[int, bytes]] = []
    wanted, position = start.count - later, start.first
    while len(bodies) < wanted:
        batch = await reader.fetch(position, min(wanted - len(bodies), READ_BATCH))
        bodies += [(sequence, body) for sequence, body, _ in batch if sequence < end]
        if not batch or batch[-1][0] >= end:
            break
        position = batch[-1][0] + 1
    return bodies[-limit:]


def record_of(sequence: int, body: bytes) -> list[tuple[int, LogRecord]]:
    """One record, or none where something else was published there."""
    try:
        return [(sequence, log.decode(body))]
    except MsgspecError as error:
        logger.warning("no record at %d of the log: %s", sequence, error)
        return []
