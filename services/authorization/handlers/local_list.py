"""Local lists as operators see, write and send them (block D), and ClearCache (C11)."""

from datetime import UTC, datetime
from itertools import islice

from libs.bus import Address, Conflict, Invalid
from libs.contracts import calling
from libs.contracts.command import CommandResult
from libs.contracts.local_lists import (
    CheckList,
    ClearCache,
    EntryState,
    EntryView,
    GetLocalList,
    GivenEntry,
    ListChecked,
    ListEntry,
    ListLimits,
    ListSent,
    LocalListView,
    PutLocalList,
    Rule,
    SendList,
    SetListSync,
)
from libs.contracts.stations import GetStation, StationView
from services.authorization import limits, lists, store_lists, wanting
from services.authorization.app import App, router
from services.authorization.handlers.registry import (
    GROUP_CHARACTERS_MAX,
    LANGUAGE_CHARACTERS_MAX,
    TOKEN_CHARACTERS_MAX,
    TYPE_CHARACTERS_MAX,
)
from services.authorization.local_list import Entries
from services.authorization.store_lists import Key, ListRow
from services.authorization.token import fold

PAGE_MAX = 500
ENTRIES_MAX = 10_000
GROUPS_MAX = 1000
TIMEOUT_SECONDS_MAX = 300.0


# -- seeing --------------------------------------------------------------------------------------


@router.answers(GetLocalList)
async def get_local_list(app: App, ask: GetLocalList) -> LocalListView:
    station = await app.bus.ask(GetStation(tenant=ask.tenant, station=ask.station))
    return await show(app, station, ask.after, min(max(ask.limit, 1), PAGE_MAX))


async def show(
    app: App, station: StationView, after: str | None = None, limit: int = 50
) -> LocalListView:
    """What is and what should be. A station that never connected is told nothing yet: its list is
    shown as the newest version would say it.
    """
    key = (station.tenant, station.id)
    row = await store_lists.get(app.pool, key) or ListRow(tenant=key[0], station=key[1])
    version = station.protocol or "v21"
    told = row.limits or ListLimits()
    room = limits.effective(told).entries
    wanted = await wanting.wanted(app, row, version, room, datetime.now(UTC))
    known = row.known and row.protocol == version
    held = await store_lists.held(app.pool, key) if known else None
    items, following = page(wanted.entries, held, after, limit)
    return LocalListView(
        tenant=row.tenant,
        station=row.station,
        mode=row.mode,
        rule=row.rule,
        sync=row.sync,
        version=row.version,
        station_version=row.station_version,
        checked_at=row.checked_at,
        supported=row.supported,
        in_step=held == wanted.entries,
        wanted=len(wanted.entries),
        held=None if held is None else len(held),
        left_out=wanted.left_out,
        limits=told,
        failures=row.failures,
        due_at=row.due_at,
        last=row.last,
        items=items,
        next=following,
    )


def page(
    wanted: Entries, held: Entries | None, after: str | None, limit: int
) -> tuple[list[EntryView], str | None]:
    """Both lists as one, in the order of tokens; the key of the last one pages on."""
    here = held or {}
    names = sorted(name for name in {*wanted, *here} if after is None or name > after)
    items = [entry_view(wanted.get(name), here.get(name)) for name in islice(names, limit)]
    return items, names[limit - 1] if len(names) > limit else None


def entry_view(wanted: ListEntry | None, held: ListEntry | None) -> EntryView:
    shown = wanted or held or ListEntry(token="")
    state: EntryState = "held" if wanted == held else "differs"
    if wanted is None:
        state = "surplus"
    elif held is None:
        state = "missing"
    return EntryView(
        token=shown.token,
        type=shown.type,
        status=shown.status,
        group=shown.group,
        expires_at=shown.expires_at,
        language=shown.language,
        evses=shown.evses,
        state=state,
    )


# -- writing -------------------------------------------------------------------------------------


@router.answers(PutLocalList)
async def put_local_list(app: App, ask: PutLocalList) -> LocalListView:
    check_content(ask)
    station = await app.bus.ask(GetStation(tenant=ask.tenant, station=ask.station))
    key = (ask.tenant, ask.station)
    async with app.outbox.transaction() as connection:
        await store_lists.set_content(connection, key, ask.rule, ask.entries or [])
        await store_lists.due(connection, key)
    return await show(app, station)


@router.answers(SetListSync)
async def set_sync(app: App, ask: SetListSync) -> LocalListView:
    station = await app.bus.ask(GetStation(tenant=ask.tenant, station=ask.station))
    key = (ask.tenant, ask.station)
    row = await store_lists.get(app.pool, key)
    if ask.on:
        need_content(row)
    await store_lists.set_sync(app.pool, key, on=ask.on)
    return await show(app, station)


def need_content(row: ListRow | None) -> None:
    if row is None or row.mode == "none":
        raise Conflict("Say first what is to be on the list: PUT it with entries or a rule.")


def check_content(ask: PutLocalList) -> None:
    """Raise Invalid, naming the field, for what no station could be told."""
    if (ask.entries is None) == (ask.rule is None):
        raise Invalid("Give either entries or a rule.", field="entries")
    if ask.rule is not None:
        check_rule(ask.rule)
    entries = ask.entries or []
    if len(entries) > ENTRIES_MAX:
        raise Invalid(f"A list has at most {ENTRIES_MAX} entries.", field="entries")
    seen: set[tuple[str, str | None]] = set()
    for place, entry in enumerate(entries):
        check_entry(place, entry)
        if (same := (fold(entry.token), entry.type)) in seen:
            raise Invalid(f"{entry.token!r} is twice on it.", field=f"/entries/{place}/token")
        seen.add(same)


def check_rule(rule: Rule) -> None:
    if (rule.tokens == "groups") != bool(rule.groups):
        raise Invalid("groups is for tokens: groups, and needs one at least.", field="rule")
    if len(rule.groups) > GROUPS_MAX:
        raise Invalid(f"At most {GROUPS_MAX} groups.", field="/rule/groups")


def check_entry(place: int, entry: GivenEntry) -> None:
    for name, text, longest in (
        ("token", entry.token, TOKEN_CHARACTERS_MAX),
        ("type", entry.type, TYPE_CHARACTERS_MAX),
        ("group", entry.group, GROUP_CHARACTERS_MAX),
        ("language", entry.language, LANGUAGE_CHARACTERS_MAX),
    ):
        if text is not None and not (1 <= len(text) <= longest and text.isprintable()):
            raise Invalid(
                f"{name} has 1 to {longest} printable characters.",
                field=f"/entries/{place}/{name}",
            )
    if entry.expires_at is not None and entry.expires_at.tzinfo is None:
        raise Invalid("expires_at needs its offset from UTC.", field=f"/entries/{place}/expires_at")


# -- sending -------------------------------------------------------------------------------------


def check_timeout(seconds: float) -> None:
    if not 0 < seconds <= TIMEOUT_SECONDS_MAX:
        raise Invalid(
            f"A time-out is up to {TIMEOUT_SECONDS_MAX:.0f} seconds.", field="timeout_seconds"
        )


@router.answers(SendList)
async def send_list(app: App, ask: SendList) -> ListSent:
    """What an operator asks for is sent whatever the station said before, or supports."""
    check_timeout(ask.timeout_seconds)
    station = await app.bus.ask(GetStation(tenant=ask.tenant, station=ask.station))
    key: Key = (ask.tenant, ask.station)
    row = await store_lists.get(app.pool, key)
    need_content(row)
    if station.protocol is None:
        return ListSent(status="offline", accepted=False, version=row.version if row else 0)
    async with lists.claimed(app, key, ask.timeout_seconds) as mine:
        turn = await lists.turn(app, mine, station.protocol, ask.timeout_seconds)
        run = await lists.bring(app, turn, ask.type, may_ask=station.automatic)
    return ListSent(
        status=run.parts[-1].result.status if run.parts else "unchanged",
        accepted=run.in_step,
        version=run.known.version,
        parts=run.parts,
    )


@router.answers(CheckList)
async def check_list(app: App, ask: CheckList) -> ListChecked:
    check_timeout(ask.timeout_seconds)
    station = await app.bus.ask(GetStation(tenant=ask.tenant, station=ask.station))
    if station.protocol is None:
        return ListChecked(result=calling.OFFLINE, version=0, same=False)
    key: Key = (ask.tenant, ask.station)
    async with lists.claimed(app, key, ask.timeout_seconds) as mine:
        turn = await lists.turn(app, mine, station.protocol, ask.timeout_seconds)
        result, known = await lists.check(app, turn)
    told = lists.version_of(result)
    if known.held is None and turn.known.held is not None:
        await store_lists.due(app.pool, key)
    return ListChecked(
        result=result,
        version=mine.version,
        station_version=told,
        same=told is not None and told == mine.version,
    )


@router.answers(ClearCache)
async def clear_cache(app: App, ask: ClearCache) -> CommandResult:
    check_timeout(ask.timeout_seconds)
    to = Address(ask.tenant, ask.station)
    version = await calling.protocol(app.bus, to)
    if version is None:
        return calling.OFFLINE
    request = calling.message(version, "ClearCache", {})
    return await calling.call(app.bus, to, request, ask.timeout_seconds)
