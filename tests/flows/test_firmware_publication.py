"""L03, L04: a local controller fetches firmware once and offers it to its stations."""

from typing import Any

import pytest

from tests.flows.announced import events
from tests.flows.messages import TWO
from tests.flows.station import Station, booted
from tests.system import System

LOCATION = "https://files.example/firmware/3.5.0.bin"
CHECKSUM = "9e107d9d372bb6826bd81d3542a419d6"
OFFERED = ["http://192.0.2.1/3.5.0.bin", "https://192.0.2.1/3.5.0.bin"]


async def say(station: Station, number: int, *statuses: str) -> None:
    for each in statuses:
        told: dict[str, Any] = {"status": each, "requestId": number}
        if each == "Published":
            told["location"] = OFFERED
        await station.ask("PublishFirmwareStatusNotification", told)


@pytest.mark.parametrize(
    ("chain", "state"),
    [
        pytest.param(
            ["Downloading", "Downloaded", "ChecksumVerified", "Published"],
            "published",
            marks=pytest.mark.certification("TC_L_17"),
        ),
        pytest.param(
            ["Downloading", "Downloaded", "InvalidChecksum"],
            "failed",
            marks=pytest.mark.certification("TC_L_19"),
        ),
        pytest.param(
            ["Downloading", "Downloaded", "ChecksumVerified", "PublishFailed"],
            "failed",
            marks=pytest.mark.certification("TC_L_20"),
        ),
        pytest.param(
            ["Downloading", "DownloadFailed"],
            "failed",
            marks=pytest.mark.certification("TC_L_24"),
        ),
    ],
    ids=lambda chain: chain[-1] if isinstance(chain, list) else "",
)
@pytest.mark.parametrize("version", TWO)
async def test_a_publication_runs(
    system: System, identity: str, version: str, chain: list[str], state: str
) -> None:
    body = {"location": LOCATION, "checksum": CHECKSUM, "retries": 1, "retry_interval": 10}
    async with booted(system, identity, version) as station:
        sent = await system.post(f"stations/{identity}/firmware/publish", body)
        assert await station.call() == (
            "PublishFirmware",
            {
                "location": LOCATION,
                "checksum": CHECKSUM,
                "requestId": sent["request_id"],
                "retries": 1,
                "retryInterval": 10,
            },
        )
        await say(station, sent["request_id"], *chain)
    view = await system.get(f"stations/{identity}/firmware/{sent['request']}")
    assert (view["kind"], view["state"], view["terminal"]) == ("publication", state, True)
    assert [step["status"] for step in view["statuses"]] == chain
    offered = [step["locations"] for step in view["statuses"] if step["locations"]]
    assert offered == ([OFFERED] if state == "published" else [])


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param("Unpublished", "unpublished", marks=pytest.mark.certification("TC_L_21")),
        pytest.param("NoFirmware", "unpublished", marks=pytest.mark.certification("TC_L_22")),
        pytest.param("DownloadOngoing", "refused", marks=pytest.mark.certification("TC_L_23")),
    ],
)
@pytest.mark.parametrize("version", TWO)
async def test_a_publication_is_taken_back(
    system: System, identity: str, version: str, answer: str, state: str
) -> None:
    async with booted(system, identity, version) as station:
        station.answers["UnpublishFirmware"] = {"status": answer}
        sent = await system.post(f"stations/{identity}/firmware/unpublish", {"checksum": CHECKSUM})
        assert await station.call() == ("UnpublishFirmware", {"checksum": CHECKSUM})
    assert sent["payload"] == {"status": answer}
    view = await system.get(f"stations/{identity}/firmware/{sent['request']}")
    assert (view["kind"], view["state"], view["terminal"]) == ("unpublication", state, True)


async def test_every_status_is_announced(system: System, identity: str) -> None:
    """With the request that it belongs to, and where the file is offered."""
    async with booted(system, identity, "2.1") as station:
        sent = await system.post(
            f"stations/{identity}/firmware/publish", {"location": LOCATION, "checksum": CHECKSUM}
        )
        await say(station, sent["request_id"], "Downloading", "Published")
        found = await events(system, identity, "firmware.reported", 2)
    assert [(each["kind"], each["status"], each["request"]) for each in found] == [
        ("publication", "Downloading", sent["request"]),
        ("publication", "Published", sent["request"]),
    ]
    assert found[1]["locations"] == OFFERED


async def test_a_publication_is_refused(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1") as station:
        station.answers["PublishFirmware"] = {"status": "Rejected"}
        sent = await system.post(
            f"stations/{identity}/firmware/publish", {"location": LOCATION, "checksum": CHECKSUM}
        )
    view = await system.get(f"stations/{identity}/firmware/{sent['request']}")
    assert view["state"] == "refused"


@pytest.mark.parametrize(
    ("version", "path", "body"),
    [
        ("1.6", "publish", {"location": LOCATION, "checksum": CHECKSUM}),
        ("1.6", "unpublish", {"checksum": CHECKSUM}),
        ("2.0.1", "publish", {"location": LOCATION, "checksum": "not an md5"}),
        ("2.0.1", "unpublish", {}),
    ],
)
async def test_what_makes_no_sense_is_not_sent(
    system: System, identity: str, version: str, path: str, body: dict[str, str]
) -> None:
    async with booted(system, identity, version) as station:
        answer = await system.http.post(f"stations/{identity}/firmware/{path}", json=body)
        assert station.calls == []
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
