"""D: the list of a whole station is kept in step, and lets drivers charge without us."""

from typing import Any
from uuid import uuid4

import pytest

from libs.station import VirtualStation
from tests.system import System, eventually

ALL = pytest.mark.parametrize("version", ["v16", "v201", "v21"])


def listed(station: VirtualStation) -> dict[str, str]:
    kept = station.controller.flash.local_list
    return {key.partition(":")[2]: known.verdict.status for key, known in kept.items()}


async def has(station: VirtualStation, wanted: dict[str, str]) -> None:
    async def ask() -> dict[str, str]:
        return listed(station)

    await eventually(ask, lambda got: got == wanted)


@ALL
async def test_a_list_follows_the_tokens_through_absence_and_reboot(
    system: System, identity: str, version: Any
) -> None:
    """In parts of two; a driver on the list charges while nobody can be asked."""
    group = f"G-{uuid4().hex[:6]}"
    names = [f"{group}-{number}".lower() for number in range(5)]
    for name in names:
        await system.put(f"tokens/{name}", {"group": group})
    settings = {"LocalAuthListCtrlr.ItemsPerMessage": "2", "AuthCacheCtrlr.Enabled": "false"}
    path = f"stations/{identity}/local-list"
    async with VirtualStation(
        identity, system.ocpp_url, version, settings=settings, link_speed=20
    ) as station:
        await station.booted()
        await system.put(path, {"rule": {"tokens": "groups", "groups": [group]}})
        await system.put(f"{path}/sync", {"on": True})
        await has(station, dict.fromkeys(names, "Accepted"))
        await system.put(f"tokens/{names[0]}", {"status": "Blocked"})
        await has(station, dict.fromkeys(names, "Accepted") | {names[0]: "Blocked"})
        station.go_offline()
        await station.wait_for(lambda: not station.online, "the network to be gone")
        assert await station.present(names[0], 1) == "Invalid"
        assert await station.present(names[1], 1) == "Accepted"
        await system.http.delete(f"tokens/{names[4]}")
        station.go_online()
        await has(station, dict.fromkeys(names[:4], "Accepted") | {names[0]: "Blocked"})
        station.crash()
        station.controller.flash.local_list.clear()
        station.controller.flash.local_list_version = 0
        station.resume()
        await has(station, dict.fromkeys(names[:4], "Accepted") | {names[0]: "Blocked"})
        shown = await eventually(lambda: system.get(path), lambda seen: seen["in_step"])
    assert shown["limits"]["items_per_message"] == 2
    assert (shown["wanted"], shown["held"], shown["supported"]) == (4, 4, True)


@ALL
async def test_a_station_that_has_no_list_is_known_as_such(
    system: System, identity: str, version: Any
) -> None:
    settings = {"LocalAuthListCtrlr.Enabled": "false"}
    path = f"stations/{identity}/local-list"
    async with VirtualStation(identity, system.ocpp_url, version, settings=settings) as station:
        await station.booted()
        await system.put(path, {"rule": {"tokens": "station"}})
        sent = await system.post(f"{path}/send", {"type": "full"})
        status = "NotSupported" if version == "v16" else "Failed"
        assert sent["parts"][0]["result"]["payload"]["status"] == status
        checked = await system.post(f"{path}/check")
        assert checked["station_version"] == (-1 if version == "v16" else 0)
