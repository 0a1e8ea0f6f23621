"""Tenants apart: the same names in two of them have nothing to do with each other."""

import asyncio
from typing import Any

import pytest
import websockets

from tests import bare
from tests.flows.messages import ALL, authorize, event, info, start, status
from tests.flows.station import booted, connected
from tests.system import System, eventually


def begin(version: str, token: str) -> tuple[str, dict[str, Any]]:
    if version == "1.6":
        return start(token)
    return event("Started", "Authorized", "same-name", 0, token=token, register=1_000)


async def refused(system: System, path: str) -> int:
    offer = [websockets.Subprotocol("ocpp2.0.1")]
    try:
        async with websockets.connect(f"{system.ocpp_url}/{path}", subprotocols=offer):
            return 101
    except websockets.InvalidStatus as error:
        return error.response.status_code


@pytest.mark.parametrize("version", ALL)
async def test_two_tenants_with_a_station_of_the_same_name(
    system: System, identity: str, version: str
) -> None:
    """Registry, sessions, tokens, calls and logs are each tenant's own."""
    tenants = [f"{identity}-one", f"{identity}-two"]
    for tenant in tenants:
        await put(system, f"stations/{identity}", {}, tenant)
    await put(system, "tokens/SHARED", {}, tenants[0])
    one, two = (f"ocpp/{tenant}/{identity}" for tenant in tenants)
    async with booted(system, one, version) as first, booted(system, two, version) as second:
        told = [
            info(version, await station.ask(*message))["status"]
            for station in (first, second)
            for message in (authorize(version, "SHARED"), begin(version, "SHARED"))
        ]
        await first.ask(*status(version, "Available"))
        await second.ask(*status(version, "Faulted"))
        await system.post(f"stations/{identity}/reset", {"hard": True}, tenant=tenants[1])
        await second.told()
    found = [await system.get("transactions", tenant=t, station=identity) for t in tenants]
    views = [await system.get(f"stations/{identity}", tenant=t) for t in tenants]
    ids = [page["items"][0]["id"] for page in found]
    stranger = await system.http.get(f"transactions/{ids[0]}", params={"tenant": tenants[1]})
    assert told[:2] == ["Accepted", "Accepted"]
    assert set(told[2:]) == {"Invalid" if version == "1.6" else "Unknown"}
    assert [len(page["items"]) for page in found] == [1, 1]
    assert [page["items"][0]["tenant"] for page in found] == tenants
    assert len(set(ids)) == 2
    assert stranger.status_code == 404
    assert [view["evses"][0]["connectors"][0]["status"] for view in views] == [
        "Available",
        "Faulted",
    ]
    assert ([name for name, _ in first.calls], [name for name, _ in second.calls]) == (
        [],
        ["Reset"],
    )
    await each_log_is_its_own(system, identity, tenants)


async def each_log_is_its_own(system: System, identity: str, tenants: list[str]) -> None:
    for tenant, resets in zip(tenants, (0, 1), strict=True):

        async def logged(tenant: str = tenant) -> list[str]:
            page = await system.get(f"stations/{identity}/log", tenant=tenant)
            assert {exchange["tenant"] for exchange in page["items"]} <= {tenant}
            return [exchange["action"] for exchange in page["items"]]

        seen = await eventually(logged, lambda actions: "StatusNotification" in actions)
        assert seen.count("Reset") == resets


async def put(system: System, path: str, body: object, tenant: str) -> None:
    answer = await system.http.put(path, json=body, headers={"Voltbus-Tenant": tenant})
    assert answer.status_code == 200, answer.text


async def test_a_name_that_several_tenants_use_must_be_said_with_its_tenant(
    system: System, identity: str
) -> None:
    tenants = [f"{identity}-one", f"{identity}-two"]
    await put(system, f"stations/{identity}", {}, tenants[0])
    alone = await refused(system, identity)
    await put(system, f"stations/{identity}", {}, tenants[1])
    assert alone == 101
    assert await refused(system, identity) == 404
    assert await refused(system, f"ocpp/{tenants[1]}/{identity}") == 101
    assert await refused(system, f"ocpp/{identity}-three/{identity}") == 404


@pytest.mark.parametrize("version", ALL)
async def test_a_station_moves_to_another_tenant(
    system: System, identity: str, version: str
) -> None:
    """Its socket ends, its sessions stay where they were made; it comes back in the new tenant."""
    new = f"{identity}-new"
    async with booted(system, identity, version) as station:
        await station.ask(*begin(version, "DEMO0001"))
        await system.put(f"stations/{identity}", {"tenant": new})
        await asyncio.wait_for(station.closed, 30)
    gone = await system.http.get(f"stations/{identity}")
    async with connected(system, identity, version) as station:
        # It booted before, and moving is no reason to forget that.
        assert await station.ask(*status(version, "Available")) == {}
        await station.ask(*begin(version, "DEMO0001"))
        answer = await system.post(f"stations/{identity}/reset", {}, tenant=new)
        again = await refused(system, f"ocpp/default/{identity}/x")
    old = await system.all("transactions", station=identity)
    moved = await system.all("transactions", station=identity, tenant=new)
    assert gone.status_code == 404
    assert answer["status"] == "answered"
    assert again in {400, 404}
    assert [record["tenant"] for record in old] == ["default"]
    assert [record["tenant"] for record in moved] == [new]
    assert "DEMO0001" in {record["token"] for record in moved}


@pytest.mark.parametrize("version", ALL)
async def test_a_deleted_station_is_dropped_and_its_sessions_stay(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        await station.ask(*begin(version, "DEMO0001"))
        answer = await system.http.delete(f"stations/{identity}")
        await asyncio.wait_for(station.closed, 30)
    called = await system.http.post(f"stations/{identity}/reset", json={})
    records = await system.all("transactions", station=identity)
    async with connected(system, identity, version) as station:
        # Registration is open here: it is new, and has to boot before it may say anything else.
        with pytest.raises(bare.Refused) as refusal:
            await station.ask(*status(version, "Available"))
        assert (await station.ask("BootNotification", bare.BOOTS[version]))["status"] == "Accepted"
    assert answer.status_code == 204
    assert called.status_code == 404
    assert len(records) == 1
    assert refusal.value.args[0] == "SecurityError"


@pytest.mark.parametrize("version", ALL)
async def test_strictness_is_switched_while_the_station_is_connected(
    system: System, identity: str, version: str
) -> None:
    """From the next frame on, both ways."""
    odd = {"mood": "good"}
    async with booted(system, identity, version) as station:

        async def heartbeat() -> str:
            try:
                await station.ask("Heartbeat", odd)
            except bare.Refused as error:
                return str(error.args[0])
            return "fine"

        wrong = "FormationViolation" if version == "1.6" else "FormatViolation"
        told = [await heartbeat()]
        for strict, wanted in ((True, wrong), (False, "fine")):
            await system.put(f"stations/{identity}", {"strict": strict})
            told.append(await eventually(heartbeat, lambda now, wanted=wanted: now == wanted))
    assert told == ["fine", wrong, "fine"]
