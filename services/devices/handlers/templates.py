"""Desired state: templates, drift, and bringing stations in step (block B)."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from libs.bus import Address, Conflict, Invalid, NotFound
from libs.contracts.device_model import Item, VariableChanged
from libs.contracts.edges import Done
from libs.contracts.stations import (
    GetStation,
    ListStations,
    StationBooted,
    StationChanged,
    StationConnected,
    StationRemoved,
    StationView,
)
from libs.contracts.templates import (
    ApplyTemplate,
    ApplyTemplates,
    DeleteTemplate,
    DriftItem,
    DriftPage,
    GetStationDrift,
    GetTemplate,
    ListDrift,
    ListTemplates,
    Progress,
    PutTemplate,
    Selector,
    StationDrift,
    TemplatePage,
    TemplateView,
)
from services.devices import desired, enforcing, page, store_templates
from services.devices.app import App, router
from services.devices.desired import Judged, Template
from services.devices.happenings import after
from services.devices.store_templates import Kept

SETTINGS_MAX, STATIONS_MAX = 200, 10_000
NAME_CHARACTERS_MAX, VALUE_CHARACTERS_MAX = 100, 2_500
SETTLE_SECONDS = 2.0
"""After a boot or a change, what follows from it comes first."""
SCANNED_MAX = 1_000
"""Stations looked through for one page of drift."""
TURN_SECONDS_MAX = 50.0


# -- templates -----------------------------------------------------------------------------------


@router.answers(ListTemplates)
async def list_templates(app: App, ask: ListTemplates) -> TemplatePage:
    limit = page.size(ask.limit)
    found = await store_templates.page(app.pool, ask.tenant, ask.after or "", limit + 1)
    views = await shown(app, ask.tenant, found[:limit])
    return TemplatePage(items=views, next=views[-1].name if len(found) > limit else None)


@router.answers(GetTemplate)
async def get_template(app: App, ask: GetTemplate) -> TemplateView:
    (view,) = await shown(app, ask.tenant, [await kept(app, ask.tenant, ask.template)])
    return view


@router.answers(PutTemplate)
async def put_template(app: App, ask: PutTemplate) -> TemplateView:
    check(ask)
    before = await store_templates.get(app.pool, ask.tenant, ask.template)
    settings = with_secrets(ask.settings, before.template.settings if before else [])
    template = Template(ask.template, settings, ask.selector, ask.priority, ask.enforce, ask.reboot)
    await store_templates.put(app.pool, ask.tenant, template, datetime.now(UTC))
    return await get_template(app, GetTemplate(tenant=ask.tenant, template=ask.template))


@router.answers(DeleteTemplate)
async def delete_template(app: App, ask: DeleteTemplate) -> Done:
    if not await store_templates.delete(app.pool, ask.tenant, ask.template):
        raise unknown(ask.template)
    return Done()


async def kept(app: App, tenant: str, name: str) -> Kept:
    found = await store_templates.get(app.pool, tenant, name)
    if found is None:
        raise unknown(name)
    return found


def unknown(name: str) -> NotFound:
    return NotFound(f"There is no template {name!r}.")


async def shown(app: App, tenant: str, found: list[Kept]) -> list[TemplateView]:
    names = [each.template.name for each in found]
    progress = await store_templates.progress(app.pool, tenant, names)
    return [
        TemplateView(
            tenant=tenant,
            name=each.template.name,
            settings=[masked(item) for item in each.template.settings],
            selector=each.template.selector,
            priority=each.template.priority,
            enforce=each.template.enforce,
            reboot=each.template.reboot,
            changed_at=each.changed_at,
            scanning=each.scanning,
            progress=Progress(**progress.get(each.template.name, {})),
        )
        for each in found
    ]


def masked(item: Item) -> Item:
    return replace(item, value=None) if desired.is_secret(item) else item


def with_secrets(new: list[Item], old: list[Item]) -> list[Item]:
    """A secret that is not said again is the one that was."""
    before = {replace(item, value=None): item for item in old}
    return [
        before.get(item, item) if item.value is None and desired.is_secret(item) else item
        for item in new
    ]


# -- drift ---------------------------------------------------------------------------------------


@router.answers(GetStationDrift)
async def get_station_drift(app: App, ask: GetStationDrift) -> StationDrift:
    view = await app.bus.ask(GetStation(tenant=ask.tenant, station=ask.station))
    return await drift_of(app, view)


@router.answers(ListDrift)
async def list_drift(app: App, ask: ListDrift) -> DriftPage:
    template = (await kept(app, ask.tenant, ask.template)).template
    limit, after = page.size(ask.limit), ask.after
    items: list[StationDrift] = []
    for _ in range(SCANNED_MAX // enforcing.STATIONS_A_PAGE):
        found = await app.bus.ask(
            ListStations(tenant=ask.tenant, after=after, limit=enforcing.STATIONS_A_PAGE)
        )
        for view in found.items:
            after = view.id
            if desired.chosen(template.selector, view):
                items.append(await drift_of(app, view, template.name))
            if len(items) == limit:
                last = view.id == found.items[-1].id and found.next is None
                return DriftPage(items=items, next=None if last else after)
        if found.next is None:
            return DriftPage(items=items)
    return DriftPage(items=items, next=after)


async def drift_of(app: App, view: StationView, only: str | None = None) -> StationDrift:
    """Wanted against known; ``only`` what this template wants and no other overrules."""
    to = Address(view.tenant, view.id)
    turn = await enforcing.turn_of(app, to, view)
    standing = await store_templates.standing(app.pool, to)
    wishes = [wish for wish in turn.wishes if only in {None, wish.template}]
    memory = desired.current(standing.memory, turn.wishes, view.firmware, forced=False)
    judged = desired.judge_all(wishes, await enforcing.known(app, to, wishes), memory)
    problem = standing.problem if view.online else "offline"
    judged = desired.reached(judged, problem)
    seen = await enforcing.known(app, to, wishes)
    return StationDrift(
        station=view.id,
        online=view.online,
        templates=[template.name for template in turn.templates],
        items=[drift_item(each, seen) for each in judged],
        counts=desired.counts(each.state for each in judged),
        attempts=standing.attempts,
        due_at=standing.due_at,
        seen_to_at=standing.seen_to_at,
        problem=standing.problem,
    )


def drift_item(judged: Judged, seen: dict[str, desired.Seen]) -> DriftItem:
    wish, item = judged.wish, judged.wish.item
    known = seen.get(wish.slot, desired.Seen()).known
    shown = None if wish.secret else known
    return DriftItem(
        component=item.component,
        instance=item.instance,
        evse=item.evse,
        connector=item.connector,
        variable=item.variable,
        variable_instance=item.variable_instance,
        attribute=item.attribute or "Actual",
        key=item.key,
        template=wish.template,
        wanted=None if wish.secret else wish.value,
        known=shown.value if shown else None,
        pending=shown.pending if shown else None,
        state=judged.state,
        reason=judged.reason,
        secret=wish.secret,
    )


# -- applying ------------------------------------------------------------------------------------


@router.answers(ApplyTemplates)
async def apply_templates(app: App, ask: ApplyTemplates) -> StationDrift:
    if not 0 < ask.timeout_seconds <= TURN_SECONDS_MAX:
        raise Invalid(
            f"A time-out is up to {TURN_SECONDS_MAX:.0f} seconds.", field="timeout_seconds"
        )
    to, now = Address(ask.tenant, ask.station), datetime.now(UTC)
    view = await app.bus.ask(GetStation(tenant=ask.tenant, station=ask.station))
    held_until = now + timedelta(seconds=enforcing.HOLD_SECONDS)
    held = await store_templates.hold(app.pool, to, now, held_until)
    if held is None:
        raise Conflict(f"Station {ask.station!r} is being seen to just now.")
    turn = (await enforcing.turn_of(app, to, view))._replace(seconds=ask.timeout_seconds)
    if ask.refresh and view.online:
        await enforcing.refresh(app, turn)
    outcome = await enforcing.take_turn(
        app, held._replace(forced=True, attempts=0), turn, turn.wishes
    )
    await store_templates.release(app.pool, to, outcome, held_until)
    return await drift_of(app, view)


@router.answers(ApplyTemplate)
async def apply_template(app: App, ask: ApplyTemplate) -> TemplateView:
    await kept(app, ask.tenant, ask.template)
    await store_templates.apply_all(app.pool, ask.tenant, ask.template)
    return await get_template(app, GetTemplate(tenant=ask.tenant, template=ask.template))


# -- what makes it due ---------------------------------------------------------------------------


@after(StationBooted)
async def on_booted(app: App, event: StationBooted) -> None:
    if event.status == "Accepted":
        await store_templates.booted(app.pool, Address(event.tenant, event.station), soon())


@router.follows(StationConnected)
async def on_connected(app: App, event: StationConnected) -> None:
    """Who was offline is here again."""
    await store_templates.hasten(app.pool, Address(event.tenant, event.station), soon())


@router.follows(StationChanged)
async def on_changed(app: App, event: StationChanged) -> None:
    """Other labels, other templates; and it may have become automatic."""
    if {"labels", "automatic", "tenant"} & set(event.changed):
        await store_templates.booted(app.pool, Address(event.tenant, event.station), soon())


@after(StationRemoved)
async def on_removed(app: App, event: StationRemoved) -> None:
    await store_templates.forget(app.pool, Address(event.tenant, event.station))


@router.follows(VariableChanged)
async def on_variable(app: App, event: VariableChanged) -> None:
    """Somebody set something, or it set itself."""
    await store_templates.hasten(app.pool, Address(event.tenant, event.station), soon())


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=SETTLE_SECONDS)


# -- what is refused -----------------------------------------------------------------------------


def check(ask: PutTemplate) -> None:
    """Raise Invalid, naming the field, for what makes no sense."""
    if not (0 < len(ask.template) <= NAME_CHARACTERS_MAX and ask.template.isprintable()):
        raise Invalid(
            f"A name has 1 to {NAME_CHARACTERS_MAX} printable characters.", field="template"
        )
    if not 0 < len(ask.settings) <= SETTINGS_MAX:
        raise Invalid(f"A template has 1 to {SETTINGS_MAX} settings.", field="settings")
    if ask.selector == Selector():
        raise Invalid(
            'Say which stations it is for; a vendor of "*" is all of them.', field="selector"
        )
    if len(ask.selector.stations) > STATIONS_MAX:
        raise Invalid(f"Name up to {STATIONS_MAX} stations.", field="selector")
    seen: set[Item] = set()
    for index, item in enumerate(ask.settings):
        check_setting(index, item)
        name = replace(item, value=None)
        if name in seen:
            raise Invalid("A setting is named twice.", field=f"/settings/{index}")
        seen.add(name)


def check_setting(index: int, item: Item) -> None:
    """A key of 1.6, or a variable of 2.x, with the value that it should have."""
    where = f"/settings/{index}"
    named = item.component is not None and item.variable is not None
    if (item.key is not None) == named:
        raise Invalid("Name a key of 1.6, or a component and a variable of 2.x.", field=where)
    if item.value is None and not desired.is_secret(item):
        raise Invalid("Say which value it should have.", field=f"{where}/value")
    if item.value is not None and len(item.value) > VALUE_CHARACTERS_MAX:
        raise Invalid(
            f"A value has up to {VALUE_CHARACTERS_MAX} characters.", field=f"{where}/value"
        )
