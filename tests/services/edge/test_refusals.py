"""Handshakes that are refused, over TCP: status, headers, reason; others do not feel it."""

import asyncio
from base64 import b64encode

import pytest

from libs.contracts.stations import Admission
from services.edge.edge import Edge
from tests.services.edge.conftest import Connect, StartEdge
from tests.services.edge.platform import Platform
from tests.services.edge.wire import CLOSE, SUBPROTOCOLS, TEXT, Answer, Wire, frame, request
from tests.services.service import eventually


async def ask(edge: Edge, head: bytes) -> Answer:
    wire = await Wire.connect(edge.port)
    answer = await wire.handshake(head)
    await wire.gone()
    return answer


@pytest.mark.parametrize(
    ("admission", "status"),
    [
        (Admission(admitted=False, refused="unknown", reason="never heard of"), 404),
        (Admission(admitted=False, refused="unauthorized", reason="wrong password"), 401),
        (Admission(admitted=False, refused="forbidden", reason="TLS is needed"), 403),
        (Admission(admitted=False, refused="busy", reason="later", retry_after_seconds=7), 503),
    ],
)
async def test_what_the_registry_refuses_is_refused_in_http(
    edge: Edge, platform: Platform, admission: Admission, status: int
) -> None:
    platform.admissions["CP1"] = admission
    answer = await ask(edge, request("/CP1"))
    assert (answer.status, answer.body) == (status, f"{admission.reason}\n")
    assert answer.headers["connection"] == "close"
    assert ("www-authenticate" in answer.headers) is (status == 401)
    assert answer.headers.get("retry-after") == ("7" if status == 503 else None)


async def test_the_registry_is_told_what_the_handshake_said(
    edge: Edge, platform: Platform, connect: Connect, version: str
) -> None:
    secret = bytes(range(236, 256))
    header = "Basic " + b64encode(b"CP1:" + secret).decode()
    await connect(edge, "ocpp/acme/CP1", version, Authorization=header)
    [admit] = platform.admits
    assert (admit.station, admit.named_tenant, admit.version) == ("CP1", "acme", version)
    assert (admit.user, admit.secret, admit.tls) == (b"CP1", secret, False)
    assert admit.edge == edge.app.name
    assert admit.remote.startswith("127.0.0.1:")


async def test_the_subprotocol_is_echoed_alone(edge: Edge, platform: Platform) -> None:
    wire = await Wire.open(edge.port, "/CP1", "ocpp0.1, ocpp2.0.1, ocpp1.6")
    assert wire.answer.headers["sec-websocket-protocol"] == "ocpp2.0.1"
    wire.cut()


async def test_an_identity_that_is_no_subject_token_is_served(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    wire = await connect(edge, "a.b%20*%3E%2Fc%C3%A9")
    assert (await wire.call("DataTransfer", {"vendorId": "me"}))[0] == 3
    assert platform.calls[0][0].id == "a.b *>/cé"


async def test_a_registry_that_restarts_only_delays_a_handshake(
    edge: Edge, platform: Platform
) -> None:
    await platform.stop("stations")
    wire = await Wire.connect(edge.port)
    answering = asyncio.create_task(wire.handshake(request("/CP1")))
    await asyncio.sleep(0.2)
    assert not answering.done()
    await platform.start("stations")
    assert (await answering).status == 101
    wire.cut()


async def test_a_registry_that_stays_away_is_503_with_a_time(
    start_edge: StartEdge, platform: Platform
) -> None:
    edge = await start_edge(admission_seconds_max=0.2, connects_per_minute_max=1)
    await platform.stop("stations")
    for _ in range(3):  # a fault of ours counts for no penalty
        answer = await ask(edge, request("/CP1"))
        assert answer.status == 503
        assert 5 <= int(answer.headers["retry-after"]) <= 15


async def test_a_slow_admission_holds_up_nobody_else(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    await platform.stop("stations")
    slow = [await Wire.connect(edge.port) for _ in range(20)]
    tasks = [
        asyncio.create_task(wire.handshake(request(f"/SLOW{n}"))) for n, wire in enumerate(slow)
    ]
    broken = await ask(edge, request("/CP1", None))
    assert broken.status == 400
    assert not any(task.done() for task in tasks)
    await platform.start("stations")
    assert {(await task).status for task in tasks} == {101}
    for wire in slow:
        wire.cut()


async def test_a_station_that_connects_too_often_waits_outside(
    start_edge: StartEdge, platform: Platform
) -> None:
    edge = await start_edge(connects_per_minute_max=3)
    answers = [await flap(edge, "FLAPPER") for _ in range(6)]
    assert [answer.status for answer in answers] == [101, 101, 101, 429, 429, 429]
    assert answers[-1].body == "more than 3 connects a minute\n"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
    assert len(platform.admits) == 3
    assert (await flap(edge, "CALM")).status == 101


async def flap(edge: Edge, station: str) -> Answer:
    wire = await Wire.connect(edge.port)
    answer = await wire.handshake(request(f"/{station}", SUBPROTOCOLS["v201"]))
    wire.cut()
    return answer


async def test_a_client_that_never_finishes_its_request_is_sent_away(
    start_edge: StartEdge, platform: Platform
) -> None:
    edge = await start_edge(handshake_seconds_max=0.3)
    wire = await Wire.connect(edge.port)
    answer = await wire.handshake(request("/CP1")[:-2])
    wire.cut()
    assert answer.status == 408


async def test_a_client_that_never_says_anything_is_sent_away(
    start_edge: StartEdge, platform: Platform
) -> None:
    edge = await start_edge(handshake_seconds_max=0.3)
    wire = await Wire.connect(edge.port)
    assert (await wire.handshake(b"")).status == 408
    wire.cut()


async def test_a_head_without_end_is_refused(edge: Edge, platform: Platform) -> None:
    answer = await ask(edge, b"GET /CP1 HTTP/1.1\r\n" + b"X: " + b"y" * 9_000)
    assert answer.status == 431


async def test_there_is_a_most_of_handshakes_in_flight(
    start_edge: StartEdge, platform: Platform
) -> None:
    edge = await start_edge(handshakes_in_flight_max=3, handshake_seconds_max=1)
    await platform.stop("stations")
    waiting = [await Wire.connect(edge.port) for _ in range(3)]
    for wire in waiting:
        wire.send(request("/CP1"))

    async def undecided() -> bool:
        return len(edge.app.tasks.running) == 3

    await eventually(undecided)
    answer = await ask(edge, request("/CP1"))
    assert (answer.status, answer.body) == (503, "too many handshakes at this moment\n")
    for wire in waiting:
        await wire.gone()
    await platform.start("stations")
    assert (await ask_open(edge)).status == 101


async def test_who_connects_and_says_nothing_keeps_nobody_out(
    start_edge: StartEdge, platform: Platform
) -> None:
    """Slowloris: the oldest of those whose request does not come makes room."""
    edge = await start_edge(handshakes_in_flight_max=3, handshake_seconds_max=60)
    idle = [await Wire.connect(edge.port) for _ in range(3)]
    idle[0].send(b"GET /CP1 HTTP/1.1\r\n")
    assert (await ask_open(edge)).status == 101
    await idle[0].gone()
    for wire in idle[1:]:
        wire.cut()


async def ask_open(edge: Edge) -> Answer:
    wire = await Wire.connect(edge.port)
    answer = await wire.handshake(request("/CP1"))
    wire.cut()
    return answer


async def test_there_is_a_most_of_open_connections(
    start_edge: StartEdge, platform: Platform, connect: Connect
) -> None:
    edge = await start_edge(connections_max=2)
    first = await connect(edge, "CP1")
    await connect(edge, "CP2")
    answer = await ask(edge, request("/CP3"))
    assert (answer.status, answer.body) == (503, "2 connections are open already\n")
    first.cut()
    await platform.until(lambda: platform.disconnected)
    await connect(edge, "CP3")


async def test_frames_sent_before_the_answer_are_not_lost(edge: Edge, platform: Platform) -> None:
    wire = await Wire.connect(edge.port)
    wire.send(request("/CP1"))
    wire.start("Heartbeat")
    assert (await wire.handshake(b"")).status == 101
    assert (await wire.message())[:2] == [3, "m1"]
    wire.cut()


@pytest.mark.parametrize("hasty", [frame(CLOSE, b"\x03\xe8"), frame(TEXT, b"x", mask=False)])
async def test_a_close_sent_before_the_answer_is_answered(
    edge: Edge, platform: Platform, hasty: bytes
) -> None:
    wire = await Wire.connect(edge.port)
    wire.send(request("/CP1"), hasty)
    assert (await wire.handshake(b"")).status == 101
    assert (await wire.receive()).opcode == CLOSE
    await wire.gone()
    assert edge.app.sockets.open == 0


async def test_a_client_that_leaves_while_it_is_decided_leaves_nothing_behind(
    edge: Edge, platform: Platform
) -> None:
    await platform.stop("stations")
    wire = await Wire.connect(edge.port)
    wire.send(request("/CP1"))
    await wire.writer.drain()
    wire.cut()
    await platform.start("stations")
    assert (await ask_open(edge)).status == 101
    await platform.until(lambda: platform.disconnected)
    assert len(platform.connected) == 1
    assert len(edge.app.roster) == edge.app.sockets.open == len(edge.app.tasks.running) == 0
