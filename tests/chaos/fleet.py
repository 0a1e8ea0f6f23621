"""Stations for faults: each charges without end, and repeats what was not answered.

A message is sent again, with a new id and the same content, over as many sockets as it takes (the
retry of libocpp). What was answered is the truth that the ledger is compared with afterwards.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from picows import WSError

from libs.bus import Bus
from tests import bare
from tests.system import System, eventually

ANSWER_SECONDS_MAX = 40
UPDATES = 4
WH_PER_UPDATE = 250
PAUSE_SECONDS = 0.25
RETRY_SECONDS = 0.3
EVENTS_SECONDS_MAX = 60
NEWS = ("transaction.ended", "cdr.created")
VERSIONS = ("1.6", "2.0.1", "2.1")


@dataclass
class Session:
    """What a station knows of one of its sessions."""

    station: str
    token: str
    begin: int
    name: str = ""
    end: int = 0
    answered: list[int] = field(default_factory=list)
    ended: bool = False


class Driver:
    """One station that charges and charges."""

    def __init__(self, urls: list[str], identity: str, version: str) -> None:
        self.urls = urls
        """Of all edges, one after the other: the next when one does not let us in."""
        self.identity = identity
        self.version = version
        self.token = f"TAG-{identity}"[:20]
        self.register = 1_000_000
        self.clock = datetime.now(UTC).replace(microsecond=0)
        self.sessions: list[Session] = []
        self.socket: bare.Socket | None = None
        self.refused: list[str] = []
        self.pause_seconds = PAUSE_SECONDS
        self.failed = 0
        """Calls that were not answered on the socket they were sent on."""
        self.slowest_seconds = 0.0
        """Of the answers that came."""
        self.connects = 0
        self.attempts = 0

    def now(self) -> str:
        self.clock += timedelta(seconds=30)
        return self.clock.isoformat().replace("+00:00", "Z")

    async def connected(self) -> bare.Socket:
        while self.socket is None or self.socket.closed.done():
            url = self.urls[self.attempts % len(self.urls)]
            self.attempts += 1
            with suppress(OSError, TimeoutError, WSError, ConnectionError):
                self.socket = await bare.connect(url, self.identity, self.version)
                self.connects += 1
                self.socket.prefix = f"{self.connects}-"
                boot = bare.BOOTS[self.version]
                answer = await self.socket.ask("BootNotification", boot, ANSWER_SECONDS_MAX)
                if answer["status"] == "Accepted":
                    break
            self.socket = None
            await asyncio.sleep(RETRY_SECONDS)
        return self.socket

    async def surely(self, action: str, payload: Any) -> Any:
        """Repeat until there is an answer."""
        while True:
            socket = await self.connected()
            begun = time.monotonic()
            try:
                answer = await socket.ask(action, payload, ANSWER_SECONDS_MAX)
            except bare.Refused as refused:
                self.refused.append(f"{action}: {refused}")
                await asyncio.sleep(RETRY_SECONDS)
            except (TimeoutError, ConnectionError):
                self.failed += 1
                if not socket.closed.done():
                    socket.close()
                    await socket.closed
            else:
                self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - begun)
                return answer

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            session = Session(self.identity, self.token, self.register)
            if self.version == "1.6":
                await self.charge16(session)
            else:
                await self.charge2(session)

    async def charge16(self, session: Session) -> None:
        start = {"connectorId": 1, "idTag": self.token, "meterStart": self.register}
        answer = await self.surely("StartTransaction", {**start, "timestamp": self.now()})
        number = answer["transactionId"]
        session.name = str(number)
        self.sessions.append(session)
        for _ in range(UPDATES):
            await asyncio.sleep(self.pause_seconds)
            self.register += WH_PER_UPDATE
            value = {"timestamp": self.now(), "sampledValue": [{"value": str(self.register)}]}
            values = {"connectorId": 1, "transactionId": number, "meterValue": [value]}
            await self.surely("MeterValues", values)
        session.end = self.register
        stop = {"transactionId": number, "meterStop": self.register, "timestamp": self.now()}
        await self.surely("StopTransaction", stop)
        session.ended = True

    async def charge2(self, session: Session) -> None:
        session.name = f"{self.identity}-{len(self.sessions)}"
        self.sessions.append(session)
        token = {"idToken": {"idToken": self.token, "type": "ISO14443"}}
        place = {"evse": {"id": 1, "connectorId": 1}}
        await self.event(session, "Started", "Authorized", **token, **place)
        for _ in range(UPDATES):
            await asyncio.sleep(self.pause_seconds)
            self.register += WH_PER_UPDATE
            await self.event(session, "Updated", "MeterValuePeriodic")
        session.end = self.register
        await self.event(session, "Ended", "EVDeparted")
        session.ended = True

    async def event(self, session: Session, kind: str, trigger: str, **more: Any) -> None:
        number = len(session.answered)
        value = {"timestamp": self.now(), "sampledValue": [{"value": self.register}]}
        payload = {
            "eventType": kind,
            "timestamp": value["timestamp"],
            "triggerReason": trigger,
            "seqNo": number,
            "transactionInfo": {"transactionId": session.name},
            "meterValue": [value],
            **more,
        }
        await self.surely("TransactionEvent", payload)
        session.answered.append(number)


class Fleet:
    """Drivers of all versions; ``async with`` keeps them charging, and ends their last sessions."""

    def __init__(self, system: System, size: int, prefix: str) -> None:
        self.system = system
        self.drivers = [
            Driver(turned(system.ocpp_urls, n), f"{prefix}-{n}", VERSIONS[n % len(VERSIONS)])
            for n in range(size)
        ]
        self.stop = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for driver in self.drivers:
            token = {"type": "ISO14443", "status": "Accepted"}
            await self.system.put(f"tokens/{driver.token}", token)
        self.tasks = [asyncio.create_task(driver.run(self.stop)) for driver in self.drivers]
        await self.progress(1)
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            for task in self.tasks:
                task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=kind is not None)
        for driver in self.drivers:
            if driver.socket is not None:
                driver.socket.close()

    @asynccontextmanager
    async def burst(self) -> AsyncIterator[None]:
        """Every station sends its next message as soon as it has the answer to the last."""
        self.pace(0)
        await self.progress(1)
        yield
        self.pace(PAUSE_SECONDS)

    def pace(self, seconds: float) -> None:
        for driver in self.drivers:
            driver.pause_seconds = seconds

    async def progress(self, sessions: int, seconds: float = 120) -> None:
        """Wait until every station has ended so many more sessions."""
        marks = {d.identity: sum(s.ended for s in d.sessions) + sessions for d in self.drivers}

        def behind() -> list[str]:
            return [
                d.identity
                for d in self.drivers
                if sum(s.ended for s in d.sessions) < marks[d.identity]
            ]

        async with asyncio.timeout(seconds):
            while behind():
                for task in self.tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.1)

    async def finish(self) -> None:
        """Let every station end its session, and stop."""
        self.stop.set()
        await asyncio.gather(*self.tasks)

    async def compare(self) -> list[str]:
        """Where the ledger differs from what the stations know; nothing when all is well."""
        wrong: list[str] = []
        for driver in self.drivers:
            records = await self.system.all("transactions", station=driver.identity)
            wrong += differences(driver, records)
            wrong += await self.unbilled(driver, records)
        return wrong

    async def unbilled(self, driver: Driver, records: list[dict[str, Any]]) -> list[str]:
        """Sessions that have not exactly one charge detail record."""
        bills = await self.system.all("cdrs", station=driver.identity)
        billed = Counter(bill["transaction_id"] for bill in bills)
        expected = Counter(record["id"] for record in records)
        return [] if billed == expected else [f"{driver.identity}: {bills} for {records}"]

    async def untold(self) -> list[str]:
        """Ends and bills of sessions that no event tells, or events of different ids."""
        wanted = {
            (kind, driver.identity, record["id"])
            for driver in self.drivers
            for record in await self.system.all("transactions", station=driver.identity)
            for kind in NEWS
        }
        ids: dict[tuple[str, str, str], set[str]] = {about: set() for about in wanted}
        async with Bus.open(self.system.nats.url, name="chaos") as bus:
            with suppress(TimeoutError):
                async with asyncio.timeout(EVENTS_SECONDS_MAX):
                    async for _, body in bus.read_events(None, after_sequence=0, types=NEWS):
                        event = json.loads(body)
                        about = about_of(event)
                        if about in ids:
                            ids[about].add(event["id"])
                            wanted.discard(about)
                        if not wanted:
                            break
        return [f"{about}: {found}" for about, found in ids.items() if len(found) != 1]


async def all_online(system: System, fleet: Fleet) -> None:
    """Wait until the registry shows every station of a fleet as connected."""

    async def online() -> set[str]:
        return {s["id"] for s in await system.all("stations", online="true")}

    await eventually(online, lambda seen: {d.identity for d in fleet.drivers} <= seen, seconds=60)


def turned(urls: list[str], first: int) -> list[str]:
    first %= len(urls)
    return urls[first:] + urls[:first]


def differences(driver: Driver, records: list[dict[str, Any]]) -> list[str]:
    """A station's sessions against the ledger's: each once, ended, with its energy."""
    wrong = [f"{driver.identity}: refused {refusal}" for refusal in driver.refused]
    by_name: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        by_name.setdefault(record["transaction"], []).append(record)
    names = [session.name for session in driver.sessions]
    wrong += [f"{driver.identity}: not ours: {name}" for name in by_name if name not in names]
    for session in driver.sessions:
        found = by_name.get(session.name, [])
        if len(found) != 1:
            wrong.append(f"{driver.identity}: {session.name} is {len(found)} times in the ledger")
            continue
        record = found[0]
        energy = Decimal(str(record.get("energy_wh")))
        if record["status"] != "ended" or energy != session.end - session.begin:
            wrong.append(f"{driver.identity}: {session} is {record}")
    return wrong


def about_of(event: dict[str, Any]) -> tuple[str, str, str]:
    """Which session of which station an event tells of, and what."""
    data = event["data"]
    session = data["cdr"]["transaction_id"] if "cdr" in data else data["id"]
    return event["type"], data["station"], session
