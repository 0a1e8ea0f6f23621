"""Asking a station: kept before it is sent, settled with its outcome, and what follows from it."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import json
from msgspec.structs import replace

from libs.bus import Address, BusError, Invalid
from libs.contracts import calling
from libs.contracts.command import CommandResult
from libs.contracts.devices import CallSent, StationAsked
from libs.ocpp import catalog, codec
from libs.ocpp.fault import Violation
from libs.ocpp.message import Request
from libs.ocpp.secret import HIDDEN, hide
from libs.postgres import patiently, transient
from libs.runtime import log
from services.devices import correlation, effects, incidents, store_requests
from services.devices.app import App
from services.devices.chores import chore
from services.devices.effects import Asked
from services.devices.faults.explanation import explain
from services.devices.store_requests import Kept, New
from services.devices.text import cleaned_json

TIMEOUT_SECONDS_MAX = 300.0
GRACE_SECONDS = 5.0
"""After the time-out of a call, until it is clear that nobody will keep its outcome."""
NUMBER_MAX = 2**31 - 1
SETTLE_SECONDS = 60.0
"""How long an outcome is held while the database is away."""
RETRY_SECONDS = 30.0
"""Between the tries of what failed to follow from an answer."""
TRIES_MAX = 10

logger = log.get("devices")


class Question(NamedTuple):
    """What is asked of a station, by whom, and how long its answer is waited for.

    ``payload`` is sent instead of the call's own encoding: the very text that an operator wrote.
    """

    to: Address
    call: Request[Any]
    by: str
    seconds: float = 30.0
    payload: bytes | None = None

    def encoded(self) -> bytes:
        return codec.encode(self.call) if self.payload is None else self.payload


def number() -> int:
    """A new requestId. Nothing but chance keeps two apart, which no restart can forget."""
    return secrets.randbelow(NUMBER_MAX) + 1


async def ask_station(app: App, question: Question, *, announced: bool = False) -> CallSent:
    """Have a station called. ``announced``: other services are told (:class:`StationAsked`).

    Returns when the outcome is kept and everything here is in step with it.
    """
    if not 0 < question.seconds <= TIMEOUT_SECONDS_MAX:
        raise Invalid(
            f"A time-out is up to {TIMEOUT_SECONDS_MAX:.0f} seconds.", field="timeout_seconds"
        )
    now = datetime.now(UTC)
    request = await store_requests.add(app.pool, new(question, now))
    result = await call_again(app, question)
    event = told(question, request, result) if announced else None
    await settle(app, question, request, result, [] if event is None else [event])
    await follow(app, question, request, result)
    sent: Any = json.decode(question.encoded())
    hint = explain(app.catalogue, question.call.action, result, sent)
    return CallSent(request=str(request), result=replace(result, hint=hint), hint=hint)


async def settle(
    app: App, question: Question, request: UUID, result: CommandResult, events: list[StationAsked]
) -> None:
    """Keep the outcome. The station says it only once, so a database that is away is waited for."""
    at = datetime.now(UTC)

    async def write() -> None:
        async with app.outbox.transaction() as connection:
            await store_requests.settle(connection, request, kept(question, result), at)
            await app.outbox.add(connection, events)
            await incidents.call_failed(app, connection, question.to, str(request), result)

    await patiently(write, SETTLE_SECONDS)


async def call_again(app: App, question: Question) -> CommandResult:
    """Call the station, without keeping it as a new request."""
    return await calling.call_raw(
        app.bus, question.to, type(question.call), question.encoded(), question.seconds
    )


def new(question: Question, now: datetime) -> New:
    call = question.call
    return New(
        tenant=question.to.tenant,
        station=question.to.station,
        version=call.version,
        action=call.action,
        payload=cleaned_json(hide(call.action, question.encoded())),
        by=question.by,
        asked_at=now,
        wait_until=now + timedelta(seconds=question.seconds + GRACE_SECONDS),
        link=correlation.asking(call),
    )


def kept(question: Question, result: CommandResult) -> CommandResult:
    """The outcome without secrets."""
    if result.payload is None:
        return result
    hidden = hide(question.call.action, json.encode(result.payload))
    return CommandResult(status=result.status, payload=json.decode(hidden), code=result.code)


def told(question: Question, request: UUID, result: CommandResult) -> StationAsked:
    call = question.call
    answer = kept(question, result).payload
    return StationAsked(
        tenant=question.to.tenant,
        at=datetime.now(UTC),
        station=question.to.station,
        request=str(request),
        version=call.version,
        action=call.action,
        payload=json.decode(hide(call.action, question.encoded())),
        by=question.by,
        status=result.status,
        answer=answer,
        code=result.code,
        description=result.description,
    )


async def follow(app: App, question: Question, request: UUID, result: CommandResult) -> None:
    """Run the effects of an answered call, and note that they ran. One that tells what went wrong
    (:class:`BusError`) is heard by who asked; any other is tried again later.
    """
    asked = asked_of(question.to, question.call, str(request), result)
    if asked is None:
        return
    try:
        await effects.run(app, asked)
        await store_requests.followed(app.pool, request)
    except BusError:
        raise
    except Exception:
        logger.exception("an effect failed", station=asked.station, action=asked.action)


def asked_of(to: Address, call: Request[Any], request: str, result: CommandResult) -> Asked | None:
    """An answered call, typed. An answer that breaks the schema has no effects: the edge mended
    what can be mended.
    """
    if result.status != "answered":
        return None
    try:
        answer = codec.decode(call.response, json.encode(result.payload or {}))
    except Violation as violation:
        logger.warning(
            "answer of a station breaks the schema",
            station=to.station,
            action=call.action,
            reason=violation.description,
        )
        return None
    return Asked(
        tenant=to.tenant,
        station=to.station,
        version=call.version,
        action=call.action,
        call=call,
        answer=answer,
        request=request,
        at=datetime.now(UTC),
    )


@chore("effects", every_seconds=RETRY_SECONDS)
async def follow_late(app: App) -> None:
    await catch_up(app, datetime.now(UTC) - timedelta(seconds=RETRY_SECONDS))


async def catch_up(app: App, before: datetime) -> None:
    """Run the effects of what was answered before then and did not follow at once, because we
    ended or failed meanwhile. Where a secret was taken out of what is kept, nothing follows from it
    any more.
    """
    for found in await store_requests.take_unfollowed(app.pool, before, TRIES_MAX):
        try:
            await follow_up(app, found)
        except Exception as error:
            # One that fails each time must not take the tries of those behind it.
            if not transient(error):
                logger.exception("an effect failed", station=found.station, action=found.action)


async def follow_up(app: App, found: Kept) -> None:
    kind = catalog.find(found.version, found.action)
    payload = json.encode(found.payload)
    if kind is None or found.result is None or HIDDEN.encode() in payload:
        return
    call = codec.decode(kind, payload)
    to = Address(found.tenant, found.station)
    asked = asked_of(to, call, str(found.id), found.result)
    if asked is not None:
        # It happened then: what came of later requests counts more.
        await effects.run(app, asked._replace(at=found.answered_at or asked.at))
    await store_requests.followed(app.pool, found.id)
