"""Stations that say what no station should: nothing of ours breaks, and nobody else waits."""

from typing import Any

import msgspec
import pytest
from msgspec import inspect

from libs.bus import Address, Bus, CallFault
from libs.bus.errors import InternalError
from libs.contracts.customers import AskCustomer, ListCustomers
from libs.contracts.device_model import RequestReport
from libs.contracts.devices import GetRequest
from libs.contracts.monitoring import GetMonitoring
from libs.ocpp import codec
from libs.ocpp.message import Request
from libs.ocpp.scalar import INT_MAX
from services.devices.__main__ import router
from services.devices.parts import MISSING_MAX, missing, whole
from tests.services.devices.box import Box
from tests.services.devices.messages import MOMENT
from tests.services.service import up

LAST_OF_ALL = {"generatedAt": MOMENT, "seqNo": INT_MAX, "tbc": False}


def extreme(info: inspect.Type) -> Any:
    """All fields, each text with a NUL, each number as large as may be."""
    match info:
        case inspect.StructType():
            return {field.encode_name: extreme(field.type) for field in info.fields}
        case inspect.UnionType():
            return extreme(next(t for t in info.types if not isinstance(t, inspect.NoneType)))
        case inspect.ListType():
            return [extreme(info.item_type)] * max(info.min_length or 0, 1)
        case inspect.LiteralType():
            return info.values[0]
        case inspect.StrType():
            return "a\x00b" if (info.max_length or 3) >= 3 else "\x00"
        case inspect.DateTimeType():
            return MOMENT
        case inspect.BoolType():
            return True
        case inspect.IntType() | inspect.FloatType():
            return info.le if info.le is not None else INT_MAX
        case inspect.DictType():
            return {"vendorId": "a\x00b", "a\x00b": "a\x00b"}
        case inspect.AnyType():
            return {"a\x00b": ["a\x00b", INT_MAX]}
        case _:
            raise AssertionError(f"no value for {info}")


@pytest.mark.parametrize("kind", list(router.calls), ids=lambda k: f"{k.version}-{k.action}")
async def test_no_message_breaks_us_whatever_it_holds(
    service: Any, bus: Bus, tenant: str, kind: type[Request[Any]]
) -> None:
    """NUL in each text, the largest of each number, as an edge lets it through; twice, for what was
    kept is read again.
    """
    call = codec.mend(kind, msgspec.json.encode(extreme(inspect.type_info(kind)))).message
    for _ in range(2):
        try:
            await up(bus, Address(tenant, "CP1"), call)
        except CallFault:
            pass
        except InternalError as error:
            pytest.fail(f"{kind.version} {kind.action}: {error}")


def test_missing_parts_are_named_without_counting_to_infinity() -> None:
    assert missing({0, 1, 3}, 4) == [2, 4]
    assert missing({INT_MAX}, INT_MAX) == list(range(MISSING_MAX))
    assert not whole({INT_MAX}, INT_MAX)
    assert not whole({-1}, -1)
    assert whole({2, 0, 1}, 2)
    assert missing((), -1) == []


@pytest.mark.timeout(20)
async def test_a_part_with_the_largest_number_costs_nothing(
    bus: Bus, tenant: str, station: Box
) -> None:
    sent = await bus.ask(RequestReport(tenant=tenant, station="CP1", base="FullInventory", by="t"))
    number = station.calls[-1][1]["requestId"]
    await station.say("NotifyReport", {"requestId": number, **LAST_OF_ALL})
    view = await bus.ask(GetRequest(tenant=tenant, request=sent.request))
    assert (view.progress, len(view.parts_missing)) == ("running", MISSING_MAX)
    await station.say("NotifyMonitoringReport", {"requestId": number, **LAST_OF_ALL})
    assert (await bus.ask(GetMonitoring(tenant=tenant, station="CP1"))).reported_at is None
    asked = AskCustomer(
        tenant=tenant, station="CP1", report=True, clear=False, identifier="me", by="t"
    )
    await bus.ask(asked)
    number = station.calls[-1][1]["requestId"]
    await station.say(
        "NotifyCustomerInformation", {"requestId": number, "data": "x", **LAST_OF_ALL}
    )
    shown = await bus.ask(ListCustomers(tenant=tenant, station="CP1"))
    assert [(v.complete, len(v.parts_missing)) for v in shown.items] == [(False, MISSING_MAX)]
