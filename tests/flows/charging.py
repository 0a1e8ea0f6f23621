"""Charging profiles of each version as a laboratory writes them, and reports of stations."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.flows.messages import event, start
from tests.flows.station import Station
from tests.system import System, eventually

DAY = 86_400
TX_DEFAULT, STATION_MAX, TX = "TxDefaultProfile", "ChargingStationMaxProfile", "TxProfile"


def later(seconds: float) -> str:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
    return at.isoformat().replace("+00:00", "Z")


def profile(version: str, id: int, purpose: str = TX_DEFAULT, **more: Any) -> dict[str, Any]:
    """Absolute, for a day, one period; ``kind``, ``limit``, ``unit`` as they are asked for."""
    kind = more.pop("kind", "Absolute")
    limit, unit = more.pop("limit", 6.0), more.pop("unit", "A")
    schedule: dict[str, Any] = {
        "duration": DAY,
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
    }
    if kind != "Relative":
        schedule["startSchedule"] = later(-60)
    if version == "1.6":
        purpose = purpose.replace("ChargingStationMax", "ChargePointMax")
    else:
        schedule["id"] = 1
    return {
        "chargingProfileId" if version == "1.6" else "id": id,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule if version == "1.6" else [schedule],
        **more,
    }


def valid() -> dict[str, str]:
    """From a minute ago to tomorrow."""
    return {"validFrom": later(-60), "validTo": later(DAY)}


def sent(version: str, evse: int, wanted: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The SetChargingProfile that a station is to get."""
    if version == "1.6":
        return "SetChargingProfile", {"connectorId": evse, "csChargingProfiles": wanted}
    return "SetChargingProfile", {"evseId": evse, "chargingProfile": wanted}


def number(wanted: dict[str, Any]) -> int:
    found: int = wanted.get("chargingProfileId", wanted.get("id", 0))
    return found


async def put(
    system: System, identity: str, evse: int, wanted: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """By the resource; the answer."""
    path = f"stations/{identity}/charging-profiles/{number(wanted)}"
    found: dict[str, Any] = await system.put(path, {"evse": evse, "profile": wanted, **more})
    return found


async def held(system: System, identity: str) -> list[tuple[int, int, str]]:
    """What the platform believes is installed: EVSE, id, source."""
    items = await system.all(f"stations/{identity}/charging-profiles")
    return [(item.get("evse", -1), item["id"], item["source"]) for item in items]


async def until_held(system: System, identity: str, wanted: list[tuple[int, int, str]]) -> None:
    async def look() -> list[tuple[int, int, str]]:
        return await held(system, identity)

    await eventually(look, lambda found: found == wanted)


async def begin(system: System, station: Station, identity: str, version: str) -> str:
    """A transaction at EVSE 1, as the ledger knows it; what the station calls it."""
    if version == "1.6":
        answer = await station.ask(*start("DEMO0001"))
        name = str(answer["transactionId"])
    else:
        name = f"tx-{identity}"
        place = {"id": 1, "connectorId": 1}
        first = event("Started", "Authorized", name, 0, token="DEMO0001", evse=place, register=0)
        await station.ask(*first)

    async def look() -> list[Any]:
        page = await system.get("transactions", station=identity, status="active")
        items: list[Any] = page["items"]
        return items

    await eventually(look)
    return name


async def report(station: Station, *parts: dict[str, Any]) -> dict[str, Any]:
    """Answer the GetChargingProfiles that waits with a report in parts; what was asked."""
    action, asked = await station.call()
    assert action == "GetChargingProfiles"
    for n, part in enumerate(parts, 1):
        body = {"requestId": asked["requestId"], "tbc": n < len(parts), **part}
        assert await station.ask("ReportChargingProfiles", body) == {}
    return asked


def part(evse: int, *profiles: dict[str, Any], source: str = "CSO") -> dict[str, Any]:
    return {"chargingLimitSource": source, "evseId": evse, "chargingProfile": list(profiles)}
