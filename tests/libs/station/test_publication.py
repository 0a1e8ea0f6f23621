"""L03, L04: a station as local controller, which offers firmware for real."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from libs.station import VirtualStation
from tests.libs.station.csms import Csms
from tests.libs.station.web import Web, serving
from tests.system import plain_client

pytestmark = pytest.mark.parametrize("version", ["v201", "v21"])

Make = Callable[..., VirtualStation]
IMAGE = bytes(range(256)) * 100
CHECKSUM = hashlib.md5(IMAGE).hexdigest()
CHAIN = ["Downloading", "Downloaded", "ChecksumVerified", "Published"]
MESSAGE = "PublishFirmwareStatusNotification"


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        web.files["/image"] = IMAGE
        yield web


@pytest.fixture(autouse=True)
def answered(csms: Csms) -> None:
    csms.answers[MESSAGE] = {}


async def publish(csms: Csms, url: str, checksum: str = CHECKSUM, **more: Any) -> str:
    call = {"location": url, "checksum": checksum, "request_id": 5, **more}
    return (await csms.call("PublishFirmware", **call)).status


def told(csms: Csms) -> list[str]:
    return [payload["status"] for payload in csms.said(MESSAGE)]


async def get(url: str) -> httpx.Response:
    async with plain_client("", 10) as client:
        return await client.get(url)


async def test_what_is_published_can_be_fetched_until_it_is_taken_back(
    station: Make, csms: Csms, web: Web
) -> None:
    async with station() as ours:
        await ours.booted()
        assert await publish(csms, f"{web.url}/image", CHECKSUM.upper()) == "Accepted"
        published = await csms.heard(MESSAGE, 4)
        [url] = published["location"]
        fetched, missing = await get(url), await get(f"{url}x")
        answer = await csms.call("UnpublishFirmware", checksum=CHECKSUM)
        again = await csms.call("UnpublishFirmware", checksum=CHECKSUM)
        with pytest.raises(httpx.ConnectError):
            await get(url)
    assert (told(csms), published["requestId"]) == (CHAIN, 5)
    assert (fetched.content, missing.status_code) == (IMAGE, 404)
    assert (answer.status, again.status) == ("Unpublished", "NoFirmware")


@pytest.mark.parametrize(
    ("path", "checksum", "chain"),
    [
        ("/image", "0" * 32, ["Downloading", "Downloaded", "InvalidChecksum"]),
        ("/nowhere", CHECKSUM, ["Downloading", "DownloadFailed"]),
    ],
)
async def test_a_publication_fails(
    station: Make, csms: Csms, web: Web, path: str, checksum: str, chain: list[str]
) -> None:
    async with station() as ours:
        await ours.booted()
        await publish(csms, web.url + path, checksum)
        await csms.heard(MESSAGE, len(chain))
    assert told(csms) == chain


async def test_one_at_a_time(station: Make, csms: Csms, web: Web) -> None:
    web.refusals = [500]
    async with station() as ours:
        await ours.booted()
        await publish(csms, f"{web.url}/image", retries=1, retry_interval=1000)
        await web.until(1)
        assert await publish(csms, f"{web.url}/image") == "Rejected"
        answer = await csms.call("UnpublishFirmware", checksum=CHECKSUM)
        await csms.call("TriggerMessage", requested_message=MESSAGE)
        await csms.heard(MESSAGE, 2)
    assert (answer.status, told(csms)) == ("DownloadOngoing", ["Downloading", "Downloading"])


async def test_with_nothing_going_on_it_is_idle(station: Make, csms: Csms) -> None:
    async with station() as ours:
        await ours.booted()
        await csms.call("TriggerMessage", requested_message=MESSAGE)
        assert await csms.heard(MESSAGE) == {"status": "Idle"}
