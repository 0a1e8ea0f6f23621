"""Where stations upload files: what is taken, what is refused, and what a station gets to know."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio

from libs.bus import Bus, Conflict, NotFound, Router
from libs.bus.objects import CHUNK_BYTES, Objects
from libs.contracts.stations import Done
from libs.contracts.uploads import BeginUpload, EndUpload, FailUpload, Ticket, UploadView
from services.api import reception
from services.api.access import Gate
from services.api.app import App
from services.api.examples.transfers import UPLOAD
from tests.services.api.conftest import listening

router = Router("uploads")
FILE = bytes(range(256)) * 2000
BYTES_MAX = 600_000


@dataclass
class Record:
    """What `devices` would keep."""

    fault: Exception | None = None
    late: Exception | None = None
    ended: list[EndUpload] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@router.answers(BeginUpload)
async def begin(record: Record, ask: BeginUpload) -> Ticket:
    if ask.secret != "secret":
        raise NotFound("Nobody gave out this address.")
    if record.fault is not None:
        raise record.fault
    return Ticket(upload="u1", object=ask.object, bytes_max=BYTES_MAX)


@router.answers(EndUpload)
async def end(record: Record, ask: EndUpload) -> UploadView:
    if record.late is not None:
        raise record.late
    record.ended.append(ask)
    return UPLOAD


@router.answers(FailUpload)
async def fail(record: Record, ask: FailUpload) -> Done:
    record.failed.append(ask.reason)
    return Done()


@pytest_asyncio.fixture
async def record(bus: Bus) -> AsyncIterator[Record]:
    record = Record()
    serving = await bus.serve(router, record)
    yield record
    await serving.stop()


@pytest.fixture
def files(bus: Bus, tenant: str) -> Objects:
    return bus.objects(tenant)


@pytest_asyncio.fixture
async def url(make_app: Callable[..., App], record: Record, files: Objects) -> AsyncIterator[str]:
    async with listening(make_app(files=files)) as url:
        yield f"{url}/uploads"


async def send(method: str, url: str, **request: Any) -> httpx.Response:
    async with httpx.AsyncClient(timeout=20) as client:
        return await client.request(method, url, **request)


async def kept(files: Objects, record: Record) -> bytes:
    [end] = record.ended
    return b"".join([part async for part in files.read(end.object)])


async def messages(bus: Bus, files: Objects) -> int:
    return (await bus._streams.info(files.stream)).messages


# -- what is taken -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("secret", None),
        ("secret/", None),
        ("secret/log%20of%20to-day.zip", "log of to-day.zip"),
        ("secret//log.zip", "log.zip"),
        ("secret/ftp-like/log.zip", "log.zip"),
        ("secret/..%2F..%2Fetc%2Fpasswd", "passwd"),
    ],
)
async def test_a_body_is_taken_at_every_form_of_the_address(
    url: str, record: Record, files: Objects, method: str, path: str, name: str | None
) -> None:
    answer = await send(
        method, f"{url}/{path}", content=FILE, headers={"Content-Type": "application/zip"}
    )
    assert answer.status_code == 200
    assert answer.json() == {"size": len(FILE), "sha256": hashlib.sha256(FILE).hexdigest()}
    assert await kept(files, record) == FILE
    [end] = record.ended
    assert (end.file_name, end.content_type) == (name, "application/zip")


async def test_a_body_of_unknown_length_is_taken(url: str, record: Record, files: Objects) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(FILE), 50_000):
            yield FILE[start : start + 50_000]

    answer = await send("PUT", f"{url}/secret/", content=parts())
    assert answer.status_code == 200
    assert await kept(files, record) == FILE


async def test_of_a_form_the_file_is_taken(url: str, record: Record, files: Objects) -> None:
    form = {"file": ("C:\\logs\\Säule 1.log", FILE, "text/plain")}
    answer = await send("POST", f"{url}/secret", files=form, data={"serial": "A1"})
    assert answer.status_code == 200
    assert await kept(files, record) == FILE
    assert (record.ended[0].file_name, record.ended[0].content_type) == (
        "Säule 1.log",
        "text/plain",
    )


async def test_who_waits_to_be_told_to_go_on_is(url: str, record: Record, files: Objects) -> None:
    """Stations send Expect: 100-continue with large files (2.1 N01)."""
    reader, writer = await raw(url, "PUT", len(FILE), "Expect: 100-continue")
    assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
    writer.write(FILE)
    await reader.readline()
    assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
    assert await kept(files, record) == FILE
    writer.close()


async def raw(
    url: str, method: str, length: int, *headers: str, secret: str = "secret"
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A request whose body the test sends itself."""
    host, port = re.findall(r"//(.*):(\d+)/", url)[0]
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = [f"{method} /uploads/{secret}/ HTTP/1.1", "Host: x", f"Content-Length: {length}"]
    writer.write("\r\n".join([*lines, *headers, "", ""]).encode())
    return reader, writer


# -- what is refused -----------------------------------------------------------------------------


def code_of(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["hint"]
    assert "secret" not in answer.text
    return answer.status_code, body["code"]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Conflict("It is here.", reason="stored"), (409, "upload_done")),
        (Conflict("It took one until noon.", reason="expired"), (410, "upload_expired")),
    ],
)
async def test_an_address_takes_one_file_and_not_for_ever(
    url: str, record: Record, fault: Exception, expected: tuple[int, str]
) -> None:
    record.fault = fault
    answer = await send("PUT", f"{url}/secret/", content=FILE)
    assert code_of(answer) == expected
    assert record.ended == []


async def test_an_address_that_nobody_gave_out_leads_nowhere(url: str, record: Record) -> None:
    assert code_of(await send("PUT", f"{url}/guess/", content=FILE)) == (404, "upload_unknown")
    assert code_of(await send("PUT", f"{url}/", content=FILE)) == (404, "upload_unknown")


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PATCH", "OPTIONS"])
async def test_only_files_are_sent_there(url: str, method: str) -> None:
    answer = await send(method, f"{url}/secret/")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "PUT, POST"


async def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    url: str, record: Record
) -> None:
    reader, writer = await raw(url, "PUT", BYTES_MAX + 1, "Expect: 100-continue")
    assert await reader.readline() == b"HTTP/1.1 413 Request Entity Too Large\r\n"
    await asyncio.wait_for(reader.read(), 5)
    assert record.failed == [f"It is larger than {BYTES_MAX} bytes."]
    writer.close()


async def test_who_sends_too_much_anyway_gets_to_see_why(url: str, record: Record) -> None:
    """And not a connection that breaks while it sends."""
    answer = await send("PUT", f"{url}/secret/", content=b"x" * (8 << 20))
    assert code_of(answer) == (413, "too_large")
    assert str(BYTES_MAX) in answer.json()["hint"]


async def test_a_body_that_never_ends_is_cut(
    bus: Bus, url: str, record: Record, files: Objects
) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * CHUNK_BYTES

    answer = await send("PUT", f"{url}/secret/", content=parts())
    assert code_of(answer) == (413, "too_large")
    assert await messages(bus, files) == 0


async def test_what_broke_off_may_be_sent_again(
    bus: Bus, url: str, record: Record, files: Objects
) -> None:
    _, writer = await raw(url, "PUT", len(FILE))
    writer.write(FILE[:200_000])
    await writer.drain()
    writer.close()
    async with asyncio.timeout(10):
        while not record.failed:
            await asyncio.sleep(0.01)
    assert "The connection ended" in record.failed[0]
    assert await messages(bus, files) == 0
    assert (await send("PUT", f"{url}/secret/", content=FILE)).status_code == 200
    assert await kept(files, record) == FILE


async def test_who_falls_silent_is_not_waited_for(
    url: str, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception.Body.__init__, "__defaults__", (0.1,))
    reader, writer = await raw(url, "PUT", len(FILE))
    writer.write(FILE[:1000])
    assert await reader.readline() == b"HTTP/1.1 408 Request Timeout\r\n"
    assert record.failed == ["Nothing came for 0.1 s."]
    writer.close()


@pytest.mark.parametrize(
    "request_",
    [
        {"content": b""},
        {"content": FILE, "headers": {"Content-Range": "bytes 0-1/2"}},
        {"content": b"no form", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"content": b"--\r\n", "headers": {"Content-Type": "multipart/form-data"}},
        {
            "content": b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--\r\n',
            "headers": {"Content-Type": "multipart/form-data; boundary=b"},
        },
        {
            "content": b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nhalf of it',
            "headers": {"Content-Type": "multipart/form-data; boundary=b"},
        },
    ],
    ids=["empty", "range", "no form", "no boundary", "no file", "half a form"],
)
async def test_what_is_no_whole_file_leaves_the_address_open(
    url: str, record: Record, request_: dict[str, Any]
) -> None:
    answer = await send("POST", f"{url}/secret/", **request_)
    assert code_of(answer) == (400, "upload_broken")
    assert record.ended == []


async def test_of_two_at_once_the_slower_is_told_and_its_file_goes(
    bus: Bus, url: str, record: Record, files: Objects
) -> None:
    record.late = Conflict("Another try was faster.", reason="stored")
    assert code_of(await send("PUT", f"{url}/secret/", content=FILE)) == (409, "upload_done")
    assert await messages(bus, files) == 0


async def test_without_the_owner_of_records_the_station_is_to_try_again(
    make_app: Callable[..., App], files: Objects
) -> None:
    async with listening(make_app(files=files)) as url:
        answer = await send("PUT", f"{url}/uploads/secret/", content=FILE)
    assert code_of(answer) == (503, "unavailable")
    assert answer.headers["retry-after"]


async def test_tokens_and_keys_do_not_matter_there(
    make_app: Callable[..., App], record: Record, files: Objects
) -> None:
    closed = Gate(None, is_open=False)
    async with listening(make_app(files=files, gate=closed)) as url:
        headers = {"Idempotency-Key": "k", "Host": "csms.example", "Origin": "https://evil.example"}
        taken = await send("PUT", f"{url}/uploads/secret/", content=FILE, headers=headers)
        api = await send("GET", f"{url}/api/v1/stations")
    assert (taken.status_code, api.status_code) == (200, 401)


async def test_the_secret_is_in_no_log(
    url: str, record: Record, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await send("PUT", f"{url}/secret/", content=FILE)
    await send("PUT", f"{url}/secret/", content=b"")
    ours = [record for record in caplog.records if record.name == "voltbus.api"]
    assert ours
    assert "secret" not in json.dumps([str(record.__dict__) for record in ours])
