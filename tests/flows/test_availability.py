"""F, G: status, availability, unlock, trigger; one model for all versions (ocpp.md 4.6, 4.7)."""

import pytest

from tests import bare
from tests.flows.messages import ALL, TWO, status
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
