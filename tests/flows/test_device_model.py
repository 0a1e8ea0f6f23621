"""B05 to B08 and the configuration of 1.6, as an operator uses them (5.2, 5.3 of the reference)."""

from typing import Any

import pytest

from tests import bare
from tests.flows.messages import TWO
from tests.flows.station import Station, booted
from tests.system import System, eventually

THRESHOLD = {"component": "OCPPCommCtrlr", "variable": "OfflineThreshold"}
REMOTE = {"component": "AuthCtrlr", "variable": "AuthorizeRemoteStart"}


def spot(name: dict[str, Any]) -> dict[str, Any]:
    """The same in the words of 2.x."""
    return {"component": {"name": name["component"]}, "variable": {"name": name["variable"]}}


def got(name: dict[str, Any], value: str) -> dict[str, Any]:
    return {**spot(name), "attributeStatus": "Accepted", "attributeValue": value}


def datum(name: dict[str, Any], value: str, **evse: int) -> dict[str, Any]:
    """One reportData."""
    found = spot(name)
    if evse:
        found["component"]["evse"] = evse
    traits = {"dataType": "string", "supportsMonitoring": False}
    attribute = {"value": value, "mutability": "ReadWrite"}
    return {**found, "variableAttribute": [attribute], "variableCharacteristics": traits}


async def report(station: Station, number: int, parts: dict[int, list[Any]], last: int) -> None:
    """These parts of a report; ``last`` is the one after which none follows."""
    for seq, data in parts.items():
        body = {
            "requestId": number,
            "generatedAt": "2026-11-22T10:00:00Z",
            "seqNo": seq,
            "tbc": seq != last,
            "reportData": data,
        }
        assert await station.ask("NotifyReport", body) == {}


async def known(system: System, identity: str, **filters: Any) -> dict[str, str | None]:
    found = await system.all(f"stations/{identity}/variables", **filters)
    return {f"{v['component']}.{v['variable']}": v["value"] for v in found}


async def finished(system: System, identity: str, request: str) -> dict[str, Any]:
    """A request, once nothing more is to come of it."""
    return await eventually(
        lambda: system.get(f"stations/{identity}/requests/{request}"),
        lambda seen: seen["progress"] not in {"asked", "running"},
    )


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize(
    "names",
    [
        pytest.param([THRESHOLD], marks=pytest.mark.certification("TC_B_06"), id="TC_B_06"),
        pytest.param([THRESHOLD, REMOTE], marks=pytest.mark.certification("TC_B_07"), id="TC_B_07"),
    ],
)
async def test_values_are_asked_for_and_shown(
    system: System, identity: str, version: str, names: list[dict[str, Any]]
) -> None:
    """B06: by name, whatever the order of the answer; and known from then on."""
    answers = [got(name, value) for name, value in zip(names, ["60", "true"], strict=False)]
    async with booted(system, identity, version) as station:
        station.answers["GetVariables"] = {"getVariableResult": answers[::-1]}
        told = await system.post(f"stations/{identity}/variables/get", {"variables": names})
    assert station.calls == [("GetVariables", {"getVariableData": [spot(n) for n in names]})]
    assert told["status"] == "answered"
    assert [(r["status"], r["value"]) for r in told["items"]] == [
        ("Accepted", value) for value in ["60", "true"][: len(names)]
    ]
    assert (await known(system, identity))["OCPPCommCtrlr.OfflineThreshold"] == "60"


@pytest.mark.certification("TC_B_06")
@pytest.mark.parametrize("version", TWO)
async def test_what_a_station_does_not_tell_is_shown_with_its_reason(
    system: System, identity: str, version: str
) -> None:
    words = ["UnknownComponent", "UnknownVariable", "NotSupportedAttributeType", "Rejected"]
    names = [{"component": f"C{n}", "variable": "V", "attribute": "Target"} for n in range(4)]
    info = {"reasonCode": "WriteOnly", "additionalInfo": "Not for you"}
    async with booted(system, identity, version) as station:
        station.answers["GetVariables"] = {
            "getVariableResult": [
                {
                    **spot(name),
                    "attributeType": "Target",
                    "attributeStatus": word,
                    "attributeStatusInfo": info,
                }
                for name, word in zip(names, words, strict=True)
            ]
        }
        told = await system.post(f"stations/{identity}/variables/get", {"variables": names})
        station.answers["GetVariables"] = bare.Refused("InternalError", "Broken", {})
        broken = await system.post(f"stations/{identity}/variables/get", {"variables": names})
        assert await station.told() == []
        station.answers["GetVariables"] = '{"getVariableResult":[]}'
        empty = await system.post(f"stations/{identity}/variables/get", {"variables": names})
    assert [(r["status"], r["reason"], r["info"]) for r in told["items"]] == [
        (word, "WriteOnly", "Not for you") for word in words
    ]
    assert broken["status"] == "error"
    assert {(r["status"], r["reason"]) for r in broken["items"]} == {("Error", "InternalError")}
    assert (empty["status"], {r["status"] for r in empty["items"]}) == ("error", {"Error"})


@pytest.mark.certification("TC_B_08")
@pytest.mark.parametrize("version", TWO)
async def test_a_station_is_asked_for_no_more_than_it_takes(
    system: System, identity: str, version: str
) -> None:
    """B06.FR.05: ItemsPerMessage, one message after the other."""
    limit = datum({"component": "DeviceDataCtrlr", "variable": "ItemsPerMessage"}, "2")
    limit["variable"]["instance"] = "GetVariables"
    names = [{"component": "A", "variable": f"V{n}"} for n in range(3)]
    async with booted(system, identity, version) as station:
        await report(station, 1, {0: [limit]}, 0)
        station.answers["GetVariables"] = {
            "getVariableResult": [got(name, "1") for name in names[:2]]
        }
        told = await system.post(f"stations/{identity}/variables/get", {"variables": names})
    assert [len(call["getVariableData"]) for _, call in station.calls] == [2, 1]
    assert [r["status"] for r in told["items"]] == ["Accepted", "Accepted", "NotAnswered"]
    assert told["flags"] == ["missing", "surplus"]
    assert [call["items"] for call in told["calls"]] == [2, 1]


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize(
    "names",
    [
        pytest.param([THRESHOLD], marks=pytest.mark.certification("TC_B_09"), id="TC_B_09"),
        pytest.param([THRESHOLD, REMOTE], marks=pytest.mark.certification("TC_B_10"), id="TC_B_10"),
    ],
)
@pytest.mark.parametrize("word", ["Accepted", "RebootRequired", "Rejected"])
async def test_values_are_set_and_each_result_shown(
    system: System, identity: str, version: str, names: list[dict[str, Any]], word: str
) -> None:
    """B05: what needs a reboot is pending until there was one."""
    writes = [{**n, "value": v} for n, v in zip(names, ["123", "false"], strict=False)]
    async with booted(system, identity, version) as station:
        station.answers["SetVariables"] = {
            "setVariableResult": [{**spot(name), "attributeStatus": word} for name in names]
        }
        told = await system.post(f"stations/{identity}/variables/set", {"variables": writes})
    shown = await system.all(f"stations/{identity}/variables", variable="OfflineThreshold")
    assert station.calls == [
        (
            "SetVariables",
            {"setVariableData": [{**spot(w), "attributeValue": w["value"]} for w in writes]},
        )
    ]
    assert (told["status"], {r["status"] for r in told["items"]}) == ("answered", {word})
    seen = [(v["value"], v["pending"]) for v in shown]
    assert seen == {
        "Accepted": [("123", None)], "RebootRequired": [(None, "123")], "Rejected": [],
    }[word]  # fmt: skip
    if word == "RebootRequired":
        async with booted(system, identity, version):
            after = await eventually(lambda: known(system, identity), lambda now: all(now.values()))
        assert after["OCPPCommCtrlr.OfflineThreshold"] == "123"


async def test_an_offline_station_is_asked_nothing(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1"):
        pass
    path, names = f"stations/{identity}/variables", {"variables": [THRESHOLD]}

    async def offline() -> bool:
        return not (await system.get(f"stations/{identity}"))["online"]

    await eventually(offline)
    told = await system.post(f"{path}/get", names)
    assert (told["status"], told["items"][0]["status"]) == ("offline", "NotSent")
    answer = await system.post(f"stations/{identity}/reports", {"base": "FullInventory"})
    assert answer["status"] == "offline"
    assert (await finished(system, identity, answer["request"]))["progress"] == "offline"


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize(
    "base",
    [
        pytest.param(base, marks=pytest.mark.certification(case), id=case)
        for case, base in (
            ("TC_B_12", "ConfigurationInventory"),
            ("TC_B_13", "FullInventory"),
            ("TC_B_14", "SummaryInventory"),
        )
    ],
)
async def test_all_parts_of_a_base_report_are_received_and_shown(
    system: System, identity: str, version: str, base: str
) -> None:
    """B07: found under the request, and in the device model."""
    data = [datum({"component": "C", "variable": f"V{n}"}, str(n)) for n in range(3)]
    async with booted(system, identity, version) as station:
        answer = await system.post(f"stations/{identity}/reports", {"base": base})
        _, call = await station.call()
        await report(station, call["requestId"], {n: [data[n]] for n in range(3)}, 2)
    seen = await finished(system, identity, answer["request"])
    assert station.calls == [
        ("GetBaseReport", {"requestId": call["requestId"], "reportBase": base})
    ]
    assert (answer["status"], answer["payload"]) == ("answered", {"status": "Accepted"})
    assert (seen["progress"], seen["parts_missing"], seen["repeats"]) == ("complete", [], 0)
    assert [part["payload"]["reportData"] for part in seen["later"]] == [[d] for d in data]
    assert await known(system, identity) == {f"C.V{n}": str(n) for n in range(3)}


@pytest.mark.certification("TC_B_13")
@pytest.mark.parametrize("version", TWO)
async def test_a_raw_base_report_fills_the_model_too(
    system: System, identity: str, version: str
) -> None:
    """The operator's own requestId is kept, and nothing but what was asked is sent."""
    body = {"requestId": 4711, "reportBase": "FullInventory"}
    async with booted(system, identity, version) as station:
        answer = await system.post(f"stations/{identity}/calls/GetBaseReport", body)
        await report(station, 4711, {0: [datum(THRESHOLD, "60")], 2: [datum(REMOTE, "true")]}, 2)
        seen = await finished(system, identity, answer["request"])
        assert await station.told() == []
    assert (seen["progress"], seen["parts_missing"]) == ("incomplete", [1])
    assert station.calls == [("GetBaseReport", body)]
    assert len(await known(system, identity)) == 2


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize("word", ["Rejected", "NotSupported", "EmptyResultSet"])
async def test_a_report_that_is_refused_is_shown_as_such(
    system: System, identity: str, version: str, word: str
) -> None:
    async with booted(system, identity, version) as station:
        station.answers["GetBaseReport"] = {"status": word}
        answer = await system.post(f"stations/{identity}/reports", {"base": "SummaryInventory"})
        seen = await finished(system, identity, answer["request"])
        station.answers["GetBaseReport"] = bare.Refused("NotSupported", "No reports", {})
        failed = await system.post(f"stations/{identity}/reports", {"base": "SummaryInventory"})
    assert answer["payload"] == {"status": word}
    assert seen["progress"] == ("complete" if word == "EmptyResultSet" else "refused")
    assert (failed["status"], failed["code"]) == ("error", "NotSupported")


@pytest.mark.certification("TC_B_18")
@pytest.mark.parametrize("version", TWO)
async def test_a_custom_report_names_criteria_and_variables(
    system: System, identity: str, version: str
) -> None:
    """B08: Problem finds nothing, Available finds the variable."""
    name = {"component": "EVSE", "evse": 1, "variable": "AvailabilityState"}
    wire = {
        "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "AvailabilityState"},
    }
    path = f"stations/{identity}/reports"
    async with booted(system, identity, version) as station:
        station.answers["GetReport"] = {"status": "EmptyResultSet"}
        none = await system.post(path, {"criteria": ["Problem"], "variables": [name]})
        station.answers["GetReport"] = {"status": "Accepted"}
        some = await system.post(path, {"criteria": ["Available"], "variables": [name]})
        number = station.calls[1][1]["requestId"]
        await report(station, number, {0: [datum(name, "Available", id=1)]}, 0)
    asked = [{k: v for k, v in call.items() if k != "requestId"} for _, call in station.calls]
    assert [action for action, _ in station.calls] == ["GetReport", "GetReport"]
    assert asked == [
        {"componentCriteria": [criterion], "componentVariable": [wire]}
        for criterion in ("Problem", "Available")
    ]
    assert len({call["requestId"] for _, call in station.calls}) == 2
    assert none["payload"] == {"status": "EmptyResultSet"}
    assert (await finished(system, identity, some["request"]))["progress"] == "complete"
    (shown,) = await system.all(f"stations/{identity}/variables", evse=1)
    assert (shown["component"], shown["evse"], shown["value"]) == ("EVSE", 1, "Available")


@pytest.mark.parametrize("version", TWO)
async def test_what_makes_no_sense_names_the_field(
    system: System, identity: str, version: str
) -> None:
    path = f"stations/{identity}"
    async with booted(system, identity, version) as station:
        for place, body, pointer in (
            ("reports", {}, "/base"),
            ("variables/get", {"variables": [{"key": "HeartbeatInterval"}]}, "/variables/0/key"),
            ("variables/get", {"variables": [THRESHOLD, {"component": "A"}]}, "/variables/1"),
            ("variables/set", {"variables": [THRESHOLD]}, "/variables/0/value"),
            (
                "variables/get",
                {"variables": [{**THRESHOLD, "connector": 1}]},
                "/variables/0/evse",
            ),
        ):
            answer = await system.http.post(f"{path}/{place}", json=body)
            assert answer.status_code == 422, answer.text
            assert answer.json()["errors"][0]["pointer"].startswith(pointer), answer.text
        assert (await station.told(), station.calls) == ([], [])


async def test_variables_are_found_page_by_page(system: System, identity: str) -> None:
    path = f"stations/{identity}/variables"
    data = [datum({"component": "C", "variable": f"V{n}"}, f"value-{n}") for n in range(7)]
    data[3]["variableAttribute"][0]["mutability"] = "ReadOnly"
    async with booted(system, identity, "2.0.1") as station:
        await report(station, 1, {0: data}, 0)
    page = await system.get(path, limit=3)
    rest = await system.get(path, limit=3, after=page["next"])
    assert [v["variable"] for v in page["items"] + rest["items"]] == [f"V{n}" for n in range(6)]
    assert list(await known(system, identity, search="LUE-5")) == ["C.V5"]
    assert list(await known(system, identity, writable="false")) == ["C.V3"]
    assert len(await known(system, identity, component="c", writable="true")) == 6
    assert await known(system, identity, variable="v9") == {}


# -- 1.6 -----------------------------------------------------------------------------------------

KEYS = [
    {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
    {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core"},
    {"key": "AuthorizationKey", "readonly": False},
]


@pytest.mark.certification("TC_019_1")
async def test_the_whole_configuration_of_16_is_shown(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        station.answers["GetConfiguration"] = {"configurationKey": KEYS}
        answer = await system.post(f"stations/{identity}/reports", {"base": "FullInventory"})
    assert station.calls == [("GetConfiguration", {})]
    assert answer["payload"] == {"configurationKey": KEYS}
    assert (await finished(system, identity, answer["request"]))["progress"] == "complete"
    shown = await system.all(f"stations/{identity}/variables")
    assert {(v["key"], v["value"], v["mutability"]) for v in shown} == {
        ("HeartbeatInterval", "300", "ReadWrite"),
        ("SupportedFeatureProfiles", "Core", "ReadOnly"),
        ("AuthorizationKey", None, "ReadWrite"),
    }


@pytest.mark.certification("TC_019_2")
async def test_a_key_of_16_is_asked_for_and_shown(system: System, identity: str) -> None:
    names = [{"key": "SupportedFeatureProfiles"}]
    async with booted(system, identity, "1.6") as station:
        station.answers["GetConfiguration"] = {"configurationKey": KEYS[1:2], "unknownKey": []}
        one = await system.post(f"stations/{identity}/variables/get", {"variables": names})
        station.answers["GetConfiguration"] = {"unknownKey": ["Nope"]}
        none = await system.post(
            f"stations/{identity}/variables/get", {"variables": [{"key": "Nope"}]}
        )
    assert station.calls == [
        ("GetConfiguration", {"key": ["SupportedFeatureProfiles"]}),
        ("GetConfiguration", {"key": ["Nope"]}),
    ]
    (found,) = one["items"]
    assert (found["key"], found["status"], found["value"]) == (
        "SupportedFeatureProfiles", "Accepted", "Core",
    )  # fmt: skip
    assert none["items"][0]["status"] == "UnknownVariable"


@pytest.mark.parametrize(
    ("word", "value"),
    [
        pytest.param(*row, marks=pytest.mark.certification(case), id=case)
        for case, *row in (
            ("TC_021", "Accepted", "60"),
            ("TC_040_1", "NotSupported", "60"),
            ("TC_040_2", "Rejected", "-1"),
        )
    ],
)
async def test_a_key_of_16_is_changed_and_its_result_shown(
    system: System, identity: str, word: str, value: str
) -> None:
    write = {"key": "MeterValueSampleInterval", "value": value}
    async with booted(system, identity, "1.6") as station:
        station.answers["ChangeConfiguration"] = {"status": word}
        told = await system.post(f"stations/{identity}/variables/set", {"variables": [write]})
    assert station.calls == [("ChangeConfiguration", write)]
    assert (told["status"], told["items"][0]["status"]) == ("answered", word)
    expected = {"SampledDataCtrlr.TxUpdatedInterval": "60"} if word == "Accepted" else {}
    assert await known(system, identity) == expected
