"""What a station takes in one message of a local list, and in all: from its device model, else
from itself, else by usage.
"""

from typing import Any

from libs.bus import Address, BusError
from libs.contracts import calling
from libs.contracts.device_model import ListVariables, VariableView
from libs.contracts.local_lists import ListLimits
from libs.ocpp.message import Version
from services.authorization import store_lists
from services.authorization.app import App
from services.authorization.list_spelling import ENVELOPE_BYTES
from services.authorization.local_list import Limits
from services.authorization.store_lists import ListRow

ITEMS_DEFAULT = 50
BYTES_DEFAULT = 16_000
ENTRIES_DEFAULT = 10_000
PATIENCE_SECONDS = 2.0
ANSWER_SECONDS = 20.0

COMPONENT = "LocalAuthListCtrlr"
ITEMS, BYTES, ENTRIES = "ItemsPerMessage", "BytesPerMessage", "Entries"
ITEMS_16, ENTRIES_16 = "SendLocalListMaxLength", "LocalAuthListMaxLength"


def effective(told: ListLimits) -> Limits:
    """What is not known is by usage."""
    return Limits(
        items=told.items_per_message or ITEMS_DEFAULT,
        bytes=max(1, (told.bytes_per_message or BYTES_DEFAULT) - ENVELOPE_BYTES),
        entries=told.entries or ENTRIES_DEFAULT,
    )


async def find(app: App, row: ListRow, version: Version, *, may_ask: bool) -> ListLimits:
    """A station that is left alone is not asked; nor is any asked twice between two boots."""
    known = await from_model(app, row, version)
    if known == ListLimits():
        known = row.limits or known
        if row.limits is None and may_ask:
            known = await from_station(app, row, version)
    if known != row.limits and (may_ask or known != ListLimits()):
        await store_lists.set_limits(app.pool, row.key, known)
    return known


async def from_model(app: App, row: ListRow, version: Version) -> ListLimits:
    found: list[VariableView] = []
    try:
        for variable in (ITEMS_16, ENTRIES_16) if version == "v16" else (ITEMS, BYTES, ENTRIES):
            ask = ListVariables(
                tenant=row.tenant,
                station=row.station,
                component=None if version == "v16" else COMPONENT,
                variable=variable,
            )
            found += (await app.bus.ask(ask, PATIENCE_SECONDS)).items
    except BusError:
        return ListLimits()
    values = {view.key or view.variable: view.value for view in found}
    most = [view.max_limit for view in found if view.variable == ENTRIES and view.max_limit]
    if version == "v16":
        return of_values(values)
    return ListLimits(
        items_per_message=number(values.get(ITEMS)),
        bytes_per_message=number(values.get(BYTES)),
        entries=int(most[0]) if most else None,
    )


def of_values(values: dict[str, Any]) -> ListLimits:
    """1.6 configuration keys."""
    return ListLimits(
        items_per_message=number(values.get(ITEMS_16)), entries=number(values.get(ENTRIES_16))
    )


async def from_station(app: App, row: ListRow, version: Version) -> ListLimits:
    to = Address(row.tenant, row.station)
    if version == "v16":
        request = calling.message(version, "GetConfiguration", {"key": [ITEMS_16, ENTRIES_16]})
    else:
        asked = [
            {"component": {"name": COMPONENT}, "variable": {"name": name}}
            for name in (ITEMS, BYTES)
        ]
        request = calling.message(version, "GetVariables", {"getVariableData": asked})
    result = await calling.call(app.bus, to, request, ANSWER_SECONDS)
    payload = result.payload or {}
    keys: list[dict[str, Any]] = payload.get("configurationKey") or []
    if version == "v16":
        return of_values({item["key"]: item.get("value") for item in keys})
    results: list[dict[str, Any]] = payload.get("getVariableResult") or []
    values = {item["variable"]["name"]: item.get("attributeValue") for item in results}
    return ListLimits(
        items_per_message=number(values.get(ITEMS)), bytes_per_message=number(values.get(BYTES))
    )


def number(text: str | None) -> int | None:
    """A limit of 0 or less, or that is no number, is none that anybody could obey."""
    if text is None or not text.strip().isdecimal():
        return None
    return int(text) or None
