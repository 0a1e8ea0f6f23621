"""B: boot, registration, reset (ocpp.md 4.1)."""

import asyncio
from typing import Any

import pytest

from tests import bare
from tests.flows.messages import ALL, TWO, status
from tests.flows.station import booted, connected
from tests.system import System, eventually


@pytest.mark.certification("TC_B_01", "TC_001")
@pytest.mark.parametrize("version", ALL)
async def test_an_accepted_station_is_known_and_online(
    system: System, identity: str, version: str
) -> None:
    """B01: and its first statuses are answered and shown."""
    socket = await bare.boot(system.ocpp_url, identity, version)
    places = (0, 1, 2) if version == "1.6" else (1, 2)
    told = [await socket.ask(*status(version, "Available", place)) for place in places]
    assert told == [{} for _ in places]
    names = ("online", "vendor", "model", "boot_status", "protocol")

    async def facts() -> dict[str, object]:
        seen = await system.get(f"stations/{identity}")
        return {key: seen[key] for key in names}

    assert await eventually(facts, lambda now: now["online"]) == {
        "online": True,
        "vendor": "Bare",
        "model": "One",
        "boot_status": "Accepted",
        "protocol": {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}[version],
    }
    evses = (await system.get(f"stations/{identity}"))["evses"]
    assert [evse["connectors"][0]["status"] for evse in evses] == ["Available", "Available"]
    socket.close()

    async def online() -> bool:
        return bool((await system.get(f"stations/{identity}"))["online"])

    assert await eventually(online, lambda here: not here) is False


@pytest.mark.certification("TC_B_02", "TC_B_30", "TC_B_31")
@pytest.mark.parametrize("version", ALL)
async def test_a_pending_station_may_only_boot_until_it_is_accepted(
    system: System, identity: str, version: str
) -> None:
    """B02, B03: it is asked to boot again as soon as the operator accepts it."""
    await system.put(f"stations/{identity}", {"registration": "Pending"})
    socket = await bare.connect(system.ocpp_url, identity, version)
    pending = await socket.ask("BootNotification", bare.BOOTS[version])
    with pytest.raises(bare.Refused) as refused:
        await socket.ask(*status(version, "Available"))
    await system.put(f"stations/{identity}", {"registration": "Accepted"})

    async def asked() -> list[tuple[str, dict[str, str]]]:
        return [c for c in socket.calls if c[0] == "TriggerMessage"]

    triggered = await eventually(asked)
    accepted = await socket.ask("BootNotification", bare.BOOTS[version])
    answer = await socket.ask(*status(version, "Available"))
    socket.close()
    assert pending["status"] == "Pending"
    assert refused.value.args[0] == "SecurityError"
    assert triggered[0][1]["requestedMessage"] == "BootNotification"
    assert accepted["status"] == "Accepted"
    assert answer == {}


@pytest.mark.certification("TC_B_31")
@pytest.mark.parametrize("version", ALL)
async def test_an_operator_has_a_pending_station_boot_again(
    system: System, identity: str, version: str
) -> None:
    """Where the platform sends nothing of its own accord, the operator triggers the boot."""
    path = f"stations/{identity}"
    await system.put(path, {"registration": "Pending", "automatic": False})
    async with connected(system, identity, version) as station:
        first = await station.ask("BootNotification", bare.BOOTS[version])
        await system.put(path, {"registration": "Accepted"})
        told = await system.post(f"{path}/trigger", {"message": "BootNotification"})
        second = await station.ask("BootNotification", bare.BOOTS[version])
    assert (first["status"], second["status"]) == ("Pending", "Accepted")
    assert (told["status"], told["payload"]) == ("answered", {"status": "Accepted"})
    assert station.calls == [("TriggerMessage", {"requestedMessage": "BootNotification"})]


@pytest.mark.certification("TC_B_30")
@pytest.mark.parametrize("version", ALL)
async def test_a_rejected_station_is_told_to_wait(
    system: System, identity: str, version: str
) -> None:
    """B03."""
    await system.put(f"stations/{identity}", {"registration": "Rejected"})
    socket = await bare.connect(system.ocpp_url, identity, version)
    answer = await socket.ask("BootNotification", bare.BOOTS[version])
    with pytest.raises(bare.Refused) as refused:
        await socket.ask(*status(version, "Available"))
    socket.close()
    assert answer["status"] == "Rejected"
    assert answer["interval"] >= 60
    assert refused.value.args[0] == "SecurityError"


@pytest.mark.parametrize("version", ALL)
async def test_the_newest_socket_wins(system: System, identity: str, version: str) -> None:
    old = await bare.boot(system.ocpp_url, identity, version)
    new = await bare.boot(system.ocpp_url, identity, version)
    await asyncio.wait_for(old.closed, 10)
    answer = await system.post(f"stations/{identity}/reset", {})
    seen = await system.get(f"stations/{identity}")
    assert answer["status"] == "answered"
    assert [action for action, _ in new.calls] == ["Reset"]
    assert seen["online"] is True
    new.close()


async def test_an_offline_station_is_told_at_once(system: System, identity: str) -> None:
    await system.put(f"stations/{identity}", {})
    started = asyncio.get_running_loop().time()
    answer = await system.post(f"stations/{identity}/calls/Reset", {"type": "Soft"})
    assert answer["status"] == "offline"
    assert asyncio.get_running_loop().time() - started < 30


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_payload_that_the_schema_refuses_names_the_field(
    system: System, identity: str, version: str
) -> None:
    socket = await bare.boot(system.ocpp_url, identity, version)
    answer = await system.http.post(f"stations/{identity}/calls/Reset", json={"type": "Harder"})
    socket.close()
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "type" in answer.text
    assert socket.calls == []


WHERE = {
    "OfflineThreshold": {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "OfflineThreshold"},
    },
    "AuthorizeRemoteStart": {
        "component": {"name": "AuthCtrlr"},
        "variable": {"name": "AuthorizeRemoteStart"},
    },
}


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize(
    "names", [["OfflineThreshold"], ["OfflineThreshold", "AuthorizeRemoteStart"]]
)
async def test_variables_are_read_and_written(
    system: System, identity: str, names: list[str], version: str
) -> None:
    """TC_B_06, TC_B_07, TC_B_09, TC_B_10: one element and two, results as the station says."""
    wanted = [WHERE[name] for name in names]
    values = {"OfflineThreshold": "123", "AuthorizeRemoteStart": "false"}
    writes = [{**WHERE[name], "attributeValue": values[name]} for name in names]
    read = [{**w, "attributeStatus": "Accepted", "attributeValue": "1"} for w in wanted]
    written = [{**w, "attributeStatus": "RebootRequired"} for w in wanted]
    path = f"stations/{identity}/calls"
    async with booted(system, identity, version) as station:
        station.answers["GetVariables"] = {"getVariableResult": read}
        station.answers["SetVariables"] = {"setVariableResult": written}
        got = await system.post(f"{path}/GetVariables", {"getVariableData": wanted})
        put = await system.post(f"{path}/SetVariables", {"setVariableData": writes})
    assert (got["status"], got["payload"]) == ("answered", {"getVariableResult": read})
    assert (put["status"], put["payload"]) == ("answered", {"setVariableResult": written})
    assert station.calls == [
        ("GetVariables", {"getVariableData": wanted}),
        ("SetVariables", {"setVariableData": writes}),
    ]


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize("base", ["ConfigurationInventory", "FullInventory", "SummaryInventory"])
async def test_every_part_of_a_report_is_kept_in_order(
    system: System, identity: str, base: str, version: str
) -> None:
    """TC_B_12, TC_B_13, TC_B_14: three parts, the last one without tbc."""
    request = {"requestId": 17, "reportBase": base}

    def part(number: int) -> dict[str, Any]:
        more = {"tbc": True} if number < 2 else {}
        item = {**WHERE["OfflineThreshold"], "variableAttribute": [{"value": str(number)}]}
        told = {"requestId": 17, "generatedAt": "2026-11-22T10:00:00Z", "seqNo": number}
        return {**told, **more, "reportData": [item]}

    async with booted(system, identity, version) as station:
        answer = await system.post(f"stations/{identity}/calls/GetBaseReport", request)
        assert [await station.ask("NotifyReport", part(n)) for n in range(3)] == [{}, {}, {}]
    kept = await system.all(f"stations/{identity}/reports", action="NotifyReport")
    assert answer["payload"] == {"status": "Accepted"}
    assert station.calls == [("GetBaseReport", request)]
    assert [report["payload"] for report in reversed(kept)] == [part(n) for n in range(3)]


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize("word", ["Accepted", "Rejected", "Failed"])
async def test_a_network_profile_is_set(
    system: System, identity: str, word: str, version: str
) -> None:
    """TC_B_42, TC_B_44."""
    profile = {
        "configurationSlot": 1,
        "connectionData": {
            "messageTimeout": 30,
            "ocppCsmsUrl": "wss://csms.example/ocpp",
            "ocppInterface": "Wired0",
            "ocppTransport": "JSON",
            "ocppVersion": "OCPP20",
            "securityProfile": 2,
        },
    }
    async with booted(system, identity, version) as station:
        station.answers["SetNetworkProfile"] = {"status": word}
        answer = await system.post(f"stations/{identity}/calls/SetNetworkProfile", profile)
    assert station.calls == [("SetNetworkProfile", profile)]
    assert (answer["status"], answer["payload"]) == ("answered", {"status": word})


def read(*keys: tuple[str, bool, str]) -> dict[str, Any]:
    return {"configurationKey": [{"key": k, "readonly": r, "value": v} for k, r, v in keys]}


def change(key: str, value: str, word: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    return "ChangeConfiguration", {"key": key, "value": value}, {"status": word}


FEATURES = {"key": ["SupportedFeatureProfiles"]}
TOLD = {**read(("SupportedFeatureProfiles", True, "Core")), "unknownKey": []}
CONFIGURATION: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "TC_019_1": ("GetConfiguration", {}, read(("HeartbeatInterval", False, "300"))),
    "TC_019_2": ("GetConfiguration", FEATURES, TOLD),
    "TC_021": change("MeterValueSampleInterval", "60", "Accepted"),
    "TC_040_1": change("Nope", "60", "NotSupported"),
    "TC_040_2": change("MeterValueSampleInterval", "x", "Rejected"),
}


@pytest.mark.parametrize(
    ("action", "request_body", "answer"),
    [
        *(
            pytest.param(*row, marks=pytest.mark.certification(case), id=case)
            for case, row in CONFIGURATION.items()
        ),
        change("HeartbeatInterval", "9", "RebootRequired"),
    ],
)
async def test_the_configuration_of_16(
    system: System,
    identity: str,
    action: str,
    request_body: dict[str, Any],
    answer: dict[str, Any],
) -> None:
    """The station's answer to the letter."""
    async with booted(system, identity, "1.6") as station:
        station.answers[action] = answer
        told = await system.post(f"stations/{identity}/calls/{action}", request_body)
    assert station.calls == [(action, request_body)]
    assert (told["status"], told["payload"]) == ("answered", answer)


async def test_many_new_stations_can_be_called_as_soon_as_they_are_accepted(
    system: System, identity: str
) -> None:
    """Nobody is told that a station never connected which has its boot's answer already."""

    async def first_words(number: int) -> str:
        version = ALL[number % 3]
        async with booted(system, f"{identity}-{number}", version):
            answer = await system.post(f"stations/{identity}-{number}/reset", {})
            return str(answer["status"])

    told = await asyncio.gather(*(first_words(number) for number in range(30)))
    assert set(told) == {"answered"}


@pytest.mark.parametrize(("before", "after"), [("1.6", "2.0.1"), ("2.1", "1.6")])
async def test_a_station_that_comes_back_in_another_version_is_called_in_it(
    system: System, identity: str, before: str, after: str
) -> None:
    async with booted(system, identity, before):
        pass
    async with booted(system, identity, after) as station:
        answer = await system.post(f"stations/{identity}/reset", {"hard": True})
    assert answer["status"] == "answered"
    assert station.calls == [("Reset", {"type": "Hard" if after == "1.6" else "Immediate"})]


@pytest.mark.parametrize("version", ALL)
async def test_a_plain_reconnect_needs_no_boot(system: System, identity: str, version: str) -> None:
    """2.7: what was accepted stays so over connections."""
    async with booted(system, identity, version):
        pass
    async with connected(system, identity, version) as station:
        assert await station.ask(*status(version, "Available")) == {}
        assert "currentTime" in await station.ask("Heartbeat", {})


@pytest.mark.certification("TC_B_30")
@pytest.mark.parametrize("version", ALL)
async def test_a_pending_station_may_send_what_it_was_asked_for(
    system: System, identity: str, version: str
) -> None:
    """B02: everything else is SecurityError."""
    await system.put(f"stations/{identity}", {"registration": "Pending"})
    async with connected(system, identity, version) as station:
        await station.ask("BootNotification", bare.BOOTS[version])
        with pytest.raises(bare.Refused) as refused:
            await station.ask(*status(version, "Available"))
        body = {"message": "StatusNotification", "evse": 1}
        await system.post(f"stations/{identity}/trigger", body)
        assert await station.ask(*status(version, "Available")) == {}
        with pytest.raises(bare.Refused) as beaten:
            await station.ask("Heartbeat", {})
    assert {refused.value.args[0], beaten.value.args[0]} == {"SecurityError"}
