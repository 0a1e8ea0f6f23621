"""Offline sessions, replay, attempts, power cuts: E04, E08, E11 to E13 and their 1.6 sisters."""

import json

import pytest

from libs.station import Car, VirtualStation
from tests.libs.station.conftest import ONLY_2
from tests.libs.station.csms import Csms, Payload, Silence

CAR = Car(soc=20)
TRANSACTIONAL = {"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"}
STRANGERS = {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}
IMPATIENT = {
    "OCPPCommCtrlr.MessageTimeout[Default]": "2",
    "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "1",
}


def story(csms: Csms) -> list[Payload]:
    return [call.payload for call in csms.calls if call.action in TRANSACTIONAL]


async def charge(made: VirtualStation) -> None:
    await made.plug_in(1, CAR)
    assert await made.present("DEMO0001", 1) == "Accepted"
    await made.until(1, "Charging")


async def test_what_happens_offline_is_told_afterwards_in_order_with_its_own_times(csms, station):
    """E12; 1.6 keeps the time stamps, 2.x also says offline=true."""
    async with station(speed=600, settings=STRANGERS) as made:
        await made.booted()
        await made.delivered()
        made.go_offline()
        await charge(made)
        await made.elapse(150)
        await made.unplug(1)
        assert story(csms) == []
        went_online = made.controller.clock.now()
        made.go_online()
        await made.delivered()
        (session,) = made.sessions
        times = [event["timestamp"] for event in story(csms) if "timestamp" in event]
        assert times == sorted(times)
        assert times[-1] < went_online.isoformat()
        if csms.version == "v16":
            actions = [call.action for call in csms.calls if call.action in TRANSACTIONAL]
            assert actions[0] == "StartTransaction"
            assert actions[-1] == "StopTransaction"
            assert story(csms)[0]["meterStart"] == session.begin_mwh // 1000
            assert {e["transactionId"] for e in story(csms)[1:]} == {1}
        else:
            assert [event["seqNo"] for event in story(csms)] == list(range(session.moments))
            assert {event["offline"] for event in story(csms)} == {True}


async def test_a_token_from_the_cache_may_charge_offline_and_a_stranger_may_not(csms, station):
    """C10 to C12, C15."""
    async with station() as made:
        await made.booted()
        await made.plug_in(1, CAR)
        assert await made.present("DEMO0001", 1) == "Accepted"
        await made.stop(1)
        await made.delivered()
        made.go_offline()
        assert await made.present("DEMO0002", 1) == "Invalid"
        assert await made.present("demo0001", 1) == "Accepted"


@ONLY_2
async def test_only_what_happened_offline_says_so(csms, station):
    """E11: the connection breaks within a session."""
    async with station(speed=60) as made:
        await made.booted()
        await charge(made)
        await made.delivered()
        online = len(story(csms))
        made.go_offline()
        await made.elapse(70)
        made.go_online()
        await made.wait_for(lambda: made.accepted, "the link")
        await made.stop(1)
        await made.delivered()
        flags = [event.get("offline", False) for event in story(csms)]
        assert flags[:online] == [False] * online
        assert True in flags[online:-1]
        assert flags[-1] is False


async def test_a_message_that_was_under_way_when_the_link_broke_is_told_again(csms, station):
    first = "StartTransaction" if csms.version == "v16" else "TransactionEvent"
    csms.answers[first] = Silence
    async with station() as made:
        await made.booted()
        await charge(made)
        await csms.heard(first)
        del csms.answers[first]
        await csms.cut()
        await made.delivered()
        twice = [call for call in csms.calls if call.action == first][:2]
        assert twice[0].payload == twice[1].payload
        assert twice[0].id != twice[1].id
        assert len(made.told[0].ids) == 2
        assert {told.outcome for told in made.told} == {"answered"}


@pytest.mark.parametrize("same", [False, True])
async def test_a_retry_carries_a_new_message_id_or_the_same(csms, station, same):
    """Edition 3 wants a new id, its errata allow the same one."""
    first = "StartTransaction" if csms.version == "v16" else "TransactionEvent"
    csms.answers[first] = Silence
    async with station(settings=IMPATIENT, same_id=same) as made:
        await made.booted()
        await charge(made)
        await csms.heard(first, 2)
        del csms.answers[first]
        await made.delivered()
        ids = [call.id for call in csms.calls if call.action == first][:2]
        assert (ids[0] == ids[1]) is same
        assert made.told[0].outcome == "answered"


async def test_a_message_is_given_up_after_its_attempts_and_the_next_one_follows(csms, station):
    """E13: MessageAttempts; a 1.6 stop without a start has transaction -1."""
    first = "StartTransaction" if csms.version == "v16" else "TransactionEvent"
    refused = []

    def refuse(payload: Payload) -> Exception | None:
        if payload.get("seqNo", 0) == 0:
            refused.append(payload)
            return RuntimeError("InternalError")
        return None

    csms.answers[first] = refuse
    async with station(settings=IMPATIENT) as made:
        await made.booted()
        await charge(made)
        await made.stop(1)
        await made.delivered()
        assert len(refused) == 3
        outcomes = [told.outcome for told in made.told]
        assert outcomes == ["given up"] + ["answered"] * (len(outcomes) - 1)
        if csms.version == "v16":
            assert csms.said("StopTransaction")[0]["transactionId"] == -1


async def test_a_full_queue_loses_intermediate_messages_only(csms, station):
    async with station(speed=6_000, settings=STRANGERS) as made:
        made.controller.delivery.queue.limit = 10
        await made.booted()
        await made.delivered()
        made.go_offline()
        await charge(made)
        await made.elapse(1_800)
        await made.stop(1)
        made.go_online()
        await made.delivered()
        shed = [told for told in made.told if told.outcome == "shed"]
        assert {told.moment.kind for told in shed} == {"Updated"}
        assert len(story(csms)) <= 10
        if csms.version != "v16":
            numbers = [event["seqNo"] for event in story(csms)]
            assert numbers == sorted(numbers)
            assert len(numbers) < numbers[-1]


async def test_after_a_power_cut_the_open_transaction_ends_with_what_the_meter_counted(
    csms, station
):
    async with station(speed=600) as made:
        await made.booted()
        await charge(made)
        await made.elapse(300)
        await made.delivered()
        made.crash()
        register = made.controller.evses[1].meter.register_mwh
        assert made.transaction(1) is not None
        made.resume()
        await made.booted()
        await made.delivered()
        (session,) = made.sessions
        assert (session.cause, session.end_mwh) == ("PowerLoss", register)
        assert len(csms.said("BootNotification")) == 2
        if csms.version == "v16":
            (stop,) = csms.said("StopTransaction")
            assert (stop["reason"], stop["meterStop"]) == ("PowerLoss", register // 1000)
        else:
            last = next(e for e in csms.said("TransactionEvent") if e["eventType"] == "Ended")
            assert last["transactionInfo"]["stoppedReason"] == "PowerLoss"
            assert last["offline"] is True
            assert csms.said("BootNotification")[1]["reason"] == "PowerUp"
        # The car is still there, and may charge again.
        assert made.status(1) == "Preparing"
        assert await made.present("DEMO0001", 1) == "Accepted"
        await made.until(1, "Charging")


async def test_a_station_with_a_file_carries_on_in_the_next_process(csms, station, tmp_path):
    file = tmp_path / "station.json"
    async with station(file=file, speed=600, settings=STRANGERS) as first:
        await first.booted()
        await charge(first)
        await first.elapse(100)
        await first.delivered()
        first.go_offline()
        await first.elapse(100)
        waiting = len(first.controller.delivery.queue)
        assert waiting > 0
        first.crash()
        register = first.controller.evses[1].meter.register_mwh
    kept = json.loads(file.read_bytes())
    assert len(kept["waiting"]) == waiting
    heard = len(story(csms))
    async with station(file=file) as second:
        await second.booted()
        await second.delivered()
        assert second.register_mwh(1) == register
        assert len(story(csms)) == heard + waiting + 1
        assert second.sessions[0].end_mwh == register
        if csms.version == "v16":
            assert csms.said("StopTransaction")[-1]["transactionId"] == 1


async def test_settings_and_availability_outlive_a_power_cut(csms, station):
    async with station() as made:
        await made.booted()
        if csms.version == "v16":
            await csms.call("ChangeConfiguration", key="ConnectionTimeOut", value="77")
            await csms.call("ChangeAvailability", connector_id=2, type="Inoperative")
        else:
            await csms.call(
                "SetVariables",
                set_variable_data=[
                    {
                        "attribute_value": "77",
                        "component": {"name": "TxCtrlr"},
                        "variable": {"name": "EVConnectionTimeOut"},
                    }
                ],
            )
            await csms.call("ChangeAvailability", operational_status="Inoperative", evse={"id": 2})
        made.crash()
        made.resume()
        await made.booted()
        assert made.setting("TxCtrlr.EVConnectionTimeOut") == "77"
        assert made.status(2) == "Unavailable"
