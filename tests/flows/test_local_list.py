"""D: lists of tokens that stations know by themselves; C: their caches, and groups on lists."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests import bare
from tests.flows.messages import ALL, TWO, authorize, event, info, start, stop
from tests.flows.station import Station, booted
from tests.system import System, eventually

case = pytest.mark.certification
EVERY = pytest.mark.parametrize("version", ALL)
MODERN = pytest.mark.parametrize("version", TWO)

NEXT_YEAR = (datetime.now(UTC) + timedelta(days=365)).replace(microsecond=0)


def path(identity: str, verb: str = "") -> str:
    return f"stations/{identity}/local-list" + (f"/{verb}" if verb else "")


def name() -> str:
    return f"L-{uuid4().hex[:8]}".upper()


async def alone(system: System, identity: str) -> None:
    """The station hears only what its operator asks for."""
    await system.put(f"stations/{identity}", {"automatic": False})


async def put(system: System, identity: str, *entries: str | dict[str, Any]) -> Any:
    given = [{"token": each} if isinstance(each, str) else each for each in entries]
    return await system.put(path(identity), {"entries": given})


async def send(system: System, identity: str, kind: str = "auto") -> Any:
    return await system.post(path(identity, "send"), {"type": kind})


async def heard(station: Station) -> tuple[int, str, list[dict[str, Any]]]:
    """The next SendLocalList: version, kind, entries."""
    action, sent = await station.call()
    assert action == "SendLocalList", action
    number = sent.get("versionNumber", sent.get("listVersion"))
    return number, sent["updateType"], sent.get("localAuthorizationList", [])


def token_of(entry: dict[str, Any]) -> str:
    return entry["idTag"] if "idTag" in entry else entry["idToken"]["idToken"]


def told(version: str, entry: dict[str, Any]) -> dict[str, Any]:
    return info(version, entry)


@case("TC_D_01", "TC_043_4")
@EVERY
async def test_a_full_list_is_sent(system: System, identity: str, version: str) -> None:
    """Errata: every entry says what the token may."""
    group, first, second = name(), name(), name()
    until = NEXT_YEAR.isoformat()
    await system.put(f"tokens/{first}", {"group": group, "valid_to": until, "language": "de"})
    await system.put(f"tokens/{second}", {"status": "Blocked"})
    await alone(system, identity)
    async with booted(system, identity, version) as station:
        await put(system, identity, first, second)
        sent = await send(system, identity, "full")
        number, kind, entries = await heard(station)
    assert (sent["status"], sent["accepted"], sent["version"]) == ("answered", True, number)
    assert (kind, number > 0) == ("Full", True)
    by_token = {token_of(entry): told(version, entry) for entry in entries}
    expected = {"status": "Accepted", "group": group}
    moment = NEXT_YEAR.isoformat().replace("+00:00", "Z")
    if version == "1.6":
        expected |= {"expiryDate": moment}
    else:
        expected |= {"cacheExpiryDateTime": moment, "language1": "de"}
    assert by_token == {first: expected, second: {"status": "Blocked"}}
    shown = await system.get(path(identity))
    assert (shown["version"], shown["in_step"], shown["held"]) == (number, True, 2)


@case("TC_D_02", "TC_D_03", "TC_043_5")
@EVERY
async def test_differences_add_change_and_remove(
    system: System, identity: str, version: str
) -> None:
    """D_02 with information and a higher version, D_03 without."""
    stays, changes, goes, comes = (name() for _ in range(4))
    await alone(system, identity)
    async with booted(system, identity, version) as station:
        await put(system, identity, stays, changes, goes)
        await send(system, identity, "full")
        first, _, _ = await heard(station)
        await put(system, identity, stays, {"token": changes, "status": "Blocked"}, goes, comes)
        await send(system, identity, "differential")
        second, kind, entries = await heard(station)
        assert (kind, second > first) == ("Differential", True)
        assert {token_of(entry): told(version, entry)["status"] for entry in entries} == {
            changes: "Blocked",
            comes: "Accepted",
        }
        await put(system, identity, stays, {"token": changes, "status": "Blocked"}, comes)
        await send(system, identity, "differential")
        third, kind, entries = await heard(station)
    assert (kind, third > second) == ("Differential", True)
    assert [set(entry) for entry in entries] == [{"idTag" if version == "1.6" else "idToken"}]
    assert token_of(entries[0]) == goes


@case("TC_D_04")
@EVERY
async def test_an_empty_list_is_sent_in_full(system: System, identity: str, version: str) -> None:
    await alone(system, identity)
    async with booted(system, identity, version) as station:
        await put(system, identity)
        sent = await send(system, identity, "full")
        assert (sent["status"], sent["accepted"]) == ("answered", True)
        number, kind, entries = await heard(station)
        assert (kind, entries, number > 0) == ("Full", [], True)
        # The schema of 2.x has no list without entries: it is left out.
        assert version == "1.6" or "localAuthorizationList" not in station.calls[-1][1]
        assert (await send(system, identity))["status"] == "unchanged"


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(12, marks=case("TC_D_08")),
        pytest.param(0, marks=case("TC_D_09", "TC_042_2")),
        pytest.param(-1, marks=case("TC_042_1")),
    ],
)
@EVERY
async def test_the_version_of_a_list_is_asked_for(
    system: System, identity: str, version: str, number: int
) -> None:
    if version == "2.1" and number < 0:
        return
    field = "listVersion" if version == "1.6" else "versionNumber"
    await alone(system, identity)
    async with booted(system, identity, version) as station:
        station.answers["GetLocalListVersion"] = {field: number}
        checked = await system.post(path(identity, "check"))
        assert await station.call() == ("GetLocalListVersion", {})
    assert checked["result"]["payload"] == {field: number}
    assert (checked["station_version"], checked["same"]) == (number, number == 0)
    assert (await system.get(path(identity)))["station_version"] == number


REFUSALS = [
    pytest.param("Failed", marks=case("TC_043_3")),
    pytest.param("NotSupported", marks=case("TC_043_1")),
    "VersionMismatch",
]


@pytest.mark.parametrize("answer", REFUSALS)
@EVERY
async def test_refusals_are_shown_and_the_next_list_is_a_full_one(
    system: System, identity: str, version: str, answer: str
) -> None:
    if version != "1.6" and answer == "NotSupported":
        return
    await alone(system, identity)
    async with booted(system, identity, version) as station:
        await put(system, identity, name())
        station.answers["SendLocalList"] = {"status": answer}
        refused = await send(system, identity, "full")
        assert (refused["status"], refused["accepted"]) == ("answered", False)
        assert refused["parts"][0]["result"]["payload"] == {"status": answer}
        assert (await system.get(path(identity)))["in_step"] is False
        station.answers["SendLocalList"] = bare.Refused("InternalError", "no memory", {})
        broken = await send(system, identity, "full")
        assert broken["status"] == "error"
        assert broken["parts"][0]["result"]["description"] == "no memory"
        station.answers["SendLocalList"] = {"status": "Accepted"}
        mended = await send(system, identity)
    assert (mended["accepted"], mended["parts"][0]["type"]) == (True, "Full")
    versions = [sent["version"] for sent in (refused, broken, mended)]
    assert versions == sorted(set(versions))


@MODERN
async def test_a_mismatch_is_repaired_by_a_full_list(
    system: System, identity: str, version: str
) -> None:
    """D01: a difference that does not fit the station's version."""
    await alone(system, identity)
    async with booted(system, identity, version) as station:
        await put(system, identity, name())
        await send(system, identity)
        await heard(station)
        await put(system, identity, name())
        station.answers["SendLocalList"] = {"status": "VersionMismatch"}
        sent = await send(system, identity)
        kinds = [(await heard(station))[1] for _ in range(2)]
    assert kinds == [part["type"] for part in sent["parts"]] == ["Differential", "Full"]


async def session(station: Station, version: str, first: str, second: str) -> list[dict[str, Any]]:
    """One token begins a session by the list, another ends it; what is told of both."""
    if version == "1.6":
        begun = await station.ask(*start(first))
        ended = await station.ask(*stop(begun["transactionId"], idTag=second))
        return [info(version, begun), info(version, ended)]
    name, place = uuid4().hex, {"id": 1, "connectorId": 1}
    said = [
        event("Started", "Authorized", name, 0, token=first, evse=place),
        event("Updated", "StopAuthorized", name, 1, token=second),
    ]
    told = [info(version, await station.ask(*message)) for message in said]
    assert await station.ask(*event("Ended", "EVDeparted", name, 2)) == {}
    return told


@case("TC_C_40")
@EVERY
async def test_a_group_on_the_list_is_told_with_every_answer(
    system: System, identity: str, version: str
) -> None:
    group, first, second = name(), name(), name()
    for token in (first, second):
        await system.put(f"tokens/{token}", {"group": group})
    await alone(system, identity)
    async with booted(system, identity, version) as station:
        await system.put(path(identity), {"rule": {"tokens": "groups", "groups": [group]}})
        await send(system, identity, "full")
        _, _, entries = await heard(station)
        expected = {"status": "Accepted", "group": group}
        assert [told(version, entry) for entry in entries] == [expected, expected]
        for token in (first, second):
            assert info(version, await station.ask(*authorize(version, token))) == expected
        assert await session(station, version, first, second) == [expected, expected]
    (record,) = await system.all("transactions", station=identity)
    assert (record["status"], record["token"]) == ("ended", first)


@case("TC_C_43")
@EVERY
async def test_a_token_that_the_list_refuses_is_asked_about(
    system: System, identity: str, version: str
) -> None:
    """The operator lists it as Invalid; the server knows better, and its group."""
    group, token = name(), name()
    await system.put(f"tokens/{token}", {"group": group})
    await alone(system, identity)
    async with booted(system, identity, version) as station:
        await put(system, identity, {"token": token, "status": "Invalid"})
        await send(system, identity, "full")
        _, _, [entry] = await heard(station)
        assert told(version, entry)["status"] == "Invalid"
        answer = await station.ask(*authorize(version, token))
        expected = {"status": "Accepted", "group": group}
        assert info(version, answer) == expected
        assert await session(station, version, token, token) == [expected, expected]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("Accepted", marks=case("TC_C_37", "TC_061")),
        pytest.param("Rejected", marks=case("TC_C_38")),
    ],
)
@EVERY
async def test_a_cache_is_cleared(system: System, identity: str, version: str, answer: str) -> None:
    await alone(system, identity)
    async with booted(system, identity, version) as station:
        station.answers["ClearCache"] = {"status": answer}
        cleared = await system.post(f"stations/{identity}/clear-cache")
        assert await station.call() == ("ClearCache", {})
    assert (cleared["status"], cleared["payload"]) == ("answered", {"status": answer})
    await eventually(lambda: system.get(f"stations/{identity}"), lambda seen: not seen["online"])
    assert (await system.post(f"stations/{identity}/clear-cache"))["status"] == "offline"


@EVERY
async def test_a_raw_list_is_known_and_gone_on_from(
    system: System, identity: str, version: str
) -> None:
    """Free choice of every field: what an operator sends himself is what the station has."""
    token, other = name(), name()
    body: dict[str, Any]
    if version == "1.6":
        entry = {"idTag": token, "idTagInfo": {"status": "Accepted"}}
        body = {"listVersion": 40, "updateType": "Full", "localAuthorizationList": [entry]}
    else:
        who = {"idToken": token, "type": "ISO14443"}
        entry = {"idToken": who, "idTokenInfo": {"status": "Accepted"}}
        body = {"versionNumber": 40, "updateType": "Full", "localAuthorizationList": [entry]}
    await alone(system, identity)
    async with booted(system, identity, version) as station:
        await system.post(f"stations/{identity}/calls/SendLocalList", body)
        await heard(station)
        await eventually(lambda: system.get(path(identity)), lambda seen: seen["version"] == 40)
        await put(system, identity, token, other)
        await send(system, identity)
        number, kind, entries = await heard(station)
    assert (number, kind, [token_of(each) for each in entries]) == (41, "Differential", [other])
