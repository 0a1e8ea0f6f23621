"""O: what stations show (TC_O_01 to TC_O_28)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.bare import Refused
from tests.flows.messages import TWO, event
from tests.flows.station import Station, booted
from tests.system import System, eventually

TEXT = {"format": "UTF8", "language": "en", "content": "Hello"}
MESSAGE = {"id": 1, "priority": "NormalCycle", "message": TEXT}
BODY = {"priority": "NormalCycle", "message": TEXT}

case = pytest.mark.certification


def later(seconds: float) -> str:
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def granted(answer: dict[str, Any], status: str = "Accepted") -> bool:
    return answer["status"] == "answered" and answer["payload"] == {"status": status}


async def shown(system: System, identity: str) -> dict[int, Any]:
    """What the platform believes is on the display: contents by id."""
    items = await system.all(f"stations/{identity}/displays")
    return {item["id"]: item["message"]["content"] for item in items}


async def clear(system: System, identity: str, id: int) -> dict[str, Any]:
    answer = await system.http.delete(f"stations/{identity}/displays/{id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def report(station: Station, *parts: list[dict[str, Any]]) -> None:
    """Answer the GetDisplayMessages that is waiting with a report in parts."""
    action, asked = await station.call()
    assert action == "GetDisplayMessages"
    for number, part in enumerate(parts, 1):
        body: dict[str, Any] = {"requestId": asked["requestId"], "messageInfo": part}
        if number < len(parts):
            body["tbc"] = True
        assert await station.ask("NotifyDisplayMessages", body) == {}


def message(id: int, content: str = "Hello", **more: Any) -> dict[str, Any]:
    return {**MESSAGE, "id": id, "message": {**TEXT, "content": content}, **more}


# -- setting -------------------------------------------------------------------------------------


@case("TC_O_01", "TC_O_25")
@pytest.mark.parametrize("version", TWO)
async def test_a_message_is_set_with_id_priority_state_and_format(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        body = {**BODY, "state": "Charging"}
        answer = await system.put(f"stations/{identity}/displays/7", body)
        assert await station.call() == (
            "SetDisplayMessage",
            {"message": {**message(7), "state": "Charging"}},
        )
    assert granted(answer)
    assert answer["request"]
    (item,) = await system.all(f"stations/{identity}/displays")
    assert {k: item[k] for k in ("id", "priority", "state", "scheduled", "confirmed_at")} == {
        "id": 7,
        "priority": "NormalCycle",
        "state": "Charging",
        "scheduled": False,
        "confirmed_at": None,
    }
    assert item["message"] == TEXT


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param("NotSupportedPriority", {"priority": "AlwaysFront"}, marks=case("TC_O_17")),
        pytest.param("NotSupportedState", {"state": "Idle"}, marks=case("TC_O_18")),
        pytest.param(
            "NotSupportedMessageFormat",
            {"message": {"format": "HTML", "content": "<b>"}},
            marks=case("TC_O_19"),
        ),
        pytest.param("Rejected", {}, marks=case("TC_O_26")),
        pytest.param("UnknownTransaction", {"transaction": "tx-none"}, marks=case("TC_O_10")),
    ],
)
@pytest.mark.parametrize("version", TWO)
async def test_a_refused_message_is_told_and_not_believed_to_be_shown(
    system: System, identity: str, version: str, status: str, body: dict[str, Any]
) -> None:
    async with booted(system, identity, version) as station:
        station.answers["SetDisplayMessage"] = {"status": status}
        answer = await system.put(f"stations/{identity}/displays/1", {**BODY, **body})
        wire = {"transactionId" if name == "transaction" else name: body[name] for name in body}
        assert await station.call() == ("SetDisplayMessage", {"message": {**MESSAGE, **wire}})
    assert granted(answer, status)
    assert answer["hint"]
    assert await shown(system, identity) == {}
    (request,) = await system.all(f"stations/{identity}/requests")
    assert (request["progress"], request["action"]) == ("refused", "SetDisplayMessage")


async def test_a_language_that_the_station_has_not_is_told(system: System, identity: str) -> None:
    """LanguageNotSupported, and the texts in several languages, are of 2.1."""
    extra = [{"format": "QRCODE", "language": "de", "content": "https://volta.example"}]
    async with booted(system, identity, "2.1") as station:
        station.answers["SetDisplayMessage"] = {"status": "LanguageNotSupported"}
        path = f"stations/{identity}/displays/1"
        answer = await system.put(path, {**BODY, "state": "Discharging", "extra": extra})
        _, payload = await station.call()
        assert payload["message"]["messageExtra"] == extra
        assert granted(answer, "LanguageNotSupported")
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        await system.put(path, {**BODY, "extra": extra})
    (item,) = await system.all(f"stations/{identity}/displays")
    assert item["extra"] == extra


@pytest.mark.parametrize("body", [{"state": "Suspended"}, {"extra": [TEXT]}])
async def test_what_2_0_1_has_no_word_for_is_refused_before_it_is_sent(
    system: System, identity: str, body: dict[str, Any]
) -> None:
    async with booted(system, identity, "2.0.1") as station:
        path = f"stations/{identity}/displays/1"
        answer = await system.http.put(path, json={**BODY, **body})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
        assert "2.0.1" in answer.json()["detail"]
        assert station.calls == []


async def test_1_6_has_no_displays(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6"):
        answer = await system.http.put(f"stations/{identity}/displays/1", json=BODY)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "OCPP 1.6 has no SetDisplayMessage."


@case("TC_O_12")
@pytest.mark.parametrize("version", TWO)
async def test_the_same_id_replaces(system: System, identity: str, version: str) -> None:
    async with booted(system, identity, version) as station:
        await system.put(f"stations/{identity}/displays/3", BODY)
        after = {"priority": "InFront", "message": {**TEXT, "content": "Later"}}
        await system.put(f"stations/{identity}/displays/3", after)
        assert [payload["message"]["id"] for _, payload in station.calls] == [3, 3]
    assert await shown(system, identity) == {3: "Later"}


@case("TC_O_13")
@pytest.mark.parametrize("version", TWO)
async def test_a_message_may_begin_later(system: System, identity: str, version: str) -> None:
    at = later(3600)
    async with booted(system, identity, version) as station:
        await system.put(f"stations/{identity}/displays/1", {**BODY, "starts_at": at})
        _, payload = await station.call()
        assert payload["message"]["startDateTime"] == at
    (item,) = await system.all(f"stations/{identity}/displays")
    assert item["scheduled"] is True


@case("TC_O_14")
@pytest.mark.parametrize("version", TWO)
async def test_a_message_whose_time_is_over_is_gone(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        at = later(1)
        await system.put(f"stations/{identity}/displays/1", {**BODY, "ends_at": at})
        _, payload = await station.call()
        assert payload["message"]["endDateTime"] == at
        await system.put(f"stations/{identity}/displays/2", {**BODY, "ends_at": later(3600)})
        await eventually(lambda: shown(system, identity), lambda found: found == {2: "Hello"})


# -- messages of transactions --------------------------------------------------------------------


@case("TC_O_06")
@pytest.mark.parametrize("version", TWO)
async def test_a_message_of_a_transaction_goes_with_it(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        await station.ask(*event("Started", "Authorized", "tx", 0, token="DEMO0001", register=0))
        body = {**BODY, "transaction": "tx", "state": "Charging"}
        assert granted(await system.put(f"stations/{identity}/displays/1", body))
        await system.put(f"stations/{identity}/displays/2", BODY)
        action, payload = await station.call()
        assert (action, payload["message"]["transactionId"]) == ("SetDisplayMessage", "tx")
        assert await shown(system, identity) == {1: "Hello", 2: "Hello"}
        await station.ask(*event("Ended", "StopAuthorized", "tx", 1, register=10))
        await eventually(lambda: shown(system, identity), lambda found: found == {2: "Hello"})


@pytest.mark.parametrize(
    ("field", "wire"),
    [
        pytest.param("starts_at", "startDateTime", marks=case("TC_O_27")),
        pytest.param("ends_at", "endDateTime", marks=case("TC_O_28")),
    ],
)
@pytest.mark.parametrize("version", TWO)
async def test_a_message_of_a_transaction_has_times_too(
    system: System, identity: str, version: str, field: str, wire: str
) -> None:
    at = later(1 if field == "ends_at" else 600)
    async with booted(system, identity, version) as station:
        await station.ask(*event("Started", "Authorized", "tx", 0, token="DEMO0001", register=0))
        body = {**BODY, "transaction": "tx", field: at}
        assert granted(await system.put(f"stations/{identity}/displays/1", body))
        _, payload = await station.call()
        assert payload["message"] == {**MESSAGE, "transactionId": "tx", wire: at}
        left = {} if field == "ends_at" else {1: "Hello"}
        await eventually(lambda: shown(system, identity), lambda found: found == left)


# -- asking --------------------------------------------------------------------------------------


@case("TC_O_02")
@pytest.mark.parametrize("version", TWO)
async def test_a_full_report_replaces_what_was_believed(
    system: System, identity: str, version: str
) -> None:
    """In two parts; what the station has no more is gone, what nobody knew of is there."""
    async with booted(system, identity, version) as station:
        await system.put(f"stations/{identity}/displays/1", BODY)
        await station.call()
        answer = await system.post(f"stations/{identity}/displays/refresh")
        await report(station, [message(2, "Two")], [message(3, "Three", priority="InFront")])
        assert set(station.calls[-1][1]) == {"requestId"}
        assert granted(answer)
        assert await shown(system, identity) == {2: "Two", 3: "Three"}
        request = await system.get(f"stations/{identity}/requests/{answer['request']}")
    assert request["progress"] == "complete"
    assert [part["payload"].get("tbc", False) for part in request["later"]] == [True, False]


@case("TC_O_03")
@pytest.mark.parametrize("version", TWO)
async def test_a_station_without_messages_says_unknown(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        await system.put(f"stations/{identity}/displays/1", BODY)
        station.answers["GetDisplayMessages"] = {"status": "Unknown"}
        answer = await system.post(f"stations/{identity}/displays/refresh")
    assert granted(answer, "Unknown")
    assert await shown(system, identity) == {}


@case("TC_O_11")
@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({"ids": [2]}, [2], marks=case("TC_O_07")),
        pytest.param({"priority": "InFront"}, [3], marks=case("TC_O_08")),
        pytest.param({"state": "Idle"}, [4], marks=case("TC_O_09")),
    ],
)
@pytest.mark.parametrize("version", TWO)
async def test_a_report_of_some_says_nothing_of_others(
    system: System, identity: str, version: str, wanted: dict[str, Any], found: list[int]
) -> None:
    """By id, by priority, by state."""
    messages = {
        2: message(2),
        3: message(3, priority="InFront"),
        4: message(4, state="Idle"),
    }
    async with booted(system, identity, version) as station:
        await system.post(f"stations/{identity}/displays/refresh")
        await report(station, list(messages.values()))
        await system.post(f"stations/{identity}/displays/refresh", wanted)
        again = [{**messages[each], "message": {**TEXT, "content": "New"}} for each in found]
        await report(station, again)
        asked = station.calls[-1][1]
        wire = {"id" if name == "ids" else name: value for name, value in wanted.items()}
        assert asked == {"requestId": asked["requestId"], **wire}
        now = await shown(system, identity)
        assert now == {each: "New" if each in found else "Hello" for each in (2, 3, 4)}
        # Of what was asked for nothing is left: only that goes.
        station.answers["GetDisplayMessages"] = {"status": "Unknown"}
        await system.post(f"stations/{identity}/displays/refresh", wanted)
    assert set(await shown(system, identity)) == {2, 3, 4} - set(found)


async def test_a_report_that_nobody_asked_for_is_believed(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1") as station:
        await system.put(f"stations/{identity}/displays/1", BODY)
        body = {"requestId": 99, "messageInfo": [message(5, "Mine")]}
        assert await station.ask("NotifyDisplayMessages", body) == {}
    assert await shown(system, identity) == {1: "Hello", 5: "Mine"}


@pytest.mark.parametrize(
    ("version", "status", "left"),
    [
        pytest.param("2.0.1", "Accepted", {2: "Hello"}, marks=case("TC_O_04")),
        pytest.param("2.0.1", "Unknown", {2: "Hello"}, marks=case("TC_O_05")),
        ("2.1", "Accepted", {2: "Hello"}),
        ("2.1", "Unknown", {2: "Hello"}),
        ("2.1", "Rejected", {1: "Hello", 2: "Hello"}),
    ],
)
async def test_a_message_is_cleared(
    system: System, identity: str, version: str, status: str, left: dict[int, str]
) -> None:
    """What the station does not know is not shown either; 2.1 may refuse."""
    async with booted(system, identity, version) as station:
        for each in (1, 2):
            await system.put(f"stations/{identity}/displays/{each}", BODY)
        station.answers["ClearDisplayMessage"] = {"status": status}
        answer = await clear(system, identity, 1)
        assert station.calls[-1] == ("ClearDisplayMessage", {"id": 1})
    assert granted(answer, status)
    assert await shown(system, identity) == left


async def test_a_raw_call_keeps_the_list_in_step_too(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1"):
        calls = f"stations/{identity}/calls"
        await system.post(f"{calls}/SetDisplayMessage", {"message": message(8, "Raw")})
        assert await shown(system, identity) == {8: "Raw"}
        await system.post(f"{calls}/ClearDisplayMessage", {"id": 8})
    assert await shown(system, identity) == {}


@pytest.mark.parametrize("fault", [None, "NotSupported"])
async def test_a_station_that_is_away_or_cannot_is_no_error_of_ours(
    system: System, identity: str, fault: str | None
) -> None:
    async with booted(system, identity, "2.0.1") as station:
        if fault is not None:
            station.answers["SetDisplayMessage"] = Refused(fault, "No display", {})
            answer = await system.put(f"stations/{identity}/displays/1", BODY)
            assert (answer["status"], answer["code"]) == ("error", "NotSupported")
    if fault is None:
        answer = await eventually(
            lambda: system.put(f"stations/{identity}/displays/1", BODY),
            lambda found: found["status"] == "offline",
        )
    assert await shown(system, identity) == {}


async def test_the_list_is_paged(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1") as station:
        await system.post(f"stations/{identity}/displays/refresh")
        await report(station, [message(each) for each in range(5)])
    first = await system.get(f"stations/{identity}/displays", limit=2)
    second = await system.get(f"stations/{identity}/displays", limit=2, after=first["next"])
    assert [item["id"] for item in first["items"] + second["items"]] == [0, 1, 2, 3]
