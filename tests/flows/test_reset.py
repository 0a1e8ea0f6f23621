"""B11, B12: reset of a station or of an EVSE, with and without a transaction (ocpp.md 4.1)."""

from typing import NamedTuple

import pytest

from tests import bare
from tests.flows.messages import ALL, TWO, event, start, status, stop
from tests.flows.station import Station, booted, connected
from tests.system import System


class Case(NamedTuple):
    evse: int | None
    hard: bool
    busy: bool
    """Whether a transaction is under way."""


CASES = {
    "TC_B_20": Case(evse=None, hard=False, busy=False),
    "TC_B_21": Case(evse=None, hard=False, busy=True),
    "TC_B_22": Case(evse=None, hard=True, busy=True),
    "TC_B_25": Case(evse=1, hard=False, busy=False),
    "TC_B_26": Case(evse=1, hard=False, busy=True),
    "TC_B_27": Case(evse=1, hard=True, busy=True),
}


async def end(station: Station, case: Case) -> None:
    """A scheduled reset waits for the driver, an immediate one does not."""
    over = {"stoppedReason": "ImmediateReset" if case.hard else "Local"}
    why = "ResetCommand" if case.hard else "StopAuthorized"
    await station.ask(*event("Ended", why, "tx", 1, info=over, register=9))


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=pytest.mark.certification(name), id=name)
        for name, case in CASES.items()
    ],
)
async def test_a_reset_in_the_words_of_2x(
    system: System, identity: str, case: Case, version: str
) -> None:
    """``evseId`` is left out for the whole station, which boots again; an EVSE tells its states."""
    word = "Scheduled" if case.busy and not case.hard else "Accepted"
    place = {} if case.evse is None else {"evse": case.evse}
    async with booted(system, identity, version) as station:
        if case.busy:
            begun = event("Started", "Authorized", "tx", 0, token="DEMO0001", register=5)
            assert (await station.ask(*begun))["idTokenInfo"]["status"] == "Accepted"
        station.answers["Reset"] = {"status": word}
        told = await system.post(f"stations/{identity}/reset", {"hard": case.hard, **place})
        if case.busy:
            await end(station, case)
        if case.evse is not None:
            for state in ("Unavailable", "Available"):
                assert await station.ask(*status(version, state)) == {}
    sent = {} if case.evse is None else {"evseId": case.evse}
    assert (told["status"], told["payload"]) == ("answered", {"status": word})
    assert station.calls == [("Reset", {"type": "Immediate" if case.hard else "OnIdle", **sent})]
    if case.evse is None:
        reason = "ScheduledReset" if word == "Scheduled" else "RemoteReset"
        await boots_again(system, identity, version, reason)
    records = await system.all("transactions", station=identity)
    assert [(r["stop_reason"], r["energy_wh"]) for r in records] == (
        [("ImmediateReset" if case.hard else "Local", 4)] if case.busy else []
    )


async def boots_again(system: System, identity: str, version: str, reason: str) -> None:
    async with connected(system, identity, version) as station:
        answer = await station.ask("BootNotification", {**bare.BOOTS[version], "reason": reason})
    assert answer["status"] == "Accepted"
    assert (await system.get(f"stations/{identity}"))["boot_reason"] == reason


@pytest.mark.parametrize(
    ("hard", "kind", "reason"),
    [
        pytest.param(True, "Hard", "HardReset", marks=pytest.mark.certification("TC_013")),
        pytest.param(False, "Soft", "SoftReset", marks=pytest.mark.certification("TC_014")),
    ],
)
async def test_a_reset_in_the_words_of_16(
    system: System, identity: str, hard: bool, kind: str, reason: str
) -> None:
    """The transaction ends for it, and the station boots again; an EVSE cannot be reset."""
    path = f"stations/{identity}/reset"
    async with booted(system, identity, "1.6") as station:
        number = (await station.ask(*start("DEMO0003")))["transactionId"]
        told = await system.post(path, {"hard": hard})
        await station.ask(*stop(number, reason=reason))
        refused = await system.http.post(path, json={"evse": 1})
    async with booted(system, identity, "1.6") as again:
        assert await again.ask(*status("1.6", "Available")) == {}
    (record,) = await system.all("transactions", station=identity)
    assert (told["status"], told["payload"]) == ("answered", {"status": "Accepted"})
    assert station.calls == [("Reset", {"type": kind})]
    assert refused.status_code == 422
    assert (record["stop_reason"], record["energy_wh"]) == (reason, 450)


@pytest.mark.parametrize("version", ALL)
async def test_a_reset_that_the_station_rejects_is_shown(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        station.answers["Reset"] = {"status": "Rejected"}
        told = await system.post(f"stations/{identity}/reset", {"hard": True})
    assert (told["status"], told["payload"]) == ("answered", {"status": "Rejected"})
