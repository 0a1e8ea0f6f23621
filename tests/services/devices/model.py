"""What tests of the device model say to it, and ask of it."""

from typing import Any

import pytest

from libs.contracts.device_model import (
    FetchVariables,
    Item,
    ListVariables,
    RequestReport,
    VariableView,
    WriteVariables,
)
from libs.contracts.devices import GetRequest, RequestView
from libs.ocpp.message import Version
from tests.services.devices.box import Box

THRESHOLD = ("OCPPCommCtrlr", "OfflineThreshold")
TWO: list[Version] = ["v201", "v21"]
both = pytest.mark.parametrize("station", TWO, indirect=True)
legacy = pytest.mark.parametrize("station", ["v16"], indirect=True)


def datum(component: str, variable: str, value: str | None, **attribute: Any) -> dict[str, Any]:
    """One reportData with an Actual attribute."""
    said = {} if value is None else {"value": value}
    return {
        "component": {"name": component},
        "variable": {"name": variable},
        "variableAttribute": [{**said, **attribute}],
    }


def part(number: int, seq: int, data: list[Any], *, more: bool = False) -> dict[str, Any]:
    told = {"requestId": number, "generatedAt": "2026-11-22T10:00:00Z", "seqNo": seq}
    return {**told, "tbc": more, "reportData": data}


async def shown(box: Box, **filters: Any) -> list[VariableView]:
    ask = ListVariables(tenant=box.to.tenant, station=box.to.station, limit=500, **filters)
    return (await box.bus.ask(ask)).items


async def values(box: Box, **filters: Any) -> dict[str, str | None]:
    return {f"{v.component}.{v.variable}": v.value for v in await shown(box, **filters)}


def ask_report(box: Box, **what: Any) -> RequestReport:
    return RequestReport(tenant=box.to.tenant, station=box.to.station, timeout_seconds=5, **what)


async def view(box: Box, request: str) -> RequestView:
    return await box.bus.ask(GetRequest(tenant=box.to.tenant, request=request))


def item(name: tuple[str, str], **more: Any) -> Item:
    return Item(component=name[0], variable=name[1], **more)


def fetch(box: Box, *items: Item) -> FetchVariables:
    to = box.to
    return FetchVariables(
        tenant=to.tenant, station=to.station, items=list(items), timeout_seconds=5
    )


def write(box: Box, *items: Item) -> WriteVariables:
    to = box.to
    return WriteVariables(
        tenant=to.tenant, station=to.station, items=list(items), timeout_seconds=5
    )
