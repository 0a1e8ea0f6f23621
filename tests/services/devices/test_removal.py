"""Another station may take the name of one that was removed: it inherits nothing."""

from datetime import UTC, datetime
from typing import Any

from msgspec import Raw, json

from libs.bus import Bus
from libs.contracts.charging_profiles import ListProfiles
from libs.contracts.devices import SendCall
from libs.contracts.display import ListDisplays
from libs.contracts.stations import StationRemoved
from tests.services.service import announce
from tests.system import eventually

DISPLAY = {
    "message": {
        "id": 3,
        "priority": "InFront",
        "message": {"format": "UTF8", "content": "hello"},
    }
}
PROFILE = {
    "evseId": 1,
    "chargingProfile": {
        "id": 9,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [
            {
                "id": 1,
                "chargingRateUnit": "A",
                "startSchedule": "2026-11-22T12:00:00Z",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}],
            }
        ],
    },
}


async def held(bus: Bus, tenant: str) -> tuple[list[int], list[int]]:
    displays = await bus.ask(ListDisplays(tenant=tenant, station="CP1"))
    profiles = await bus.ask(ListProfiles(tenant=tenant, station="CP1"))
    return [each.id for each in displays.items], [each.id for each in profiles.items]


async def test_what_a_station_holds_is_forgotten_with_it(
    service: Any, bus: Bus, tenant: str
) -> None:
    subscription = bus.serve_station(
        tenant, "CP1", lambda version, action, down, reply: reply.result(b'{"status":"Accepted"}')
    )
    await bus.barrier()
    for action, payload in (("SetDisplayMessage", DISPLAY), ("SetChargingProfile", PROFILE)):
        sent = SendCall(
            tenant=tenant,
            station="CP1",
            version="v201",
            action=action,
            payload=Raw(json.encode(payload)),
        )
        assert (await bus.ask(sent)).result.status == "answered"
    subscription.unsubscribe()
    assert await held(bus, tenant) == ([3], [9])
    await announce(bus, StationRemoved(tenant=tenant, at=datetime.now(UTC), station="CP1"))
    assert await eventually(lambda: held(bus, tenant), lambda found: found == ([], [])) == ([], [])
