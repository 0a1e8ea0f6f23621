"""O: a whole station shows what it is told, as long as it should."""

from typing import Any

import pytest

from libs.station import Car, VirtualStation
from libs.station.display import visible
from tests.flows.test_display import BODY, clear, granted, shown
from tests.system import System, eventually


@pytest.mark.parametrize("version", ["v201", "v21"])
async def test_a_whole_station_shows_what_it_is_told(
    system: System, identity: str, version: Any
) -> None:
    settings = {
        "DisplayMessageCtrlr.SupportedFormats": "UTF8",
        "DisplayMessageCtrlr.SupportedPriorities": "NormalCycle,InFront",
        "DisplayMessageCtrlr.QRCodeDisplayCapable": "false",
    }
    path = f"stations/{identity}/displays"
    async with VirtualStation(
        identity, system.ocpp_url, version, settings=settings, speed=60
    ) as station:
        await station.booted()
        html = {"priority": "InFront", "message": {"format": "HTML", "content": "<b>"}}
        front = {**BODY, "priority": "AlwaysFront"}
        assert granted(await system.put(f"{path}/1", html), "NotSupportedMessageFormat")
        assert granted(await system.put(f"{path}/1", front), "NotSupportedPriority")
        unknown = await system.put(f"{path}/1", {**BODY, "transaction": "tx-none"})
        assert unknown["payload"]["status"] == "UnknownTransaction"
        assert granted(await system.put(f"{path}/1", BODY))
        await station.plug_in(1, Car(soc=20))
        assert await station.present("DEMO0001", 1) == "Accepted"
        await station.until(1, "Charging")
        bound = {**BODY, "transaction": station.transaction(1), "state": "Charging"}
        assert granted(await system.put(f"{path}/2", bound))
        assert visible(station.controller) == [1, 2]
        await station.stop(1)
        await station.delivered()
        await eventually(lambda: shown(system, identity), lambda found: set(found) == {1})
        assert visible(station.controller) == [1]
        answer = await system.post(f"{path}/refresh")

        async def confirmed() -> Any:
            (item,) = await system.all(path)
            return item["confirmed_at"]

        assert granted(answer)
        assert await eventually(confirmed)
        assert granted(await clear(system, identity, 1))
        assert granted(await clear(system, identity, 1), "Unknown")
