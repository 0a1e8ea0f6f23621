"""The floor: the bare parts in line and nothing else, to compare the platform with in the same run.

``python -m tests.bench.floor edge|service JSON``: a websocket echo that decodes the frame, asks
over NATS, publishes a log record and answers; and a responder that, for a meter value, commits
one event row and one session row in a group commit. No sessions, no retries, no limits: nobody
can go below.
"""

import asyncio
import sys
from datetime import UTC, datetime

import asyncpg
import msgspec
import nats
import uvloop
from msgspec import Raw, Struct
from nats.aio.msg import Msg
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from libs.ocpp import v201

CALL = msgspec.json.Decoder(tuple[int, str, str, Raw])
TYPES = {
    "Authorize": msgspec.json.Decoder(v201.Authorize),
    "TransactionEvent": msgspec.json.Decoder(v201.TransactionEvent),
}
BOOTED = b'{"status":"Accepted","interval":300,"currentTime":"2026-01-01T00:00:00Z"}'
AUTHORIZED = b'{"idTokenInfo":{"status":"Accepted"}}'
SCHEMA = """
CREATE SCHEMA IF NOT EXISTS floor;
CREATE TABLE IF NOT EXISTS floor.event
    (station text, seq int, at timestamptz, body bytea, PRIMARY KEY (station, seq));
CREATE TABLE IF NOT EXISTS floor.session (station text PRIMARY KEY, seq int, energy float8);
"""
COMMIT = """
WITH input AS (
    SELECT * FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::bytea[], $5::float8[])
    AS t(station, seq, at, body, energy)),
event AS (INSERT INTO floor.event SELECT station, seq, at, body FROM input ON CONFLICT DO NOTHING)
INSERT INTO floor.session SELECT station, seq, energy FROM input
ON CONFLICT (station) DO UPDATE SET seq = excluded.seq, energy = excluded.energy
"""


class Settings(Struct):
    nats_url: str
    dsn: str = ""
    port: int = 0


class Edge(WSListener):
    def __init__(self, bus: nats.NATS) -> None:
        self.bus = bus

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        data = frame.get_payload_as_bytes()
        _, number, action, payload = CALL.decode(data)
        if action == "Heartbeat":
            answer = f'{{"currentTime":"{datetime.now(UTC).isoformat()}"}}'.encode()
            self.answer(transport, number, answer, data)
        elif action == "BootNotification":
            self.answer(transport, number, BOOTED, data)
        else:
            TYPES[action].decode(payload)
            asyncio.get_running_loop().create_task(self.ask(transport, number, action, data))

    async def ask(self, transport: WSTransport, number: str, action: str, data: bytes) -> None:
        reply = await self.bus.request(f"floor.{action}", data, timeout=30)
        self.answer(transport, number, reply.data, data)

    def answer(self, transport: WSTransport, number: str, payload: bytes, data: bytes) -> None:
        frame = b'[3,"' + number.encode() + b'",' + payload + b"]"
        transport.send(WSMsgType.TEXT, frame)
        asyncio.get_running_loop().create_task(self.bus.publish("floor.log", data + frame))


async def edge(settings: Settings) -> None:
    bus = await nats.connect(settings.nats_url)

    def upgrade(request: WSUpgradeRequest) -> WSListener:
        return Edge(bus)

    server = await ws_create_server(upgrade, "127.0.0.1", settings.port)
    print("ready", flush=True)
    await server.serve_forever()


class Committer:
    """Group commit in its barest form: what waits when a commit ends goes into the next."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.connection = connection
        self.waiting: list[tuple[Msg, tuple[str, int, datetime, bytes, float]]] = []
        self.wake = asyncio.Event()

    async def run(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            batch, self.waiting = self.waiting, []
            rows: dict[str, tuple[str, int, datetime, bytes, float]] = {}
            for _, row in batch:
                rows[row[0]] = row
            await self.connection.execute(COMMIT, *zip(*rows.values(), strict=True))
            for message, _ in batch:
                await message.respond(b"{}")


async def service(settings: Settings) -> None:
    bus = await nats.connect(settings.nats_url)
    connection = await asyncpg.connect(settings.dsn)
    await connection.execute(SCHEMA)
    committer = Committer(connection)

    async def authorize(message: Msg) -> None:
        TYPES["Authorize"].decode(CALL.decode(message.data)[3])
        await message.respond(AUTHORIZED)

    async def commit(message: Msg) -> None:
        event = TYPES["TransactionEvent"].decode(CALL.decode(message.data)[3])
        if event.id_token is not None:
            await message.respond(AUTHORIZED)
            return
        register = event.meter_value[0].sampled_value[0].value if event.meter_value else 0.0
        station = event.transaction_info.transaction_id
        row = (station, event.seq_no, event.timestamp, message.data, register)
        committer.waiting.append((message, row))
        committer.wake.set()

    await bus.subscribe("floor.Authorize", queue="floor", cb=authorize)
    await bus.subscribe("floor.TransactionEvent", queue="floor", cb=commit)
    await bus.flush()
    print("ready", flush=True)
    await committer.run()


if __name__ == "__main__":
    parts = {"edge": edge, "service": service}
    chosen = msgspec.json.decode(sys.argv[2], type=Settings)
    uvloop.run(parts[sys.argv[1]](chosen))
