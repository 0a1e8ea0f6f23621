"""F: remote start and stop, unlock, trigger; what the station refuses is shown (ocpp.md 5.2)."""

from typing import Any

import pytest

from tests import bare
from tests.flows.messages import ALL, TWO, event, info, minute, start, status, stop
from tests.flows.station import Station, booted
from tests.system import System

TOKEN = "DEMO0004"


async def begin(station: Station, version: str, asked: dict[str, Any]) -> str:
    """Start the session that was asked for; the name of the transaction."""
    if version == "1.6":
        answer = await station.ask(*start(asked["idTag"]))
        return str(answer["transactionId"])
    remote = {"remoteStartId": asked["remoteStartId"], "chargingState": "EVConnected"}
    begun = event("Started", "RemoteStart", "tx", 0, info=remote, register=1_000)
    await station.ask(begun[0], {**begun[1], "idToken": asked["idToken"], "evse": {"id": 1}})
    return "tx"


async def finish(station: Station, version: str, transaction: str) -> dict[str, Any]:
    if version == "1.6":
        return await station.ask(*stop(int(transaction), reason="Remote"))
    over = {"stoppedReason": "Remote", "chargingState": "EVConnected"}
    return await station.ask(*event("Ended", "RemoteStop", "tx", 1, info=over, register=1_450))


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("first", ["cable", "remote", "authorize"])
async def test_an_operator_starts_and_stops(
    system: System, identity: str, first: str, version: str
) -> None:
    """TC_F_01, TC_F_02, TC_F_03, TC_E_21; TC_010, TC_011_1, TC_012."""
    plugged = "Preparing" if version == "1.6" else "Occupied"
    path = f"stations/{identity}"
    async with booted(system, identity, version) as station:
        if first == "cable":
            await station.ask(*status(version, plugged))
        started = await system.post(f"{path}/start", {"token": TOKEN, "evse": 1})
        action, asked = await station.call()
        if first == "authorize":
            body = {"idTag": asked["idTag"]} if version == "1.6" else {"idToken": asked["idToken"]}
            allowed = await station.ask("Authorize", body)
            assert info(version, allowed) == {"status": "Accepted"}
        transaction = await begin(station, version, asked)
        running = (await system.get("transactions", station=identity))["items"][0]
        stopped = await system.post(f"{path}/stop", {"transaction": running["id"]})
        stopping = await station.call()
        ended = await finish(station, version, transaction)
    record = (await system.get("transactions", station=identity))["items"][0]
    assert started["payload"] == stopped["payload"] == {"status": "Accepted"}
    if version == "1.6":
        assert (action, asked) == ("RemoteStartTransaction", {"idTag": TOKEN, "connectorId": 1})
        assert stopping == ("RemoteStopTransaction", {"transactionId": int(transaction)})
    else:
        assert action == "RequestStartTransaction"
        assert asked == {
            "idToken": {"idToken": TOKEN, "type": "Central"},
            "remoteStartId": started["remote_start_id"],
            "evseId": 1,
        }
        assert stopping == ("RequestStopTransaction", {"transactionId": "tx"})
    assert ended == {}
    assert running["remote_start_id"] == started["remote_start_id"] > 0
    assert (record["status"], record["stop_reason"], record["token"], record["energy_wh"]) == (
        "ended", "Remote", TOKEN, 450,
    )  # fmt: skip


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize("kind", ["ISO14443", "ISO15693", "KeyCode", "Local", "Central"])
async def test_a_remote_start_says_the_type_that_the_operator_chose(
    system: System, identity: str, kind: str, version: str
) -> None:
    """PICS C-32 to C-38: the type goes out as given."""
    token = f"{identity}-{kind}"
    await system.put(f"tokens/{token}", {"type": kind})
    async with booted(system, identity, version) as station:
        await system.post(f"stations/{identity}/start", {"token": token, "type": kind})
        _, asked = await station.call()
    assert asked["idToken"] == {"idToken": token, "type": kind}
    assert "evseId" not in asked


@pytest.mark.parametrize("version", TWO)
async def test_no_authorization_can_be_started_remotely(
    system: System, identity: str, version: str
) -> None:
    """PICS C-39: an empty token of the type NoAuthorization, here by the generic call."""
    request = {"idToken": {"idToken": "", "type": "NoAuthorization"}, "remoteStartId": 77}
    async with booted(system, identity, version) as station:
        done = await system.post(f"stations/{identity}/calls/RequestStartTransaction", request)
        _, asked = await station.call()
        begun = event("Started", "RemoteStart", "tx", 0, info={"remoteStartId": 77})
        told = await station.ask(begun[0], {**begun[1], "idToken": asked["idToken"]})
    assert done["payload"] == {"status": "Accepted"}
    assert asked == request
    assert info(version, told) == {"status": "Accepted"}


@pytest.mark.parametrize("version", TWO)
async def test_a_remote_start_tells_the_group(system: System, identity: str, version: str) -> None:
    """F01: groupIdToken, so that another token of the group may stop it."""
    await system.put(f"tokens/{identity}-T", {"group": f"{identity}-G"})
    async with booted(system, identity, version) as station:
        await system.post(f"stations/{identity}/start", {"token": f"{identity}-T"})
        _, asked = await station.call()
    assert asked["groupIdToken"] == {"idToken": f"{identity}-G", "type": "Central"}


@pytest.mark.parametrize("version", ALL)
async def test_a_remote_start_that_the_station_rejects_is_shown(
    system: System, identity: str, version: str
) -> None:
    """TC_026; and the plug that does not come: TC_F_04, TC_011_2."""
    name = "RemoteStartTransaction" if version == "1.6" else "RequestStartTransaction"
    async with booted(system, identity, version) as station:
        station.answers[name] = {"status": "Rejected"}
        rejected = await system.post(f"stations/{identity}/start", {"token": TOKEN, "evse": 1})
        del station.answers[name]
        accepted = await system.post(f"stations/{identity}/start", {"token": TOKEN, "evse": 1})
        await station.call()
        _, asked = await station.call()
        if version == "1.6":
            await station.ask(*status(version, "Preparing", at=minute(0)))
            await station.ask(*status(version, "Available", at=minute(1)))
        else:
            await begin(station, version, asked)
            late = {"stoppedReason": "Timeout", "chargingState": "Idle"}
            await station.ask(*event("Ended", "EVConnectTimeout", "tx", 1, info=late))
    records = (await system.get("transactions", station=identity))["items"]
    assert (rejected["status"], rejected["payload"]) == ("answered", {"status": "Rejected"})
    assert (accepted["status"], accepted["payload"]) == ("answered", {"status": "Accepted"})
    assert [r["stop_reason"] for r in records] == ([] if version == "1.6" else ["Timeout"])


@pytest.mark.parametrize("version", ALL)
async def test_a_token_that_may_not_start_is_refused_before_the_station_is_asked(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        refused = await system.post(f"stations/{identity}/start", {"token": "NOBODY", "evse": 1})
        await station.told()
    assert (refused["status"], refused["code"]) == ("error", "Unknown")
    assert refused["refused"]
    assert station.calls == []


@pytest.mark.parametrize("version", ALL)
async def test_a_stop_goes_out_even_for_a_transaction_that_nobody_knows(
    system: System, identity: str, version: str
) -> None:
    """TC_028: no opinion of ours beforehand, the station's Rejected is shown."""
    one = version == "1.6"
    name = "RemoteStopTransaction" if one else "RequestStopTransaction"
    async with booted(system, identity, version) as station:
        station.answers[name] = {"status": "Rejected"}
        answer = await system.post(f"stations/{identity}/stop", {"transaction": "424242"})
        called = await station.call()
    assert called == (name, {"transactionId": 424242 if one else "424242"})
    assert (answer["status"], answer["payload"]) == ("answered", {"status": "Rejected"})


UNLOCKED = {
    "1.6": ["Unlocked", "UnlockFailed", "NotSupported"],
    "2.0.1": ["Unlocked", "UnlockFailed", "OngoingAuthorizedTransaction", "UnknownConnector"],
}
UNLOCKED["2.1"] = UNLOCKED["2.0.1"]


@pytest.mark.parametrize("version", ALL)
async def test_whatever_became_of_an_unlock_is_shown(
    system: System, identity: str, version: str
) -> None:
    """TC_F_06; TC_017_1, TC_017_2, TC_018_1, TC_030, TC_031."""
    shown = []
    async with booted(system, identity, version) as station:
        for state in UNLOCKED[version]:
            station.answers["UnlockConnector"] = {"status": state}
            answer = await system.post(f"stations/{identity}/unlock", {"evse": 2})
            shown.append(answer["payload"]["status"])
            _, asked = await station.call()
            assert asked == (
                {"connectorId": 2} if version == "1.6" else {"evseId": 2, "connectorId": 1}
            )
    assert shown == UNLOCKED[version]


TRIGGERS_2: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"message": "MeterValues", "evse": 1},
        {"requestedMessage": "MeterValues", "evse": {"id": 1}},
    ),
    ({"message": "MeterValues"}, {"requestedMessage": "MeterValues"}),
    (
        {"message": "TransactionEvent", "evse": 1},
        {"requestedMessage": "TransactionEvent", "evse": {"id": 1}},
    ),
    ({"message": "TransactionEvent"}, {"requestedMessage": "TransactionEvent"}),
    ({"message": "LogStatusNotification"}, {"requestedMessage": "LogStatusNotification"}),
    ({"message": "FirmwareStatusNotification"}, {"requestedMessage": "FirmwareStatusNotification"}),
    ({"message": "Heartbeat"}, {"requestedMessage": "Heartbeat"}),
    (
        {"message": "StatusNotification", "evse": 1, "connector": 1},
        {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}},
    ),
]
TRIGGERS_16: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"message": "MeterValues", "evse": 1}, {"requestedMessage": "MeterValues", "connectorId": 1}),
    ({"message": "Heartbeat"}, {"requestedMessage": "Heartbeat"}),
    (
        {"message": "StatusNotification", "evse": 1},
        {"requestedMessage": "StatusNotification", "connectorId": 1},
    ),
    (
        {"message": "DiagnosticsStatusNotification"},
        {"requestedMessage": "DiagnosticsStatusNotification"},
    ),
    ({"message": "FirmwareStatusNotification"}, {"requestedMessage": "FirmwareStatusNotification"}),
]


@pytest.mark.parametrize("version", ALL)
async def test_messages_are_triggered_where_the_operator_says(
    system: System, identity: str, version: str
) -> None:
    """TC_F_11 to TC_F_15, TC_F_18, TC_F_20, TC_F_23, TC_F_24; TC_054."""
    wanted = TRIGGERS_16 if version == "1.6" else TRIGGERS_2
    async with booted(system, identity, version) as station:
        for body, _ in wanted:
            answer = await system.post(f"stations/{identity}/trigger", body)
            assert answer["payload"] == {"status": "Accepted"}
    assert station.calls == [("TriggerMessage", request) for _, request in wanted]


@pytest.mark.parametrize("version", ALL)
async def test_what_a_trigger_brings_is_answered(
    system: System, identity: str, version: str
) -> None:
    """TC_F_15, TC_F_18, TC_054: the idle status messages that follow."""
    said: list[tuple[str, dict[str, Any]]] = [
        ("LogStatusNotification", {"status": "Idle"}),
        ("FirmwareStatusNotification", {"status": "Idle"}),
    ]
    if version == "1.6":
        said.append(("DiagnosticsStatusNotification", {"status": "Idle"}))
    async with booted(system, identity, version) as station:
        assert [await station.ask(*message) for message in said] == [{} for _ in said]
        assert "currentTime" in await station.ask("Heartbeat", {})


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("word", ["Rejected", "NotImplemented"])
async def test_a_refused_trigger_is_shown(
    system: System, identity: str, word: str, version: str
) -> None:
    """TC_F_27, TC_055."""
    async with booted(system, identity, version) as station:
        station.answers["TriggerMessage"] = {"status": word}
        answer = await system.post(f"stations/{identity}/trigger", {"message": "Heartbeat"})
    assert (answer["status"], answer["payload"]) == ("answered", {"status": word})


@pytest.mark.parametrize("version", ALL)
async def test_a_pending_station_is_not_told_to_charge_where_the_version_forbids_it(
    system: System, identity: str, version: str
) -> None:
    """1.6 4.2: no RemoteStart and no RemoteStop while Pending; 2.x stations reject it (B02)."""
    await system.put(f"stations/{identity}", {"registration": "Pending"})
    station = await bare.connect(system.ocpp_url, identity, version)
    await station.ask("BootNotification", bare.BOOTS[version])
    one = version == "1.6"
    token = {"idToken": TOKEN, "type": "Central"}
    calls: dict[str, dict[str, Any]] = (
        {"RemoteStartTransaction": {"idTag": TOKEN}, "RemoteStopTransaction": {"transactionId": 1}}
        if one
        else {"RequestStartTransaction": {"idToken": token, "remoteStartId": 5}}
    )
    found = [
        (await system.http.post(f"stations/{identity}/calls/{name}", json=body)).status_code
        for name, body in calls.items()
    ]
    heard = [name for name, _ in station.calls]
    station.close()
    assert found == ([409, 409] if one else [200])
    assert heard == ([] if one else ["RequestStartTransaction"])
