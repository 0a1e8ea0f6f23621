"""H: a whole station keeps places, from the API to the meter."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.station import Car, VirtualStation
from tests.flows.test_reservation import reserve, until
from tests.system import System, eventually

ALL = pytest.mark.parametrize("version", ["v16", "v201", "v21"])


async def shown(system: System, identity: str) -> list[str]:
    view = await system.get(f"stations/{identity}")
    return [evse["connectors"][0]["status"] for evse in view["evses"]]


@ALL
async def test_a_place_is_kept_used_and_given_back(
    system: System, identity: str, version: Any
) -> None:
    async with VirtualStation(identity, system.ocpp_url, version, speed=60) as station:
        await station.booted()
        await eventually(lambda: shown(system, identity), lambda got: len(got) == 2)
        hour = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        first = await reserve(system, identity, "DEMO0005", evse=1, expires_at=hour)
        second = await reserve(system, identity, "DEMO0006", expires_at=hour)
        assert first["reservation"]["status"] == second["reservation"]["status"] == "active"
        await eventually(
            lambda: shown(system, identity), lambda got: got == ["Reserved", "Reserved"]
        )
        assert await station.present("DEMO0007", 1) == "Reserved"
        assert await station.present("DEMO0005", 1) == "Accepted"
        await station.plug_in(1, Car(soc=20))
        await station.until(1, "Charging")
        await until(system, first["reservation"]["id"], "used")
        gone = await system.http.delete(f"reservations/{second['reservation']['id']}")
        assert gone.json()["reservation"]["status"] == "cancelled"
        await eventually(lambda: shown(system, identity), lambda got: got[1] == "Available")


@ALL
async def test_a_broken_place_is_kept_for_nobody(
    system: System, identity: str, version: Any
) -> None:
    async with VirtualStation(identity, system.ocpp_url, version) as station:
        await station.booted()
        await eventually(lambda: shown(system, identity), lambda got: len(got) == 2)
        made = await reserve(system, identity, "DEMO0005", evse=1)
        await station.until(1, "Reserved")
        station.fail(1)
        assert (await until(system, made["reservation"]["id"], "removed"))["reason"]
        station.repair(1)
        again = await reserve(system, identity, "DEMO0005", evse=1, force=True)
        assert again["reservation"]["status"] == "active"
