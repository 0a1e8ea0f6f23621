"""Charging profiles of each version, and a station that is given them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.station.battery import Car
from tests.libs.station.manual import Bench

VERSIONS = ("v16", "v201", "v21")
TWO = ("v201", "v21")
CAR = Car(capacity_wh=100_000, soc=10, max_power_w=22_000)
FULL_W = 22_000.0

both = pytest.mark.parametrize("version", TWO)
every = pytest.mark.parametrize("version", VERSIONS)


def at(seconds: float) -> str:
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
    return moment.isoformat().replace("+00:00", "Z")


def profile(version: str, id: int = 1, purpose: str = "TxDefaultProfile", **more: Any) -> Any:
    """A profile of the version; ``limits`` a minute each, in A unless ``unit`` says W."""
    if version == "v16":
        purpose = purpose.replace("ChargingStationMax", "ChargePointMax")
    kind = more.pop("kind", "Absolute")
    schedule: dict[str, Any] = {
        "chargingRateUnit": more.pop("unit", "A"),
        "chargingSchedulePeriod": [
            {"startPeriod": 60 * n, "limit": limit}
            for n, limit in enumerate(more.pop("limits", [10.0]))
        ],
    }
    if kind != "Relative":
        schedule["startSchedule"] = more.pop("start", at(-1))
    if (duration := more.pop("duration", None)) is not None:
        schedule["duration"] = duration
    if version != "v16":
        schedule["id"] = 1
    return {
        "chargingProfileId" if version == "v16" else "id": id,
        "stackLevel": more.pop("level", 0),
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule if version == "v16" else [schedule],
        **more,
    }


def put(bench: Bench, evse: int, wanted: dict[str, Any]) -> tuple[str, str | None]:
    """SetChargingProfile; the status and the reason."""
    if "chargingProfileId" in wanted:
        body = {"connectorId": evse, "csChargingProfiles": wanted}
    else:
        body = {"evseId": evse, "chargingProfile": wanted}
    answer = bench.server.ask("SetChargingProfile", body)[2]
    return answer["status"], answer.get("statusInfo", {}).get("reasonCode")


def offered(bench: Bench, evse: int = 1) -> float:
    return round(bench.controller.evses[evse].reading().offered_w, 3)


def charging(version: str, **settings: str) -> Bench:
    """A station with a car that charges at EVSE 1."""
    bench = Bench(version, **settings).boot()
    bench.controller.evses[1].plug(CAR)
    start(bench)
    assert bench.controller.evses[1].state == "Charging"
    return bench


def start(bench: Bench, wanted: dict[str, Any] | None = None) -> str:
    """A remote start at EVSE 1; its status."""
    extra = {"chargingProfile": wanted} if wanted else {}
    if bench.controller.profile.version == "v16":
        body = {"idTag": "T", "connectorId": 1, **extra}
        status = bench.server.ask("RemoteStartTransaction", body)[2]["status"]
    else:
        token = {"idToken": "T", "type": "Central"}
        body = {"idToken": token, "remoteStartId": 1, "evseId": 1, **extra}
        status = bench.server.ask("RequestStartTransaction", body)[2]["status"]
    bench.wheel.turn(1)
    return status


def transaction(bench: Bench) -> Any:
    """What a server calls the running transaction."""
    running = bench.controller.evses[1].transaction
    assert running is not None
    return bench.controller.flash.aliases.get(running.id, running.id)


def composite(bench: Bench, evse: int, seconds: int = 180, unit: str | None = None) -> Any:
    place = "connectorId" if bench.controller.profile.version == "v16" else "evseId"
    extra = {"chargingRateUnit": unit} if unit else {}
    body = {place: evse, "duration": seconds, **extra}
    return bench.server.ask("GetCompositeSchedule", body)[2]


def periods(answer: dict[str, Any]) -> list[tuple[int, float]]:
    schedule = answer.get("chargingSchedule") or answer["schedule"]
    return [(p["startPeriod"], p["limit"]) for p in schedule["chargingSchedulePeriod"]]
