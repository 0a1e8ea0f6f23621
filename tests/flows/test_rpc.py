"""The rules of frames end to end (ocpp.md 2.1 to 2.4): what is answered, with which code, and when
there is silence.
"""

import asyncio
import base64
import json
from typing import Any

import pytest

from tests import bare
from tests.flows.messages import ALL, TWO, event, start, status
from tests.flows.station import Answer, booted, connected
from tests.system import System, eventually

BOM = "\ufeff"


def frame(number: str, action: str, payload: Any) -> str:
    return json.dumps([2, number, action, payload])


# -- the same again ------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ALL)
async def test_a_call_that_comes_again_is_answered_again_and_acted_upon_once(
    system: System, identity: str, version: str
) -> None:
    """Errata: same id, same payload; over the next connection only the content counts."""
    action, body = (
        start("DEMO0001") if version == "1.6" else event("Started", "Authorized", "tx", 0)
    )
    text = frame("again", action, body)
    async with booted(system, identity, version) as station:
        first = [await station.say(text, "again") for _ in range(3)]
    async with connected(system, identity, version) as station:
        later = await station.say(text, "again")
    (record,) = await system.all("transactions", station=identity)
    assert [*first, later] == [[3, "again", first[0][2]]] * 4
    assert record["events"] == 1


@pytest.mark.parametrize("version", ALL)
async def test_another_payload_under_an_old_id_is_a_new_call(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        for state, minute in (("Available", 1), ("Unavailable", 2)):
            action, body = status(version, state, at=f"2026-11-22T10:0{minute}:00Z")
            assert await station.say(frame("one", action, body), "one") == [3, "one", {}]
    history = (await system.get(f"stations/{identity}/status-history"))["items"]
    assert [line["status"] for line in history] == ["Unavailable", "Available"]


@pytest.mark.parametrize("version", ALL)
async def test_calls_that_do_not_wait_are_answered_in_order(
    system: System, identity: str, version: str
) -> None:
    """2.2: the station must wait, the server survives one that does not."""
    action, body = status(version, "Available")
    async with booted(system, identity, version) as station:
        for number in "abcd":
            station.tell(frame(number, action, body))
        assert await station.say(frame("e", action, body), "e") == [3, "e", {}]
    assert station.strays == [[3, number, {}] for number in "abcd"]


# -- calls of the CSMS ---------------------------------------------------------------------------


def reading(version: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """An action that reads, its payload, and an answer to it."""
    if version == "1.6":
        return "GetConfiguration", {}, {"configurationKey": []}
    where = {"component": {"name": "A"}, "variable": {"name": "B"}}
    result = {**where, "attributeStatus": "UnknownComponent"}
    return "GetVariables", {"getVariableData": [where]}, {"getVariableResult": [result]}


@pytest.mark.parametrize("version", ALL)
async def test_a_late_answer_is_dropped_and_the_next_call_gets_its_own(
    system: System, identity: str, version: str
) -> None:
    """2.2: after the time-out the slot is free."""
    action, body, answer = reading(version)
    path = f"stations/{identity}/calls/{action}"
    async with booted(system, identity, version) as station:
        station.answers[action] = None
        missed = await system.post(path, body, timeout=0.2)
        late, _, _ = await station.asked.get()
        station.answer(late, answer)
        station.answers[action] = answer
        got = await system.post(path, body)
        again, _, _ = await station.asked.get()
        assert await station.told() == []
    assert (missed["status"], got["status"], got["payload"]) == ("timeout", "answered", answer)
    assert late != again
    assert max(len(late), len(again)) <= 36


@pytest.mark.parametrize("version", ALL)
async def test_one_call_at_a_time_goes_to_a_station(
    system: System, identity: str, version: str
) -> None:
    """2.2: the others wait for their turn, and calls of both sides cross."""
    action, body, answer = reading(version)
    path = f"stations/{identity}/calls/{action}"
    async with booted(system, identity, version) as station:
        station.answers[action] = None
        asking = [asyncio.create_task(system.post(path, body)) for _ in range(3)]
        for done in range(3):
            number, _, _ = await asyncio.wait_for(station.asked.get(), 30)
            # Whatever else was sent to us is here before the answer to this.
            assert await station.ask(*status(version, "Available")) == {}
            assert len(station.calls) == done + 1
            station.answer(number, answer)
        told = await asyncio.gather(*asking)
    assert [(one["status"], one["payload"]) for one in told] == [("answered", answer)] * 3


BAD: list[tuple[str, Answer]] = [
    ("an unknown status", {"status": "Perhaps"}),
    ("no status", {}),
    ("null", "null"),
    ("a list", "[]"),
    ("a text", '"Accepted"'),
]


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(("_name", "bad"), BAD, ids=[name for name, _ in BAD])
async def test_an_answer_that_is_none_fails_the_call_and_only_21_is_told(
    system: System, identity: str, version: str, _name: str, bad: Answer
) -> None:
    """CALLRESULTERROR under the id of the call (2.1 part 4)."""
    path = f"stations/{identity}/calls/ClearCache"
    async with booted(system, identity, version) as station:
        station.answers["ClearCache"] = bad
        failed = await system.post(path)
        number, _, _ = await station.asked.get()
        strays = await station.told()
        del station.answers["ClearCache"]
        after = await system.post(path)
    assert (failed["status"], after["status"]) == ("error", "answered")
    assert failed["code"]
    assert failed["description"]
    assert [stray[:2] for stray in strays] == ([[5, number]] if version == "2.1" else [])


@pytest.mark.parametrize("version", ALL)
async def test_a_callerror_of_a_station_reaches_the_operator(
    system: System, identity: str, version: str
) -> None:
    """TC_K_15 in small: its code, even one of its own invention, its sentence and its details."""
    async with booted(system, identity, version) as station:
        told = []
        for code in ("NotSupported", "FormationViolation", "OccurenceConstraintViolation", "Moody"):
            station.answers["ClearCache"] = bare.Refused(code, "not today", {"why": ["rain"]})
            told.append(await system.post(f"stations/{identity}/calls/ClearCache"))
    assert [(t["status"], t["code"], t["description"], t["details"]) for t in told] == [
        ("error", code, "not today", {"why": ["rain"]})
        for code in ("NotSupported", "FormationViolation", "OccurenceConstraintViolation", "Moody")
    ]


@pytest.mark.parametrize("version", ALL)
async def test_answers_to_nothing_are_dropped(system: System, identity: str, version: str) -> None:
    async with booted(system, identity, version) as station:
        station.tell('[3,"nobody-asked",{"status":"Accepted"}]')
        station.tell('[4,"nobody-asked","GenericError","",{}]')
        assert await station.told() == []
        assert (await system.post(f"stations/{identity}/reset"))["status"] == "answered"


# -- what is answered with CALLERROR -------------------------------------------------------------


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("MakeCoffee", "NotImplemented"),
        ("bootNotification", "NotImplemented"),
        ("Reset", "NotSupported"),
        ("TriggerMessage", "NotSupported"),
    ],
)
async def test_unknown_actions_and_those_of_the_csms(
    system: System, identity: str, action: str, code: str, version: str
) -> None:
    """2.3: not implemented is what nobody knows, not supported what is not for this side."""
    async with booted(system, identity, version) as station:
        kind, number, *rest = await station.say(frame("x", action, {}), "x")
        assert "currentTime" in await station.ask("Heartbeat", {})
    assert [kind, number, rest[0]] == [4, "x", code]
    assert len(rest[1]) <= 255
    assert isinstance(rest[2], dict)


ODD: list[tuple[str, tuple[str, Any], tuple[str, Any], str]] = [
    (
        "missing",
        ("BootNotification", {"chargePointVendor": "V"}),
        ("BootNotification", {"reason": "PowerUp"}),
        "OccurrenceConstraintViolation",
    ),
    (
        "wrong type",
        ("Authorize", {"idTag": {"deep": 1}}),
        ("Authorize", {"idToken": "flat"}),
        "TypeConstraintViolation",
    ),
    (
        "too long",
        ("Authorize", {"idTag": "x" * 21}),
        ("Authorize", {"idToken": {"idToken": "x" * 256, "type": "Central"}}),
        "PropertyConstraintViolation",
    ),
    (
        "enumeration",
        ("FirmwareStatusNotification", {"status": "Cooking"}),
        ("FirmwareStatusNotification", {"status": "Cooking"}),
        "PropertyConstraintViolation",
    ),
    (
        "empty list",
        ("MeterValues", {"connectorId": 1, "meterValue": [{"timestamp": "?"}]}),
        ("MeterValues", {"evseId": 1, "meterValue": []}),
        "OccurrenceConstraintViolation",
    ),
    (
        "unknown property",
        ("Heartbeat", {"mood": "good"}),
        ("Heartbeat", {"mood": "good"}),
        "FormatViolation",
    ),
    ("null", ("Heartbeat", None), ("Heartbeat", None), "FormatViolation"),
]
SPELLED_16 = {
    "missing": "ProtocolError",
    "empty list": "ProtocolError",
    "unknown property": "FormationViolation",
    "null": "FormationViolation",
}


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(("name", "one", "two", "code"), ODD, ids=[name for name, *_ in ODD])
async def test_a_strict_station_is_told_what_is_wrong(
    system: System, identity: str, name: str, one: Any, two: Any, code: str, version: str
) -> None:
    """2.4, in each version's spelling; the sentence names the place."""
    await system.put(f"stations/{identity}", {"strict": True})
    action, payload = one if version == "1.6" else two
    async with booted(system, identity, version) as station:
        answer = await station.say(frame("x", action, payload), "x")
    wanted = SPELLED_16.get(name, code) if version == "1.6" else code
    assert answer[:3] == [4, "x", wanted]
    assert answer[3]


@pytest.mark.parametrize("version", ALL)
async def test_a_tolerant_station_is_understood(
    system: System, identity: str, version: str
) -> None:
    """field.md: null for nothing, unknown properties, numbers as text, a mark at the beginning."""
    async with booted(system, identity, version) as station:
        answers = [
            await station.say(frame("a", "Heartbeat", None), "a"),
            await station.say(frame("b", "Heartbeat", {"mood": "good"}), "b"),
            await station.say(BOM + frame("c", "Heartbeat", {}), "c"),
            await station.say('\n [2 , "d" ,"Heartbeat", { } ]\r\n', "d"),
        ]
        action, body = status(version, "Available")
        odd = {"connectorId": "1"} if version == "1.6" else {"evseId": "1", "connectorId": "1"}
        answers.append(await station.say(frame("e", action, {**body, **odd}), "e"))
    assert [answer[0] for answer in answers] == [3] * 5
    assert all("currentTime" in answer[2] for answer in answers[:4])


# -- what is no frame ----------------------------------------------------------------------------

LONG = "i" * 37
BROKEN: list[tuple[str, str, Any, Any]] = [
    # name, text, what 1.6 answers, what 2.x answers (id and code; None is silence)
    ("no JSON", "hello", None, ("-1", "RpcFrameworkError")),
    ("cut off", '[2,"a","Heartbeat",{', None, ("-1", "RpcFrameworkError")),
    ("no list", '{"a":1}', None, ("-1", "RpcFrameworkError")),
    ("empty", "[]", None, ("-1", "RpcFrameworkError")),
    ("id no text", '[2,7,"Heartbeat",{}]', None, ("-1", "RpcFrameworkError")),
    ("three items", '[2,"a","Heartbeat"]', ("a", "FormationViolation"), ("a", "RpcFrameworkError")),
    ("action", '[2,"a",5,{}]', ("a", "FormationViolation"), ("a", "RpcFrameworkError")),
    (
        "payload",
        '[2,"a","Heartbeat",[]]',
        ("a", "FormationViolation"),
        ("a", "RpcFrameworkError"),
    ),
    (
        "long id",
        f'[2,"{LONG}","Heartbeat",{{}}]',
        (LONG, "FormationViolation"),
        (LONG, "RpcFrameworkError"),
    ),
]


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(("_name", "text", "one", "two"), BROKEN, ids=[name for name, *_ in BROKEN])
async def test_what_is_no_frame_is_answered_where_the_version_says_so(
    system: System, identity: str, version: str, _name: str, text: str, one: Any, two: Any
) -> None:
    """2.4: and the socket stays open."""
    async with booted(system, identity, version) as station:
        station.tell(text)
        strays = await station.told()
    wanted = one if version == "1.6" else two
    assert [(kind, number, rest[0]) for kind, number, *rest in strays] == (
        [(4, *wanted)] if wanted else []
    )


@pytest.mark.parametrize("version", ALL)
async def test_types_that_a_version_does_not_know(
    system: System, identity: str, version: str
) -> None:
    """2.4: 2.0.1 answers, 1.6 and 2.1 ignore; 5 and 6 are 2.1's own."""
    async with booted(system, identity, version) as station:
        station.tell('[9,"nine","Heartbeat",{}]')
        station.tell('[5,"five","GenericError","",{}]')
        strays = await station.told()
    wanted = [[4, "nine", "MessageTypeNotSupported"], [4, "five", "MessageTypeNotSupported"]]
    assert [stray[:3] for stray in strays] == (wanted if version == "2.0.1" else [])


# -- SEND and signed messages --------------------------------------------------------------------

STREAM = {
    "id": 3,
    "pending": 0,
    "basetime": "2026-11-22T10:00:00Z",
    "data": [{"t": 0.5, "v": "230.1"}],
}


async def test_a_send_is_kept_and_never_answered(system: System, identity: str) -> None:
    """2.1 NotifyPeriodicEventStream; a broken one is silence too."""
    async with booted(system, identity, "2.1") as station:
        for payload in (STREAM, {"id": "?"}):
            station.tell(json.dumps([6, "s", "NotifyPeriodicEventStream", payload]))
        station.tell(json.dumps([6, "s", "Heartbeat", {}]))
        assert await station.told() == []

        async def kept() -> list[Any]:
            path = f"stations/{identity}/reports"
            return [r["payload"] for r in (await system.get(path))["items"]]

        assert await eventually(kept) == [STREAM]


@pytest.mark.parametrize("version", TWO)
async def test_a_signed_message_is_treated_as_what_it_carries(
    system: System, identity: str, version: str
) -> None:
    """2.x part 4 section 7: a receiver that does not verify extracts the payload."""
    action, body = event("Started", "Authorized", "tx", 0, token="DEMO0001")
    payload = base64.urlsafe_b64encode(json.dumps(body).encode()).decode().rstrip("=")
    jws = {"payload": payload, "protected": "e30", "signature": "c2ln"}
    async with booted(system, identity, version) as station:
        good = await station.say(frame("s", f"{action}-Signed", jws), "s")
        bad = await station.say(frame("t", f"{action}-Signed", {"payload": "%%%"}), "t")
    (record,) = await system.all("transactions", station=identity)
    assert good == [3, "s", {"idTokenInfo": {"status": "Accepted"}}]
    assert bad[:3] == [4, "t", "FormatViolation"]
    assert record["transaction"] == "tx"


async def test_16_knows_no_signed_messages(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        answer = await station.say(frame("s", "Heartbeat-Signed", {"payload": "e30"}), "s")
    assert answer[:3] == [4, "s", "NotImplemented"]
