"""B09 and B10: how stations connect, without sending one into nowhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from libs.station import VirtualStation
from tests.flows.messages import TWO
from tests.flows.station import Station, booted
from tests.flows.test_device_model import datum, report
from tests.system import System, eventually, free_port

PROFILE = {
    "url": "wss://csms.example/ocpp",
    "security_profile": 2,
    "interface": "Wireless1",
    "message_timeout": 45,
}
UNCHECKED = {**PROFILE, "check": False}


def wire(version: str) -> dict[str, Any]:
    return {
        "messageTimeout": 45,
        "ocppCsmsUrl": "wss://csms.example/ocpp",
        "ocppInterface": "Wireless1",
        "ocppTransport": "JSON",
        "ocppVersion": {"2.0.1": "OCPP20", "2.1": "OCPP21"}[version],
        "securityProfile": 2,
    }


async def tell(station: Station, **values: str) -> None:
    """The station tells these variables of OCPPCommCtrlr."""
    data = [
        datum({"component": "OCPPCommCtrlr", "variable": name}, value)
        for name, value in values.items()
    ]
    await report(station, 1, {0: data}, 0)


async def refused(system: System, path: str, body: Any, status: int) -> dict[str, Any]:
    answer = await system.http.put(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize(
    "word",
    [
        pytest.param("Accepted", marks=pytest.mark.certification("TC_B_42"), id="TC_B_42"),
        pytest.param("Failed", marks=pytest.mark.certification("TC_B_44"), id="TC_B_44"),
        "Rejected",
    ],
)
async def test_a_network_profile_is_set_and_its_result_shown(
    system: System, identity: str, version: str, word: str
) -> None:
    path = f"stations/{identity}/network-profiles"
    async with booted(system, identity, version) as station:
        info = {"reasonCode": "InvalidNetworkConf"}
        station.answers["SetNetworkProfile"] = {"status": word, "statusInfo": info}
        sent = await system.put(f"{path}/3", UNCHECKED)
    call = {"configurationSlot": 3, "connectionData": wire(version)}
    assert station.calls == [("SetNetworkProfile", call)]
    assert sent["result"]["payload"]["status"] == word
    (slot,) = (await system.get(path))["slots"]
    assert (slot["slot"], slot["status"], slot["reason"]) == (3, word, "InvalidNetworkConf")
    assert (slot["profile"], slot["request"]) == (wire(version), sent["request"])


@pytest.mark.parametrize(
    ("change", "status", "why"),
    [
        ({"url": "https://csms.example"}, 422, "ws://"),
        ({"url": "wss://user:secret@csms.example"}, 422, "no user"),
        ({"url": "wss://csms.example/a b"}, 422, "blank"),
        ({"url": "wss://csms.example:99999"}, 422, "address"),
        ({"url": "ws://csms.example"}, 422, "TLS"),
        ({"security_profile": 1}, 409, "without TLS"),
        ({"identity": "CP2"}, 422, "identity"),
        ({"interface": "Any"}, 422, "2.0.1"),
    ],
)
async def test_what_can_never_work_is_not_sent(
    system: System, identity: str, change: dict[str, Any], status: int, why: str
) -> None:
    async with booted(system, identity, "2.0.1") as station:
        path = f"stations/{identity}/network-profiles/2"
        problem = await refused(system, path, {**UNCHECKED, **change}, status)
        assert (await station.told(), station.calls) == ([], [])
    assert why in problem["detail"]


async def test_security_is_not_weakened_unless_it_is_meant(system: System, identity: str) -> None:
    path = f"stations/{identity}/network-profiles/2"
    weak = {**UNCHECKED, "url": "ws://csms.example", "security_profile": 0}
    async with booted(system, identity, "2.0.1") as station:
        await system.put(f"stations/{identity}", {"security_profile": 1, "password": "x" * 20})
        problem = await refused(system, path, weak, 409)
        await system.put(path, {**weak, "force": True})
    assert "weaker" in problem["detail"]
    assert [action for action, _ in station.calls] == ["SetNetworkProfile"]


@pytest.mark.parametrize("version", TWO)
async def test_the_slot_of_the_connection_is_not_overwritten(
    system: System, identity: str, version: str
) -> None:
    """2.1 forbids it for every slot that is tried, whoever wants it."""
    path = f"stations/{identity}/network-profiles/1"
    async with booted(system, identity, version) as station:
        await tell(station, NetworkConfigurationPriority="1,2", ActiveNetworkProfile="1")
        await refused(system, path, UNCHECKED, 409 if version == "2.0.1" else 422)
        answer = await system.http.put(path, json={**UNCHECKED, "force": True})
    assert answer.status_code == (200 if version == "2.0.1" else 422)
    assert len(station.calls) == (1 if version == "2.0.1" else 0)


@asynccontextmanager
async def web_server(line: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Answers everybody with a line; its address, and what it was asked."""
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(line)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp", asked


async def test_an_address_where_nobody_answers_is_not_sent(system: System, identity: str) -> None:
    path = f"stations/{identity}/network-profiles/2"
    plain = {"security_profile": 0}
    async with booted(system, identity, "2.0.1") as station:
        dead = {**plain, "url": f"ws://127.0.0.1:{free_port()}"}
        nobody = await refused(system, path, dead, 409)
        async with web_server(b"SSH-2.0-x\r\n") as (url, _):
            other = await refused(system, path, {**plain, "url": url}, 409)
        assert station.calls == []
        forced = await system.put(path, {**dead, "force": True})
        async with web_server(b"HTTP/1.1 426 Upgrade Required\r\n\r\n") as (url, asked):
            sent = await system.put(path, {**plain, "url": url})
    assert "Nobody answers" in nobody["detail"]
    assert "HTTP" in other["detail"]
    assert (forced["reach"]["reachable"], sent["reach"]["status"]) == (False, 426)
    assert asked[0].startswith(b"GET /ocpp HTTP/1.1\r\n")
    assert identity.encode() not in asked[0]
    (slot,) = (await system.get(f"stations/{identity}/network-profiles"))["slots"]
    assert slot["previous"]["ocppCsmsUrl"] == dead["url"]


async def test_the_way_back_stays_in_the_list(system: System, identity: str) -> None:
    """B10: the old order is remembered, the new one pending until the reboot."""
    path = f"stations/{identity}/network-priority"
    name = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "NetworkConfigurationPriority"},
    }
    async with booted(system, identity, "2.0.1") as station:
        unknown = await refused(system, path, {"slots": [1]}, 409)
        await tell(station, NetworkConfigurationPriority="1,4", ActiveNetworkProfile="1")
        gone = await refused(system, path, {"slots": [4]}, 409)
        strange = await refused(system, path, {"slots": [1, 2]}, 409)
        await refused(system, path, {"slots": [1, 1]}, 422)
        await system.put(f"stations/{identity}/network-profiles/2", UNCHECKED)
        station.calls.clear()
        station.answers["SetVariables"] = {
            "setVariableResult": [{**name, "attributeStatus": "RebootRequired"}]
        }
        told = await system.put(path, {"slots": [2, 1]})
    assert "Nobody knows by which slot" in unknown["detail"]
    assert "slot 1" in gone["detail"]
    assert "slot 2" in strange["detail"]
    assert told["items"][0]["status"] == "RebootRequired"
    assert station.calls == [
        ("SetVariables", {"setVariableData": [{**name, "attributeValue": "2,1"}]})
    ]
    names = ("priority", "priority_pending", "priority_before", "active")
    seen = await system.get(f"stations/{identity}/network-profiles")
    assert [seen[name] for name in names] == [[1, 4], [2, 1], [1, 4], 1]
    async with booted(system, identity, "2.0.1"):
        await eventually(
            lambda: system.get(f"stations/{identity}/network-profiles"),
            lambda now: now["priority"] == [2, 1],
        )


async def test_secrets_of_a_profile_are_sent_and_shown_to_nobody(
    system: System, identity: str
) -> None:
    secret = "made-up-secret"
    body = {
        **UNCHECKED,
        "identity": "CP-2",
        "basic_auth_password": secret,
        "apn": {"apn": "net", "apnPassword": secret, "simPin": 471147, "apnAuthentication": "PAP"},
        "vpn": {"server": "v", "user": "u", "password": secret, "key": secret, "type": "IKEv2"},
    }
    async with booted(system, identity, "2.1") as station:
        sent = await system.put(f"stations/{identity}/network-profiles/2", body)
        data = station.calls[0][1]["connectionData"]
        request = sent["request"]
        shown = [
            await system.get(f"stations/{identity}/{path}")
            for path in ("network-profiles", f"requests/{request}", "requests")
        ]

        async def logged() -> list[Any]:
            page = await system.get(f"stations/{identity}/log", action="SetNetworkProfile")
            return page["items"]

        shown.append(await eventually(logged))
    assert (data["basicAuthPassword"], data["vpn"]["key"]) == (secret, secret)
    assert (data["apn"]["simPin"], data["identity"]) == (471147, "CP-2")
    assert secret not in str(shown)
    assert "471147" not in str(shown)


async def test_a_16_station_has_no_network_profiles(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        problem = await refused(system, f"stations/{identity}/network-profiles/1", UNCHECKED, 409)
        await refused(system, f"stations/{identity}/network-priority", {"slots": [1]}, 409)
    assert "no network profiles" in problem["detail"]
    assert station.calls == []


@pytest.mark.parametrize("version", ["v201", "v21"])
async def test_a_station_moves_to_another_address(
    system: System, identity: str, version: Any
) -> None:
    """B10, from the profile to the boot at the new address."""
    path = f"stations/{identity}"
    names = [
        {"component": "OCPPCommCtrlr", "variable": name}
        for name in ("NetworkConfigurationPriority", "ActiveNetworkProfile")
    ]
    async with VirtualStation(identity, system.ocpp_url, version, link_speed=20) as station:
        await station.booted()
        await system.post(f"{path}/variables/get", {"variables": names})
        body = {"url": f"{system.ocpp_url}/ocpp", "security_profile": 0}
        sent = await system.put(f"{path}/network-profiles/2", body)
        told = await system.put(f"{path}/network-priority", {"slots": [2, 1]})
        await system.post(f"{path}/reset", {"hard": True})
        await station.wait_for(lambda: not station.online, "the restart")
        await station.booted()
        await system.post(f"{path}/variables/get", {"variables": names})
    assert sent["result"]["payload"]["status"] == "Accepted"
    assert sent["reach"]["reachable"] is True
    assert told["items"][0]["status"] == "RebootRequired"
    seen = await system.get(f"{path}/network-profiles")
    assert (seen["active"], seen["priority"], seen["priority_before"]) == (2, [2, 1], [1])
