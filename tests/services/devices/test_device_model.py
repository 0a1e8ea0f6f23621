"""B: the device model, filled from whatever stations tell."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from libs.bus import Address, Bus, Invalid
from libs.contracts.device_model import (
    FetchVariables,
    Item,
    ListVariables,
    ReadVariables,
    RequestReport,
    VariableChanged,
    VariableView,
    WriteVariables,
)
from libs.contracts.devices import GetRequest, RequestView
from libs.ocpp.message import Version
from tests.services.devices.box import Answer, Box, boxes
from tests.services.service import Ear, eventually

THRESHOLD = ("OCPPCommCtrlr", "OfflineThreshold")
TWO: list[Version] = ["v201", "v21"]


@pytest_asyncio.fixture
async def station(
    bus: Bus, tenant: str, service: Any, request: pytest.FixtureRequest
) -> AsyncGenerator[Box]:
    box = Box(bus, Address(tenant, "CP1"), getattr(request, "param", "v201"))
    async with boxes(bus, box):
        yield box


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


# -- reports -------------------------------------------------------------------------------------


@both
async def test_a_report_fills_the_model_with_all_that_it_says(station: Box) -> None:
    characteristics = {
        "unit": "s", "dataType": "integer", "minLimit": 1, "maxLimit": 300.5,
        "supportsMonitoring": True,
    }  # fmt: skip
    modes = {
        "dataType": "OptionList", "valuesList": "Fast, Slow,", "supportsMonitoring": False,
    }  # fmt: skip
    placed = {
        "component": {"name": "EVSE", "instance": "left", "evse": {"id": 2, "connectorId": 1}},
        "variable": {"name": "Mode", "instance": "night"},
        "variableAttribute": [
            {"type": "Target", "value": "Slow", "mutability": "ReadWrite", "persistent": True},
            {"value": "Fast", "mutability": "ReadOnly", "constant": True},
        ],
        "variableCharacteristics": modes,
    }
    timed = {**datum(*THRESHOLD, "60"), "variableCharacteristics": characteristics}
    await station.say("NotifyReport", part(1, 0, [placed, timed]))
    fast, slow, threshold = await shown(station)
    assert (fast.component, fast.instance, fast.evse, fast.connector) == ("EVSE", "left", 2, 1)
    assert (fast.variable, fast.variable_instance, fast.attribute) == ("Mode", "night", "Actual")
    assert (fast.value, fast.mutability, fast.constant) == ("Fast", "ReadOnly", True)
    assert (fast.values, fast.supports_monitoring) == (["Fast", "Slow"], False)
    assert (slow.attribute, slow.value, slow.persistent) == ("Target", "Slow", True)
    assert (threshold.value, threshold.mutability, threshold.unit) == ("60", "ReadWrite", "s")
    assert (threshold.data_type, threshold.min_limit, threshold.max_limit) == ("integer", 1, 300.5)
    assert threshold.source == "report"


async def test_names_compare_without_regard_to_case_and_show_as_told(station: Box) -> None:
    await station.say("NotifyReport", part(1, 0, [datum("ocppcommctrlr", "offlinethreshold", "1")]))
    await station.say("NotifyReport", part(2, 0, [datum(*THRESHOLD, "2")]))
    assert await values(station) == {"OCPPCommCtrlr.OfflineThreshold": "2"}
    assert await values(station, component="ocppCOMMctrlr", variable="OFFLINEthreshold")
    known = await station.bus.ask(
        ReadVariables(
            tenant=station.to.tenant,
            station=station.to.station,
            names=["ocppcommctrlr.OfflineThreshold", "No.Such"],
        )
    )
    assert known.values == {"ocppcommctrlr.OfflineThreshold": "2"}


async def test_what_is_write_only_is_never_kept(station: Box) -> None:
    """Neither what a station gives away, nor what was set."""
    told = [
        datum("SecurityCtrlr", "BasicAuthPassword", "0123456789abcdef"),
        datum("SecurityCtrlr", "Pin", "4711", mutability="WriteOnly"),
    ]
    await station.say("NotifyReport", part(1, 0, told))
    station.answers["SetVariables"] = lambda call: {
        "setVariableResult": [
            {"component": d["component"], "variable": d["variable"], "attributeStatus": s}
            for d, s in zip(call["setVariableData"], ["Accepted", "RebootRequired"], strict=True)
        ]
    }
    items = [item(("SecurityCtrlr", name), value="f" * 20) for name in ("BasicAuthPassword", "Pin")]
    await station.bus.ask(write(station, *items))
    assert [(v.value, v.pending, v.mutability) for v in await shown(station, variable="Pin")] == [
        (None, None, "WriteOnly")
    ]
    assert [v.value for v in await shown(station)] == [None, None]
    assert await values(station, search="4711") == {}


async def test_a_value_that_changed_is_announced_once(station: Box) -> None:
    async with Ear(station.bus, station.to.tenant, VariableChanged) as ear:
        for number, value in enumerate(["60", "60", "61"]):
            await station.say("NotifyReport", part(number, 0, [datum(*THRESHOLD, value)]))
        (event,) = await ear.heard(1)
    assert (event.component, event.variable, event.previous, event.value) == (
        *THRESHOLD,
        "60",
        "61",
    )


async def test_a_text_with_nul_is_kept_without_it(station: Box) -> None:
    await station.say("NotifyReport", part(1, 0, [datum("A", "B", "x\0y")]))
    assert await values(station) == {"A.B": "x\ufffdy"}


async def test_a_lost_part_is_asked_for_again_under_the_same_request(station: Box) -> None:
    """B07: the gap shows with the last part; the second time nothing is lost."""
    sent = await station.bus.ask(ask_report(station, base="FullInventory"))
    first = station.calls[0][1]["requestId"]
    await station.say("NotifyReport", part(first, 0, [datum("A", "One", "1")], more=True))
    await station.say("NotifyReport", part(first, 2, [datum("A", "Three", "3")]))
    assert (await view(station, sent.request)).progress == "running"
    assert (await view(station, sent.request)).parts_missing == [1]
    _, (action, again) = await station.asked(2)
    assert (action, again["reportBase"]) == ("GetBaseReport", "FullInventory")
    assert again["requestId"] != first
    for seq, name in enumerate(["One", "Two", "Three"]):
        told = part(again["requestId"], seq, [datum("A", name, str(seq))], more=seq < 2)
        await station.say("NotifyReport", told)
    done = await eventually(
        lambda: view(station, sent.request), lambda seen: seen.progress == "complete"
    )
    assert (done.repeats, done.parts_missing, len(done.later)) == (1, [], 5)
    assert await values(station) == {"A.One": "0", "A.Two": "1", "A.Three": "2"}


async def test_only_a_whole_inventory_replaces_what_it_does_not_name(
    station: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.devices.pursuit.CLOCKS_SECONDS", 0)
    await station.say("NotifyReport", part(1, 0, [datum("Old", "Thing", "1")]))
    for base, left in (("ConfigurationInventory", 2), ("FullInventory", 1)):
        sent = await station.bus.ask(ask_report(station, base=base))
        number = station.calls[-1][1]["requestId"]
        await station.say("NotifyReport", part(number, 0, [datum("New", "Thing", "1")]))
        await eventually(
            lambda sent=sent: view(station, sent.request), lambda seen: seen.progress == "complete"
        )
        await eventually(lambda: values(station), lambda known, left=left: len(known) == left)
    assert await values(station) == {"New.Thing": "1"}


@pytest.mark.parametrize("word", ["EmptyResultSet", "NotSupported", "Rejected"])
async def test_a_report_that_does_not_come_is_not_waited_for(station: Box, word: str) -> None:
    station.answers["GetReport"] = lambda _: {"status": word}
    items = [Item(component="EVSE", evse=1, variable="AvailabilityState"), Item(component="X")]
    sent = await station.bus.ask(ask_report(station, criteria=["Problem"], items=items))
    seen = await view(station, sent.request)
    assert seen.progress == ("complete" if word == "EmptyResultSet" else "refused")
    assert (
        station.calls[0][1].items()
        >= {
            "componentCriteria": ["Problem"],
            "componentVariable": [
                {
                    "component": {"name": "EVSE", "evse": {"id": 1}},
                    "variable": {"name": "AvailabilityState"},
                },
                {"component": {"name": "X"}},
            ],
        }.items()
    )


async def test_a_report_says_what_it_wants(station: Box) -> None:
    for wish in ({}, {"base": "FullInventory", "criteria": ["Problem"]}):
        with pytest.raises(Invalid):
            await station.bus.ask(ask_report(station, **wish))
    assert station.calls == []


# -- reading and writing -------------------------------------------------------------------------


def reader(known: dict[str, str], most: int = 1000) -> Any:
    """GetVariables of a station that takes so many items."""

    def answer(call: dict[str, Any]) -> Answer:
        asked = call["getVariableData"]
        if len(asked) > most:
            return ("OccurrenceConstraintViolation", "too many")
        results = []
        for each in asked:
            value = known.get(each["variable"]["name"])
            said = {"attributeStatus": "UnknownVariable"}
            if value is not None:
                said = {"attributeStatus": "Accepted", "attributeValue": value}
            results.append({**each, **said})
        return {"getVariableResult": results}

    return answer


async def test_variables_are_read_in_batches_within_the_limit(station: Box) -> None:
    limit = datum("DeviceDataCtrlr", "ItemsPerMessage", "3")
    limit["variable"]["instance"] = "GetVariables"
    await station.say("NotifyReport", part(1, 0, [limit]))
    station.answers["GetVariables"] = reader({f"V{n}": str(n) for n in range(7)})
    found = await station.bus.ask(fetch(station, *(item(("A", f"V{n}")) for n in range(8))))
    assert [len(call["getVariableData"]) for _, call in station.calls] == [3, 3, 2]
    assert [r.value for r in found.items] == [*map(str, range(7)), None]
    assert found.items[7].status == "UnknownVariable"
    assert (found.status, found.flags, len(found.calls)) == ("answered", [], 3)
    assert (await values(station, component="A"))["A.V6"] == "6"
    assert (await view(station, found.calls[0].request)).action == "GetVariables"


async def test_a_station_that_takes_fewer_gets_fewer_from_then_on(station: Box) -> None:
    station.answers["GetVariables"] = reader({f"V{n}": "1" for n in range(10)}, most=3)
    items = [item(("A", f"V{n}")) for n in range(10)]
    found = await station.bus.ask(fetch(station, *items))
    assert (found.status, found.flags) == ("answered", ["smaller_batches"])
    assert {r.status for r in found.items} == {"Accepted"}
    station.calls.clear()
    again = await station.bus.ask(fetch(station, *items))
    assert (again.status, again.flags) == ("answered", [])
    assert max(len(call["getVariableData"]) for _, call in station.calls) == 3


async def test_one_bad_item_spoils_no_others_and_teaches_nothing(station: Box) -> None:
    def answer(call: dict[str, Any]) -> Answer:
        if any(each["variable"]["name"] == "Bad" for each in call["getVariableData"]):
            return ("FormatViolation", "Bad")
        return reader({"Good": "1", "Fine": "2"})(call)

    station.answers["GetVariables"] = answer
    names = ["Good", "Bad", "Fine"]
    found = await station.bus.ask(fetch(station, *(item(("A", name)) for name in names)))
    assert [r.status for r in found.items] == ["Accepted", "Error", "Accepted"]
    assert (found.status, found.items[1].reason) == ("partial", "FormatViolation")
    station.answers["GetVariables"] = reader({"Good": "1", "Fine": "2"})
    station.calls.clear()
    await station.bus.ask(fetch(station, item(("A", "Good")), item(("A", "Fine"))))
    assert len(station.calls) == 1


async def test_odd_answers_are_matched_by_name_and_flagged(station: Box) -> None:
    def answer(call: dict[str, Any]) -> Answer:
        one, two, three, _ = reader({"V0": "0", "V1": "1", "V2": "2"})(call)["getVariableResult"]
        two["component"] = {"name": "a"}
        return {"getVariableResult": [three, two, one, one, {**one, "component": {"name": "Z"}}]}

    station.answers["GetVariables"] = answer
    found = await station.bus.ask(fetch(station, *(item(("A", f"V{n}")) for n in range(4))))
    assert [r.value for r in found.items] == ["0", "1", "2", None]
    assert found.items[3].status == "NotAnswered"
    assert found.flags == ["duplicate", "missing", "reordered", "surplus"]
    assert found.status == "partial"


async def test_what_was_done_before_the_station_went_away_is_shown(station: Box) -> None:
    limit = datum("DeviceDataCtrlr", "ItemsPerMessage", "1")
    limit["variable"]["instance"] = "SetVariables"
    await station.say("NotifyReport", part(1, 0, [limit]))

    def answer(call: dict[str, Any]) -> Answer:
        (data,) = call["setVariableData"]
        if data["variable"]["name"] == "V2":
            return ("NotSupported", "no more")
        del data["attributeValue"]
        return {"setVariableResult": [{**data, "attributeStatus": "Accepted"}]}

    station.answers["SetVariables"] = answer
    items = [item(("A", f"V{n}"), value=str(n)) for n in range(4)]
    found = await station.bus.ask(write(station, *items))
    assert [r.status for r in found.items] == ["Accepted", "Accepted", "Error", "NotSent"]
    assert found.status == "partial"
    assert [call.status for call in found.calls] == ["answered", "answered", "error"]
    assert await values(station, component="A") == {"A.V0": "0", "A.V1": "1"}


async def test_the_same_attribute_is_named_once_in_a_message(station: Box) -> None:
    """B05: the second value goes out after the first."""
    station.answers["SetVariables"] = lambda call: {
        "setVariableResult": [
            {"component": d["component"], "variable": d["variable"], "attributeStatus": "Accepted"}
            for d in call["setVariableData"]
        ]
    }
    await station.bus.ask(write(station, item(("A", "V"), value="1"), item(("a", "v"), value="2")))
    assert [len(call["setVariableData"]) for _, call in station.calls] == [1, 1]
    assert await values(station) == {"a.v": "2"}


# -- 1.6 -----------------------------------------------------------------------------------------


def configuration(known: dict[str, tuple[bool, str]]) -> Any:
    def answer(call: dict[str, Any]) -> Answer:
        wanted = call.get("key") or list(known)
        return {
            "configurationKey": [
                {"key": key, "readonly": known[key][0], "value": known[key][1]}
                for key in wanted
                if key in known
            ],
            "unknownKey": [key for key in wanted if key not in known],
        }

    return answer


@legacy
async def test_keys_of_16_are_variables_by_the_names_of_2x(station: Box) -> None:
    known = {
        "MeterValueSampleInterval": (False, "60"),
        "NumberOfConnectors": (True, "2"),
        "AuthorizationKey": (False, "secretsecretsecret"),
        "GetConfigurationMaxKeys": (True, "2"),
        "VendorThing": (False, "x"),
    }
    station.answers["GetConfiguration"] = configuration(known)
    await station.bus.ask(ask_report(station, base="FullInventory"))
    told = {(v.component, v.variable, v.key): (v.value, v.mutability) for v in await shown(station)}
    assert told == {
        ("SampledDataCtrlr", "TxUpdatedInterval", "MeterValueSampleInterval"): ("60", "ReadWrite"),
        ("Configuration", "NumberOfConnectors", "NumberOfConnectors"): ("2", "ReadOnly"),
        ("SecurityCtrlr", "BasicAuthPassword", "AuthorizationKey"): (None, "ReadWrite"),
        ("DeviceDataCtrlr", "ItemsPerMessage", "GetConfigurationMaxKeys"): ("2", "ReadOnly"),
        ("Configuration", "VendorThing", "VendorThing"): ("x", "ReadWrite"),
    }
    station.calls.clear()
    found = await station.bus.ask(
        fetch(
            station,
            Item(key="vendorThing"),
            item(("sampleddatactrlr", "TxUpdatedInterval")),
            Item(key="VendorThing"),
        )
    )
    assert [call for _, call in station.calls] == [
        {"key": ["vendorThing", "MeterValueSampleInterval"]},
        {"key": ["VendorThing"]},
    ]
    assert [r.status for r in found.items] == ["UnknownVariable", "Accepted", "Accepted"]
    assert found.items[1].key == "MeterValueSampleInterval"


@legacy
async def test_a_key_of_16_waits_for_its_reboot(station: Box) -> None:
    words = iter(["Accepted", "RebootRequired", "NotSupported", "Rejected"])
    station.answers["ChangeConfiguration"] = lambda _: {"status": next(words)}
    items = [Item(key=f"K{n}", value=str(n)) for n in range(4)]
    found = await station.bus.ask(write(station, *items))
    assert [r.status for r in found.items] == [
        "Accepted", "RebootRequired", "NotSupported", "Rejected",
    ]  # fmt: skip
    assert [(v.key, v.value, v.pending) for v in await shown(station)] == [
        ("K0", "0", None), ("K1", None, "1"),
    ]  # fmt: skip
