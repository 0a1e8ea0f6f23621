"""Remote start and stop (block F): who asks is told what the station answered."""

from datetime import UTC, datetime
from uuid import UUID

from msgspec.structs import replace

from libs.bus import Address, BusError, Conflict, Invalid, NotFound
from libs.contracts import calling
from libs.contracts.authorization import Decide
from libs.contracts.charging_profiles import NoteProfile
from libs.contracts.command import CommandResult
from libs.contracts.dialects import GetStationDialect
from libs.contracts.transactions import RemoteStarted, StartRemotely, StopRemotely
from libs.ocpp.message import Version
from libs.runtime import log
from services.transactions import command, store_aside, store_views
from services.transactions.app import App, router
from services.transactions.entries_v2 import NO_AUTHORIZATION

REJECTED = "Rejected"
FIRST = 1
"""The EVSE that is meant where none is named and one must be."""

logger = log.get("transactions")


@router.answers(StartRemotely)
async def start_remotely(app: App, ask: StartRemotely) -> RemoteStarted:
    command.check_profile(ask.charging_profile)
    to = Address(ask.tenant, ask.station)
    version = await calling.protocol(app.bus, to)
    if version is None:
        return RemoteStarted(result=calling.OFFLINE)
    if ask.evse is None and await needs_connector(app, to):
        ask = replace(ask, evse=FIRST)
    group = None
    if ask.type != NO_AUTHORIZATION:
        decision = await app.bus.ask_patiently(question(ask), app.config.ask_patience_seconds)
        group = decision.group
        if decision.status != "Accepted":
            refused = CommandResult(
                status="error", code=decision.status, description=decision.reason
            )
            return RemoteStarted(result=refused, refused=decision.reason)
    # The number must be known before the station can answer with it.
    number = await store_aside.insert_remote_start(
        app.pool, ask.tenant, ask.station, ask.token, ask.evse
    )
    request = command.start(version, command.RemoteStart(ask, number, group))
    result = await calling.call(app.bus, to, request, ask.timeout_seconds)
    answer = result.payload or {}
    if answer.get("status") == REJECTED:
        await store_aside.forget_remote_start(app.pool, ask.tenant, ask.station, number)
    elif answer and ask.charging_profile is not None:
        await note_profile(app, ask, version, answer.get("transactionId"))
    return RemoteStarted(result=result, remote_start_id=number)


async def needs_connector(app: App, to: Address) -> bool:
    """Whether its dialect says that it starts nowhere unless told where."""
    try:
        shown = await app.bus.ask(GetStationDialect(tenant=to.tenant, station=to.station))
    except BusError:
        return False
    return shown.dialect is not None and shown.dialect.commands.start_needs_connector


async def note_profile(
    app: App, ask: StartRemotely, version: Version, transaction: str | None
) -> None:
    """Tell the keeper of charging profiles what the station took with the start."""
    note = NoteProfile(
        tenant=ask.tenant,
        station=ask.station,
        version=version,
        evse=ask.evse,
        token=ask.token,
        transaction=transaction,
        profile=ask.charging_profile or {},
        at=datetime.now(UTC),
    )
    try:
        await app.bus.ask(note)
    except BusError as error:
        # The station has it; a refresh of its profiles will show it.
        logger.warning("a charging profile was not noted", station=ask.station, code=error.code)


@router.answers(StopRemotely)
async def stop_remotely(app: App, ask: StopRemotely) -> CommandResult:
    transaction = await named(app, ask)
    to = Address(ask.tenant, ask.station)
    version = await calling.protocol(app.bus, to)
    if version is None:
        return calling.OFFLINE
    request = command.stop(version, transaction)
    return await calling.call(app.bus, to, request, ask.timeout_seconds)


async def named(app: App, ask: StopRemotely) -> str:
    """What the station calls the session that is to be stopped; it need not be known here."""
    if ask.transaction is not None:
        return await translated(app, ask, ask.transaction)
    active = await store_views.active(app.pool, ask.tenant, ask.station, ask.evse)
    if not active:
        raise NotFound(f"Station {ask.station} has no active session there.")
    if len(active) > 1:
        names = [seen.found.transaction for seen in active]
        raise Conflict("There are several active sessions: name one.", transactions=names)
    return active[0].found.transaction


async def translated(app: App, ask: StopRemotely, transaction: str) -> str:
    """The station's name for a session that may be named by the ledger's id."""
    try:
        known = await store_views.session(app.pool, ask.tenant, str(UUID(transaction)))
    except ValueError:
        return transaction
    # A 2.x station may well use UUIDs of its own.
    if known is None:
        return transaction
    if known.found.station != ask.station:
        raise Invalid("That session is one of another station.", field="transaction")
    return known.found.transaction


def question(ask: StartRemotely) -> Decide:
    return Decide(
        tenant=ask.tenant,
        station=ask.station,
        token=ask.token,
        type=ask.type,
        purpose="remote_start",
        evse=ask.evse,
    )
