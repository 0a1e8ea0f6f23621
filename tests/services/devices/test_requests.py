"""What a station was asked is kept, with all that came of it."""

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from msgspec import Raw, convert, json

from libs.bus import Address, Bus, Invalid, NotFound
from libs.contracts.devices import (
    CallSent,
    GetRequest,
    ListReports,
    ListRequests,
    RequestView,
    SendCall,
    StationAsked,
)
from libs.ocpp import catalog, v201
from libs.ocpp.message import Version
from services.devices import effects
from services.devices.app import App, Config, opened
from services.devices.asking import Question, ask_station, catch_up
from services.devices.effects import Asked
from tests.services.service import Ear, up


async def say(bus: Bus, tenant: str, version: Version, action: str, body: dict[str, Any]) -> None:
    kind = catalog.find(version, action)
    assert kind is not None
    await up(bus, Address(tenant, "CP1"), convert(body, kind))


ACCEPTED = b'{"status":"Accepted"}'


class Socket:
    """Holds the station CP1, and answers for it as it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.answer: Callable[[Any], None] = lambda reply: reply.result(ACCEPTED)

    def take(self, version: str, action: str, down: Any, reply: Any) -> None:
        self.calls.append((action, json.decode(down.payload)))
        self.answer(reply)


@pytest_asyncio.fixture
async def socket(bus: Bus, tenant: str, service: Any) -> AsyncGenerator[Socket]:
    socket = Socket()
    subscription = bus.serve_station(tenant, "CP1", socket.take)
    await bus.barrier()
    yield socket
    subscription.unsubscribe()


def send(tenant: str, action: str, payload: bytes, **more: Any) -> SendCall:
    fields = {"version": "v201", "by": "tester", "timeout_seconds": 5.0, **more}
    return SendCall(tenant=tenant, station="CP1", action=action, payload=Raw(payload), **fields)


async def report(bus: Bus, tenant: str, number: int, part: int, *, more: bool) -> None:
    body = {"requestId": number, "generatedAt": "2026-11-22T12:00:00Z", "seqNo": part, "tbc": more}
    await say(bus, tenant, "v201", "NotifyReport", body)


async def seen(bus: Bus, tenant: str, sent: CallSent) -> RequestView:
    return await bus.ask(GetRequest(tenant=tenant, request=sent.request))


BASE = b'{"requestId":7,"reportBase":"FullInventory"}'


async def test_parts_of_a_report_are_found_under_the_request(
    bus: Bus, tenant: str, socket: Socket
) -> None:
    """B07: parts may come in any order; the last one says that it is."""
    sent = await bus.ask(send(tenant, "GetBaseReport", BASE))
    assert (sent.result.status, sent.result.payload) == ("answered", {"status": "Accepted"})
    assert socket.calls == [("GetBaseReport", json.decode(BASE))]
    assert (await seen(bus, tenant, sent)).progress == "running"
    await report(bus, tenant, 7, 2, more=False)
    half = await seen(bus, tenant, sent)
    assert (half.progress, half.parts_missing) == ("running", [0, 1])
    await report(bus, tenant, 7, 0, more=True)
    await report(bus, tenant, 7, 1, more=True)
    await report(bus, tenant, 8, 0, more=False)
    whole = await seen(bus, tenant, sent)
    assert (whole.progress, whole.parts_missing, whole.by) == ("complete", [], "tester")
    assert [each.payload["seqNo"] for each in whole.later] == [2, 0, 1]
    page = await bus.ask(ListReports(tenant=tenant, station="CP1", request=sent.request))
    assert {each.request for each in page.items} == {sent.request}
    assert len(page.items) == 3


async def test_messages_belong_to_the_last_request_of_their_number(
    bus: Bus, tenant: str, socket: Socket
) -> None:
    first = await bus.ask(send(tenant, "GetBaseReport", BASE))
    second = await bus.ask(send(tenant, "GetBaseReport", BASE))
    await report(bus, tenant, 7, 0, more=False)
    assert (await seen(bus, tenant, first)).progress == "running"
    assert (await seen(bus, tenant, second)).progress == "complete"


@pytest.mark.parametrize(
    ("statuses", "progress"),
    [
        (["Uploading"], "running"),
        (["Uploading", "Uploaded"], "complete"),
        (["Uploading", "UploadFailure"], "failed"),
        (["AcceptedCanceled"], "failed"),
    ],
)
async def test_statuses_tell_how_far_a_request_is(
    bus: Bus, tenant: str, socket: Socket, statuses: list[str], progress: str
) -> None:
    payload = b'{"requestId":3,"logType":"DiagnosticsLog","log":{"remoteLocation":"http://x/"}}'
    sent = await bus.ask(send(tenant, "GetLog", payload))
    for status in statuses:
        body = {"requestId": 3, "status": status}
        await say(bus, tenant, "v201", "LogStatusNotification", body)
    await say(bus, tenant, "v201", "LogStatusNotification", {"status": "Idle"})
    found = await seen(bus, tenant, sent)
    assert (found.progress, len(found.later)) == (progress, len(statuses))


async def test_a_status_of_1_6_without_a_number_belongs_to_the_last_request(
    bus: Bus, tenant: str, socket: Socket
) -> None:
    socket.answer = lambda reply: reply.result(b"{}")
    payload = b'{"location":"ftp://x/"}'
    sent = await bus.ask(send(tenant, "GetDiagnostics", payload, version="v16"))
    body = {"status": "UploadFailed"}
    await say(bus, tenant, "v16", "DiagnosticsStatusNotification", body)
    assert (await seen(bus, tenant, sent)).progress == "failed"


async def test_what_a_station_refuses_is_kept_with_its_words(
    bus: Bus, tenant: str, socket: Socket
) -> None:
    socket.answer = lambda reply: reply.result(
        b'{"status":"NotSupported","statusInfo":{"reasonCode":"X"}}'
    )
    refused = await seen(bus, tenant, await bus.ask(send(tenant, "GetBaseReport", BASE)))
    assert refused.progress == "refused"
    assert refused.result is not None
    assert refused.result.payload == {"status": "NotSupported", "statusInfo": {"reasonCode": "X"}}
    socket.answer = lambda reply: reply.error("NotImplemented", "never\x00heard", {"why": 1})
    failed = await seen(bus, tenant, await bus.ask(send(tenant, "GetBaseReport", BASE)))
    assert failed.result is not None
    assert (failed.progress, failed.result.code, failed.result.description) == (
        "error",
        "NotImplemented",
        "never\ufffdheard",
    )
    assert failed.result.details == {"why": 1}


async def test_nobody_there_and_no_answer_are_kept_too(
    bus: Bus, tenant: str, socket: Socket
) -> None:
    socket.answer = lambda reply: None
    late = await bus.ask(send(tenant, "ClearCache", b"{}", timeout_seconds=0.1))
    assert (await seen(bus, tenant, late)).progress == "timeout"
    there = send(tenant, "ClearCache", b"{}")
    gone = await bus.ask(
        SendCall(
            tenant=tenant,
            station="CP2",
            version=there.version,
            action=there.action,
            payload=there.payload,
        )
    )
    assert (await seen(bus, tenant, gone)).progress == "offline"


async def test_requests_are_listed_newest_first_by_pages(
    bus: Bus, tenant: str, socket: Socket
) -> None:
    sent = [await bus.ask(send(tenant, "ClearCache", b"{}")) for _ in range(5)]
    await bus.ask(send(tenant, "GetBaseReport", BASE))
    found: list[str] = []
    after: str | None = None
    while True:
        ask = ListRequests(tenant=tenant, station="CP1", action="ClearCache", after=after, limit=2)
        page = await bus.ask(ask)
        found += [item.id for item in page.items]
        after = page.next
        if after is None:
            break
    assert found == [each.request for each in reversed(sent)]


async def test_secrets_are_sent_but_not_kept(bus: Bus, tenant: str, socket: Socket) -> None:
    payload = {"vendorId": "x", "data": {"password": "open sesame", "n": 1}}
    sent = await bus.ask(send(tenant, "DataTransfer", json.encode(payload)))
    assert socket.calls == [("DataTransfer", payload)]
    kept = (await seen(bus, tenant, sent)).payload
    assert kept == {"vendorId": "x", "data": {"password": "***", "n": 1}}


async def test_what_an_operator_asked_is_announced_with_its_answer(
    bus: Bus, tenant: str, socket: Socket
) -> None:
    async with Ear(bus, tenant, StationAsked) as ear:
        sent = await bus.ask(send(tenant, "GetBaseReport", BASE))
        (event,) = await ear.heard(1)
    assert (event.request, event.action, event.by) == (sent.request, "GetBaseReport", "tester")
    assert (event.status, event.answer) == ("answered", {"status": "Accepted"})


async def test_what_makes_no_sense_is_refused(bus: Bus, tenant: str, socket: Socket) -> None:
    with pytest.raises(Invalid, match="no BootNotification for stations"):
        await bus.ask(send(tenant, "BootNotification", b"{}"))
    with pytest.raises(Invalid, match="requestId"):
        await bus.ask(send(tenant, "GetBaseReport", b'{"reportBase":"FullInventory"}'))
    with pytest.raises(NotFound):
        await bus.ask(GetRequest(tenant=tenant, request="nonsense"))
    with pytest.raises(Invalid, match="cursor"):
        await bus.ask(ListRequests(tenant=tenant, station="CP1", after="nonsense"))
    assert socket.calls == []


async def test_what_did_not_follow_from_an_answer_is_tried_again(
    bus: Bus, tenant: str, socket: Socket, service: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Asked] = []

    async def breaks_once(app: App, asked: Asked) -> None:
        seen.append(asked)
        if len(seen) == 1:
            raise RuntimeError("of our own making")

    monkeypatch.setitem(effects.EFFECTS, "ClearCache", [breaks_once])
    async with opened(service, bus) as app:
        question = Question(Address(tenant, "CP1"), v201.ClearCache(), "tester")
        sent = await ask_station(app, question)
        assert sent.result.status == "answered"
        await catch_up(app, datetime.now(UTC) + timedelta(seconds=1))
        await catch_up(app, datetime.now(UTC) + timedelta(seconds=1))
    assert [each.request for each in seen] == [sent.request] * 2
    assert [each.answer.status for each in seen] == ["Accepted"] * 2
