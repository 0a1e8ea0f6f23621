"""The device model kept in step with what stations tell."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from libs.bus import Address
from libs.contracts.device_model import Source
from services.devices import keys, store_variables
from services.devices.app import App
from services.devices.store_variables import Slot
from services.devices.variable import Told, changed, merge, news


async def absorb(
    app: App, to: Address, told: Sequence[Told], at: datetime, source: Source = "report"
) -> None:
    """Know from now on what a station told; values that changed are announced with it."""
    if not told:
        return
    async with app.outbox.transaction() as connection:
        await store_variables.lock(connection, to)
        await learn(app, connection, to, (told, at, source))


async def learn(
    app: App, connection: Any, to: Address, news_of: tuple[Sequence[Told], datetime, Source]
) -> None:
    """The same in a transaction that holds the lock of the station's model."""
    told, at, source = news_of
    # The last one counts where a station names a variable twice in a message.
    by_place = {each.place.folded: each for each in told}
    by_slot = {Slot(each.place.folded, each.type): each for each in told}
    before = await store_variables.known(connection, to, list(by_place))
    after = {
        slot: merge(before.get(slot), each, at, source)
        for slot, each in sorted(by_slot.items(), key=lambda item: item[0])
    }
    await store_variables.keep_names(connection, to, list(by_place.values()), at)
    await store_variables.keep_attributes(connection, to, after)
    events = [
        changed(to.tenant, to.station, by_slot[slot], old, new)
        for slot, new in after.items()
        if (old := before.get(slot)) is not None and news(old, new)
    ]
    await app.outbox.add(connection, events)


async def rebooted(app: App, to: Address, at: datetime) -> None:
    """What was set before a boot and needed one is in effect after it."""
    async with app.outbox.transaction() as connection:
        await store_variables.lock(connection, to)
        waiting = await store_variables.waiting(connection, to, at)
        if waiting:
            await learn(app, connection, to, (waiting, at, "boot"))


async def values(app: App, to: Address, names: Sequence[str]) -> dict[str, str]:
    """Known values by ``Component.Variable[Instance]`` or key of 1.6."""
    places = {name: keys.named(name).folded for name in names}
    found = await store_variables.values(app.pool, to, list(places.values()))
    return {name: found[place] for name, place in places.items() if place in found}
