"""B05, B06: reading and writing many variables, in messages that a station takes."""

from typing import Any

from libs.contracts.device_model import Item
from tests.services.devices.box import Answer, Box
from tests.services.devices.model import (
    ask_report,
    datum,
    fetch,
    item,
    legacy,
    part,
    shown,
    values,
    view,
    write,
)

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
