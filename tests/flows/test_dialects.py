"""Five makers' habits, one scenario: with their dialects the API shows the same for all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest

from libs.station import Car, Habits, VirtualStation
from libs.station.dialect import Hardware
from tests.system import System, eventually

TOKEN = "DEMO0005"
KEYS = (
    "HeartbeatInterval", "ConnectionTimeOut", "ResetRetries", "LocalPreAuthorize",
    "NumberOfConnectors", "MeterValueSampleInterval",
)  # fmt: skip
BOOT_SECONDS = 4.0


class Maker(NamedTuple):
    """A maker that a bundled dialect is for, and stations with the habits that it tells of."""

    dialect: str
    vendor: str
    habits: Habits
    differs: tuple[str, ...]
    """The steps that go wrong without the dialect."""


MAKERS = [
    Maker("growatt-thor", "Growatt", Habits(writes_zone=False), ("news",)),
    Maker("entratek-power-dot", "Entratek", Habits(keys_max=4, keys_all=False), ("configuration",)),
    Maker(
        "simpson-home",
        "Simpson-Partners",
        Habits(connector_zero=False, needs_connector=True),
        ("start", "availability"),
    ),
    Maker("enovates", "Enovates", Habits(reads_fractions=False), ("boot",)),
    Maker(
        "grizzl-e",
        "UnitedChargers",
        Habits(bare_texts=True, keys_max=1, keys_all=False),
        ("configuration", "news"),
    ),
]

EXPECTED: dict[str, Any] = {
    "boot": "Accepted",
    "connectors": ["Available", "Available"],
    "configuration": [("Accepted", value) for value in ("300", "60", "1", "false", "2", "60")],
    "authorize": "Accepted",
    "session": ("ended", "Local", TOKEN, True),
    "start": {"status": "Accepted"},
    "stop": {"status": "Accepted"},
    "remote session": ("ended", "Remote", TOKEN, True),
    "availability": [{"status": "Accepted"}, ["Unavailable", "Unavailable"]],
    "change": "Accepted",
    "trigger": {"status": "Accepted"},
    "reset": {"status": "Accepted"},
    "boot again": "Accepted",
    "news": [],
}


@asynccontextmanager
async def plugged_in(system: System, identity: str, maker: Maker) -> AsyncIterator[VirtualStation]:
    hardware = Hardware(vendor=maker.vendor, model="One", serial=identity)
    async with VirtualStation(
        identity,
        f"{system.ocpp_url}/",
        "v16",
        hardware=hardware,
        habits=maker.habits,
        speed=900,
        link_speed=20,
        seed=7,
    ) as station:
        yield station


async def scenario(system: System, identity: str, station: VirtualStation) -> dict[str, Any]:
    """What the API showed, step by step, up to the first that cannot be taken."""
    shown: dict[str, Any] = {}
    try:
        await station.booted(BOOT_SECONDS)
    except TimeoutError:
        return {"boot": None}
    shown["boot"] = (await system.get(f"stations/{identity}"))["boot_status"]
    shown["connectors"] = await connectors(system, identity, "Available")
    shown["configuration"] = await configuration(system, identity)
    await station.plug_in(1, CAR)
    shown["authorize"] = await station.present(TOKEN, 1)
    await station.until(1, "Charging")
    await station.elapse(600)
    await station.stop(1, TOKEN)
    shown["session"] = await session(system, identity, station, 1)
    await remote(system, identity, station, shown)
    await station.unplug(1)
    await station.delivered()
    await operate(system, identity, station, shown)
    shown["news"] = await news(system, identity)
    return shown


CAR = Car(capacity_wh=60_000, soc=20, max_power_w=11_000, phases=3)


async def remote(
    system: System, identity: str, station: VirtualStation, shown: dict[str, Any]
) -> None:
    path = f"stations/{identity}"
    shown["start"] = (await system.post(f"{path}/start", {"token": TOKEN}))["payload"]
    if shown["start"] != EXPECTED["start"]:
        return
    await station.until(1, "Charging")
    await station.elapse(300)
    running = (await system.get("transactions", station=identity, status="active"))["items"][0]
    shown["stop"] = (await system.post(f"{path}/stop", {"transaction": running["id"]}))["payload"]
    shown["remote session"] = await session(system, identity, station, 2)


async def operate(
    system: System, identity: str, station: VirtualStation, shown: dict[str, Any]
) -> None:
    path = f"stations/{identity}"
    answer = await system.post(f"{path}/availability", {"operative": False})
    accepted = (answer["payload"] or {}).get("status") == "Accepted"
    seen = await connectors(system, identity, "Unavailable") if accepted else []
    shown["availability"] = [answer["payload"], seen]
    await system.post(f"{path}/availability", {"operative": True})
    wanted = {"variables": [{"key": "HeartbeatInterval", "value": "777"}]}
    changed = await system.post(f"{path}/variables/set", wanted)
    shown["change"] = changed["items"][0]["status"]
    shown["trigger"] = (await system.post(f"{path}/trigger", {"message": "Heartbeat"}))["payload"]
    before = (await system.get(path))["booted_at"]
    shown["reset"] = (await system.post(f"{path}/reset"))["payload"]
    again = await eventually(
        lambda: system.get(path), lambda view: view["booted_at"] != before and view["online"]
    )
    await station.booted()
    shown["boot again"] = again["boot_status"]


async def connectors(system: System, identity: str, status: str) -> list[str]:
    def states(view: Any) -> list[str]:
        return [connector["status"] for evse in view["evses"] for connector in evse["connectors"]]

    view = await eventually(
        lambda: system.get(f"stations/{identity}"), lambda view: states(view) == [status] * 2
    )
    return states(view)


async def configuration(system: System, identity: str) -> list[tuple[str, Any]]:
    asked = {"variables": [{"key": key} for key in KEYS]}
    answer = await system.post(f"stations/{identity}/variables/get", asked)
    return [(item["status"], item["value"]) for item in answer["items"]]


async def session(
    system: System, identity: str, station: VirtualStation, count: int
) -> tuple[str, str, str, bool]:
    """The newest session, and whether its energy is what the meter measured, to the Wh."""
    await station.wait_for(lambda: len(station.sessions) == count, "the session to end")
    await station.delivered()
    page = await eventually(
        lambda: system.get("transactions", station=identity, status="ended"),
        lambda page: len(page["items"]) == count,
    )
    kept, truth = page["items"][0], station.sessions[-1]
    exact = kept["energy_wh"] == truth.end_mwh // 1000 - truth.begin_mwh // 1000 > 0
    return kept["status"], kept["stop_reason"], kept["token"], exact


async def news(system: System, identity: str) -> list[str]:
    """The imperfections that the message log points out."""
    records = await system.all(f"stations/{identity}/log")
    return sorted({quirk.partition(" $")[0] for record in records for quirk in record["quirks"]})


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.dialect)
async def test_with_its_dialect_a_station_is_like_any_other(
    system: System, identity: str, maker: Maker
) -> None:
    await system.put(f"stations/{identity}", {"automatic": False})
    async with plugged_in(system, identity, maker) as station:
        assert await scenario(system, identity, station) == EXPECTED
    assert (await system.get(f"stations/{identity}"))["dialect"] == maker.dialect
    told = await system.get(f"stations/{identity}/dialect")
    assert (told["name"], told["origin"]) == (maker.dialect, "match")


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.dialect)
async def test_without_it_something_differs(system: System, identity: str, maker: Maker) -> None:
    await system.put(f"stations/{identity}", {"automatic": False, "dialect": "standard"})
    async with plugged_in(system, identity, maker) as station:
        shown = await scenario(system, identity, station)
    assert [step for step in maker.differs if shown[step] == EXPECTED[step]] == []


async def test_a_station_without_habits_needs_no_dialect(system: System, identity: str) -> None:
    nobody = Maker("", "Voltbus", Habits(), ())
    await system.put(f"stations/{identity}", {"automatic": False})
    async with plugged_in(system, identity, nobody) as station:
        assert await scenario(system, identity, station) == EXPECTED
    assert (await system.get(f"stations/{identity}"))["dialect"] is None


async def test_a_probe_shows_what_a_station_is_like_and_the_platform_learns_it(
    system: System, identity: str
) -> None:
    """Found with its evidence in the message log, applied when told, and it matters."""
    await system.put(f"stations/{identity}", {"automatic": False})
    habits = Habits(keys_max=4, writes_zone=False, unknown=frozenset({"TriggerMessage"}))
    path = f"stations/{identity}"
    async with plugged_in(system, identity, Maker("", "Nobody", habits, ())) as station:
        await station.booted()
        wrong = await configuration(system, identity)
        found = await system.post(f"{path}/probe", {"seconds": 5})
        fields = {fact["field"]: fact["value"] for fact in found["facts"]}
        assert fields["limits.get_configuration_keys"] == 4
        assert fields["commands.trigger"] == "extended"
        assert fields["expects.quirks"] == ["time"]
        ids = {record["id"] for record in await system.all(f"{path}/log")}
        assert all(fact["evidence"] and set(fact["evidence"]) <= ids for fact in found["facts"])
        learned = await system.post(f"{path}/probe/apply")
        assert learned["learned"]
        assert (await system.get(path))["dialect"] == "learned"
        right = await configuration(system, identity)
        triggered = await system.post(f"{path}/trigger", {"message": "Heartbeat"})
    assert {status for status, _ in wrong} == {"Error"}
    assert {status for status, _ in right} == {"Accepted"}
    assert triggered["payload"] == {"status": "Accepted"}
