"""Remote start and stop: the station's answer is the answer, in its own version."""

from typing import Any

import pytest
from msgspec import structs

from libs.bus import Conflict, Invalid, NotFound
from libs.contracts.authorization import Decision
from libs.contracts.command import CommandResult
from libs.contracts.transactions import RemoteStarted, StartRemotely, StopRemotely
from libs.ocpp import v16, v21, v201
from services.transactions.app import App
from tests.services.transactions import traces
from tests.services.transactions.conftest import Desk
from tests.services.transactions.traces import Plan

START = {
    "v16": "RemoteStartTransaction",
    "v201": "RequestStartTransaction",
    "v21": "RequestStartTransaction",
}
STOP = {
    "v16": "RemoteStopTransaction",
    "v201": "RequestStopTransaction",
    "v21": "RequestStopTransaction",
}
ACCEPTED = {"status": "Accepted"}


async def start(desk: Desk, **more: Any) -> RemoteStarted:
    return await desk.bus.ask(
        StartRemotely(tenant=desk.tenant, station="CP1", token="TAG1", **more)
    )


async def stop(desk: Desk, **more: Any) -> CommandResult:
    return await desk.bus.ask(StopRemotely(tenant=desk.tenant, station="CP1", **more))


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_a_remote_start_is_what_the_version_calls_it(
    app: App, desk: Desk, version: str
) -> None:
    desk.peers.protocols["CP1"] = version
    desk.peers.decisions["TAG1"] = Decision(status="Accepted", reason="", group="FLEET")
    calls, edge = desk.answer_calls("CP1", {START[version]: ACCEPTED})
    started = await start(desk, evse=2)
    edge.unsubscribe()
    assert started.result == CommandResult(
        status="answered", version=version, action=START[version], payload=ACCEPTED
    )
    ((spoken, action, payload),) = calls
    assert (spoken, action) == (version, START[version])
    if version == "v16":
        assert payload == {"idTag": "TAG1", "connectorId": 2}
    else:
        assert payload == {
            "idToken": {"idToken": "TAG1", "type": "Central"},
            "groupIdToken": {"idToken": "FLEET", "type": "Central"},
            "evseId": 2,
            "remoteStartId": started.remote_start_id,
        }
    assert desk.peers.asked[-1].purpose == "remote_start"


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_the_session_that_follows_names_its_remote_start(
    app: App, desk: Desk, version: str
) -> None:
    desk.peers.protocols["CP1"] = version
    _, edge = desk.answer_calls("CP1", {START[version]: ACCEPTED})
    number = (await start(desk)).remote_start_id
    edge.unsubscribe()
    message: Any = traces.make(Plan(version=version)).messages[0]
    if version != "v16":
        info = structs.replace(message.transaction_info, remote_start_id=number)
        message = structs.replace(message, transaction_info=info, trigger_reason="RemoteStart")
    await desk.say("CP1", message)
    assert (await desk.session("CP1")).remote_start_id == number


async def test_a_1_6_start_of_another_token_is_nobodys_answer(app: App, desk: Desk) -> None:
    desk.peers.protocols["CP1"] = "v16"
    await start(desk)
    await desk.say("CP1", traces.make(Plan(version="v16", token="TAG2")).messages[0])
    assert (await desk.session("CP1")).remote_start_id is None


async def test_a_1_6_remote_start_is_answered_by_one_session(app: App, desk: Desk) -> None:
    desk.peers.protocols["CP1"] = "v16"
    number = (await start(desk)).remote_start_id
    message = traces.make(Plan(version="v16", token="tag1")).messages[0]
    await desk.say("CP1", message)
    await desk.say("CP1", message)
    await desk.say("CP1", structs.replace(message, meter_start=99))
    sessions = await desk.sessions("CP1")
    assert sorted(str(s.remote_start_id) for s in sessions) == sorted([str(number), "None"])


async def test_a_1_6_remote_start_is_answered_at_its_connector(app: App, desk: Desk) -> None:
    """The same token is asked to start at two connectors and at whichever is free."""
    desk.peers.protocols["CP1"] = "v16"
    numbers = {evse: (await start(desk, evse=evse)).remote_start_id for evse in (2, 1, None)}
    for evse in (1, 2, 3):
        await desk.say("CP1", traces.make(Plan(version="v16", evse=evse)).messages[0])
    sessions = await desk.sessions("CP1")
    assert {each.evse: each.remote_start_id for each in sessions} == {
        1: numbers[1],
        2: numbers[2],
        3: numbers[None],
    }


async def test_a_1_6_remote_start_that_was_rejected_is_answered_by_nobody(
    app: App, desk: Desk
) -> None:
    desk.peers.protocols["CP1"] = "v16"
    _, edge = desk.answer_calls("CP1", {START["v16"]: {"status": "Rejected"}})
    await start(desk)
    edge.unsubscribe()
    await desk.say("CP1", traces.make(Plan(version="v16")).messages[0])
    assert (await desk.session("CP1")).remote_start_id is None


async def test_numbers_of_remote_starts_are_unique(app: App, desk: Desk) -> None:
    desk.peers.protocols["CP1"] = "v201"
    numbers = [(await start(desk)).remote_start_id for _ in range(3)]
    assert len(set(numbers)) == 3


async def test_a_refused_token_is_not_sent(app: App, desk: Desk) -> None:
    desk.peers.protocols["CP1"] = "v201"
    desk.peers.decisions["TAG1"] = Decision(status="Blocked", reason="It is blocked.")
    calls, edge = desk.answer_calls("CP1", {START["v201"]: ACCEPTED})
    started = await start(desk)
    edge.unsubscribe()
    assert calls == []
    assert started == RemoteStarted(
        result=CommandResult(status="error", code="Blocked", description="It is blocked."),
        refused="It is blocked.",
    )


async def test_without_authorization_nobody_is_asked(app: App, desk: Desk) -> None:
    desk.peers.protocols["CP1"] = "v201"
    calls, edge = desk.answer_calls("CP1", {START["v201"]: ACCEPTED})
    await desk.bus.ask(
        StartRemotely(tenant=desk.tenant, station="CP1", token="", type="NoAuthorization")
    )
    edge.unsubscribe()
    assert desk.peers.asked == []
    assert calls[0][2]["idToken"] == {"idToken": "", "type": "NoAuthorization"}


async def test_offline_unknown_and_refusing_stations_are_told_apart(app: App, desk: Desk) -> None:
    with pytest.raises(NotFound):
        await start(desk)
    desk.peers.protocols["CP1"] = "v201"
    assert (await start(desk)).result == CommandResult(
        status="offline", version="v201", action="RequestStartTransaction"
    )
    _, edge = desk.answer_calls("CP1", {})
    result = (await start(desk)).result
    edge.unsubscribe()
    assert (result.status, result.code) == ("error", "NotSupported")


async def test_a_profile_travels_along_and_is_held_to_the_schema(app: App, desk: Desk) -> None:
    desk.peers.protocols["CP1"] = "v16"
    calls, edge = desk.answer_calls("CP1", {START["v16"]: ACCEPTED})
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.1}],
        },
    }
    await start(desk, charging_profile=profile)
    assert calls[0][2]["chargingProfile"] == profile
    with pytest.raises(Invalid, match="stackLevel"):
        await start(desk, charging_profile={**profile, "stackLevel": "high"})
    with pytest.raises(Invalid):
        await desk.bus.ask(StartRemotely(tenant=desk.tenant, station="CP1", token="T" * 21))
    edge.unsubscribe()
    assert len(calls) == 1


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_a_session_is_stopped_by_any_of_its_names(app: App, desk: Desk, version: str) -> None:
    desk.peers.protocols["CP1"] = version
    await desk.say("CP1", traces.make(Plan(version=version, evse=2)).messages[0])
    session = await desk.session("CP1")
    calls, edge = desk.answer_calls("CP1", {STOP[version]: ACCEPTED})
    ways: list[dict[str, Any]] = [
        {"transaction": session.id},
        {"transaction": session.transaction},
        {"evse": 2},
        {},
    ]
    results = [await stop(desk, **way) for way in ways]
    edge.unsubscribe()
    assert {result.status for result in results} == {"answered"}
    name: Any = int(session.transaction) if version == "v16" else session.transaction
    assert [call[2] for call in calls] == [{"transactionId": name}] * 4


async def test_a_stop_needs_no_record_here(app: App, desk: Desk) -> None:
    """TC_028: the operator may stop what only the station knows."""
    desk.peers.protocols["CP1"] = "v16"
    calls, edge = desk.answer_calls("CP1", {STOP["v16"]: {"status": "Rejected"}})
    result = await stop(desk, transaction="31337")
    with pytest.raises(Invalid):
        await stop(desk, transaction="abc")
    edge.unsubscribe()
    assert result.payload == {"status": "Rejected"}
    assert [call[2] for call in calls] == [{"transactionId": 31337}]


async def test_which_session_to_stop_must_be_clear(app: App, desk: Desk) -> None:
    desk.peers.protocols["CP1"] = "v201"
    with pytest.raises(NotFound):
        await stop(desk)
    for evse in (1, 2):
        plan = Plan(version="v201", evse=evse, transaction=f"T-{evse}")
        await desk.say("CP1", traces.make(plan).messages[0])
    with pytest.raises(Conflict):
        await stop(desk)
    assert (await stop(desk, evse=1)).status == "offline"
    other = (await desk.sessions("CP1"))[0].id
    desk.peers.protocols["CP2"] = "v201"
    with pytest.raises(Invalid):
        await desk.bus.ask(StopRemotely(tenant=desk.tenant, station="CP2", transaction=other))


def test_the_actions_are_those_of_the_protocol() -> None:
    assert {v16.RemoteStartTransaction.action, v201.RequestStartTransaction.action} == set(
        START.values()
    )
    assert v21.RequestStopTransaction.action == STOP["v21"]


@pytest.mark.parametrize("version", traces.VERSIONS)
@pytest.mark.parametrize(
    ("field", "value"),
    [("chargingProfilePurpose", "TxDefaultProfile"), ("transactionId", "4711")],
)
async def test_a_start_takes_only_a_profile_for_what_is_to_begin(
    app: App, desk: Desk, version: str, field: str, value: str
) -> None:
    """F01, K05, 1.6 5.16.2: nothing is sent, and the field is named."""
    desk.peers.protocols["CP1"] = version
    calls, edge = desk.answer_calls("CP1", {START[version]: ACCEPTED})
    profile = {"chargingProfilePurpose": "TxProfile", field: value}
    with pytest.raises(Invalid) as refused:
        await start(desk, charging_profile=profile)
    edge.unsubscribe()
    assert refused.value.details["field"] == f"/charging_profile/{field}"
    assert calls == []
