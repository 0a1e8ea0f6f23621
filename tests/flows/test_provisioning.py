"""B: boot, registration, reset (ocpp.md 4.1)."""

import asyncio

import pytest

from tests import bare
from tests.flows.messages import ALL, status
from tests.system import System, eventually


@pytest.mark.parametrize("version", ALL)
async def test_an_accepted_station_is_known_and_online(
    system: System, identity: str, version: str
) -> None:
    """B01, TC_B_01, TC_001."""
    socket = await bare.boot(system.ocpp_url, identity, version)
    names = ("online", "vendor", "model", "boot_status", "protocol")

    async def facts() -> dict[str, object]:
        seen = await system.get(f"stations/{identity}")
        return {key: seen[key] for key in names}

    assert await eventually(facts, lambda now: now["online"]) == {
        "online": True,
        "vendor": "Bare",
        "model": "One",
        "boot_status": "Accepted",
        "protocol": {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}[version],
    }
    socket.close()

    async def online() -> bool:
        return bool((await system.get(f"stations/{identity}"))["online"])

    assert await eventually(online, lambda here: not here) is False


@pytest.mark.parametrize("version", ALL)
async def test_a_pending_station_may_only_boot_until_it_is_accepted(
    system: System, identity: str, version: str
) -> None:
    """B02, B03, TC_B_02, TC_B_30, TC_B_31."""
    await system.put(f"stations/{identity}", {"registration": "Pending"})
    socket = await bare.connect(system.ocpp_url, identity, version)
    pending = await socket.ask("BootNotification", bare.BOOTS[version])
    with pytest.raises(bare.Refused) as refused:
        await socket.ask(*status(version, "Available"))
    await system.put(f"stations/{identity}", {"registration": "Accepted"})

    async def asked() -> list[tuple[str, dict[str, str]]]:
        return [c for c in socket.calls if c[0] == "TriggerMessage"]

    triggered = await eventually(asked)
    accepted = await socket.ask("BootNotification", bare.BOOTS[version])
    answer = await socket.ask(*status(version, "Available"))
    socket.close()
    assert pending["status"] == "Pending"
    assert refused.value.args[0] == "SecurityError"
    assert triggered[0][1]["requestedMessage"] == "BootNotification"
    assert accepted["status"] == "Accepted"
    assert answer == {}


@pytest.mark.parametrize("version", ALL)
async def test_a_rejected_station_is_told_to_wait(
    system: System, identity: str, version: str
) -> None:
    """B03."""
    await system.put(f"stations/{identity}", {"registration": "Rejected"})
    socket = await bare.connect(system.ocpp_url, identity, version)
    answer = await socket.ask("BootNotification", bare.BOOTS[version])
    with pytest.raises(bare.Refused) as refused:
        await socket.ask(*status(version, "Available"))
    socket.close()
    assert answer["status"] == "Rejected"
    assert answer["interval"] >= 60
    assert refused.value.args[0] == "SecurityError"


@pytest.mark.parametrize("version", ALL)
async def test_the_newest_socket_wins(system: System, identity: str, version: str) -> None:
    old = await bare.boot(system.ocpp_url, identity, version)
    new = await bare.boot(system.ocpp_url, identity, version)
    await asyncio.wait_for(old.closed, 10)
    answer = await system.post(f"stations/{identity}/reset", {})
    seen = await system.get(f"stations/{identity}")
    assert answer["status"] == "answered"
    assert [action for action, _ in new.calls] == ["Reset"]
    assert seen["online"] is True
    new.close()


async def test_an_offline_station_is_told_at_once(system: System, identity: str) -> None:
    await system.put(f"stations/{identity}", {})
    started = asyncio.get_running_loop().time()
    answer = await system.post(f"stations/{identity}/calls/Reset", {"type": "Soft"})
    assert answer["status"] == "offline"
    assert asyncio.get_running_loop().time() - started < 30


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_payload_that_the_schema_refuses_names_the_field(
    system: System, identity: str, version: str
) -> None:
    socket = await bare.boot(system.ocpp_url, identity, version)
    answer = await system.http.post(f"stations/{identity}/calls/Reset", json={"type": "Harder"})
    socket.close()
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "type" in answer.text
    assert socket.calls == []
