"""Stations that are complete by themselves upload logs and update their firmware through the
platform: the independent client of PyPI, and our own.
"""

import asyncio
import hashlib
import secrets
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import websockets
from ocpp.routing import after, on
from ocpp.v201 import call as call201
from ocpp.v201 import call_result as result201

from libs.station import VirtualStation
from tests.flows.independent import Station201
from tests.flows.station import booted
from tests.libs.station.web import serving
from tests.system import System, eventually, plain_client

LOG = b"".join(b"2026-11-22T12:00:%02dZ relay %d\n" % (n % 60, n) for n in range(50_000))
IMAGE = b"firmware-version: 2.0.0\n" + bytes(range(256)) * 100
LARGE_MIB = 96
SETTINGS = {"OCPPCommCtrlr.WebSocketPingInterval": "0"}


class Uploader(Station201):
    """Uploads what it is asked for, once its answer is sent."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.tasks: list[asyncio.Task[None]] = []

    @on("GetLog")
    async def on_get_log(self, **_: Any) -> Any:
        return result201.GetLog("Accepted", filename="indie.log")

    @after("GetLog")
    async def after_get_log(self, log: dict[str, Any], request_id: int, **_: Any) -> None:
        self.tasks.append(asyncio.create_task(self.upload(log["remote_location"], request_id)))

    async def upload(self, location: str, number: int) -> None:
        await self.call(call201.LogStatusNotification("Uploading", number), suppress=False)
        async with plain_client("", 30) as client:
            # The form of curl and of many stations: a POST with one file.
            form = {"file": ("indie.log", LOG, "text/plain")}
            answer = await client.post(location, files=form)
        status = "Uploaded" if answer.status_code == 200 else "UploadFailure"
        await self.call(call201.LogStatusNotification(status, number), suppress=False)


@asynccontextmanager
async def connected(url: str, identity: str) -> AsyncIterator[Uploader]:
    subprotocols = [websockets.Subprotocol("ocpp2.0.1")]
    async with websockets.connect(f"{url}/{identity}", subprotocols=subprotocols) as socket:
        station = Uploader(identity, socket)
        loop = asyncio.create_task(station.start())
        try:
            yield station
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)


async def uploaded(system: System, identity: str, request: str) -> dict[str, Any]:
    async def look() -> dict[str, Any]:
        return await system.get(f"stations/{identity}/logs/{request}")

    def over(log: dict[str, Any]) -> bool:
        return log["statuses"] != [] and log["statuses"][-1]["status"] != "Uploading"

    return await eventually(look, over)


async def content(system: System, identity: str, request: str) -> bytes:
    answer = await system.http.get(f"stations/{identity}/logs/{request}/content")
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_an_independent_station_uploads_a_log(system: System, identity: str) -> None:
    async with connected(system.ocpp_url, identity) as station:
        await station.boot()
        sent = await system.post(f"stations/{identity}/logs", {"type": "security", "retries": 1})
        log = await uploaded(system, identity, sent["request"])
        await asyncio.gather(*station.tasks)
    assert (log["state"], [step["status"] for step in log["statuses"]]) == (
        "uploaded",
        ["Uploading", "Uploaded"],
    )
    assert log["upload"]["sha256"] == hashlib.sha256(LOG).hexdigest()
    assert (log["upload"]["file_name"], log["upload"]["content_type"]) == (
        "indie.log",
        "text/plain",
    )
    assert await content(system, identity, sent["request"]) == LOG
    request = await system.get(f"stations/{identity}/requests/{sent['request']}")
    assert [each["payload"]["status"] for each in request["later"]] == ["Uploading", "Uploaded"]


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
async def test_our_own_station_uploads_a_log(system: System, identity: str, version: str) -> None:
    """1.6 is asked by GetDiagnostics first; by GetLog it answers too."""
    async with VirtualStation(identity, system.ocpp_url, version, settings=SETTINGS) as station:
        await station.booted()
        first = await system.post(f"stations/{identity}/logs", {})
        log = await uploaded(system, identity, first["request"])
        assert log["action"] == ("GetDiagnostics" if version == "v16" else "GetLog")
        assert (log["state"], log["upload"]["state"]) == ("uploaded", "stored")
        assert log["upload"]["file_name"] == log["announced_name"]
        written = await content(system, identity, first["request"])
        assert written.startswith(f"# diagnostics of {identity}\n".encode())
        second = await system.post(f"stations/{identity}/logs", {"via": "GetLog"})
        assert (await uploaded(system, identity, second["request"]))["state"] == "uploaded"


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
async def test_our_own_station_updates_its_firmware(
    system: System, identity: str, version: str
) -> None:
    with serving() as web:
        web.files["/2.0.0.bin"] = IMAGE
        async with VirtualStation(
            identity, system.ocpp_url, version, settings=SETTINGS, link_speed=20
        ) as station:
            await station.booted()
            sent = await system.post(
                f"stations/{identity}/firmware", {"location": f"{web.url}/2.0.0.bin"}
            )

            async def look() -> dict[str, Any]:
                return await system.get(f"stations/{identity}/firmware/{sent['request']}")

            view = await eventually(look, lambda view: view["terminal"] and view["boots"])
    assert view["state"] == "installed"
    assert view["boots"][-1]["firmware"] == "2.0.0"
    assert view["statuses"][0]["status"] == "Downloading"
    assert (await system.get(f"stations/{identity}"))["firmware"] == "2.0.0"


async def test_a_large_file_is_never_whole_in_memory(system: System, identity: str) -> None:
    """Neither on its way in nor on its way out."""
    piece = secrets.token_bytes(1 << 20)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(LARGE_MIB):
            yield piece

    api = psutil.Process(system.processes["api"].pid)
    async with booted(system, identity, "2.1"):
        sent = await system.post(f"stations/{identity}/logs", {})
        before = api.memory_info().rss
        async with plain_client("", 60) as client:
            answer = await client.put(f"{sent['location']}large.bin", content=pieces())
        assert answer.json()["size"] == LARGE_MIB << 20
        digest, size = hashlib.sha256(), 0
        path = f"stations/{identity}/logs/{sent['request']}/content"
        async with system.http.stream("GET", path) as stream:
            async for part in stream.aiter_bytes():
                digest.update(part)
                size += len(part)
        after = api.memory_info().rss
    assert (size, digest.hexdigest()) == (LARGE_MIB << 20, answer.json()["sha256"])
    assert after - before < (LARGE_MIB << 20) / 3


async def test_half_a_file_at_a_crash_of_ours_is_no_file(system: System, identity: str) -> None:
    """`api` is killed while a station sends; the address stays good for all of it."""
    async with booted(system, identity, "2.0.1"):
        sent = await system.post(f"stations/{identity}/logs", {})
        place = urlsplit(sent["location"])
        _, writer = await asyncio.open_connection(place.hostname, place.port)
        head = f"PUT {place.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(LOG)}\r\n\r\n"
        writer.write(head.encode() + LOG[: len(LOG) // 2])

        async def state() -> str:
            log = await system.get(f"stations/{identity}/logs/{sent['request']}")
            return str(log["upload"]["state"])

        await eventually(state, lambda state: state == "receiving")
        await system.restart("api", signal.SIGKILL)
        writer.close()
        async with plain_client("", 30) as client:
            answer = await client.put(sent["location"], content=LOG)
    assert answer.status_code == 200
    log = await system.get(f"stations/{identity}/logs/{sent['request']}")
    assert (log["upload"]["tries"], log["upload"]["size"]) == (2, len(LOG))
    assert await content(system, identity, sent["request"]) == LOG
