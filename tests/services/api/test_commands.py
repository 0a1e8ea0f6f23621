"""Commands and calls: answers carry what the station answered."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from libs.bus import Bus
from libs.contracts.stations import (
    ChangeAvailability,
    ResetStation,
    TriggerMessage,
    UnlockConnector,
)
from libs.contracts.transactions import StartRemotely, StopRemotely
from tests.services.api.conftest import until
from tests.services.api.peer import ROW, Peer

Problem = Callable[[httpx.Response], dict[str, Any]]


class Edge:
    """Holds one station, and answers for it as it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, bytes, float]] = []
        self.answer: Callable[[Any], None] | None = lambda reply: reply.result(
            b'{"status":"Accepted"}'
        )

    def take(self, version: str, action: str, down: Any, reply: Any) -> None:
        self.calls.append((version, action, bytes(down.payload), down.timeout_seconds))
        if self.answer is not None:
            self.answer(reply)


@pytest_asyncio.fixture
async def edge(bus: Bus, peer: Peer, tenant: str) -> AsyncIterator[Edge]:
    edge = Edge()
    subscription = bus.serve_station(tenant, "CP/1", edge.take)
    await bus.barrier()
    peer.add(tenant, "CP/1", online=True, protocol="v201")
    yield edge
    subscription.unsubscribe()


RESET = {"type": "OnIdle"}


async def test_a_call_answers_what_the_station_answered(api: httpx.AsyncClient, edge: Edge) -> None:
    payload = b'{ "type": "OnIdle",\n "evseId": 1 }'
    headers = {"Content-Type": "application/json"}
    edge.answer = lambda reply: reply.result(
        b'{"status":"Scheduled","customData":{"vendorId":"x","n":1.10}}'
    )
    answer = await api.post(
        "stations/CP%2F1/calls/Reset?timeout=7", content=payload, headers=headers
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "answered",
        "request": ROW,
        "payload": {"status": "Scheduled", "customData": {"vendorId": "x", "n": 1.10}},
    }
    [(version, action, sent, timeout)] = edge.calls
    assert (version, action, timeout) == ("v201", "Reset", 7.0)
    assert b"".join(sent.split()) == b'{"type":"OnIdle","evseId":1}'


async def test_a_station_that_refuses_with_an_error_is_quoted(
    api: httpx.AsyncClient, edge: Edge
) -> None:
    edge.answer = lambda reply: reply.error("NotSupported", "never heard of it", {"why": 1})
    answer = await api.post("stations/CP%2F1/calls/Reset", json=RESET)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "status": "error",
            "request": ROW,
            "code": "NotSupported",
            "description": "never heard of it",
            "details": {"why": 1},
        },
    )


async def test_a_station_that_is_not_there_is_offline(
    api: httpx.AsyncClient, peer: Peer, tenant: str
) -> None:
    peer.add(tenant, "gone", protocol="v16")
    peer.add(tenant, "never")
    gone = await api.post("stations/gone/calls/ClearCache", json={})
    assert gone.json() == {
        "status": "offline",
        "request": ROW,
        "description": "The station is not connected.",
    }
    never = await api.post("stations/never/calls/ClearCache", json={})
    assert never.json() == {"status": "offline", "description": "The station never connected."}


async def test_a_station_that_says_nothing_times_out(api: httpx.AsyncClient, edge: Edge) -> None:
    edge.answer = None
    answer = await api.post("stations/CP%2F1/calls/Reset?timeout=0.1", json=RESET)
    assert answer.json() == {
        "status": "timeout",
        "request": ROW,
        "description": "No answer within 0.1 s.",
    }


async def test_requests_are_found_under_their_station(
    api: httpx.AsyncClient, peer: Peer, problem: Problem
) -> None:
    page = (await api.get("stations/CP%2F1/requests?action=GetLog&limit=1")).json()
    assert [(item["id"], item["progress"]) for item in page["items"]] == [(ROW, "running")]
    assert page["next"] == "more"
    one = (await api.get(f"stations/CP%2F1/requests/{ROW}")).json()
    assert (one["action"], one["payload"], one["by"]) == ("GetLog", {"requestId": 1}, "tester")
    elsewhere = await api.get(f"stations/CP2/requests/{ROW}")
    assert problem(elsewhere)["status"] == 404


async def test_a_payload_that_breaks_the_schema_is_not_sent(
    api: httpx.AsyncClient, edge: Edge, problem: Problem
) -> None:
    wrong = await api.post("stations/CP%2F1/calls/Reset", json={"type": "Hard"})
    found = problem(wrong)
    assert (found["status"], found["code"]) == (422, "invalid_payload")
    assert [error["pointer"] for error in found["errors"]] == ["/type"]
    assert found["errors"][0]["hint"]
    deep = await api.post(
        "stations/CP%2F1/calls/GetVariables",
        json={"getVariableData": [{"component": {"name": "x"}, "variable": {"nam": "y"}}]},
    )
    assert problem(deep)["errors"][0]["pointer"].startswith("/getVariableData/0/variable")
    assert edge.calls == []


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"7", b"null"])
async def test_a_payload_is_an_object(
    api: httpx.AsyncClient, edge: Edge, problem: Problem, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await api.post("stations/CP%2F1/calls/Reset", content=body, headers=headers)
    assert problem(answer) == {
        "status": 422,
        "code": "invalid_payload",
        "detail": "The payload is not an object.",
        "errors": [{"pointer": "", "detail": "Expected an object.", "hint": "Send `{...}`."}],
    }


async def test_a_payload_may_hold_what_the_protocol_allows(
    api: httpx.AsyncClient, edge: Edge
) -> None:
    payload = {"vendorId": "x", "data": "a\x00b"}
    answer = await api.post("stations/CP%2F1/calls/DataTransfer", json=payload)
    assert answer.json()["status"] == "answered"


async def test_an_action_that_the_version_does_not_know_is_told_with_its_neighbours(
    api: httpx.AsyncClient, edge: Edge, peer: Peer, tenant: str, problem: Problem
) -> None:
    near = await api.post("stations/CP%2F1/calls/getvariable", json={})
    assert problem(near) == {
        "status": 404,
        "code": "unknown_action",
        "detail": "OCPP 2.0.1 has no action `getvariable`.",
    }
    assert near.json()["hint"].startswith("Near: GetVariables")
    peer.add(tenant, "old", protocol="v16")
    older = await api.post("stations/old/calls/SetVariables", json={})
    assert older.json()["detail"] == "OCPP 1.6 has no action `SetVariables`."
    assert older.json()["hint"] == "It is one of OCPP 2.0.1 and 2.1."
    assert edge.calls == []


async def test_what_stations_send_cannot_be_sent_to_one(
    api: httpx.AsyncClient, edge: Edge, problem: Problem
) -> None:
    answer = await api.post("stations/CP%2F1/calls/BootNotification", json={})
    assert problem(answer) == {
        "status": 422,
        "code": "not_for_stations",
        "detail": "Stations send BootNotification; it cannot be sent to one.",
    }
    both = await api.post("stations/CP%2F1/calls/DataTransfer", json={"vendorId": "x"})
    assert both.json()["status"] == "answered"


async def test_a_call_to_an_unknown_station_is_not_found(
    api: httpx.AsyncClient, peer: Peer, problem: Problem
) -> None:
    answer = await api.post("stations/nobody/calls/Reset", json=RESET)
    assert problem(answer) == {
        "status": 404,
        "code": "not_found",
        "detail": "there is no station nobody",
    }


ACCEPTED = {"status": "answered", "version": "v201", "payload": {"status": "Accepted"}}


@pytest.mark.parametrize(
    ("verb", "body", "ask", "action", "more"),
    [
        (
            "start",
            {"token": "AA11", "evse": 2},
            lambda **who: StartRemotely(token="AA11", evse=2, **who),
            "RequestStartTransaction",
            {"remote_start_id": 23},
        ),
        (
            "stop",
            {"transaction": "tx-1"},
            lambda **who: StopRemotely(transaction="tx-1", **who),
            "RequestStopTransaction",
            {},
        ),
        ("unlock", {}, lambda **who: UnlockConnector(**who), "UnlockConnector", {}),
        (
            "unlock",
            {"evse": 2, "connector": 3},
            lambda **who: UnlockConnector(evse=2, connector=3, **who),
            "UnlockConnector",
            {},
        ),
        ("reset", {"hard": True}, lambda **who: ResetStation(hard=True, **who), "Reset", {}),
        (
            "availability",
            {"operative": False, "evse": 1},
            lambda **who: ChangeAvailability(operative=False, evse=1, **who),
            "ChangeAvailability",
            {},
        ),
        (
            "trigger",
            {"message": "Heartbeat"},
            lambda **who: TriggerMessage(message="Heartbeat", **who),
            "TriggerMessage",
            {},
        ),
    ],
)
async def test_a_command_is_passed_to_its_owner(
    api: httpx.AsyncClient, peer: Peer, tenant: str, verb, body, ask, action, more
) -> None:
    answer = await api.post(f"stations/CP%2F1/{verb}?timeout=12.5", json=body)
    assert (answer.status_code, answer.json()) == (200, {**ACCEPTED, "action": action, **more})
    assert peer.asked == [ask(tenant=tenant, station="CP/1", timeout_seconds=12.5)]


async def test_a_command_without_a_body_takes_the_defaults(
    api: httpx.AsyncClient, peer: Peer, tenant: str
) -> None:
    answer = await api.post("stations/CP-1/reset")
    assert answer.json() == {**ACCEPTED, "action": "Reset"}
    assert peer.asked == [ResetStation(tenant=tenant, station="CP-1")]


@pytest.mark.parametrize(
    ("verb", "body", "pointer"),
    [
        ("start", {}, "/token"),
        ("start", {"token": ""}, "/token"),
        ("start", {"token": "AA11", "evse": "1"}, "/evse"),
        ("stop", {"transaction": 5}, "/transaction"),
        ("unlock", {"evse": 0}, "/evse"),
        ("reset", {"type": "Hard"}, "/type"),
        ("availability", {"operative": "no"}, "/operative"),
        ("trigger", {"message": None}, "/message"),
    ],
)
async def test_a_command_that_is_ill_typed_names_the_field(
    api: httpx.AsyncClient, peer: Peer, problem: Problem, verb: str, body: Any, pointer: str
) -> None:
    found = problem(await api.post(f"stations/CP-1/{verb}", json=body))
    assert (found["status"], found["code"]) == (422, "invalid_body")
    assert [error["pointer"] for error in found["errors"]] == [pointer]
    assert peer.asked == []


@pytest.mark.parametrize("timeout", ["0", "-1", "121", "soon", "nan"])
async def test_a_timeout_is_bounded(
    api: httpx.AsyncClient, peer: Peer, problem: Problem, timeout: str
) -> None:
    found = problem(await api.post(f"stations/CP-1/reset?timeout={timeout}"))
    assert [error["parameter"] for error in found["errors"]] == ["timeout"]
    assert peer.asked == []


async def test_a_command_waits_for_its_owner_longer_than_the_owner_for_the_station(
    api: httpx.AsyncClient, peer: Peer
) -> None:
    peer.slow = asyncio.Event()
    asking = asyncio.create_task(api.post("stations/CP-1/reset?timeout=0.2"))
    await until(lambda: peer.asked)
    await asyncio.wait({asking}, timeout=0.5)
    assert not asking.done()
    peer.slow.set()
    assert (await asking).json()["status"] == "answered"
