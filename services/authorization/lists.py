"""Bringing the local list of a station in step: one at a time speaks with a station about it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

from msgspec import Struct

from libs.bus import Address, Conflict
from libs.contracts import calling
from libs.contracts.command import CommandResult
from libs.contracts.local_lists import PartSent
from libs.ocpp.message import Request, Version
from services.authorization import limits, list_spelling, local_list, store_lists, wanting
from services.authorization.app import App
from services.authorization.local_list import Knowledge, Limits, Part
from services.authorization.store_lists import Key, ListRow
from services.authorization.wanting import Wanted

CLAIM_SECONDS = 30.0
CLAIM_MARGIN_SECONDS = 15.0
"""A claim outlives the wait for an answer by so much; when its holder is killed, others wait."""
CLAIM_EVERY_SECONDS = 0.1
PARTS_MAX = 2000
"""Of one turn."""

Kind = Literal["auto", "full", "differential"]


class Turn(Struct, frozen=True, kw_only=True):
    """Whose turn it is to speak with a station. ``deadline`` is of the event loop's clock."""

    row: ListRow
    version: Version
    known: Knowledge
    deadline: float

    @property
    def to(self) -> Address:
        return Address(self.row.tenant, self.row.station)

    @property
    def seconds(self) -> float:
        return self.deadline - asyncio.get_running_loop().time()


class Run(Struct, frozen=True, kw_only=True):
    """What a turn came to."""

    parts: list[PartSent]
    known: Knowledge
    wanted: Wanted

    @property
    def in_step(self) -> bool:
        return local_list.in_step(self.known, self.wanted.entries)


@asynccontextmanager
async def claimed(app: App, key: Key, seconds: float) -> AsyncGenerator[ListRow]:
    """The list of a station, for as long as the block lasts; ``Conflict`` if it stays busy."""
    deadline = asyncio.get_running_loop().time() + seconds
    await store_lists.ensure(app.pool, key)
    while (row := await store_lists.claim(app.pool, key, CLAIM_SECONDS)) is None:
        if asyncio.get_running_loop().time() > deadline:
            raise Conflict("The local list of this station is being sent just now.")
        await asyncio.sleep(CLAIM_EVERY_SECONDS)
    try:
        yield row
    finally:
        await store_lists.release(app.pool, key)


async def turn(app: App, row: ListRow, version: Version, seconds: float) -> Turn:
    """What is known counts only in the version in which it was sent."""
    held = None
    if row.known and row.protocol == version:
        held = await store_lists.held(app.pool, row.key)
    known = Knowledge(
        version=row.version,
        held=held,
        supported=row.supported,
        failures=row.failures,
        items_max=row.items_max,
    )
    deadline = asyncio.get_running_loop().time() + seconds
    return Turn(row=row, version=version, known=known, deadline=deadline)


async def bring(app: App, turn: Turn, kind: Kind, *, may_ask: bool) -> Run:
    """Send what is needed until the station has what it should, or something is in the way."""
    row, known = turn.row, turn.known
    told = limits.effective(await limits.find(app, row, turn.version, may_ask=may_ask))
    wanted = await wanting.wanted(app, row, turn.version, told.entries, datetime.now(UTC))
    size = partial(list_spelling.size, turn.version)
    parts: list[PartSent] = []
    repairs = 1 if kind == "auto" else 0
    part = first(kind, known, wanted, told, size)
    while part is not None and turn.seconds > 0 and len(parts) < PARTS_MAX:
        sent = await send(app, turn, part)
        answer = local_list.answer_of(sent.result)
        after = local_list.learn(known, part, answer)
        await keep(app, turn, known, after, sent)
        parts.append(sent)
        known = after
        if answer != "accepted":
            # A refused difference is repaired by a full list; a refused full list waits.
            if not repairs or part.type == "Full" or answer not in {"mismatch", "refused"}:
                break
            repairs -= 1
        part = local_list.next_part(known, wanted.entries, told, size)
    if known.failures and local_list.in_step(known, wanted.entries):
        known = Knowledge(
            version=known.version, held=known.held, supported=True, items_max=known.items_max
        )
        await store_lists.save(app.pool, row.key, turn.version, known)
    return Run(parts=parts, known=known, wanted=wanted)


def first(
    kind: Kind, known: Knowledge, wanted: Wanted, told: Limits, size: local_list.Size
) -> Part | None:
    """What an operator asks for is sent, also if nothing is different."""
    match kind:
        case "auto":
            return local_list.next_part(known, wanted.entries, told, size)
        case "full":
            return local_list.full(known, wanted.entries, told, size)
        case "differential":
            return local_list.differential(known, wanted.entries, told, size)


async def send(app: App, turn: Turn, part: Part) -> PartSent:
    at = datetime.now(UTC)
    result = await call(app, turn, list_spelling.send(turn.version, part))
    return PartSent(
        at=at,
        type=part.type,
        version=part.version,
        entries=len(part.puts),
        removed=len(part.removes),
        result=result,
    )


async def call(app: App, turn: Turn, request: Request[Any]) -> CommandResult:
    seconds = max(turn.seconds, 0.001)
    await store_lists.hold(app.pool, turn.row.key, seconds + CLAIM_MARGIN_SECONDS)
    return await calling.call(app.bus, turn.to, request, seconds)


async def keep(
    app: App, turn: Turn, before: Knowledge, after: Knowledge, sent: PartSent | None
) -> None:
    """What an answer taught is written before the next part goes."""
    key = turn.row.key
    async with app.outbox.transaction() as connection:
        await store_lists.save(connection, key, turn.version, after, sent)
        if after.held is not before.held:
            await store_lists.put_held(connection, key, before.held, after.held)


async def check(app: App, turn: Turn) -> tuple[CommandResult, Knowledge]:
    """GetLocalListVersion, and what it teaches."""
    request = calling.message(turn.version, "GetLocalListVersion", {})
    result = await call(app, turn, request)
    if result.status == "error" and result.code in local_list.UNSUPPORTED_CODES:
        known = Knowledge(version=turn.known.version, supported=False)
        await keep(app, turn, turn.known, known, None)
        return result, known
    told = version_of(result)
    if told is None:
        return result, turn.known
    known = local_list.learn_version(turn.known, told)
    await keep(app, turn, turn.known, known, None)
    await store_lists.set_told(app.pool, turn.row.key, told)
    return result, known


def version_of(result: CommandResult) -> int | None:
    payload = result.payload or {}
    told = payload.get("versionNumber", payload.get("listVersion"))
    return told if isinstance(told, int) else None


async def take_off(app: App, turn: Turn) -> Knowledge | None:
    """Tokens that a customer had the station forget leave its list, whatever else is to be on it
    (N10.FR.02); None if that did not succeed yet.
    """
    row, known = turn.row, turn.known
    tokens = row.removing
    held = known.held
    if held is not None:
        keep_on = local_list.without(held, tokens)
        gone = [entry for name, entry in held.items() if name not in keep_on]
    else:
        gone = await wanting.named(app, row, turn.version, tokens)
    if gone:
        number = local_list.after(known.version)
        part = Part(type="Differential", version=number, removes=gone)
        sent = await send(app, turn, part)
        answer = local_list.answer_of(sent.result)
        after = local_list.heard(known, part, answer)
        if answer in {"mismatch", "refused"} and known.held is not None:
            # It has another list than we thought: what is on that, nobody knows.
            after = Knowledge(version=max(known.version, number), supported=known.supported)
        await keep(app, turn, known, after, sent)
        if answer not in {"accepted", "unsupported"}:
            return None
        known = after
    await store_lists.set_removed(app.pool, row.key, tokens)
    return known
