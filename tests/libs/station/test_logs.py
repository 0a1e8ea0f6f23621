"""Logs that a station uploads over real HTTP, at the word of a server that is not ours."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from libs.station import VirtualStation
from tests.libs.station.conftest import ONLY_2
from tests.libs.station.csms import Csms
from tests.libs.station.web import Web, serving

Make = Callable[..., VirtualStation]


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        yield web


@pytest.fixture(autouse=True)
def answered(csms: Csms) -> None:
    for action in ("LogStatusNotification", "DiagnosticsStatusNotification"):
        csms.answers[action] = {}


async def get_log(csms: Csms, url: str, number: int = 7, **more: Any) -> Any:
    kind = more.pop("log_type", "DiagnosticsLog")
    log = {"remote_location": url, **more.pop("log", {})}
    return await csms.call("GetLog", log=log, log_type=kind, request_id=number, **more)


def told(csms: Csms) -> list[tuple[str, int | None]]:
    said = csms.said("LogStatusNotification")
    return [(payload["status"], payload.get("requestId")) for payload in said]


@pytest.mark.parametrize("kind", ["DiagnosticsLog", "SecurityLog"])
async def test_a_log_is_uploaded(station: Make, csms: Csms, web: Web, kind: str) -> None:
    """To an address that ends with a slash it appends the name that it answered."""
    async with station() as ours:
        await ours.booted()
        answer = await get_log(csms, f"{web.url}/up/secret/", log_type=kind)
        await csms.heard("LogStatusNotification", 2)
    [(method, path, body, _)] = web.taken
    assert (answer.status, method) == ("Accepted", "PUT")
    assert path == f"/up/secret/{answer.filename}"
    assert told(csms) == [("Uploading", 7), ("Uploaded", 7)]
    assert b"accepted by the server" in body
    assert (b"register" in body) is (kind == "DiagnosticsLog")


async def test_an_address_without_a_slash_is_taken_as_it_is(
    station: Make, csms: Csms, web: Web
) -> None:
    async with station() as ours:
        await ours.booted()
        url = web.url.replace("//", "//user:p%40ss@")
        await get_log(csms, f"{url}/here.log?key=1")
        await csms.heard("LogStatusNotification", 2)
    [(_, path, _, headers)] = web.taken
    assert path == "/here.log?key=1"
    assert headers["Authorization"] == "Basic dXNlcjpwQHNz"


async def test_a_server_that_takes_no_put_gets_a_form(station: Make, csms: Csms, web: Web) -> None:
    web.methods = {"POST"}
    async with station() as ours:
        await ours.booted()
        answer = await get_log(csms, f"{web.url}/")
        await csms.heard("LogStatusNotification", 2)
    [(method, _, body, headers)] = web.taken
    assert method == "POST"
    assert headers["Content-Type"].startswith("multipart/form-data")
    assert f'filename="{answer.filename}"'.encode() in body


async def test_only_the_time_that_was_asked_for_is_told(
    station: Make, csms: Csms, web: Web
) -> None:
    async with station() as ours:
        await ours.booted()
        await get_log(csms, f"{web.url}/", log={"latest_timestamp": "2020-01-01T00:00:00Z"})
        await csms.heard("LogStatusNotification", 2)
    assert b"accepted by the server" not in web.taken[0][2]


@pytest.mark.parametrize("retries", [0, 2])
async def test_it_tries_again_as_often_as_it_is_told(
    station: Make, csms: Csms, web: Web, retries: int
) -> None:
    web.refusals = [500, 503]
    async with station() as ours:
        await ours.booted()
        await get_log(csms, f"{web.url}/", retries=retries, retry_interval=1)
        await csms.heard("LogStatusNotification", 2)
    assert told(csms)[1] == ("Uploaded" if retries == 2 else "UploadFailure", 7)
    assert len(web.asked) == retries + 1


@pytest.mark.parametrize(
    ("location", "refusals", "status"),
    [
        ("no address", [], "BadMessage"),
        ("ftp://127.0.0.1/logs", [], "NotSupportedOperation"),
        ("{url}/", [403], "PermissionDenied"),
        ("http://127.0.0.1:1/", [], "UploadFailure"),
    ],
)
async def test_why_it_failed_is_told(
    station: Make, csms: Csms, web: Web, location: str, refusals: list[int], status: str
) -> None:
    web.refusals = list(refusals)
    async with station() as ours:
        await ours.booted()
        assert (await get_log(csms, location.format(url=web.url))).status == "Accepted"
        await csms.heard("LogStatusNotification", 2)
    assert told(csms) == [("Uploading", 7), (status, 7)]


async def test_a_second_request_takes_the_place_of_the_first(
    station: Make, csms: Csms, web: Web
) -> None:
    """1.6 has no word for the end of the first."""
    web.refusals = [500]
    async with station() as ours:
        await ours.booted()
        await get_log(csms, f"{web.url}/first/", 1, retries=9, retry_interval=1000)
        await web.until(1)
        second = await get_log(csms, f"{web.url}/second/", 2)
        await csms.until(lambda: ("Uploaded", 2) in told(csms), "the second log")
    assert second.status == "AcceptedCanceled"
    ended = [] if csms.version == "v16" else [("AcceptedCanceled", 1)]
    assert told(csms) == [("Uploading", 1), *ended, ("Uploading", 2), ("Uploaded", 2)]
    assert [path.split("/")[1] for _, path, _, _ in web.taken] == ["second"]


async def test_a_trigger_tells_where_it_is(station: Make, csms: Csms, web: Web) -> None:
    action = "ExtendedTriggerMessage" if csms.version == "v16" else "TriggerMessage"
    web.refusals = [500]
    async with station() as ours:
        await ours.booted()
        await csms.call(action, requested_message="LogStatusNotification")
        await csms.heard("LogStatusNotification", 1)
        await get_log(csms, f"{web.url}/", retries=9, retry_interval=1000)
        await csms.heard("LogStatusNotification", 2)
        answer = await csms.call(action, requested_message="LogStatusNotification")
        await csms.heard("LogStatusNotification", 3)
    assert answer.status == "Accepted"
    assert told(csms) == [("Idle", None), ("Uploading", 7), ("Uploading", 7)]


@pytest.mark.parametrize("version", ["v16"])
@pytest.mark.parametrize("status", ["Uploaded", "UploadFailed"])
async def test_diagnostics_of_1_6(station: Make, csms: Csms, web: Web, status: str) -> None:
    web.refusals = [] if status == "Uploaded" else [403]
    async with station() as ours:
        await ours.booted()
        answer = await csms.call("GetDiagnostics", location=f"{web.url}/")
        await csms.heard("DiagnosticsStatusNotification", 2)
        await csms.call("TriggerMessage", requested_message="DiagnosticsStatusNotification")
        await csms.heard("DiagnosticsStatusNotification", 3)
    said = [payload["status"] for payload in csms.said("DiagnosticsStatusNotification")]
    assert said == ["Uploading", status, "Idle"]
    assert web.asked == [f"/{answer.file_name}"]


@ONLY_2
async def test_there_is_no_data_collector(station: Make, csms: Csms, web: Web) -> None:
    if csms.version == "v21":
        async with station() as ours:
            await ours.booted()
            answer = await get_log(csms, web.url, log_type="DataCollectorLog")
        assert answer.status == "Rejected"
