"""A load generator of bare websockets: prepared 2.0.1 frames in closed loop.

``python -m tests.bench.load JSON`` connects and boots its stations, prints ``ready``, waits for a
line on its standard input, loads for the time asked for, and prints its result as JSON.
"""

import asyncio
import sys
import time
from datetime import UTC, datetime

import msgspec
import uvloop
from msgspec import Struct
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

CONNECTS_AT_ONCE = 50
ANSWER_SECONDS_MAX = 60


class Plan(Struct):
    url: str
    scenario: str
    stations: int = 100
    seconds: float = 5.0
    prefix: str = "BENCH"
    token: str = "DEMO0001"
    status: bool = False
    """Also report the status of a connector after the boot."""


class Result(Struct):
    messages: int = 0
    seconds: float = 0.0
    errors: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Socket(WSListener):
    """One station's socket: send a frame, be told of its answer."""

    def __init__(self) -> None:
        self.transport: WSTransport | None = None
        self.waiter: asyncio.Future[bytes] | None = None
        self.messages = 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            if self.waiter is not None and not self.waiter.done():
                self.waiter.set_result(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_exception(ConnectionError("closed"))

    async def ask(self, action: str, payload: str) -> bytes:
        """Send a CALL and wait for its answer."""
        assert self.transport is not None
        self.messages += 1
        self.waiter = asyncio.get_running_loop().create_future()
        frame = f'[2,"{self.messages}","{action}",{payload}]'
        self.transport.send(WSMsgType.TEXT, frame.encode())
        return await asyncio.wait_for(self.waiter, ANSWER_SECONDS_MAX)


SAMPLES = (
    '{{"value":{energy},"measurand":"Energy.Active.Import.Register","unitOfMeasure":{{"unit":"Wh"}}}},'
    '{{"value":11040.5,"measurand":"Power.Active.Import","unitOfMeasure":{{"unit":"W"}}}},'
    '{{"value":16.01,"measurand":"Current.Import","phase":"L1","unitOfMeasure":{{"unit":"A"}}}},'
    '{{"value":48,"measurand":"SoC","location":"EV","unitOfMeasure":{{"unit":"Percent"}}}}'
)


def event(kind: str, trigger: str, transaction: str, number: int, more: str = "") -> str:
    """A TransactionEvent with four samples; the register grows by 10 Wh an event."""
    samples = SAMPLES.format(energy=1000 + 10 * number)
    return (
        f'{{"eventType":"{kind}","timestamp":"{now()}","triggerReason":"{trigger}","seqNo":{number},'
        f'"transactionInfo":{{"transactionId":"{transaction}","chargingState":"Charging"}},'
        f'"meterValue":[{{"timestamp":"{now()}","sampledValue":[{samples}]}}]{more}}}'
    )


class Station:
    """One simulated station: its identity, its socket, what it sends in a scenario."""

    def __init__(self, plan: Plan, number: int) -> None:
        self.plan = plan
        self.identity = f"{plan.prefix}-{number}"
        self.transaction = f"{plan.prefix}-{number}-{time.time_ns()}"
        self.socket = Socket()
        self.number = 0
        self.latencies: list[float] = []
        self.errors = 0

    async def connect(self) -> None:
        _, listener = await ws_connect(
            Socket,
            f"{self.plan.url}/{self.identity}",
            extra_headers={"Sec-WebSocket-Protocol": "ocpp2.0.1"},
        )
        assert isinstance(listener, Socket)
        self.socket = listener
        boot = '{"reason":"PowerUp","chargingStation":{"vendorName":"Bench","model":"Bare"}}'
        await self.expect("BootNotification", boot, b'"Accepted"')
        if self.plan.status:
            status = (
                f'"timestamp":"{now()}","connectorStatus":"Available","evseId":1,"connectorId":1'
            )
            await self.expect("StatusNotification", f"{{{status}}}", b"[3,")
        if self.plan.scenario == "meter":
            token = f',"evse":{{"id":1,"connectorId":1}},"idToken":{self.id_token()}'
            started = event("Started", "Authorized", self.transaction, 0, token)
            await self.expect("TransactionEvent", started, b'"Accepted"')

    def id_token(self) -> str:
        return f'{{"idToken":"{self.plan.token}","type":"ISO14443"}}'

    async def expect(self, action: str, payload: str, mark: bytes) -> None:
        answer = await self.socket.ask(action, payload)
        if mark not in answer:
            self.errors += 1
            raise AssertionError(f"{self.identity} {action}: {answer!r}")

    async def step(self) -> None:
        """One message (or one whole session) of the scenario."""
        match self.plan.scenario:
            case "heartbeat":
                await self.expect("Heartbeat", "{}", b"currentTime")
            case "authorize":
                await self.expect("Authorize", f'{{"idToken":{self.id_token()}}}', b'"Accepted"')
            case "meter":
                self.number += 1
                body = event("Updated", "MeterValuePeriodic", self.transaction, self.number)
                await self.expect("TransactionEvent", body, b"[3,")
            case "session":
                await self.session()
            case other:
                raise ValueError(f"unknown scenario {other}")

    async def session(self) -> None:
        """Authorize, Started, three Updated, Ended: six messages."""
        self.number += 1
        transaction = f"{self.transaction}-{self.number}"
        await self.expect("Authorize", f'{{"idToken":{self.id_token()}}}', b'"Accepted"')
        token = f',"evse":{{"id":1,"connectorId":1}},"idToken":{self.id_token()}'
        started = event("Started", "Authorized", transaction, 0, token)
        await self.expect("TransactionEvent", started, b'"Accepted"')
        for number in (1, 2, 3):
            body = event("Updated", "MeterValuePeriodic", transaction, number)
            await self.expect("TransactionEvent", body, b"[3,")
        ended = event("Ended", "EVDeparted", transaction, 4)
        await self.expect("TransactionEvent", ended, b"[3,")

    async def load(self, until: float) -> None:
        while time.perf_counter() < until:
            before = time.perf_counter()
            await self.step()
            self.latencies.append(time.perf_counter() - before)


async def connect_all(stations: list[Station]) -> None:
    gate = asyncio.Semaphore(CONNECTS_AT_ONCE)

    async def one(station: Station) -> None:
        async with gate:
            await station.connect()

    async with asyncio.TaskGroup() as group:
        for station in stations:
            group.create_task(one(station))


async def main(plan: Plan) -> None:
    stations = [Station(plan, number) for number in range(plan.stations)]
    loop = asyncio.get_running_loop()
    if plan.scenario == "connect":
        await turn(loop)
        before = time.perf_counter()
        await connect_all(stations)
        report(stations, time.perf_counter() - before, len(stations))
        await turn(loop)
        return
    await connect_all(stations)
    await turn(loop)
    before = time.perf_counter()
    if plan.scenario == "idle":
        await turn(loop)
        return
    async with asyncio.TaskGroup() as group:
        for station in stations:
            group.create_task(station.load(before + plan.seconds))
    per_step = 6 if plan.scenario == "session" else 1
    count = per_step * sum(len(station.latencies) for station in stations)
    report(stations, time.perf_counter() - before, count)
    await turn(loop)


async def turn(loop: asyncio.AbstractEventLoop) -> None:
    """Say that this step is done; go on at the next line of standard input."""
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)


def report(stations: list[Station], seconds: float, messages: int) -> None:
    latencies = sorted(latency for station in stations for latency in station.latencies) or [0.0]
    result = Result(
        messages=messages,
        seconds=seconds,
        errors=sum(station.errors for station in stations),
        p50_ms=1000 * latencies[len(latencies) // 2],
        p99_ms=1000 * latencies[len(latencies) * 99 // 100],
    )
    print(msgspec.json.encode(result).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(main(msgspec.json.decode(sys.argv[1], type=Plan)))
