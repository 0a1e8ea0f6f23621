"""E in the words of 1.6: StartTransaction and StopTransaction (ocpp.md 4.5, 5.3)."""

from typing import Any

import pytest

from tests.flows.messages import authorize, minute, start, status, stop
from tests.flows.station import Station, booted
from tests.system import System

TOKEN = "DEMO0003"
ACCEPTED = {"idTagInfo": {"status": "Accepted"}}


async def only_session(system: System, station: str) -> dict[str, Any]:
    (record,) = await system.all("transactions", station=station)
    return record


async def say(station: Station, *states: str) -> None:
    """Statuses of connector 1, each answered."""
    for number, state in enumerate(states):
        assert await station.ask(*status("1.6", state, at=minute(number))) == {}


async def begin(station: Station, token: str = TOKEN, **more: Any) -> int:
    """Start a transaction that is accepted; its number."""
    answer = await station.ask(*start(token, **more))
    assert answer["idTagInfo"] == {"status": "Accepted"}
    assert answer["transactionId"] > 0
    return int(answer["transactionId"])


async def sample(station: Station, number: int) -> None:
    values = [{"timestamp": minute(3), "sampledValue": [{"value": "1200"}]}]
    body = {"connectorId": 1, "transactionId": number, "meterValue": values}
    assert await station.ask("MeterValues", body) == {}


def facts(record: dict[str, Any]) -> tuple[Any, ...]:
    return record["status"], record["stop_reason"], record["energy_wh"], record["flags"]


@pytest.mark.parametrize(
    "first",
    [
        pytest.param("plug", marks=pytest.mark.certification("TC_003")),
        pytest.param("card", marks=pytest.mark.certification("TC_004_1")),
        pytest.param("cache", marks=pytest.mark.certification("TC_007")),
    ],
)
async def test_a_session_from_the_plug_to_the_bill(
    system: System, identity: str, first: str
) -> None:
    """The plug or the card first, or a card that the station knows and asks nobody about."""
    async with booted(system, identity, "1.6") as station:
        if first == "plug":
            await say(station, "Preparing")
        if first != "cache":
            assert await station.ask(*authorize("1.6", TOKEN)) == ACCEPTED
        if first != "plug":
            await say(station, "Preparing")
        number = await begin(station)
        await say(station, "Charging")
        await sample(station, number)
        over = await station.ask(*stop(number, idTag=TOKEN))
        await say(station, "Finishing", "Available")
    record = await only_session(system, identity)
    assert over == ACCEPTED
    assert facts(record) == ("ended", "Local", 450, [])
    assert (record["token"], record["complete"]) == (TOKEN, True)


@pytest.mark.certification("TC_005_1")
async def test_a_cable_that_is_pulled_on_the_side_of_the_car(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        assert await station.ask(*authorize("1.6", TOKEN)) == ACCEPTED
        number = await begin(station)
        await say(station, "Charging", "SuspendedEV")
        over = await station.ask(*stop(number, reason="EVDisconnected", idTag=TOKEN))
        await say(station, "Finishing", "Available")
    assert over == ACCEPTED
    assert facts(await only_session(system, identity)) == ("ended", "EVDisconnected", 450, [])


@pytest.mark.certification("TC_018_1")
async def test_an_unlock_ends_the_session(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        number = await begin(station)
        await say(station, "Charging")
        told = await system.post(f"stations/{identity}/unlock", {"evse": 1})
        over = await station.ask(*stop(number, reason="UnlockCommand"))
        await say(station, "Finishing", "Available")
    assert (told["status"], told["payload"]) == ("answered", {"status": "Unlocked"})
    assert station.calls == [("UnlockConnector", {"connectorId": 1})]
    assert over == {}
    assert facts(await only_session(system, identity)) == ("ended", "UnlockCommand", 450, [])


@pytest.mark.certification("TC_032_1")
async def test_a_stop_may_come_after_the_power_is_back(system: System, identity: str) -> None:
    """The station boots first and then says that it stopped when the power went."""
    async with booted(system, identity, "1.6") as station:
        number = await begin(station)
        await say(station, "Charging")
    async with booted(system, identity, "1.6") as station:
        await say(station, "Available")
        over = await station.ask(*stop(number, reason="PowerLoss"))
    assert over == {}
    assert facts(await only_session(system, identity)) == ("ended", "PowerLoss", 450, [])


@pytest.mark.parametrize("reason", ["HardReset", "SoftReset", "Reboot", "EmergencyStop", "Other"])
async def test_why_a_session_ended_is_kept(system: System, identity: str, reason: str) -> None:
    """And idTagInfo is answered exactly if an idTag is told."""
    async with booted(system, identity, "1.6") as station:
        number = await begin(station)
        assert await station.ask(*stop(number, reason=reason)) == {}
    assert facts(await only_session(system, identity)) == ("ended", reason, 450, [])


# -- offline -------------------------------------------------------------------------------------


@pytest.mark.certification("TC_037_1")
async def test_a_session_that_began_offline_goes_on(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        number = await begin(station)
        running = await only_session(system, identity)
        await say(station, "Charging")
        await sample(station, number)
    assert (running["status"], running["started_at"][:19]) == ("active", minute(0)[:19])


@pytest.mark.certification("TC_037_3")
async def test_an_unknown_token_gets_a_usable_number_all_the_same(
    system: System, identity: str
) -> None:
    """StopTransactionOnInvalidId: the station stops what it began offline."""
    async with booted(system, identity, "1.6") as station:
        refused = await station.ask(*start("NOBODY-KNOWS"))
        number = refused["transactionId"]
        over = await station.ask(*stop(number, 1_010, 1, reason="DeAuthorized"))
    record = await only_session(system, identity)
    assert refused["idTagInfo"] == {"status": "Invalid"}
    assert number > 0
    assert over == {}
    assert (record["stop_reason"], record["energy_wh"]) == ("DeAuthorized", 10)
    assert "unknown_token" in record["flags"]


@pytest.mark.certification("TC_039")
async def test_a_whole_session_may_be_told_afterwards(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        number = await begin(station, meterStart=1_010, timestamp=minute(2))
        over = await station.ask(*stop(number, 1_500, 8, idTag=TOKEN))
    record = await only_session(system, identity)
    assert over == ACCEPTED
    assert facts(record) == ("ended", "Local", 490, [])
    assert [record[key][:19] for key in ("started_at", "ended_at")] == [
        minute(2)[:19], minute(8)[:19],
    ]  # fmt: skip


# -- what does not go by the book ----------------------------------------------------------------


@pytest.mark.certification("TC_004_2")
async def test_a_plug_that_does_not_come_leaves_no_session(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        assert await station.ask(*authorize("1.6", TOKEN)) == ACCEPTED
        await say(station, "Preparing", "Available")
    assert await system.all("transactions", station=identity) == []


async def test_a_start_sent_again_is_the_same_session(system: System, identity: str) -> None:
    """Same content, new message id: the same transactionId (ocpp.md 4.5)."""
    async with booted(system, identity, "1.6") as station:
        first, second = [await station.ask(*start(TOKEN)) for _ in range(2)]
        answers = [await station.ask(*stop(first["transactionId"])) for _ in range(2)]
    assert first == second
    assert answers[0] == answers[1]
    assert facts(await only_session(system, identity)) == ("ended", "Local", 450, [])
    assert len(await system.all("cdrs", station=identity)) == 1


async def test_a_stop_of_a_session_that_we_never_saw_is_kept(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        answer = await station.ask(*stop(987_654))
    record = await only_session(system, identity)
    assert "idTagInfo" not in answer
    assert (record["transaction"], record["status"]) == ("987654", "ended")
    assert "unknown_transaction" in record["flags"]
