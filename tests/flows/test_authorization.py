"""C: who may charge (C01, C09, C16)."""

import uuid

import pytest

from tests import bare
from tests.flows.messages import ALL, TWO, authorize, event, info
from tests.system import System, eventually


def name(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:8]}".upper()


@pytest.mark.parametrize("version", ALL)
async def test_each_state_of_a_token_is_told_in_the_versions_words(
    system: System, identity: str, version: str
) -> None:
    """TC_C_02, TC_C_06, TC_C_07; TC_023_1 to TC_023_3."""
    socket = await bare.boot(system.ocpp_url, identity, version)
    told = {}
    for state in ("Accepted", "Blocked", "Expired", "Invalid"):
        token = name(state)
        await system.put(f"tokens/{token}", {"type": "ISO14443", "status": state})
        told[state] = info(version, await socket.ask(*authorize(version, token)))["status"]
    stranger = info(version, await socket.ask(*authorize(version, name("STRANGER"))))["status"]
    socket.close()
    assert told == {state: state for state in told}
    assert stranger == ("Invalid" if version == "1.6" else "Unknown")


async def test_a_16_station_tells_no_type_so_any_type_will_do(
    system: System, identity: str
) -> None:
    """1.6 has no token types; Authorize and StartTransaction must agree on the same idTag."""
    token = name("APP")
    await system.put(f"tokens/{token}", {"type": "MacAddress"})
    start = {
        "connectorId": 1,
        "idTag": token,
        "meterStart": 0,
        "timestamp": "2026-11-22T10:00:00Z",
    }
    socket = await bare.boot(system.ocpp_url, identity, "1.6")
    authorized = info("1.6", await socket.ask(*authorize("1.6", token)))
    started = info("1.6", await socket.ask("StartTransaction", start))
    socket.close()
    assert authorized == started == {"status": "Accepted"}


@pytest.mark.parametrize("version", ALL)
async def test_the_group_is_always_told(system: System, identity: str, version: str) -> None:
    """C09, TC_C_39."""
    group, first, second = name("GROUP"), name("A"), name("B")
    for token in (first, second):
        await system.put(f"tokens/{token}", {"type": "ISO14443", "group": group})
    socket = await bare.boot(system.ocpp_url, identity, version)
    told = [info(version, await socket.ask(*authorize(version, t))) for t in (first, second)]
    socket.close()
    assert [t["group"] for t in told] == [group, group]


@pytest.mark.parametrize("version", TWO)
async def test_another_token_of_the_group_ends_the_session(
    system: System, identity: str, version: str
) -> None:
    group, first, second = name("GROUP"), name("A"), name("B")
    for token in (first, second):
        await system.put(f"tokens/{token}", {"type": "ISO14443", "group": group})
    socket = await bare.boot(system.ocpp_url, identity, version)
    started = await socket.ask(*event("Started", "Authorized", f"{identity}-1", 0, token=first))
    ended = await socket.ask(*event("Ended", "StopAuthorized", f"{identity}-1", 1, token=second))
    socket.close()
    assert info(version, started) == {"status": "Accepted", "group": group}
    assert info(version, ended) == {"status": "Accepted", "group": group}


@pytest.mark.parametrize("version", ALL)
async def test_a_blocked_token_is_refused_within_two_seconds(
    system: System, identity: str, version: str
) -> None:
    """The memory of authorization is told through the bus."""
    token = name("TURN")
    await system.put(f"tokens/{token}", {"type": "ISO14443"})
    socket = await bare.boot(system.ocpp_url, identity, version)

    async def told() -> str:
        return str(info(version, await socket.ask(*authorize(version, token)))["status"])

    before = await told()
    await system.put(f"tokens/{token}", {"status": "Blocked"})
    after = await eventually(told, lambda state: state == "Blocked", seconds=2)
    socket.close()
    assert (before, after) == ("Accepted", "Blocked")


@pytest.mark.parametrize("version", TWO)
async def test_a_refused_token_is_told_so_and_its_energy_is_kept(
    system: System, identity: str, version: str
) -> None:
    """E05, TC_E_16: an event with an unknown token is answered and stored."""
    socket = await bare.boot(system.ocpp_url, identity, version)
    tx = f"{identity}-1"
    started = await socket.ask(*event("Started", "Authorized", tx, 0, token="NOBODY", register=100))
    await socket.ask(*event("Ended", "Deauthorized", tx, 1, register=350))
    socket.close()
    record = (await system.get("transactions", station=identity))["items"][0]
    assert info(version, started)["status"] == "Unknown"
    assert (record["status"], float(record["energy_wh"])) == ("ended", 250)
    assert "unknown_token" in record["flags"] or "token_refused" in record["flags"]
