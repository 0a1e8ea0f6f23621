"""B: the device model, filled from whatever stations tell."""

import pytest

from libs.bus import Invalid
from libs.contracts.device_model import Item, ReadVariables, VariableChanged
from tests.services.devices.box import Box
from tests.services.devices.model import (
    THRESHOLD,
    ask_report,
    both,
    datum,
    item,
    part,
    shown,
    values,
    view,
    write,
)
from tests.services.service import Ear, eventually

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
