"""Firmware updates over real HTTP, at the word of a server that is not ours."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.station import Car, VirtualStation
from libs.station.firmware import version_of
from tests.libs.station.conftest import ONLY_2
from tests.libs.station.csms import Csms
from tests.libs.station.web import Web, serving

Make = Callable[..., VirtualStation]

IMAGE = b"firmware-version: 2.0.0\n" + bytes(range(256)) * 100
SIGNATURE = base64.b64encode(hashlib.sha256(IMAGE).digest()).decode()
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nmade up\n-----END CERTIFICATE-----"
PATH = "/images/2.0.0.bin"
CHAIN = [
    "Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed",
]  # fmt: skip
TOLD = (
    "FirmwareStatusNotification",
    "SignedFirmwareStatusNotification",
    "SecurityEventNotification",
)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        web.files[PATH] = IMAGE
        yield web


@pytest.fixture(autouse=True)
def answered(csms: Csms) -> None:
    for action in TOLD:
        csms.answers[action] = {}


def later(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


async def update(csms: Csms, url: str, number: int = 3, **firmware: Any) -> Any:
    """A signed update, unless told otherwise."""
    more = {name: firmware.pop(name) for name in ("retries", "retry_interval") if name in firmware}
    signed = {"signing_certificate": CERTIFICATE, "signature": SIGNATURE, **firmware}
    wanted = {"location": url, "retrieve_date_time": later(-1), **signed}
    action = "SignedUpdateFirmware" if csms.version == "v16" else "UpdateFirmware"
    return await csms.call(action, request_id=number, firmware=wanted, **more)


def told(csms: Csms, number: int = 3) -> list[str]:
    signed = "SignedFirmwareStatusNotification"
    said = csms.said(signed if csms.version == "v16" else "FirmwareStatusNotification")
    return [payload["status"] for payload in said if payload.get("requestId") == number]


def events(csms: Csms) -> list[str]:
    return [payload["type"] for payload in csms.said("SecurityEventNotification")]


async def until(csms: Csms, status: str, number: int = 3) -> None:
    await csms.until(lambda: status in told(csms, number), status)


def boots(csms: Csms) -> list[tuple[str | None, str]]:
    said = csms.said("BootNotification")
    if csms.version == "v16":
        return [(None, payload["firmwareVersion"]) for payload in said]
    return [(each["reason"], each["chargingStation"]["firmwareVersion"]) for each in said]


async def test_an_update_ends_with_a_boot_of_the_new_version(
    station: Make, csms: Csms, web: Web
) -> None:
    async with station() as ours:
        await ours.booted()
        assert (await update(csms, web.url + PATH)).status == "Accepted"
        await until(csms, "Installed")
        await csms.heard("SecurityEventNotification")
    reason = None if csms.version == "v16" else "FirmwareUpdate"
    assert told(csms) == CHAIN
    assert boots(csms)[1:] == [(reason, "2.0.0")]
    assert events(csms) == ["FirmwareUpdated"]


async def test_it_waits_for_its_times(station: Make, csms: Csms, web: Web) -> None:
    async with station(speed=1000) as ours:
        await ours.booted()
        times = {"retrieve_date_time": later(1000), "install_date_time": later(5000)}
        await update(csms, web.url + PATH, **times)
        await until(csms, "Installed")
    assert told(csms) == ["DownloadScheduled", *CHAIN[:3], "InstallScheduled", *CHAIN[3:]]


@pytest.mark.parametrize(
    ("change", "status", "event"),
    [
        ({"signature": "bm90IGl0"}, "InvalidSignature", ["InvalidFirmwareSignature"]),
        ({"location": "{url}/nowhere"}, "DownloadFailed", []),
        ({"location": "sftp://127.0.0.1/x"}, "DownloadFailed", []),
    ],
)
async def test_an_update_fails(
    station: Make, csms: Csms, web: Web, change: dict[str, str], status: str, event: list[str]
) -> None:
    change = {name: value.format(url=web.url) for name, value in change.items()}
    async with station() as ours:
        await ours.booted()
        await update(csms, change.pop("location", web.url + PATH), **change)
        await until(csms, status)
        if event:
            await csms.heard("SecurityEventNotification")
    assert (told(csms)[-1], events(csms), len(boots(csms))) == (status, event, 1)


async def test_an_empty_file_is_no_firmware(station: Make, csms: Csms, web: Web) -> None:
    web.files[PATH] = b""
    empty = base64.b64encode(hashlib.sha256(b"").digest()).decode()
    async with station() as ours:
        await ours.booted()
        await update(csms, web.url + PATH, signature=empty)
        await until(csms, "InstallVerificationFailed")
    assert told(csms) == [*CHAIN[:4], "InstallVerificationFailed"]


async def test_what_is_no_certificate_is_refused(station: Make, csms: Csms, web: Web) -> None:
    async with station() as ours:
        await ours.booted()
        answer = await update(csms, web.url + PATH, signing_certificate="not one")
        await csms.heard("SecurityEventNotification")
    assert answer.status == "InvalidCertificate"
    assert (told(csms), events(csms)) == ([], ["InvalidFirmwareSigningCertificate"])


async def test_it_tries_again_and_follows_where_a_file_moved(
    station: Make, csms: Csms, web: Web
) -> None:
    web.files["/moved"] = IMAGE
    web.refusals = [500, 302]
    async with station() as ours:
        await ours.booted()
        await update(csms, web.url + PATH, retries=1, retry_interval=1)
        await until(csms, "Installed")
    assert web.asked == [PATH, PATH, "/moved"]


async def test_a_second_request_takes_the_place_of_the_first(
    station: Make, csms: Csms, web: Web
) -> None:
    """The usual way to cancel an update is another one whose file is not there."""
    async with station() as ours:
        await ours.booted()
        await update(csms, web.url + PATH, 1, install_date_time=later(3600))
        await until(csms, "InstallScheduled", 1)
        second = await update(csms, f"{web.url}/nowhere", 2)
        await until(csms, "DownloadFailed", 2)
    assert second.status == "AcceptedCanceled"
    assert told(csms, 1) == [*CHAIN[:3], "InstallScheduled"]
    assert len(boots(csms)) == 1


async def test_an_installation_is_not_stopped(station: Make, csms: Csms, web: Web) -> None:
    async with station() as ours:
        await ours.booted()
        await update(csms, web.url + PATH, 1)
        await until(csms, "Installing", 1)
        second = await update(csms, web.url + PATH, 2)
        await until(csms, "Installed", 1)
    assert second.status == "Rejected"
    assert told(csms, 2) == []


@ONLY_2
@pytest.mark.parametrize("allowed", ["false", "true"])
async def test_sessions_end_before_it_is_installed(
    station: Make, csms: Csms, web: Web, allowed: str
) -> None:
    """L01.FR.06, L01.FR.07: a free place takes nobody new meanwhile, unless that is allowed."""
    settings = {"ChargingStation.AllowNewSessionsPendingFirmwareUpdate": allowed}
    async with station(settings=settings) as ours:
        await ours.booted()
        await ours.plug_in(1, Car())
        assert await ours.present("DEMO0001", 1) == "Accepted"
        await ours.until(1, "Charging")
        await update(csms, web.url + PATH)
        await until(csms, "InstallScheduled")
        assert ours.status(2) == ("Available" if allowed == "true" else "Unavailable")
        assert "Installing" not in told(csms)
        await ours.unplug(1)
        await until(csms, "Installed")
        await ours.booted()
        assert [ours.status(1), ours.status(2)] == ["Available", "Available"]
    assert told(csms) == [*CHAIN[:3], "InstallScheduled", *CHAIN[3:]]


async def test_an_update_outlives_a_power_cut(station: Make, csms: Csms, web: Web) -> None:
    async with station() as ours:
        await ours.booted()
        await update(csms, web.url + PATH, retrieve_date_time=later(20))
        await until(csms, "DownloadScheduled")
        ours.crash()
        ours.controller.flash.update.retrieve_at = datetime.now(UTC)
        ours.resume()
        await until(csms, "Installed")
    assert told(csms)[-6:] == CHAIN


async def test_a_trigger_tells_where_it_is(station: Make, csms: Csms, web: Web) -> None:
    message = {"requested_message": "FirmwareStatusNotification"}
    async with station() as ours:
        await ours.booted()
        assert (await csms.call("TriggerMessage", **message)).status == "Accepted"
        idle = await csms.heard("FirmwareStatusNotification")
        await update(csms, web.url + PATH, retrieve_date_time=later(3600))
        await until(csms, "DownloadScheduled")
        await csms.call("TriggerMessage", **message)
        await csms.until(lambda: len(told(csms)) == 2, "the status again")
    assert idle == {"status": "Idle"}
    assert told(csms) == ["DownloadScheduled", "DownloadScheduled"]


@pytest.mark.parametrize("version", ["v16"])
@pytest.mark.parametrize("found", [True, False])
async def test_a_plain_update_of_1_6(station: Make, csms: Csms, web: Web, *, found: bool) -> None:
    url = web.url + (PATH if found else "/nowhere")
    last = "Installed" if found else "DownloadFailed"
    async with station() as ours:
        await ours.booted()
        await csms.call("UpdateFirmware", location=url, retrieve_date=later(-1))
        said = lambda: [each["status"] for each in csms.said("FirmwareStatusNotification")]  # noqa: E731
        await csms.until(lambda: last in said(), last)
    whole = ["Downloading", "Downloaded", "Installing", "Installed"]
    assert said() == (whole if found else ["Downloading", "DownloadFailed"])
    assert events(csms) == []
    assert boots(csms)[-1] == (None, "2.0.0" if found else "1.0.0")


@pytest.mark.parametrize(
    ("content", "location", "found"),
    [
        (b"firmware-version: 9.1\nrest", "http://x/a.bin", "9.1"),
        (b"\x00\x01", "http://x/path/app-3.5.0.bin?key=1", "app-3.5.0"),
        (b"", "http://x/", "unknown"),
    ],
)
def test_a_version_is_found(content: bytes, location: str, found: str) -> None:
    assert version_of(content, location) == found
