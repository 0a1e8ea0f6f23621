"""F, G: status, availability, unlock, trigger; one model for all versions (ocpp.md 4.6, 4.7)."""

import pytest

from tests import bare
from tests.flows.messages import ALL, TWO, status
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
    """TC_G_03 to TC_G_08, TC_F_06, TC_F_20, TC_017, TC_054."""
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


TARGETS: list[tuple[dict[str, int], dict[str, int] | None, int]] = [
    ({"evse": 1}, {"id": 1}, 1),
    ({}, None, 0),
    ({"evse": 1, "connector": 1}, {"id": 1, "connectorId": 1}, 1),
]
"""What an operator names; ``evse`` of 2.x; ``connectorId`` of 1.6."""


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("word", ["Accepted", "Scheduled", "Rejected"])
async def test_availability_of_evse_station_and_connector(
    system: System, identity: str, word: str, version: str
) -> None:
    """TC_G_03 to TC_G_08, and with a transaction under way TC_G_11, TC_G_14, TC_G_17."""
    one = version == "1.6"
    wanted = []
    async with booted(system, identity, version) as station:
        station.answers["ChangeAvailability"] = {"status": word}
        for operative in (False, True):
            state = "Operative" if operative else "Inoperative"
            for body, evse, number in TARGETS:
                answer = await system.post(
                    f"stations/{identity}/availability", {"operative": operative, **body}
                )
                assert answer["payload"] == {"status": word}
                two = {"operationalStatus": state, **({} if evse is None else {"evse": evse})}
                wanted.append({"connectorId": number, "type": state} if one else two)
    assert [payload for _, payload in station.calls] == wanted


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


async def test_a_lock_failure_of_16_is_shown_with_its_error(system: System, identity: str) -> None:
    """TC_024."""
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


@pytest.mark.parametrize("version", TWO)
async def test_a_lock_failure_of_2x_is_answered_and_kept(
    system: System, identity: str, version: str
) -> None:
    """TC_G_20: a NotifyEvent that is no availability changes no status."""
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


async def test_every_state_of_16_is_shown_as_it_was_told(system: System, identity: str) -> None:
    """TC_001 and TC_003: a status for each connector, connector 0 being the station."""
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
