"""Network profiles (B09, B10): set with care, for a station that is lost needs a technician."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import to_builtins

from libs.bus import Address, Conflict
from libs.contracts import calling
from libs.contracts.device_model import Item, VariableResults
from libs.contracts.network_profiles import (
    GetNetwork,
    NetworkProfileSent,
    NetworkView,
    PutNetworkPriority,
    PutNetworkProfile,
    Reach,
)
from libs.contracts.stations import GetStation
from libs.ocpp.secret import hidden
from services.devices import dialogue, keys, model, network, probe, store_network
from services.devices.app import App, router
from services.devices.asking import Question, ask_station
from services.devices.dialogue import WRITING, Errand
from services.devices.effects import Asked, effect
from services.devices.network import Slots
from services.devices.variable import clean

COMPONENT = "OCPPCommCtrlr"
PRIORITY = "NetworkConfigurationPriority"
ACTIVE = "ActiveNetworkProfile"
NAMES = [f"{COMPONENT}.{PRIORITY}", f"{COMPONENT}.{ACTIVE}"]


@router.answers(GetNetwork)
async def get_network(app: App, ask: GetNetwork) -> NetworkView:
    to = Address(ask.tenant, ask.station)
    known = await model.values(app, to, NAMES)
    place = keys.named(NAMES[0]).folded
    return NetworkView(
        slots=await store_network.slots(app.pool, to),
        priority=network.numbers(known.get(NAMES[0])),
        priority_pending=network.numbers(await store_network.pending(app.pool, to, place)),
        priority_before=network.numbers(await store_network.priority_before(app.pool, to)),
        active=next(iter(network.numbers(known.get(NAMES[1]))), None),
    )


async def known_slots(app: App, to: Address) -> Slots:
    found = await get_network(app, GetNetwork(tenant=to.tenant, station=to.station))
    accepted = frozenset(each.slot for each in found.slots if each.status == "Accepted")
    return Slots(found.priority, found.active, accepted)


@router.answers(PutNetworkProfile)
async def put_network_profile(app: App, ask: PutNetworkProfile) -> NetworkProfileSent:
    to = Address(ask.tenant, ask.station)
    station = await app.bus.ask(GetStation(tenant=ask.tenant, station=ask.station))
    version = network.guard_version(station.protocol, ask.station)
    profile = network.wire(version, ask.profile)
    fields = {"configurationSlot": ask.slot, "connectionData": profile}
    call = calling.message(version, "SetNetworkProfile", fields)
    try:
        slots = await known_slots(app, to)
        network.guard(version, ask.slot, ask.profile, slots, station.security_profile)
    except Conflict:
        if not ask.force:
            raise
    reach = await reached(app, ask)
    sent = await ask_station(app, Question(to, call, ask.by, ask.timeout_seconds))
    return NetworkProfileSent(request=sent.request, result=sent.result, reach=reach)


async def reached(app: App, ask: PutNetworkProfile) -> Reach | None:
    """Nobody there is a conflict: the way from here need not be the way from the station."""
    if not ask.check or not app.config.network_probe:
        return None
    reach = await probe.look(network.address(ask.profile))
    if not reach.reachable and not ask.force:
        raise Conflict(
            f"Nobody answers at {ask.profile.url}: {reach.detail} Send it with `force`, or "
            "without `check`, if the station has another way there."
        )
    return reach


@router.answers(PutNetworkPriority)
async def put_network_priority(app: App, ask: PutNetworkPriority) -> VariableResults:
    to = Address(ask.tenant, ask.station)
    network.guard_version(await calling.protocol(app.bus, to), ask.station)
    try:
        network.guard_priority(ask.slots, await known_slots(app, to))
    except Conflict:
        if not ask.force:
            raise
    value = ",".join(map(str, ask.slots))
    item = Item(component=COMPONENT, variable=PRIORITY, value=value)
    return await dialogue.run(app, Errand(to, WRITING, [item], ask.by, ask.timeout_seconds))


@effect("SetNetworkProfile")
async def keep_profile(app: App, asked: Asked) -> None:
    """Raw calls too; without its secrets."""
    info = asked.answer.status_info
    profile: dict[str, Any] = to_builtins(asked.call.connection_data)
    new = store_network.Set(
        slot=asked.call.configuration_slot,
        profile=hidden(profile),
        status=asked.answer.status,
        reason=clean(info.reason_code) if info else None,
        request=UUID(asked.request),
        at=asked.at,
    )
    await store_network.keep(app.pool, Address(asked.tenant, asked.station), new)


async def remember_priority(app: App, asked: Asked) -> None:
    """The order before a change is the way back, whoever changed it; to be asked for before the new
    one is known.
    """
    to = Address(asked.tenant, asked.station)
    changed = {
        result.variable.name.casefold()
        for result in asked.answer.set_variable_result
        if result.attribute_status in {"Accepted", "RebootRequired"}
    }
    before = (await model.values(app, to, NAMES[:1])).get(NAMES[0])
    if PRIORITY.casefold() in changed and before is not None:
        await store_network.remember_priority(app.pool, to, before, datetime.now(UTC))
