"""F, G: status, availability, unlock, trigger; one model for all versions (ocpp.md 4.6, 4.7)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import bare
from tests.flows.messages import ALL, TWO, Message, event, minute, start, status, stop
from tests.flows.station import booted
from tests.system import System, eventually


async def connector(system: System, station: str) -> str | None:
    evses = (await system.get(f"stations/{station}")).get("evses", [])
    return evses[0]["connectors"][0].get("status") if evses else None


@pytest.mark.parametrize("version", ALL)
async def test_the_first_status_after_the_boot_is_seen(
    system: System, identity: str, version: str
) -> None:
    socket = await bare.boot(system.ocpp_url, identity, version)
    assert await socket.ask(*status(version, "Available")) == {}
    socket.close()
    assert await connector(system, identity) == "Available"


@pytest.mark.parametrize("version", ALL)
async def test_an_older_status_does_not_overwrite_a_newer_one(
    system: System, identity: str, version: str
) -> None:
    socket = await bare.boot(system.ocpp_url, identity, version)
    await socket.ask(*status(version, "Unavailable", at="2026-11-22T11:00:00Z"))
    await socket.ask(*status(version, "Available", at="2026-11-22T10:00:00Z"))
    socket.close()
    assert await connector(system, identity) == "Unavailable"
    history = (await system.get(f"stations/{identity}/status-history"))["items"]
    assert sorted(line["status"] for line in history) == ["Available", "Unavailable"]


@pytest.mark.parametrize("version", TWO)
async def test_notify_event_tells_the_status_too(
    system: System, identity: str, version: str
) -> None:
    """G01: AvailabilityState of a Connector by NotifyEvent."""
    data = {
        "eventId": 1,
        "timestamp": "2026-11-22T10:00:00Z",
        "trigger": "Delta",
        "actualValue": "Occupied",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "AvailabilityState"},
    }
    notice = {"generatedAt": "2026-11-22T10:00:00Z", "seqNo": 0, "eventData": [data]}
    socket = await bare.boot(system.ocpp_url, identity, version)
    assert await socket.ask("NotifyEvent", notice) == {}
    socket.close()

    async def seen() -> str | None:
        return await connector(system, identity)

    assert await eventually(seen) == "Occupied"


@pytest.mark.parametrize("version", ALL)
async def test_commands_are_said_in_the_versions_words(
    system: System, identity: str, version: str
) -> None:
    socket = await bare.boot(system.ocpp_url, identity, version)
    base = f"stations/{identity}"
    answers = [
        await system.post(f"{base}/availability", {"operative": False, "evse": 1}),
        await system.post(f"{base}/unlock", {"evse": 1, "connector": 1}),
        await system.post(f"{base}/trigger", {"message": "Heartbeat"}),
        await system.post(f"{base}/reset", {"hard": True}),
    ]
    socket.close()
    statuses = ["Accepted", "Unlocked", "Accepted", "Accepted"]
    assert [a.get("payload") for a in answers] == [{"status": s} for s in statuses]
    one = version == "1.6"
    assert socket.calls == [
        (
            "ChangeAvailability",
            {"connectorId": 1, "type": "Inoperative"}
            if one
            else {"operationalStatus": "Inoperative", "evse": {"id": 1}},
        ),
        ("UnlockConnector", {"connectorId": 1} if one else {"evseId": 1, "connectorId": 1}),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("Reset", {"type": "Hard" if one else "Immediate"}),
    ]


PLUG = {"id": 1, "connectorId": 1}
EVSE, STATION, CONNECTOR = {"evse": 1}, dict[str, int](), {"evse": 1, "connector": 1}
PLACES = [(EVSE, {"evse": {"id": 1}}, 1), (STATION, {}, 0), (CONNECTOR, {"evse": PLUG}, 1)]
"""What an operator names; what goes to a 2.x station; ``connectorId`` of 1.6."""
OPERATIVE = ["TC_G_04", "TC_G_06", "TC_G_08"]
INOPERATIVE = ["TC_G_03", "TC_G_05", "TC_G_07"]
BUSY = ["TC_G_11", "TC_G_14", "TC_G_17"]


def of_place(cases: list[str]) -> list[Any]:
    return [
        pytest.param(*place, marks=pytest.mark.certification(case), id=case)
        for place, case in zip(PLACES, cases, strict=True)
    ]


def change(version: str, operative: bool, sent: dict[str, Any], number: int) -> dict[str, Any]:
    state = "Operative" if operative else "Inoperative"
    if version == "1.6":
        return {"connectorId": number, "type": state}
    return {"operationalStatus": state, **sent}


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(
    ("operative", "body", "sent", "number"),
    [
        pytest.param(operative, *place.values, marks=place.marks, id=place.id)
        for operative, places in ((True, of_place(OPERATIVE)), (False, of_place(INOPERATIVE)))
        for place in places
    ],
)
async def test_availability_of_evse_station_and_connector(
    system: System,
    identity: str,
    operative: bool,
    body: dict[str, int],
    sent: dict[str, Any],
    number: int,
    version: str,
) -> None:
    """G03, G04: asked at the right place, and the status that follows is shown."""
    before, after = ("Unavailable", "Available") if operative else ("Available", "Unavailable")
    async with booted(system, identity, version) as station:
        await station.ask(*status(version, before, at=minute(0)))
        told = await system.post(
            f"stations/{identity}/availability", {"operative": operative, **body}
        )
        assert await connector(system, identity) == before
        assert await station.ask(*status(version, after, at=minute(1))) == {}
    assert (told["status"], told["payload"]) == ("answered", {"status": "Accepted"})
    assert station.calls == [("ChangeAvailability", change(version, operative, sent, number))]
    assert await connector(system, identity) == after


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(("body", "sent", "number"), of_place(BUSY))
async def test_what_is_in_use_becomes_unavailable_afterwards(
    system: System,
    identity: str,
    body: dict[str, int],
    sent: dict[str, Any],
    number: int,
    version: str,
) -> None:
    """The station says Scheduled; the transaction is not touched by it."""
    busy = "Charging" if version == "1.6" else "Occupied"
    path = f"stations/{identity}/availability"
    async with booted(system, identity, version) as station:
        station.answers["ChangeAvailability"] = {"status": "Scheduled"}
        begin, end = session(version)
        transaction = (await station.ask(*begin)).get("transactionId", 0)
        await station.ask(*status(version, busy, at=minute(1)))
        told = await system.post(path, {"operative": False, **body})
        (running,) = await system.all("transactions", station=identity)
        during = await connector(system, identity)
        await station.ask(*end(transaction))
        await station.ask(*status(version, "Unavailable", at=minute(10)))
    (ended,) = await system.all("transactions", station=identity)
    assert (told["status"], told["payload"]) == ("answered", {"status": "Scheduled"})
    assert station.calls == [("ChangeAvailability", change(version, False, sent, number))]
    assert (running["status"], during) == ("active", busy)
    assert (ended["status"], ended["energy_wh"]) == ("ended", 450)
    assert await connector(system, identity) == "Unavailable"


def session(version: str) -> tuple[Message, Callable[[int], Message]]:
    """How a session begins, and how it ends."""
    if version == "1.6":
        return start("DEMO0003"), stop
    begin = event("Started", "Authorized", "tx", 0, token="DEMO0003", register=1_000)
    return begin, lambda _: event("Ended", "EVDeparted", "tx", 9, register=1_450)


@pytest.mark.parametrize("version", ALL)
async def test_a_change_that_the_station_rejects_is_shown(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        await station.ask(*status(version, "Available"))
        station.answers["ChangeAvailability"] = {"status": "Rejected"}
        told = await system.post(f"stations/{identity}/availability", {"operative": False})
    assert (told["status"], told["payload"]) == ("answered", {"status": "Rejected"})
    assert await connector(system, identity) == "Available"


@pytest.mark.parametrize("version", ALL)
async def test_the_state_shown_is_the_stations_word_not_its_promise(
    system: System, identity: str, version: str
) -> None:
    """G03.FR.02: an accepted change is seen when the status message comes."""
    async with booted(system, identity, version) as station:
        await station.ask(*status(version, "Available", at="2026-11-22T10:00:00Z"))
        await system.post(f"stations/{identity}/availability", {"operative": False, "evse": 1})
        promised = await connector(system, identity)
        await station.ask(*status(version, "Unavailable", at="2026-11-22T10:01:00Z"))
        told = await connector(system, identity)
    assert (promised, told) == ("Available", "Unavailable")


@pytest.mark.certification("TC_024")
async def test_a_lock_failure_of_16_is_shown_with_its_error(system: System, identity: str) -> None:
    fault = {
        "connectorId": 1,
        "errorCode": "ConnectorLockFailure",
        "status": "Faulted",
        "timestamp": "2026-11-22T10:00:00Z",
    }
    async with booted(system, identity, "1.6") as station:
        assert await station.ask("StatusNotification", fault) == {}
    shown = (await system.get(f"stations/{identity}"))["evses"][0]["connectors"][0]
    assert (shown["status"], shown["error_code"]) == ("Faulted", "ConnectorLockFailure")


@pytest.mark.certification("TC_G_20")
@pytest.mark.parametrize("version", TWO)
async def test_a_lock_failure_of_2x_is_answered_and_kept(
    system: System, identity: str, version: str
) -> None:
    """A NotifyEvent that is no availability changes no status."""
    data = {
        "eventId": 7,
        "timestamp": "2026-11-22T10:00:00Z",
        "trigger": "Alerting",
        "actualValue": "true",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "Problem"},
    }
    notice = {"generatedAt": "2026-11-22T10:00:00Z", "seqNo": 0, "eventData": [data]}
    async with booted(system, identity, version) as station:
        await station.ask(*status(version, "Occupied"))
        assert await station.ask("NotifyEvent", notice) == {}
    kept = (await system.get(f"stations/{identity}/reports", action="NotifyEvent"))["items"]
    assert [report["payload"] for report in kept] == [notice]
    assert await connector(system, identity) == "Occupied"


@pytest.mark.certification("TC_001")
async def test_every_state_of_16_is_shown_as_it_was_told(system: System, identity: str) -> None:
    """A status for each connector, connector 0 being the station."""
    states = [
        "Available", "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing",
        "Reserved", "Unavailable", "Faulted",
    ]  # fmt: skip
    async with booted(system, identity, "1.6") as station:
        assert await station.ask(*status("1.6", "Available", 0)) == {}
        for number, state in enumerate(states, 1):
            assert await station.ask(*status("1.6", state, number)) == {}
    evses = (await system.get(f"stations/{identity}"))["evses"]
    assert [evse["id"] for evse in evses] == list(range(1, 10))
    assert [evse["connectors"][0]["status"] for evse in evses] == states
