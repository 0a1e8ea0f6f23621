"""F05, F06: unlock and trigger, and what the triggered messages are answered (ocpp.md 4.7, 5.2)."""

from typing import Any, NamedTuple

import pytest

from tests.flows.messages import ALL, TWO, Message, event, minute, status
from tests.flows.station import booted
from tests.system import System, eventually

UNLOCKS: list[tuple[str, str, list[str]]] = [
    ("1.6", "Unlocked", ["TC_017_1"]),
    ("1.6", "NotSupported", ["TC_017_2", "TC_031"]),
    ("1.6", "UnlockFailed", ["TC_030"]),
    ("2.0.1", "Unlocked", ["TC_F_06"]),
    ("2.1", "Unlocked", ["TC_F_06"]),
    *(
        (version, word, [])
        for version in TWO
        for word in ("UnlockFailed", "OngoingAuthorizedTransaction", "UnknownConnector")
    ),
]


@pytest.mark.parametrize(
    ("version", "word"),
    [
        pytest.param(version, word, marks=[pytest.mark.certification(*cases)] if cases else [])
        for version, word, cases in UNLOCKS
    ],
)
async def test_whatever_became_of_an_unlock_is_shown(
    system: System, identity: str, word: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        station.answers["UnlockConnector"] = {"status": word}
        told = await system.post(f"stations/{identity}/unlock", {"evse": 2})
    place = {"connectorId": 2} if version == "1.6" else {"evseId": 2, "connectorId": 1}
    assert station.calls == [("UnlockConnector", place)]
    assert (told["status"], told["payload"]) == ("answered", {"status": word})


# -- triggers ------------------------------------------------------------------------------------


class Trigger(NamedTuple):
    """What the operator says, what goes to the station, and what the station says then."""

    body: dict[str, Any]
    sent: dict[str, Any]
    follows: list[Message]
    cases: list[str]


def sampled(version: str, evse: int) -> Message:
    value: Any = "1234" if version == "1.6" else 1234
    values = [{"timestamp": minute(1), "sampledValue": [{"value": value, "context": "Trigger"}]}]
    place = "connectorId" if version == "1.6" else "evseId"
    return "MeterValues", {place: evse, "meterValue": values}


def triggered(transaction: str, evse: int) -> Message:
    return event("Updated", "Trigger", transaction, 1, register=1_234, evse={"id": evse})


def plain(message: str, *follows: Message, cases: list[str]) -> Trigger:
    return Trigger({"message": message}, {"requestedMessage": message}, [*follows], cases)


LOG = ("LogStatusNotification", {"status": "Idle"})
FIRMWARE = ("FirmwareStatusNotification", {"status": "Idle"})
HEARTBEAT = ("Heartbeat", {})
CONNECTOR = {"evse": {"id": 1, "connectorId": 1}}
TRIGGERS_2 = [
    Trigger(
        {"message": "MeterValues", "evse": 1},
        {"requestedMessage": "MeterValues", "evse": {"id": 1}},
        [sampled("2.0.1", 1)],
        ["TC_F_11"],
    ),
    plain("MeterValues", sampled("2.0.1", 1), sampled("2.0.1", 2), cases=["TC_F_12"]),
    Trigger(
        {"message": "TransactionEvent", "evse": 1},
        {"requestedMessage": "TransactionEvent", "evse": {"id": 1}},
        [triggered("a", 1)],
        ["TC_F_13"],
    ),
    plain("TransactionEvent", triggered("a", 1), triggered("b", 2), cases=["TC_F_14"]),
    plain("LogStatusNotification", LOG, cases=["TC_F_15"]),
    plain("FirmwareStatusNotification", FIRMWARE, cases=["TC_F_18"]),
    plain("Heartbeat", HEARTBEAT, cases=["TC_F_20"]),
    *(
        Trigger(
            {"message": "StatusNotification", "evse": 1, "connector": 1},
            {"requestedMessage": "StatusNotification", **CONNECTOR},
            [status("2.0.1", state, at=minute(2))],
            [case],
        )
        for state, case in (("Available", "TC_F_23"), ("Occupied", "TC_F_24"))
    ),
]
TRIGGERS_16 = [
    Trigger(
        {"message": "MeterValues", "evse": 1},
        {"requestedMessage": "MeterValues", "connectorId": 1},
        [sampled("1.6", 1)],
        ["TC_054"],
    ),
    plain("Heartbeat", HEARTBEAT, cases=["TC_054"]),
    Trigger(
        {"message": "StatusNotification", "evse": 1},
        {"requestedMessage": "StatusNotification", "connectorId": 1},
        [status("1.6", "Charging", at=minute(2))],
        ["TC_054"],
    ),
    plain(
        "DiagnosticsStatusNotification",
        ("DiagnosticsStatusNotification", {"status": "Idle"}),
        cases=["TC_054"],
    ),
    plain("FirmwareStatusNotification", FIRMWARE, cases=["TC_054"]),
]
TRIGGERS = [
    *(("1.6", trigger) for trigger in TRIGGERS_16),
    *((version, trigger) for version in TWO for trigger in TRIGGERS_2),
]


@pytest.mark.parametrize(
    ("version", "trigger"),
    [
        pytest.param(version, trigger, marks=pytest.mark.certification(*trigger.cases))
        for version, trigger in TRIGGERS
    ],
)
async def test_a_message_is_triggered_where_the_operator_says(
    system: System, identity: str, version: str, trigger: Trigger
) -> None:
    """What follows is answered, and seen in the log."""
    async with booted(system, identity, version) as station:
        if trigger.body["message"] == "TransactionEvent":
            for transaction in "ab":
                await station.ask(*event("Started", "CablePluggedIn", transaction, 0))
        told = await system.post(f"stations/{identity}/trigger", trigger.body)
        answers = [await station.ask(*message) for message in trigger.follows]
    assert (told["status"], told["payload"]) == ("answered", {"status": "Accepted"})
    assert station.calls == [("TriggerMessage", trigger.sent)]
    assert [{k: v for k, v in a.items() if k != "currentTime"} for a in answers] == [
        {} for _ in answers
    ]
    if trigger.body["message"] != "Heartbeat":
        assert await eventually_logged(system, identity, trigger) == trigger.follows


async def eventually_logged(system: System, identity: str, trigger: Trigger) -> list[Message]:
    """The last messages of this action, in their order."""
    action = trigger.body["message"]

    async def logged() -> list[Message]:
        page = await system.get(
            f"stations/{identity}/log", action=action, limit=len(trigger.follows)
        )
        return [(line["action"], line["request"]) for line in reversed(page["items"])]

    return await eventually(logged, lambda found: found == trigger.follows)


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(
    "word",
    [
        pytest.param("Rejected", marks=pytest.mark.certification("TC_055")),
        pytest.param("NotImplemented", marks=pytest.mark.certification("TC_F_27", "TC_055")),
    ],
)
async def test_a_refused_trigger_is_shown(
    system: System, identity: str, word: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        station.answers["TriggerMessage"] = {"status": word}
        told = await system.post(f"stations/{identity}/trigger", {"message": "Heartbeat"})
    assert station.calls == [("TriggerMessage", {"requestedMessage": "Heartbeat"})]
    assert (told["status"], told["payload"]) == ("answered", {"status": word})
