"""C: who may charge (C01, C09, C16)."""

import itertools
import uuid
from typing import Any

import pytest

from tests import bare
from tests.flows.messages import ALL, TWO, Message, authorize, event, info, start, stop
from tests.flows.station import booted
from tests.system import System, eventually


def name(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:8]}".upper()


@pytest.mark.certification("TC_C_02", "TC_C_06", "TC_C_07", "TC_023_1", "TC_023_2", "TC_023_3")
@pytest.mark.parametrize("version", ALL)
async def test_each_state_of_a_token_is_told_in_the_versions_words(
    system: System, identity: str, version: str
) -> None:
    """C01: by Authorize; 1.6 has no word for unknown."""
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


@pytest.mark.certification("TC_C_39")
@pytest.mark.parametrize("version", ALL)
async def test_the_group_is_always_told(system: System, identity: str, version: str) -> None:
    """C09."""
    group, first, second = name("GROUP"), name("A"), name("B")
    for token in (first, second):
        await system.put(f"tokens/{token}", {"type": "ISO14443", "group": group})
    socket = await bare.boot(system.ocpp_url, identity, version)
    told = [info(version, await socket.ask(*authorize(version, t))) for t in (first, second)]
    socket.close()
    assert [t["group"] for t in told] == [group, group]


@pytest.mark.certification("TC_C_39")
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


@pytest.mark.certification("TC_C_08", "TC_C_20")
@pytest.mark.parametrize("version", TWO)
async def test_a_cached_token_is_checked_again_with_the_transaction(
    system: System, identity: str, version: str
) -> None:
    """The station asked nobody, so the event's answer must tell."""
    known, unknown = name("CACHED"), name("FORGOTTEN")
    await system.put(f"tokens/{known}", {"type": "ISO14443"})
    told = []
    async with booted(system, identity, version) as station:
        for transaction, token in (("a", known), ("b", unknown)):
            await station.ask(*event("Started", "CablePluggedIn", transaction, 0))
            shown = event("Updated", "Authorized", transaction, 1, token=token)
            told.append(info(version, await station.ask(*shown)))
            await station.ask(*event("Ended", "EVDeparted", transaction, 2))
    assert told == [{"status": "Accepted"}, {"status": "Unknown"}]


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(
    "word",
    [
        pytest.param("Accepted", marks=pytest.mark.certification("TC_C_37", "TC_061")),
        pytest.param("Rejected", marks=pytest.mark.certification("TC_C_38")),
    ],
)
async def test_the_cache_of_a_station_is_cleared(
    system: System, identity: str, word: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        station.answers["ClearCache"] = {"status": word}
        answer = await system.post(f"stations/{identity}/calls/ClearCache")
    assert station.calls == [("ClearCache", {})]
    assert (answer["status"], answer["payload"]) == ("answered", {"status": word})


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param("ab", marks=pytest.mark.certification("TC_C_47", "TC_C_49")),
        pytest.param("a", marks=pytest.mark.certification("TC_C_48")),
    ],
)
async def test_a_master_pass_stops_what_others_started_and_starts_nothing(
    system: System, identity: str, chosen: str, version: str
) -> None:
    """C16: Accepted with its group, when shown and when it stops."""
    master, group, driver = name("MASTER"), name("PASSES"), name("DRIVER")
    await system.put(f"tokens/{master}", {"master_pass": True, "group": group})
    await system.put(f"tokens/{driver}", {})
    over: dict[str, Any] = {"info": {"stoppedReason": "MasterPass"}, "token": master}
    async with booted(system, identity, version) as station:
        shown = info(version, await station.ask(*authorize(version, master)))
        if version == "1.6":
            number = (await station.ask(*start(driver)))["transactionId"]
            stopped = [info(version, await station.ask(*stop(number, idTag=master)))]
            tried = info(version, await station.ask(*start(master, number=20)))
        else:
            for one in "ab":
                await station.ask(*event("Started", "Authorized", one, 0, token=driver))
            ended = [event("Ended", "StopAuthorized", one, 1, **dict(over)) for one in chosen]
            stopped = [info(version, await station.ask(*message)) for message in ended]
            tried = info(
                version, await station.ask(*event("Started", "Authorized", "c", 0, token=master))
            )
    records = await system.all("transactions", station=identity, status="ended")
    assert len(records) == len(stopped)
    assert [shown, *stopped] == [{"status": "Accepted", "group": group}] * (1 + len(stopped))
    assert tried["status"] == "Invalid"
    assert {(r["token"], r["stop_token"], r["stop_authorization"]) for r in records} == {
        (driver, master, "Accepted")
    }
    assert {r["stop_reason"] for r in records} == {"Local" if version == "1.6" else "MasterPass"}


async def test_the_group_of_a_16_token_is_told_at_start_and_stop(
    system: System, identity: str
) -> None:
    """C09 in the words of 1.6: parentIdTag in every idTagInfo."""
    group, first, second = name("GROUP"), name("A"), name("B")
    for token in (first, second):
        await system.put(f"tokens/{token}", {"group": group})
    async with booted(system, identity, "1.6") as station:
        started = await station.ask(*start(first))
        stopped = await station.ask(*stop(started["transactionId"], idTag=second))
    assert info("1.6", started) == info("1.6", stopped) == {"status": "Accepted", "group": group}


@pytest.mark.parametrize("version", TWO)
async def test_a_stranger_may_not_end_the_session_of_another(
    system: System, identity: str, version: str
) -> None:
    first, second = name("A"), name("B")
    for token in (first, second):
        await system.put(f"tokens/{token}", {})
    async with booted(system, identity, version) as station:
        await station.ask(*event("Started", "Authorized", "tx", 0, token=first))
        tried = await station.ask(*event("Updated", "StopAuthorized", "tx", 1, token=second))
        ended = await station.ask(*event("Updated", "StopAuthorized", "tx", 2, token=first))
    assert info(version, tried) == {"status": "Invalid"}
    assert info(version, ended) == {"status": "Accepted"}


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"valid_from": "2100-01-01T00:00:00Z"}, "NotAtThisTime"),
    ({"valid_to": "2001-01-01T00:00:00Z"}, "Expired"),
    ({"stations": ["ANOTHER"]}, "NotAtThisLocation"),
    ({"status": "NoCredit"}, "NoCredit"),
    ({"evse_types": ["cCCS2"]}, "NotAllowedTypeEVSE"),
]


@pytest.mark.parametrize("version", ALL)
async def test_why_a_token_is_refused_is_told_as_exactly_as_the_version_can(
    system: System, identity: str, version: str
) -> None:
    """C01: 1.6 has Expired and Invalid; 2.x names the reason, at Authorize and in the event."""
    layout = [{"id": 1, "connectors": [{"id": 1, "type": "cType2"}]}]
    await system.put(f"stations/{identity}", {"evses": layout})
    told = []
    async with booted(system, identity, version) as station:
        for number, (rule, _) in enumerate(REFUSALS):
            token = name("RULE")
            await system.put(f"tokens/{token}", rule)
            shown = info(version, await station.ask(*authorize(version, token)))
            begin = (
                start(token, number=number)
                if version == "1.6"
                else event("Started", "Authorized", token, 0, token=token, evse={"id": 1})
            )
            begun = info(version, await station.ask(*begin))
            told.append((shown["status"], begun["status"]))
    words = [word if version != "1.6" or word == "Expired" else "Invalid" for _, word in REFUSALS]
    assert told == [(word, word) for word in words]


@pytest.mark.parametrize("version", TWO)
async def test_no_authorization_needs_no_token(system: System, identity: str, version: str) -> None:
    """C02, PICS C-35."""
    nobody = {"idToken": {"idToken": "", "type": "NoAuthorization"}}
    async with booted(system, identity, version) as station:
        shown = await station.ask("Authorize", nobody)
        begun = event("Started", "Authorized", "tx", 0)
        started = await station.ask(begun[0], {**begun[1], **nobody})
    assert shown == {"idTokenInfo": {"status": "Accepted"}}
    assert started == {"idTokenInfo": {"status": "Accepted"}}


@pytest.mark.parametrize("version", TWO)
async def test_a_token_is_its_id_in_any_case_and_its_type(
    system: System, identity: str, version: str
) -> None:
    """C01.FR.25; PICS C-30 to C-34."""
    token = name("Mixed")
    await system.put(f"tokens/{token}", {"type": "ISO15693"})
    shown = [
        {"idToken": token.lower(), "type": "ISO15693"},
        {"idToken": token, "type": "ISO15693", "additionalInfo": [
            {"additionalIdToken": "seat 4", "type": "Fleet"},
        ]},
        {"idToken": token, "type": "KeyCode"},
    ]  # fmt: skip
    async with booted(system, identity, version) as station:
        told = [info(version, await station.ask("Authorize", {"idToken": t})) for t in shown]
    assert [one["status"] for one in told] == ["Accepted", "Accepted", "Unknown"]


@pytest.mark.parametrize("version", ALL)
async def test_a_token_with_one_place_charges_once(
    system: System, identity: str, version: str
) -> None:
    """ConcurrentTx while its session runs elsewhere, and no longer."""
    token = name("ONCE")
    await system.put(f"tokens/{token}", {"concurrent_max": 1})
    other = f"{identity}-B"

    def begin(number: int) -> Message:
        if version == "1.6":
            return start(token, number=number)
        return event("Started", "Authorized", f"tx{number}", 0, token=token)

    async with booted(system, identity, version) as one, booted(system, other, version) as two:
        first = await one.ask(*begin(0))
        second = await two.ask(*begin(1))
        over = (
            stop(first["transactionId"], idTag=token)
            if version == "1.6"
            else event("Ended", "EVDeparted", "tx0", 1)
        )
        await one.ask(*over)

        async def again() -> str:
            return str(info(version, await two.ask(*authorize(version, token)))["status"])

        assert info(version, first)["status"] == "Accepted"
        assert info(version, second)["status"] == "ConcurrentTx"
        assert await eventually(again, lambda told: told == "Accepted") == "Accepted"


@pytest.mark.parametrize("version", TWO)
async def test_another_token_does_not_heal_a_refused_session(
    system: System, identity: str, version: str
) -> None:
    """C01.FR.24: a second token on a deauthorized transaction is told NotAtThisTime."""
    token = name("SECOND")
    await system.put(f"tokens/{token}", {})
    async with booted(system, identity, version) as station:
        refused = await station.ask(*event("Started", "Authorized", "tx", 0, token="NOBODY"))
        second = await station.ask(*event("Updated", "Authorized", "tx", 1, token=token))
    (record,) = await system.all("transactions", station=identity)
    assert info(version, refused)["status"] == "Unknown"
    assert info(version, second)["status"] == "NotAtThisTime"
    assert (record["token"], record["authorization"]) == ("NOBODY", "Unknown")


@pytest.mark.parametrize("version", TWO)
async def test_the_clock_of_a_station_decides_only_about_what_it_saw_offline(
    system: System, identity: str, version: str
) -> None:
    """A clock that was never set must not make an expired token good, nor a good one early."""
    old, new = name("OLD"), name("NEW")
    await system.put(f"tokens/{old}", {"valid_to": "2010-01-01T00:00:00Z"})
    await system.put(f"tokens/{new}", {"valid_from": "2020-01-01T00:00:00Z"})
    told = {}
    async with booted(system, identity, version) as station:
        for offline, token in itertools.product((False, True), (old, new)):
            tx, at = f"{token}-{offline}", "2001-01-01T00:00:00Z"
            begun = event("Started", "Authorized", tx, 0, at=at, offline=offline, token=token)
            told[offline, token] = info(version, await station.ask(*begun))["status"]
    assert told == {
        (False, old): "Expired",
        (False, new): "Accepted",
        (True, old): "Accepted",
        (True, new): "NotAtThisTime",
    }
