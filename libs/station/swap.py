"""Swapping batteries (block S of 2.1): the empty one goes into a slot, a full one comes out."""

from typing import TYPE_CHECKING, Literal, NamedTuple

from libs.station.flash import Battery

if TYPE_CHECKING:
    from libs.station.controller import Controller

Event = Literal["BatteryIn", "BatteryOut", "BatteryOutTimeout"]


class Slot(NamedTuple):
    """An EVSE, which is a slot here, and the battery in it."""

    evse: int
    battery: Battery


def free(station: "Controller") -> int | None:
    """An EVSE without a battery."""
    return next((evse for evse in station.evses if evse not in station.flash.batteries), None)


def refusal(station: "Controller") -> str | None:
    """The reason code why no swap is possible now, None if it is."""
    if not station.flash.batteries:
        return "NotEnabled"
    return "NoFreeSlot" if free(station) is None else None


def put_in(station: "Controller", battery: Battery) -> Slot | None:
    """Where the battery is now; None: there is no room."""
    evse = free(station)
    if evse is None:
        return None
    station.flash.batteries[evse] = battery
    return Slot(evse, battery)


def fullest(station: "Controller") -> Slot | None:
    """The battery that somebody would want."""
    slots = (Slot(evse, battery) for evse, battery in station.flash.batteries.items())
    return max(slots, key=lambda slot: slot.battery.soc, default=None)


def take_out(station: "Controller", slot: Slot) -> None:
    del station.flash.batteries[slot.evse]
