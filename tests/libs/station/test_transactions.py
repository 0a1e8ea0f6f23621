"""Block E and J, and 1.6 transactions: what is told of sessions, valid by the package's schemas."""

import pytest

from libs.station import Car, VirtualStation
from tests.libs.station.csms import Csms, Payload

HOUR = 3600
CAR = Car(capacity_wh=60_000, soc=20, max_power_w=11_000, phases=3)


def registers(values: list[Payload], version: str) -> list[float]:
    """The energy registers of meter values in Wh."""
    return [
        float(sample["value"])
        for value in values
        for sample in value["sampledValue"]
        if sample.get("measurand") == "Energy.Active.Import.Register"
    ]


async def charge(made: VirtualStation, token: str = "DEMO0001", evse: int = 1) -> None:
    await made.plug_in(evse, CAR)
    assert await made.present(token, evse) == "Accepted"
    await made.until(evse, "Charging")


async def test_a_session_is_told_from_start_to_end_with_the_energy_of_the_meter(csms, station):
    async with station(speed=HOUR, settings={"SampledDataCtrlr.TxUpdatedInterval": "900"}) as made:
        await made.booted()
        await charge(made)
        await made.elapse(HOUR)
        assert await made.stop(1, "DEMO0001")
        await made.unplug(1)
        await made.delivered()
        (session,) = made.sessions
        assert session.energy_wh == pytest.approx(11_000, rel=0.2)
        assert {told.outcome for told in made.told} == {"answered"}
        if csms.version == "v16":
            check_16(csms, session)
        else:
            check_2(csms, session)


def check_16(csms: Csms, session) -> None:
    (start,), (stop,) = csms.said("StartTransaction"), csms.said("StopTransaction")
    assert start["meterStart"] == session.begin_mwh // 1000
    assert stop["meterStop"] == session.end_mwh // 1000
    assert (start["idTag"], stop["idTag"], stop["transactionId"]) == ("DEMO0001", "DEMO0001", 1)
    assert "reason" not in stop
    between = csms.said("MeterValues")
    assert len(between) >= 3
    assert {values["transactionId"] for values in between} == {1}
    seen = [r for values in between for r in registers(values["meterValue"], "v16")]
    assert [start["meterStart"], *seen, stop["meterStop"]] == sorted(
        [start["meterStart"], *seen, stop["meterStop"]]
    )
    data = registers(stop["transactionData"], "v16")
    assert data == [start["meterStart"], stop["meterStop"]]
    statuses = [s["status"] for s in csms.said("StatusNotification") if s["connectorId"] == 1]
    assert statuses == ["Available", "Preparing", "Charging", "Finishing", "Available"]


def check_2(csms: Csms, session) -> None:
    events = csms.said("TransactionEvent")
    assert [event["seqNo"] for event in events] == list(range(len(events)))
    assert [events[0]["eventType"], events[-1]["eventType"]] == ["Started", "Ended"]
    assert len({event["transactionInfo"]["transactionId"] for event in events}) == 1
    assert events[0]["evse"] == {"id": 1, "connectorId": 1}
    assert [event for event in events[1:] if "evse" in event] == []
    assert events[0]["idToken"]["idToken"] == "DEMO0001"
    assert events[-1]["triggerReason"] == "StopAuthorized"
    assert events[-1]["transactionInfo"]["stoppedReason"] == "Local"
    assert [event for event in events if "offline" in event] == []
    periodic = [event for event in events if event["triggerReason"] == "MeterValuePeriodic"]
    assert len(periodic) >= 3
    ends = registers(events[-1]["meterValue"], csms.version)
    assert ends == [session.begin_mwh / 1000, session.end_mwh / 1000]
    seen = [r for event in events[:-1] for r in registers(event.get("meterValue", []), "v201")]
    assert [*seen, ends[-1]] == sorted([*seen, ends[-1]])
    statuses = [s["connectorStatus"] for s in csms.said("StatusNotification") if s["evseId"] == 1]
    assert statuses == ["Available", "Occupied", "Available"]


async def test_measurands_and_their_pace_are_settings(csms, station):
    settings = {
        "SampledDataCtrlr.TxUpdatedInterval": "10",
        "SampledDataCtrlr.TxUpdatedMeasurands": "Voltage,Current.Import,SoC,Power.Offered",
    }
    async with station(speed=100, settings=settings) as made:
        await made.booted()
        await charge(made)
        if csms.version == "v16":
            values = (await csms.heard("MeterValues", 2))["meterValue"]
        else:
            values = (await csms.heard("TransactionEvent", 4))["meterValue"]
        told = [(s["measurand"], s.get("phase")) for s in values[0]["sampledValue"]]
    assert told == [
        *[("Voltage", f"L{n}-N") for n in (1, 2, 3)],
        *[("Current.Import", f"L{n}") for n in (1, 2, 3)],
        ("SoC", None),
        ("Power.Offered", None),
    ]


async def test_the_card_may_come_before_the_car(csms, station):
    """E03; a 1.6 station starts when both are there."""
    async with station(settings={"TxCtrlr.TxStartPoint": "Authorized"}) as made:
        await made.booted()
        assert await made.present("DEMO0002", 2) == "Accepted"
        await made.plug_in(2, CAR)
        await made.until(2, "Charging")
        await made.delivered()
        if csms.version == "v16":
            assert csms.said("StartTransaction")[0]["connectorId"] == 2
        else:
            reasons = [event["triggerReason"] for event in csms.said("TransactionEvent")]
            assert reasons == ["Authorized", "CablePluggedIn", "ChargingStateChanged"]


async def test_a_token_that_is_not_accepted_starts_nothing(csms, station):
    async with station() as made:
        await made.booted()
        await made.plug_in(1, CAR)
        assert await made.present("NOBODY") == "Invalid"
        assert made.status(1) == "Preparing"
        assert made.told == []


async def test_a_token_that_the_ledger_refuses_ends_the_session(csms, station):
    """E05, 1.6 StopTransactionOnInvalidId: the answer to the start counts."""
    refused = "id_tag_info" if csms.version == "v16" else "id_token_info"
    action = "StartTransaction" if csms.version == "v16" else "TransactionEvent"
    extra = {"transaction_id": 77} if csms.version == "v16" else {}
    answer = {refused: {"status": "Blocked"}, **extra}
    csms.answers[action] = answer
    async with station() as made:
        await made.booted()
        await made.plug_in(1, CAR)
        assert await made.present("DEMO0001") == "Accepted"
        await made.until(1, "Finishing")
        await made.delivered()
        assert made.sessions[0].cause == "DeAuthorized"
        if csms.version == "v16":
            (stop,) = csms.said("StopTransaction")
            assert (stop["reason"], stop["transactionId"]) == ("DeAuthorized", 77)
        else:
            last = csms.said("TransactionEvent")[-1]
            assert last["triggerReason"] == "Deauthorized"
            assert last["transactionInfo"]["stoppedReason"] == "DeAuthorized"


async def test_or_only_stops_the_energy_if_so_set(csms, station):
    action = "StartTransaction" if csms.version == "v16" else "TransactionEvent"
    info = {"status": "Invalid"}
    legacy = {"id_tag_info": info, "transaction_id": 5}
    csms.answers[action] = legacy if csms.version == "v16" else {"id_token_info": info}
    async with station(settings={"TxCtrlr.StopTxOnInvalidId": "false"}) as made:
        await made.booted()
        await made.plug_in(1, CAR)
        await made.present("DEMO0001")
        await made.until(1, "SuspendedEVSE")
        assert made.transaction(1) is not None


async def test_somebody_of_the_same_group_may_stop(csms, station):
    """C09, 1.6 parentIdTag."""
    group = {"id_token": "FLEET", "type": "Central"}
    csms.answers["Authorize"] = {"id_token_info": {"status": "Accepted", "group_id_token": group}}
    if csms.version == "v16":
        csms.answers["Authorize"] = {
            "id_tag_info": {"status": "Accepted", "parent_id_tag": "FLEET"}
        }
    async with station() as made:
        await made.booted()
        await charge(made)
        assert await made.present("DEMO0009", 1) == "Stopped"
        await made.delivered()
        stop = csms.said("StopTransaction" if csms.version == "v16" else "TransactionEvent")[-1]
        assert "DEMO0009" in str(stop)


async def test_a_stranger_may_not(csms, station):
    async with station() as made:
        await made.booted()
        await charge(made)
        assert await made.present("DEMO0009", 1) == "Occupied"
        assert await made.present("NOBODY", 1) == "Invalid"
        assert made.status(1) == "Charging"


async def test_pulling_the_plug_ends_the_session(csms, station):
    async with station() as made:
        await made.booted()
        await charge(made)
        car = await made.unplug(1)
        assert car.capacity_wh == CAR.capacity_wh
        await made.delivered()
        assert made.sessions[0].cause == "EVDisconnected"
        if csms.version == "v16":
            assert csms.said("StopTransaction")[0]["reason"] == "EVDisconnected"
        else:
            last = csms.said("TransactionEvent")[-1]
            assert last["triggerReason"] == "EVCommunicationLost"
            assert last["transactionInfo"]["stoppedReason"] == "EVDisconnected"


async def test_a_fault_ends_the_session_and_shows(csms, station):
    async with station() as made:
        await made.booted()
        await charge(made)
        made.fail(1, "GroundFailure")
        assert await made.present("DEMO0001", 1) == "Faulted"
        assert made.status(1) == "Faulted"
        made.repair(1)
        await made.delivered()
        key = "status" if csms.version == "v16" else "connectorStatus"
        shown = [s[key] for s in csms.said("StatusNotification")][-2:]
        assert shown == ["Faulted", "Finishing" if csms.version == "v16" else "Occupied"]
        if csms.version == "v16":
            codes = [s["errorCode"] for s in csms.said("StatusNotification")][-2:]
            assert codes == ["GroundFailure", "NoError"]


async def test_clock_aligned_values_come_at_full_intervals(csms, station):
    """J02; outside of transactions as MeterValues."""
    settings = {"AlignedDataCtrlr.Interval": "900"}
    async with station(speed=HOUR, settings=settings) as made:
        await made.booted()
        idle = await csms.heard("MeterValues", 2)
        assert idle["meterValue"][0]["sampledValue"][0]["context"] == "Sample.Clock"
        assert "transactionId" not in idle
        await charge(made)
        if csms.version == "v16":
            await csms.until(
                lambda: any("transactionId" in v for v in csms.said("MeterValues")), "a value"
            )
        else:
            await csms.until(
                lambda: (
                    "MeterValueClock" in [e["triggerReason"] for e in csms.said("TransactionEvent")]
                ),
                "a value",
            )


async def test_the_last_message_may_hold_the_whole_series(csms, station):
    settings = {"SampledDataCtrlr.TxEndedInterval": "600"}
    async with station(speed=HOUR, settings=settings) as made:
        await made.booted()
        await charge(made)
        await made.elapse(HOUR)
        await made.stop(1)
        await made.delivered()
        last = csms.said("StopTransaction" if csms.version == "v16" else "TransactionEvent")[-1]
        series = last["transactionData" if csms.version == "v16" else "meterValue"]
        contexts = [value["sampledValue"][0]["context"] for value in series]
        assert contexts[0] == "Transaction.Begin"
        assert contexts[-1] == "Transaction.End"
        assert contexts.count("Sample.Periodic") >= 5


async def test_two_evses_charge_side_by_side(csms, station):
    async with station(speed=600) as made:
        await made.booted()
        await charge(made, "DEMO0001", 1)
        await charge(made, "DEMO0002", 2)
        await made.elapse(300)
        await made.stop(2)
        await made.stop(1)
        await made.delivered()
        assert {(s.evse, s.token) for s in made.sessions} == {(1, "DEMO0001"), (2, "DEMO0002")}
        by_transaction = {}
        for told in made.told:
            by_transaction.setdefault(told.moment.transaction, set()).add(told.moment.evse)
        assert sorted(map(len, by_transaction.values())) == [1, 1]
