"""The API as an integrator meets it: outcomes, time-outs, keys, events (design: HTTP API)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from tests import bare
from tests.flows.messages import ALL, event, start, status, stop
from tests.flows.station import booted
from tests.system import System

COMMANDS: list[tuple[str, dict[str, Any]]] = [
    ("calls/ClearCache", {}),
    ("reset", {}),
    ("availability", {"operative": True}),
    ("unlock", {}),
    ("trigger", {"message": "Heartbeat"}),
    ("start", {"token": "DEMO0005"}),
    ("stop", {"transaction": "31"}),
]
IDS = [path.rpartition("/")[2] for path, _ in COMMANDS]


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(("path", "body"), COMMANDS, ids=IDS)
async def test_every_command_ends_in_one_of_four_ways(
    system: System, identity: str, path: str, body: dict[str, Any], version: str
) -> None:
    """Always 200: answered, error, timeout, offline."""
    url = f"stations/{identity}/{path}"
    told = []
    async with booted(system, identity, version) as station:
        told.append(await system.post(url, body))
        action, _ = await station.call()
        station.answers[action] = bare.Refused("GenericError", "no", {"a": 1})
        told.append(await system.post(url, body))
        station.answers[action] = None
        told.append(await system.post(url, body, timeout=0.1))
    await asyncio.wait_for(station.closed, 30)
    told.append(await eventually_offline(system, url, body))
    granted = bare.STATUSES.get(action, "Accepted")
    assert [one["status"] for one in told] == ["answered", "error", "timeout", "offline"]
    assert told[0]["payload"] == {"status": granted}
    assert (told[1]["code"], told[1]["description"], told[1]["details"]) == (
        "GenericError", "no", {"a": 1},
    )  # fmt: skip


async def eventually_offline(system: System, url: str, body: dict[str, Any]) -> Any:
    """The edge may see the cut socket a moment after us."""
    answer = await system.post(url, body, timeout=0.5)
    while answer["status"] == "timeout":
        answer = await system.post(url, body, timeout=0.5)
    return answer


@pytest.mark.parametrize("timeout", ["0", "-1", "121", "soon", "nan", "inf"])
async def test_a_time_out_is_a_number_of_seconds_within_bounds(
    system: System, identity: str, timeout: str
) -> None:
    async with booted(system, identity, "2.0.1") as station:
        answer = await system.http.post(
            f"stations/{identity}/reset", params={"timeout": timeout}, json={}
        )
        await station.told()
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "timeout" in answer.text
    assert station.calls == []


async def test_a_command_for_a_socket_that_closes_meanwhile_is_offline(
    system: System, identity: str
) -> None:
    async with booted(system, identity, "2.0.1") as station:
        station.answers["Reset"] = None
        asking = asyncio.create_task(system.post(f"stations/{identity}/reset", {}))
        await station.call()
        station.close()
        answer = await asyncio.wait_for(asking, 30)
    assert answer["status"] == "offline"


async def test_a_station_that_is_not_there_is_told_from_one_that_nobody_knows(
    system: System, identity: str
) -> None:
    await system.put(f"stations/{identity}", {})
    known = await system.post(f"stations/{identity}/reset")
    unknown = await system.http.post(f"stations/{identity}-X/reset", json={})
    assert known["status"] == "offline"
    assert unknown.status_code == 404


# -- Idempotency-Key -----------------------------------------------------------------------------


async def test_a_command_with_a_key_is_given_once(system: System, identity: str) -> None:
    url, headers = f"stations/{identity}/reset", {"Idempotency-Key": f"key-{identity}"}

    async def reset(body: dict[str, Any]) -> Any:
        return await system.http.post(url, json=body, headers=headers)

    async with booted(system, identity, "2.0.1") as station:
        both = await asyncio.gather(reset({"hard": True}), reset({"hard": True}))
        later = await reset({"hard": True})
        other = await reset({"hard": False})
        await station.told()
    texts = {answer.text for answer in (*both, later)}
    assert station.calls == [("Reset", {"type": "Immediate"})]
    assert len(texts) == 1
    assert json.loads(texts.pop())["payload"] == {"status": "Accepted"}
    assert later.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


async def test_a_key_that_came_to_nothing_may_be_used_again(system: System, identity: str) -> None:
    headers = {"Idempotency-Key": f"key-{identity}"}
    async with booted(system, identity, "2.0.1"):
        answers = [
            await system.http.post(f"stations/{identity}/{path}", json={}, headers=headers)
            for path in ("calls/MakeCoffee", "reset")
        ]
    assert answers[0].status_code >= 400
    assert (answers[1].status_code, answers[1].json()["status"]) == (200, "answered")


# -- events --------------------------------------------------------------------------------------


async def events(system: System, **headers: str) -> AsyncIterator[tuple[int, dict[str, Any]]]:
    """The tenant's events as they come: place and CloudEvent."""
    params = {"types": "transaction.*,station.booted", "tenant": headers.pop("tenant")}
    async with system.http.stream("GET", "events", params=params, headers=headers) as stream:
        assert stream.status_code == 200
        place = 0
        async for line in stream.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                place = int(value)
            elif name == "data":
                yield place, json.loads(value)


async def take(system: System, count: int, **headers: str) -> list[tuple[int, dict[str, Any]]]:
    found = []
    async with asyncio.timeout(30), aclosing(events(system, **headers)) as stream:
        async for item in stream:
            found.append(item)
            if len(found) == count:
                break
    return found


@pytest.mark.parametrize("version", ALL)
async def test_events_go_on_after_the_one_last_seen(
    system: System, identity: str, version: str
) -> None:
    """``Last-Event-ID``: nothing is missed and nothing comes twice, and only the tenant's own."""
    tenant = f"{identity}-events"
    for name in (tenant, f"{tenant}-other"):
        answer = await system.http.put(
            f"stations/{identity}", json={}, headers={"Voltbus-Tenant": name}
        )
        assert answer.status_code == 200
    async with (
        booted(system, f"ocpp/{tenant}-other/{identity}", version),
        booted(system, f"ocpp/{tenant}/{identity}", version) as station,
    ):
        await station.ask(*status(version, "Available"))
        if version == "1.6":
            number = (await station.ask(*start("NOBODY")))["transactionId"]
            await station.ask(*stop(number))
        else:
            await station.ask(*event("Started", "CablePluggedIn", "tx", 0, register=1_000))
            await station.ask(*event("Ended", "EVDeparted", "tx", 1, register=1_450))
    whole = await take(system, 3, tenant=tenant, **{"Last-Event-ID": "0"})
    parts: list[tuple[int, dict[str, Any]]] = []
    while len(parts) < len(whole):
        place = str(parts[-1][0]) if parts else "0"
        parts += await take(system, 1, tenant=tenant, **{"Last-Event-ID": place})
    kinds = [body["type"] for _, body in whole]
    assert parts == whole
    assert kinds == ["station.booted", "transaction.started", "transaction.ended"]
    assert {body["tenant"] for _, body in whole} == {tenant}
    assert len({body["id"] for _, body in whole}) == 3
    assert [place for place, _ in whole] == sorted({place for place, _ in whole})
