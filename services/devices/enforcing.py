"""Bringing stations to what templates say: one station at a time by one instance at a time."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from libs.bus import Address, BusError, Conflict, Invalid, NotFound
from libs.contracts.device_model import ItemResult
from libs.contracts.stations import GetStation, ListStations, ResetStation, StationView
from libs.contracts.templates import State
from libs.contracts.transactions import ListTransactions
from libs.postgres import transient
from libs.runtime import log
from services.devices import desired, dialogue, manner, store_templates
from services.devices.app import App
from services.devices.chores import ERRANDS, Errands, chore
from services.devices.desired import Judged, Memory, Next, Seen, Template, Wish
from services.devices.dialogue import READING, WRITING, Errand
from services.devices.store_templates import Held, Outcome, Scan

BY = "template"
AT_ONCE = 20
TURN_SECONDS = 0.5
HOLD_SECONDS = 180.0
"""Longer than it can take to see to a station."""
CALL_SECONDS, CALL_SECONDS_MAX = 30.0, 50.0
STATIONS_A_PAGE = 200
TEMPLATES_MAX = 1_000
STEPS_MAX = 3
"""Read, write, reset: each once in a turn."""
RESET_SECONDS = 30.0
SOON_SECONDS = 60.0
"""Until a station in session is looked at again, for its reset."""

logger = log.get("devices")


class Turn(NamedTuple):
    """Seeing to a station once."""

    to: Address
    view: StationView
    templates: list[Template]
    wishes: list[Wish]
    seconds: float


class Result(NamedTuple):
    judged: list[Judged]
    memory: Memory
    problem: str | None = None
    waits_for_idle: bool = False


# -- whose turn it is ----------------------------------------------------------------------------


async def claim(app: App, most: int) -> list[tuple[Held, datetime]]:
    """Any number of instances may do it: each takes what no other holds."""
    now = datetime.now(UTC)
    held_until = now + timedelta(seconds=HOLD_SECONDS)
    found = await store_templates.claim(app.pool, now, held_until, most)
    return [(held, held_until) for held in found]


async def attend(app: App, claimed: tuple[Held, datetime]) -> None:
    held, held_until = claimed
    try:
        outcome = await see_to(app, held)
        await store_templates.release(app.pool, held.to, outcome, held_until)
    except NotFound:
        await store_templates.forget(app.pool, held.to)
    except Exception as error:
        # The lease ends, and it is due again.
        if not transient(error) and not isinstance(error, BusError):
            logger.exception("templates were not applied", station=held.to.station)


ERRANDS.append(Errands("templates", TURN_SECONDS, AT_ONCE, claim, attend))


async def see_to(app: App, held: Held) -> Outcome:
    """Of its own accord: enforced templates at stations that allow it; a forced turn is an
    operator's word.
    """
    view = await app.bus.ask(GetStation(tenant=held.to.tenant, station=held.to.station))
    turn = await turn_of(app, held.to, view)
    may = held.forced or view.automatic
    ours = [wish for wish in turn.wishes if may and (held.forced or enforced(turn, wish))]
    return await take_turn(app, held, turn, ours)


def enforced(turn: Turn, wish: Wish) -> bool:
    return any(each.name == wish.template and each.enforce for each in turn.templates)


async def turn_of(app: App, to: Address, view: StationView) -> Turn:
    every = await store_templates.page(app.pool, to.tenant, "", TEMPLATES_MAX)
    templates = desired.applying((each.template for each in every), view)
    wishes = desired.wishes(view.protocol, templates) if view.protocol else []
    return Turn(to, view, templates, wishes, CALL_SECONDS)


async def take_turn(app: App, held: Held, turn: Turn, ours: list[Wish]) -> Outcome:
    """Do what can be done for ``ours``; the states are those of all."""
    anew = held.forced and held.attempts == 0
    memory = desired.current(held.memory, turn.wishes, turn.view.firmware, forced=anew)
    result = Result([], memory)
    if ours and turn.view.online:
        result = await apply(app, turn, ours, memory)
    elif ours:
        result = Result([], memory, "offline")
    seen = await known(app, turn.to, turn.wishes)
    judged = desired.judge_all(turn.wishes, seen, result.memory)
    result = result._replace(memory=desired.confirmed(result.memory, seen, judged))
    mine = {wish.slot for wish in ours}
    states = by_template(turn, desired.reached(judged, result.problem))
    left = any(each.state == "drifting" and each.wish.slot in mine for each in judged)
    attempts, due_at = again(held.attempts, result, left=left)
    forced = held.forced and left and (due_at is not None or result.problem == "offline")
    return Outcome(result.memory, attempts, due_at, result.problem, states, forced)


def again(attempts: int, result: Result, *, left: bool) -> tuple[int, datetime | None]:
    """How often it was tried in vain, and when to try again. Who is offline is waited for."""
    now = datetime.now(UTC)
    if result.problem == "offline":
        return attempts, None
    if not left:
        return 0, now + timedelta(seconds=SOON_SECONDS) if result.waits_for_idle else None
    seconds = desired.pause(attempts + 1)
    return attempts + 1, None if seconds is None else now + timedelta(seconds=seconds)


def by_template(turn: Turn, judged: list[Judged]) -> dict[str, State]:
    """The worst state of the settings of each; a template whose settings are all somebody else's
    is in step.
    """
    return {
        template.name: desired.worst(
            each.state for each in judged if each.wish.template == template.name
        )
        for template in turn.templates
    }


async def known(app: App, to: Address, wishes: list[Wish]) -> dict[str, Seen]:
    places = sorted({wish.place.folded for wish in wishes})
    found = await store_templates.seen(app.pool, to, places)
    return {
        wish.slot: found[wish.place.folded, wish.item.attribute or "Actual"]
        for wish in wishes
        if (wish.place.folded, wish.item.attribute or "Actual") in found
    }


# -- a turn --------------------------------------------------------------------------------------


async def apply(app: App, turn: Turn, ours: list[Wish], memory: Memory) -> Result:
    """Read, write, reset: what has to be, each once."""
    wait = (await manner.dialect(app, turn.to)).timing.call_timeout_seconds
    seconds = min(max(turn.seconds, wait or 0.0), CALL_SECONDS_MAX)
    done: set[str] = set()
    problem = None
    for _ in range(STEPS_MAX):
        judged = desired.judge_all(ours, await known(app, turn.to, ours), memory)
        step = desired.next_step(judged, memory)
        if step.what == "rest" or step.what in done or problem is not None:
            break
        done.add(step.what)
        if step.what == "reset":
            return await reset(app, turn, judged, memory, step)
        results = await ask(app, turn.to, step, seconds)
        memory = desired.noted(memory, step, results)
        await store_templates.remember(app.pool, turn.to, memory)
        if (failed := desired.unanswered(results)) is not None:
            problem = failed.reason or failed.status
    judged = desired.judge_all(ours, await known(app, turn.to, ours), memory)
    return Result(judged, memory, problem)


async def refresh(app: App, turn: Turn) -> None:
    """Read all that is wanted: what is known may be old."""
    readable = [wish for wish in turn.wishes if not wish.secret]
    if readable:
        await ask(app, turn.to, Next("read", readable), turn.seconds)


async def ask(app: App, to: Address, step: Next, seconds: float) -> list[ItemResult]:
    """In the order of the wishes. An item's value is for writing only."""
    purpose = READING if step.what == "read" else WRITING
    items = [wish.item for wish in step.wishes]
    try:
        answered = await dialogue.run(app, Errand(to, purpose, items, BY, seconds))
    except Conflict as error:
        return [ItemResult(status="NotSent", reason=error.description) for _ in items]
    except Invalid as error:
        # It can be said in the version, or it would not be a wish; but the schema refuses it.
        return [ItemResult(status="Rejected", reason=error.description) for _ in items]
    return answered.items


async def reset(app: App, turn: Turn, judged: list[Judged], memory: Memory, step: Next) -> Result:
    """Once for what waits, when no session is under way; as gently as its dialect allows."""
    to = turn.to
    running = await app.bus.ask(
        ListTransactions(tenant=to.tenant, station=to.station, status="active", limit=1)
    )
    if running.items:
        return Result(judged, memory, None, waits_for_idle=True)
    memory = replace(memory, reset_for=desired.reset_mark(step.wishes))
    await store_templates.remember(app.pool, to, memory)
    order = ResetStation(tenant=to.tenant, station=to.station, timeout_seconds=RESET_SECONDS)
    done = await app.bus.ask(order, RESET_SECONDS + 5)
    logger.info("station was reset for its settings", station=to.station, outcome=done.status)
    return Result(judged, memory)


# -- looking for stations ------------------------------------------------------------------------


@chore("template stations", every_seconds=TURN_SECONDS)
async def look_for_stations(app: App) -> None:
    """A template is new, changed or to be applied: its stations, page by page."""
    while True:
        now = datetime.now(UTC)
        claimed = await store_templates.claim_scan(app.pool, now, now + timedelta(seconds=60))
        if claimed is None:
            return
        await look(app, claimed)


async def look(app: App, scan: Scan) -> None:
    kept = await store_templates.get(app.pool, scan.tenant, scan.name)
    if kept is None:
        return
    page = await app.bus.ask(
        ListStations(tenant=scan.tenant, after=scan.after or None, limit=STATIONS_A_PAGE)
    )
    mine = [view.id for view in page.items if desired.chosen(kept.template.selector, view)]
    await store_templates.due(app.pool, scan.tenant, mine, datetime.now(UTC), forced=scan.forced)
    await store_templates.scanned(app.pool, scan, page.next and page.items[-1].id)
