"""``$SRV``: other tools see our services (NATS ADR-32)."""

import nats as nats_py
import pytest
from msgspec import json

from libs.bus import NotFound, Router
from libs.ocpp import v16
from tests.libs.bus.messages import NOON, Add


@pytest.fixture
async def serving(bus, tenant):
    router = Router(f"sums-{tenant}", version="1.2.3", description="adds")

    @router.answers(Add)
    async def add(app, ask):
        raise NotFound("no sum")

    @router.on(v16.Heartbeat)
    async def heartbeat(app, station, call):
        return v16.HeartbeatResponse(current_time=NOON)

    return await bus.serve(router, None)


@pytest.fixture
async def tool(nats):
    connection = await nats_py.connect(nats.url)
    yield connection
    await connection.close()


async def asked(tool, subject):
    return json.decode((await tool.request(subject, b"", timeout=5)).data)


async def test_ping_tells_name_id_and_version(serving, tool):
    name = serving.identity.name
    answer = await asked(tool, f"$SRV.PING.{name}")
    assert answer == {
        "type": "io.nats.micro.v1.ping_response",
        "name": name,
        "id": serving.identity.id,
        "version": "1.2.3",
        "metadata": {},
    }
    assert await asked(tool, f"$SRV.PING.{name}.{serving.identity.id}") == answer


async def test_info_lists_the_endpoints(serving, tool):
    answer = await asked(tool, f"$SRV.INFO.{serving.identity.name}")
    assert (answer["type"], answer["description"]) == ("io.nats.micro.v1.info_response", "adds")
    assert {(e["name"], e["subject"], e["queue_group"]) for e in answer["endpoints"]} == {
        ("Add", "api.*.sums.add", serving.identity.name),
        ("v16_Heartbeat", "ocpp.*.*.up.v16.Heartbeat", serving.identity.name),
    }


async def test_stats_count_requests_and_errors(serving, tool, peer, tenant):
    for _ in range(3):
        with pytest.raises(NotFound):
            await peer.ask(Add(tenant=tenant, a=1, b=2))
    answer = await asked(tool, f"$SRV.STATS.{serving.identity.name}")
    endpoint = next(e for e in answer["endpoints"] if e["name"] == "Add")
    assert (endpoint["num_requests"], endpoint["num_errors"]) == (3, 3)
    assert endpoint["last_error"] == "NotFound: no sum"
    assert endpoint["processing_time"] >= 3 * endpoint["average_processing_time"] > 0
    assert answer["started"].endswith("Z")


async def test_all_services_answer_the_general_ping(serving, tool):
    inbox = tool.new_inbox()
    subscription = await tool.subscribe(inbox)
    await tool.publish("$SRV.PING", b"", reply=inbox)
    pings = {}
    while serving.identity.name not in pings:
        ping = json.decode((await subscription.next_msg(5)).data)
        pings[ping["name"]] = ping
    answer = pings[serving.identity.name]
    assert (answer["type"], answer["id"]) == ("io.nats.micro.v1.ping_response", serving.identity.id)


async def test_any_nats_client_gets_an_error_it_understands(serving, tool, tenant):
    reply = await tool.request(
        f"api.{tenant}.sums.add", b'{"tenant":"%s","a":1,"b":2}' % tenant.encode(), timeout=5
    )
    assert reply.headers["Nats-Service-Error-Code"] == "NotFound"
    assert reply.headers["Nats-Service-Error"] == "no sum"
