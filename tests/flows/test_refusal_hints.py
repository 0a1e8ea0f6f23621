"""What an operator sees when a station refuses: the answer, and how to go on, at every resource."""

from typing import Any

import pytest

from tests.bare import Refused
from tests.flows.station import booted
from tests.system import System

LATER = "2030-01-01T00:00:00Z"
PROFILE = {
    "url": "wss://csms.example/ocpp",
    "security_profile": 2,
    "interface": "Wired0",
    "message_timeout": 30,
    "check": False,
}
TEXT = {"priority": "AlwaysFront", "message": {"format": "UTF8", "content": "Hello"}}

RESOURCES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("ClearCache", "POST", "clear-cache", {}),
    ("Reset", "POST", "reset", {}),
    ("UnlockConnector", "POST", "unlock", {}),
    ("ChangeAvailability", "POST", "availability", {"operative": False}),
    ("TriggerMessage", "POST", "trigger", {"message": "Heartbeat"}),
    ("RequestStartTransaction", "POST", "start", {"token": "DEMO0001", "evse": 1}),
    ("RequestStopTransaction", "POST", "stop", {"transaction": "unheard-of"}),
    ("SendLocalList", "POST", "local-list/send", {"type": "full"}),
    ("GetLocalListVersion", "POST", "local-list/check", {}),
    ("ReserveNow", "POST", "reservations", {"token": "DEMO0001", "evse": 1, "expires_at": LATER}),
    ("SetNetworkProfile", "PUT", "network-profiles/3", PROFILE),
    ("SetDisplayMessage", "PUT", "displays/1", TEXT),
    ("UpdateFirmware", "POST", "firmware", {"location": "https://files.example/1.bin"}),
    ("GetLog", "POST", "logs", {}),
    ("CustomerInformation", "POST", "customer-information", {"token": "DEMO0001"}),
    ("GetBaseReport", "POST", "reports", {"base": "FullInventory"}),
    ("SetMonitoringBase", "PUT", "monitoring", {"base": "All"}),
    ("GetMonitoringReport", "POST", "monitoring/report", {}),
    ("GetCompositeSchedule", "POST", "composite-schedule", {"evse": 1, "duration": 60}),
    ("ClearChargingProfile", "DELETE", "charging-profiles/1", {}),
    ("DataTransfer", "POST", "data-transfers", {"vendor": "org.example"}),
    (
        "SetVariables",
        "POST",
        "variables/set",
        {"variables": [{"component": "A", "variable": "B", "value": "1"}]},
    ),
]
STATUSES = {
    "UnlockConnector": "UnlockFailed",
    "SendLocalList": "Failed",
    "SetNetworkProfile": "Failed",
    "ClearChargingProfile": "Unknown",
}
NAMED = [pytest.param(*row, id=row[0]) for row in RESOURCES]


def outcomes(found: Any) -> list[dict[str, Any]]:
    """Every outcome of a call anywhere in an answer."""
    if isinstance(found, list):
        return [each for item in found for each in outcomes(item)]
    if not isinstance(found, dict):
        return []
    own = [found] if "payload" in found or "code" in found or "attribute" in found else []
    return [*own, *(each for value in found.values() for each in outcomes(value))]


async def ask(
    system: System, identity: str, method: str, path: str, body: Any
) -> list[dict[str, Any]]:
    answer = await system.http.request(method, f"stations/{identity}/{path}", json=body or None)
    assert answer.status_code in {200, 201}, answer.text
    return [each for each in outcomes(answer.json()) if each.get("status") != "Accepted"]


@pytest.mark.parametrize(("action", "method", "path", "body"), NAMED)
async def test_a_refusal_comes_with_a_hint(
    system: System, identity: str, action: str, method: str, path: str, body: dict[str, Any]
) -> None:
    await system.put(f"stations/{identity}", {"automatic": False})
    async with booted(system, identity, "2.0.1") as station:
        if action == "SendLocalList":
            await system.put(f"stations/{identity}/local-list", {"entries": []})
        status = STATUSES.get(action, "Rejected")
        if action == "SetVariables":
            place = {"component": {"name": "A"}, "variable": {"name": "B"}}
            answer: Any = {"setVariableResult": [{**place, "attributeStatus": status}]}
        else:
            answer = {"status": status}
        if action != "GetLocalListVersion":
            station.answers[action] = answer
            refused = await ask(system, identity, method, path, body)
            assert [each["hint"] for each in refused if each.get("hint")], refused
        station.answers[action] = Refused("InternalError", "No memory", {})
        broken = await ask(system, identity, method, path, body)
        assert {name for name, _ in station.calls} == {action}
    assert any("InternalError" in {each.get("code"), each.get("reason")} for each in broken)
    assert [each["hint"] for each in broken if each.get("hint")], broken


async def test_what_was_granted_needs_no_hint(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6"):
        assert "hint" not in await system.post(f"stations/{identity}/reset", {})
        assert "hint" not in await system.post(f"stations/{identity}/clear-cache")
