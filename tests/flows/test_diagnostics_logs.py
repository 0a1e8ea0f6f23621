"""N01, 1.6 GetLog and GetDiagnostics: logs that stations upload, over real HTTP."""

import hashlib
from typing import Any

import httpx
import pytest

from tests import bare
from tests.flows.announced import events
from tests.flows.messages import ALL, TWO
from tests.flows.station import Station, booted
from tests.system import System, eventually, plain_client

CONTENT = b"2026-11-22T12:00:00Z contactor closed\n" * 5_000
EVENT = {"timestamp": "2026-11-22T12:00:00Z", "type": "StartupOfTheDevice"}


async def upload(url: str, content: bytes = CONTENT, method: str = "PUT") -> httpx.Response:
    async with plain_client("", 30) as client:
        return await client.request(method, url, content=content)


async def secured(station: Station, version: str) -> None:
    """A 1.6 station shows that it has the security extension."""
    if version == "1.6":
        await station.ask("SecurityEventNotification", EVENT)


async def say(station: Station, status: str, number: int | None) -> None:
    number_ = {} if number is None else {"requestId": number}
    await station.ask("LogStatusNotification", {"status": status, **number_})


def told(log: dict[str, Any]) -> list[str]:
    return [step["status"] for step in log["statuses"]]


@pytest.mark.parametrize(
    ("version", "kind", "name"),
    [
        pytest.param(
            "2.0.1", "diagnostics", "DiagnosticsLog", marks=pytest.mark.certification("TC_N_25")
        ),
        pytest.param(
            "2.0.1", "security", "SecurityLog", marks=pytest.mark.certification("TC_N_35")
        ),
        pytest.param("1.6", "security", "SecurityLog", marks=pytest.mark.certification("TC_079")),
        ("1.6", "diagnostics", "DiagnosticsLog"),
        ("2.1", "diagnostics", "DiagnosticsLog"),
        ("2.1", "data_collector", "DataCollectorLog"),
    ],
)
async def test_a_log_is_uploaded_and_found_under_its_request(
    system: System, identity: str, version: str, kind: str, name: str
) -> None:
    """Every field is the operator's choice; the file is there as the station sent it."""
    body = {
        "type": kind,
        "from": "2026-11-21T00:00:00Z",
        "to": "2026-11-22T00:00:00Z",
        "retries": 2,
        "retry_interval": 60,
    }
    async with booted(system, identity, version) as station:
        await secured(station, version)
        station.answers["GetLog"] = {"status": "Accepted", "filename": "station.log"}
        sent = await system.post(f"stations/{identity}/logs", body)
        action, asked = await station.call()
        assert (action, asked) == (
            "GetLog",
            {
                "logType": name,
                "requestId": sent["request_id"],
                "log": {
                    "remoteLocation": sent["location"],
                    "oldestTimestamp": "2026-11-21T00:00:00Z",
                    "latestTimestamp": "2026-11-22T00:00:00Z",
                },
                "retries": 2,
                "retryInterval": 60,
            },
        )
        await say(station, "Uploading", sent["request_id"])
        assert (await upload(f"{sent['location']}station.log")).status_code == 200
        await say(station, "Uploaded", sent["request_id"])
    log = await system.get(f"stations/{identity}/logs/{sent['request']}")
    assert (log["state"], log["type"], told(log)) == ("uploaded", kind, ["Uploading", "Uploaded"])
    assert (log["announced_name"], log["upload"]["file_name"]) == ("station.log", "station.log")
    assert log["upload"]["size"] == len(CONTENT)
    assert log["upload"]["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    content = await system.http.get(f"stations/{identity}/logs/{sent['request']}/content")
    assert content.content == CONTENT
    assert "station.log" in content.headers["content-disposition"]
    assert [item["id"] for item in await system.all(f"stations/{identity}/logs")] == [
        sent["request"]
    ]
    assert (await upload(sent["location"])).status_code == 409


@pytest.mark.certification("TC_N_34")
@pytest.mark.parametrize("version", ALL)
async def test_a_station_may_refuse(system: System, identity: str, version: str) -> None:
    async with booted(system, identity, version) as station:
        await secured(station, version)
        station.answers["GetLog"] = {"status": "Rejected"}
        sent = await system.post(f"stations/{identity}/logs", {"type": "security"})
    assert (sent["status"], sent["payload"]) == ("answered", {"status": "Rejected"})
    log = await system.get(f"stations/{identity}/logs/{sent['request']}")
    assert (log["state"], log["statuses"], log["upload"]["state"]) == ("refused", [], "waiting")


@pytest.mark.certification("TC_N_36")
@pytest.mark.parametrize("version", TWO)
async def test_a_second_request_takes_the_place_of_the_first(
    system: System, identity: str, version: str
) -> None:
    """The status of the first may come before and after the answer to the second (errata)."""
    async with booted(system, identity, version) as station:
        first = await system.post(f"stations/{identity}/logs", {})
        await say(station, "Uploading", first["request_id"])
        station.answers["GetLog"] = {"status": "AcceptedCanceled", "filename": "second.log"}
        second = await system.post(f"stations/{identity}/logs", {})
        await say(station, "AcceptedCanceled", first["request_id"])
        await say(station, "Uploading", second["request_id"])
        await upload(second["location"])
        await say(station, "Uploaded", second["request_id"])
    assert first["request_id"] != second["request_id"]
    logs = await system.all(f"stations/{identity}/logs")
    assert [(log["state"], told(log)) for log in logs] == [
        ("uploaded", ["Uploading", "Uploaded"]),
        ("superseded", ["Uploading", "AcceptedCanceled"]),
    ]


async def test_a_second_request_of_1_6_has_no_word_for_the_first(
    system: System, identity: str
) -> None:
    async with booted(system, identity, "1.6") as station:
        await secured(station, "1.6")
        first = await system.post(f"stations/{identity}/logs", {})
        await say(station, "Uploading", first["request_id"])
        station.answers["GetLog"] = {"status": "AcceptedCanceled"}
        await system.post(f"stations/{identity}/logs", {})
    logs = await system.all(f"stations/{identity}/logs")
    assert [log["state"] for log in logs] == ["accepted", "superseded"]


@pytest.mark.parametrize("status", ["BadMessage", "NotSupportedOperation", "UploadFailure"])
@pytest.mark.parametrize("version", ALL)
async def test_a_failed_upload_shows(
    system: System, identity: str, version: str, status: str
) -> None:
    async with booted(system, identity, version) as station:
        await secured(station, version)
        sent = await system.post(f"stations/{identity}/logs", {"location": "ftp://files.example"})
        await say(station, "Uploading", sent["request_id"])
        await say(station, status, sent["request_id"])
    log = await system.get(f"stations/{identity}/logs/{sent['request']}")
    assert (log["state"], told(log)) == ("failed", ["Uploading", status])
    assert (log["location"], log["upload"]) == ("ftp://files.example", None)
    content = await system.http.get(f"stations/{identity}/logs/{sent['request']}/content")
    assert (content.status_code, content.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("status", "state", "file"),
    [
        pytest.param("Uploaded", "uploaded", True, marks=pytest.mark.certification("TC_045_1")),
        pytest.param("UploadFailed", "failed", False, marks=pytest.mark.certification("TC_045_2")),
    ],
)
async def test_diagnostics_of_a_1_6_station(
    system: System, identity: str, status: str, state: str, *, file: bool
) -> None:
    """It never showed a security extension, so GetDiagnostics is asked."""
    async with booted(system, identity, "1.6") as station:
        station.answers["GetDiagnostics"] = {"fileName": "diagnostics.zip"}
        sent = await system.post(
            f"stations/{identity}/logs",
            {"from": "2026-11-21T00:00:00Z", "retries": 1, "retry_interval": 5},
        )
        assert await station.call() == (
            "GetDiagnostics",
            {
                "location": sent["location"],
                "startTime": "2026-11-21T00:00:00Z",
                "retries": 1,
                "retryInterval": 5,
            },
        )
        await station.ask("DiagnosticsStatusNotification", {"status": "Uploading"})
        if file:
            await upload(sent["location"])
        await station.ask("DiagnosticsStatusNotification", {"status": status})
    assert "request_id" not in sent
    log = await system.get(f"stations/{identity}/logs/{sent['request']}")
    assert (log["state"], told(log)) == (state, ["Uploading", status])
    assert log["announced_name"] == "diagnostics.zip"
    assert (log["upload"]["state"] == "stored") is file


@pytest.mark.certification("TC_F_15")
@pytest.mark.parametrize("version", TWO)
async def test_a_station_with_nothing_to_upload_says_idle(
    system: System, identity: str, version: str
) -> None:
    """It names no request, and none of ours takes it for its own."""
    async with booted(system, identity, version) as station:
        sent = await system.post(f"stations/{identity}/logs", {})
        await station.call()
        await system.post(f"stations/{identity}/trigger", {"message": "LogStatusNotification"})
        assert (await station.call())[1] == {"requestedMessage": "LogStatusNotification"}
        await say(station, "Idle", None)
    kept = await system.all(f"stations/{identity}/reports", action="LogStatusNotification")
    assert [report["payload"] for report in kept] == [{"status": "Idle"}]
    assert (await system.get(f"stations/{identity}/logs/{sent['request']}"))["statuses"] == []


async def test_a_raw_call_shows_like_one_of_its_own(system: System, identity: str) -> None:
    payload = {
        "logType": "SecurityLog",
        "requestId": 77,
        "log": {"remoteLocation": "sftp://files.example/logs"},
    }
    async with booted(system, identity, "2.0.1") as station:
        sent = await system.post(f"stations/{identity}/calls/GetLog", payload)
        await say(station, "Uploaded", 77)
    log = await system.get(f"stations/{identity}/logs/{sent['request']}")
    assert (log["type"], log["state"], log["request_id"]) == ("security", "uploaded", 77)


async def test_a_callerror_and_an_absent_station_are_told(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        station.answers["GetDiagnostics"] = bare.Refused("NotSupported", "no logs here", {})
        refused = await system.post(f"stations/{identity}/logs", {})
    await eventually(
        lambda: system.get(f"stations/{identity}"), lambda station: not station["online"]
    )
    absent = await system.post(f"stations/{identity}/logs", {})
    assert (refused["status"], refused["code"]) == ("error", "NotSupported")
    assert absent["status"] == "offline"
    states = [log["state"] for log in await system.all(f"stations/{identity}/logs")]
    assert states == ["offline", "error"]


@pytest.mark.parametrize(
    ("version", "body", "pointer"),
    [
        ("2.0.1", {"type": "data_collector"}, "/type"),
        ("2.0.1", {"via": "GetDiagnostics"}, "/via"),
        ("1.6", {"type": "security", "via": "GetDiagnostics"}, "/via"),
        ("2.0.1", {"from": "2026-11-22T00:00:00Z", "to": "2026-11-21T00:00:00Z"}, "/to"),
        ("2.0.1", {"type": "everything"}, "/type"),
        ("2.0.1", {"frm": "2026-11-22T00:00:00Z"}, "/frm"),
    ],
)
async def test_what_makes_no_sense_is_named(
    system: System, identity: str, version: str, body: dict[str, Any], pointer: str
) -> None:
    async with booted(system, identity, version) as station:
        answer = await system.http.post(f"stations/{identity}/logs", json=body)
        assert station.calls == []
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_logs_are_announced(system: System, identity: str) -> None:
    """The file that arrived, what the station says, and what failed."""
    async with booted(system, identity, "2.1") as station:
        good = await system.post(f"stations/{identity}/logs", {})
        await upload(f"{good['location']}a.log")
        await say(station, "Uploaded", good["request_id"])
        bad = await system.post(f"stations/{identity}/logs", {})
        info = {"reasonCode": "InternalError", "additionalInfo": "no room"}
        await station.ask(
            "LogStatusNotification",
            {"status": "UploadFailure", "requestId": bad["request_id"], "statusInfo": info},
        )
        wanted = "upload.stored,log.uploaded,log.failed"
        found = await events(system, identity, wanted, 3)
    stored, uploaded, failed = found
    assert (stored["upload"], stored["file_name"]) == (good["upload"], "a.log")
    assert (uploaded["request"], uploaded["sha256"]) == (good["request"], stored["sha256"])
    assert (failed["request"], failed["status"], failed["reason"]) == (
        bad["request"],
        "UploadFailure",
        "InternalError",
    )


async def test_pages_of_logs(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1"):
        sent = [await system.post(f"stations/{identity}/logs", {}) for _ in range(5)]
    first = await system.get(f"stations/{identity}/logs", limit=2)
    second = await system.get(f"stations/{identity}/logs", limit=4, after=first["next"])
    ids = [log["id"] for page in (first, second) for log in page["items"]]
    assert ids == [each["request"] for each in reversed(sent)]
    assert second["next"] is None
