"""Asking a station for a report of its device model."""

from typing import Any, NamedTuple
from uuid import UUID

from libs.bus import Address, Conflict, Invalid
from libs.contracts import calling
from libs.contracts.device_model import Criterion, Item, ReportBase
from libs.contracts.devices import CallSent
from libs.ocpp.message import Request, Version
from services.devices import asking, model, pursuit, store_inquiries, wording
from services.devices.app import App
from services.devices.asking import Question

WHOLE: ReportBase = "FullInventory"


class Wish(NamedTuple):
    """What is to be reported; with nothing in it, everything."""

    base: ReportBase | None = None
    criteria: list[Criterion] | None = None
    items: list[Item] | None = None


class Asker(NamedTuple):
    """Who asks, and how long an answer is waited for."""

    by: str
    seconds: float


async def request(app: App, to: Address, wish: Wish, asker: Asker) -> CallSent:
    """Ask for a report; what is lost of it will be asked for again."""
    version = await calling.protocol(app.bus, to)
    if version is None:
        raise Conflict(f"{to.station} never connected, so nobody knows how it speaks.")
    call = wording_of(version, wish)
    if version != "v16" and wish.items:
        await within(app, to, len(wish.items))
    sent = await asking.ask_station(app, Question(to, call, asker.by, asker.seconds))
    await store_inquiries.allow_repeats(app.pool, UUID(sent.request), pursuit.REPEATS_MAX)
    return sent


async def within(app: App, to: Address, items: int) -> None:
    """B08.FR.17: no more than the station takes in a message."""
    name = "DeviceDataCtrlr.ItemsPerMessage[GetReport]"
    limit = (await model.values(app, to, [name])).get(name, "")
    if limit.isdecimal() and items > int(limit):
        raise Invalid(f"{to.station} takes up to {limit} items in a GetReport.", field="variables")


def wording_of(version: Version, wish: Wish) -> Request[Any]:
    """The message of a version. 1.6 knows the whole configuration, or keys of it."""
    if wish.base is not None and (wish.criteria or wish.items):
        raise Invalid("A report has a base, or is chosen by criteria and variables.", field="base")
    if version == "v16":
        return configuration(wish)
    number = asking.number()
    if wish.base is not None:
        fields = {"requestId": number, "reportBase": wish.base}
        return calling.message(version, "GetBaseReport", fields)
    if not wish.criteria and not wish.items:
        raise Invalid("Say which base, or which criteria or variables.", field="base")
    chosen = {
        "requestId": number,
        "componentCriteria": wish.criteria or None,
        "componentVariable": [wording.spot(i, item) for i, item in enumerate(wish.items or [])]
        or None,
    }
    return calling.message(version, "GetReport", chosen)


def configuration(wish: Wish) -> Request[Any]:
    if wish.criteria:
        raise Invalid("OCPP 1.6 has no criteria of components.", field="criteria")
    keys = [wording.key(index, item) for index, item in enumerate(wish.items or [])]
    return calling.message("v16", "GetConfiguration", {"key": keys or None})
