"""Variables as operators name them, in the words of the versions."""

from typing import Any, NamedTuple

from libs.bus import Invalid
from libs.contracts.device_model import Attribute, Item
from libs.ocpp.message import Version
from services.devices import keys
from services.devices.variable import ACTUAL, Place

FIELD = "variables"
"""What the API calls the list of items."""


class Wanted(NamedTuple):
    """An item as it goes to a station: ``wire`` is its JSON there, of 1.6 the key."""

    position: int
    place: Place
    attribute: Attribute
    wire: Any
    value: str | None = None
    key: str | None = None

    @property
    def slot(self) -> tuple[str, str]:
        """Equal for what a station answers to it."""
        return (self.place.folded, self.attribute)


def wanted(version: Version, items: list[Item], *, write: bool) -> list[Wanted]:
    """``Invalid`` names the item that cannot be said in this version."""
    if not items:
        raise Invalid("Name at least one variable.", field=FIELD)
    say = wanted_16 if version == "v16" else wanted_2
    return [say(index, item, write=write) for index, item in enumerate(items)]


def wanted_16(index: int, item: Item, *, write: bool) -> Wanted:
    name = key(index, item)
    if item.attribute not in {None, ACTUAL}:
        raise wrong(index, "OCPP 1.6 knows no attributes.", "attribute")
    if write:
        return Wanted(index, keys.of(name), ACTUAL, name, written(index, item), name)
    return Wanted(index, keys.of(name), ACTUAL, name, key=name)


def wanted_2(index: int, item: Item, *, write: bool) -> Wanted:
    wire = spot(index, item)
    if "variable" not in wire:
        raise wrong(index, "Name the variable too.", "variable")
    value = written(index, item) if write else None
    if item.attribute is not None:
        wire["attributeType"] = item.attribute
    if value is not None:
        wire["attributeValue"] = value
    return Wanted(index, place(item), item.attribute or ACTUAL, wire, value)


def place(item: Item) -> Place:
    return Place(
        item.component or "",
        item.variable or "",
        item.instance,
        item.evse,
        item.connector,
        item.variable_instance,
    )


def written(index: int, item: Item) -> str:
    if item.value is None:
        raise wrong(index, "Say which value to write.", "value")
    return item.value


def key(index: int, item: Item) -> str:
    """The key of 1.6, also by the variable of 2.x that means the same."""
    if item.key is not None:
        return item.key
    if item.component is None or item.variable is None:
        raise wrong(index, "Name a key, for this station speaks OCPP 1.6.", "key")
    found = keys.key_of(place(item))
    if found is None:
        raise wrong(index, "OCPP 1.6 has no key for this variable; name a key.", "variable")
    return found


def spot(index: int, item: Item) -> dict[str, Any]:
    """A ComponentVariable of 2.x; without a variable it is all of the component."""
    if item.key is not None:
        raise wrong(index, "Keys are of OCPP 1.6; name component and variable.", "key")
    if item.component is None:
        raise wrong(index, "Name the component.", "component")
    if item.connector is not None and item.evse is None:
        raise wrong(index, "A connector belongs to an EVSE; name it too.", "evse")
    component: dict[str, Any] = {"name": item.component}
    if item.instance is not None:
        component["instance"] = item.instance
    if item.evse is not None:
        component["evse"] = {"id": item.evse}
        if item.connector is not None:
            component["evse"]["connectorId"] = item.connector
    if item.variable is None:
        return {"component": component}
    variable = {"name": item.variable}
    if item.variable_instance is not None:
        variable["instance"] = item.variable_instance
    return {"component": component, "variable": variable}


def wrong(index: int, why: str, field: str) -> Invalid:
    return Invalid(why, field=f"/{FIELD}/{index}/{field}")
