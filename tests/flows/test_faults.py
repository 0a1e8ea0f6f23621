"""Errors that help: what stations report to be wrong is explained, and grouped into incidents."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests import bare
from tests.flows.messages import ALL, TWO, minute
from tests.flows.station import booted
from tests.system import System, eventually


def notification(code: str, state: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "connectorId": 1, "errorCode": code, "status": state, "timestamp": minute(number), **more,
    }  # fmt: skip


async def incidents(system: System, identity: str, **more: Any) -> list[dict[str, Any]]:
    return await system.all("incidents", station=identity, **more)


@pytest.mark.certification("TC_024")
async def test_a_lock_failure_of_1_6_is_explained_until_it_is_over(
    system: System, identity: str
) -> None:
    async with booted(system, identity, "1.6") as station:
        for number in (1, 3):
            fault = notification("ConnectorLockFailure", "Faulted", number, info="plug 1")
            assert await station.ask("StatusNotification", fault) == {}
            well = notification("NoError", "Available", number + 1)
            assert await station.ask("StatusNotification", well) == {}

        async def closed() -> Any:
            return await incidents(system, identity, open=False)

        (incident,) = await eventually(closed, lambda found: found and found[0]["count"] == 2)
    assert (incident["code"], incident["evse"]) == ("connector.ConnectorLockFailure", 1)
    assert (incident["who"], incident["info"]) == ("driver", "plug 1")
    assert "UnlockConnector" in incident["hint"]
    stored = await system.all(f"stations/{identity}/faults")
    assert [each["said"] for each in stored] == ["ConnectorLockFailure"] * 2
    assert {each["incident"] for each in stored} == {incident["id"]}


async def test_a_minimum_required_error_code_of_1_6_is_known(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        fault = notification(
            "OtherError", "Faulted", 1, vendorId="https://chargex.inl.gov", vendorErrorCode="CX008"
        )
        await station.ask("StatusNotification", fault)
        found = await eventually(lambda: incidents(system, identity))
    assert (found[0]["code"], found[0]["vendor_code"]) == ("mrec.CX008", "CX008")


@pytest.mark.certification("TC_G_20")
@pytest.mark.parametrize("version", TWO)
async def test_a_lock_failure_of_2x_is_explained_until_it_is_cleared(
    system: System, identity: str, version: str
) -> None:
    lock = {
        "eventId": 1, "timestamp": minute(1), "trigger": "Alerting", "actualValue": "true",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "Problem"},
    }  # fmt: skip
    over = {**lock, "eventId": 2, "timestamp": minute(2), "actualValue": "false", "cleared": True}
    async with booted(system, identity, version) as station:
        for data in (lock, over):
            notice = {"generatedAt": minute(3), "seqNo": 0, "eventData": [data]}
            (before,) = [await incidents(system, identity, open=True)]
            assert await station.ask("NotifyEvent", notice) == {}
            assert bool(before) is (data is over)
    (incident,) = await incidents(system, identity)
    assert (incident["code"], incident["open"]) == ("event.ConnectorPlugRetentionLock", False)


@pytest.mark.parametrize("version", ALL)
async def test_a_security_event_is_kept_and_explained(
    system: System, identity: str, version: str
) -> None:
    """A04; 1.6: TC_077, TC_078, TC_081 send some that the whitepaper calls not critical."""
    kind = "InvalidCentralSystemCertificate" if version == "1.6" else "InvalidCsmsCertificate"
    now = datetime.now(UTC).isoformat()
    notice = {"type": kind, "timestamp": now, "techInfo": "expired"}
    async with booted(system, identity, version) as station:
        assert await station.ask("SecurityEventNotification", notice) == {}
    (stored,) = await system.all(f"stations/{identity}/faults")
    assert (stored["said"], stored["code"]) == (kind, "security.InvalidCsmsCertificate")
    assert stored["info"] == "expired"
    assert stored["hint"]


async def test_an_operator_closes_an_incident_with_a_note(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        await station.ask("StatusNotification", notification("GroundFailure", "Faulted", 1))
        (incident,) = await eventually(lambda: incidents(system, identity))
    found = await system.get(f"incidents/{incident['id']}")
    assert (found["open"], found["closed_how"]) == (True, None)
    closed = await system.post(f"incidents/{incident['id']}/close", {"note": "seal renewed"})
    assert (closed["open"], closed["closed_how"]) == (False, "operator")
    assert closed["closed_note"] == "seal renewed"
    assert closed["closed_by"]
    assert await system.post(f"incidents/{incident['id']}/close") == closed
    assert await incidents(system, identity, open=True) == []
    missing = await system.http.post("incidents/nothing/close")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    wrong = await system.http.post(f"incidents/{incident['id']}/close", json={"note": ""})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/note")


@pytest.mark.parametrize("version", ALL)
async def test_a_callerror_of_a_station_is_explained_and_kept(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        station.answers["ClearCache"] = bare.Refused("NotSupported", "no cache", {})
        answer = await system.post(f"stations/{identity}/calls/ClearCache")
    assert (answer["status"], answer["code"]) == ("error", "NotSupported")
    assert "functional block" not in answer["hint"]
    assert answer["hint"].startswith("The station knows this action but does not support it.")
    (stored,) = await system.all(f"stations/{identity}/faults")
    assert (stored["code"], stored["source"]) == ("rpc.NotSupported", "rpc")
    assert stored["info"] == "ClearCache: no cache"
    request = await system.get(f"stations/{identity}/requests/{answer['request']}")
    assert request["hint"] == answer["hint"]


@pytest.mark.parametrize("version", ALL)
async def test_a_callerror_to_a_reset_is_kept_too(
    system: System, identity: str, version: str
) -> None:
    """Other services call stations as well: those errors come by another way."""
    async with booted(system, identity, version) as station:
        station.answers["Reset"] = bare.Refused("InternalError", "relay stuck", {})
        answer = await system.post(f"stations/{identity}/reset")
        assert (answer["status"], answer["code"]) == ("error", "InternalError")
        assert answer["hint"]

        async def kept() -> Any:
            return await system.all(f"stations/{identity}/faults")

        (stored,) = await eventually(kept)
    assert (stored["code"], stored["source"]) == ("rpc.InternalError", "rpc")
    assert stored["info"] == "Reset: relay stuck"


async def test_a_refused_charging_profile_says_which_rule_failed(
    system: System, identity: str
) -> None:
    profile = {
        "chargingProfileId": 1, "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Recurring",
        "chargingSchedule": {
            "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 5, "limit": 6.0}],
        },
    }  # fmt: skip
    body = {"connectorId": 1, "csChargingProfiles": profile}
    async with booted(system, identity, "1.6") as station:
        station.answers["SetChargingProfile"] = {"status": "Rejected"}
        answer = await system.post(f"stations/{identity}/calls/SetChargingProfile", body)
    assert "Let the first startPeriod be 0." in answer["hint"]
    assert "Add Daily or Weekly." in answer["hint"]


async def test_a_reason_code_of_2x_is_explained(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1") as station:
        info = {"reasonCode": "TxInProgress"}
        station.answers["Reset"] = {"status": "Rejected", "statusInfo": info}
        answer = await system.post(f"stations/{identity}/calls/Reset", {"type": "Immediate"})
    assert answer["hint"].startswith("A transaction is running.")


async def test_the_catalogue_is_there_to_read(system: System) -> None:
    entries = await system.all("faults/catalogue")
    assert len({entry["code"] for entry in entries}) == len(entries) > 250
    entry = await system.get("faults/catalogue/connector.GroundFailure", language="de")
    assert entry["title"] == "Der Fehlerstromschutz hat ausgelöst"
    missing = await system.http.get("faults/catalogue/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    security = await system.all("faults/catalogue", source="security")
    assert {entry["source"] for entry in security} == {"security"}


async def test_the_catalogue_is_asked_in_the_words_of_a_station(system: System) -> None:
    for said, code in (("GroundFailure", "connector"), ("CX019", "mrec"), ("E101", "vendor")):
        entry = await system.get(f"faults/catalogue/{said}")
        assert entry["source"] == code
    several = await system.http.get("faults/catalogue/InternalError")
    assert (several.status_code, several.json()["code"]) == (404, "not_found")
    assert "connector.InternalError" in several.json()["hint"]
    assert "rpc.InternalError" in several.json()["hint"]
    near = await system.http.get("faults/catalogue/GroundFailur")
    assert (near.status_code, near.json()["code"]) == (404, "not_found")
    assert "connector.GroundFailure" in near.json()["hint"]
    found = await system.all("faults/catalogue", search="ground failure")
    assert "connector.GroundFailure" in [entry["code"] for entry in found]
    assert len(found) < 50
    none = await system.all("faults/catalogue", search="zzzz")
    assert none == []
