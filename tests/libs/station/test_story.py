"""Whatever happens in whatever order: the story that the server is told is whole and true."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.station import Car, local
from libs.station.moment import Token
from tests.libs.station.manual import Bench

ACTIONS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([1, 30, 200, 4_000])),
    st.tuples(st.just("arrive"), st.integers(1, 2)),
    st.tuples(st.just("arrive"), st.integers(1, 2)),
    st.tuples(st.just("leave"), st.integers(1, 2)),
    st.tuples(st.just("plug"), st.integers(1, 2)),
    st.tuples(st.just("unplug"), st.integers(1, 2)),
    st.tuples(st.just("card"), st.integers(1, 2)),
    st.tuples(st.just("button"), st.integers(1, 2)),
    st.tuples(st.just("offer"), st.sampled_from([0.0, 5_000.0, None])),
    st.tuples(st.just("fail"), st.integers(1, 2)),
    st.tuples(st.just("repair"), st.integers(1, 2)),
    st.tuples(st.just("network"), st.booleans()),
    st.tuples(st.just("crash"), st.just(None)),
)
POINTS = st.sampled_from(["EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer"])


def act(bench: Bench, action: str, value) -> None:
    station = bench.controller
    match action:
        case "wait":
            bench.wheel.turn(value)
        case "arrive":
            act(bench, "repair", value)
            act(bench, "plug", value)
            act(bench, "card", value)
            act(bench, "wait", 100)
        case "leave":
            act(bench, "card", value)
            act(bench, "unplug", value)
        case "plug":
            station.evses[value].plug(Car(capacity_wh=20_000, soc=40))
        case "unplug":
            station.evses[value].unplug()
        case "card":
            local.present(station, value, Token("DEMO0001"), lambda _shown: None)
            bench.wheel.turn(1)
        case "button":
            station.evses[value].stop("Local")
        case "offer":
            station.evses[1].offer(value)
        case "fail":
            station.evses[value].fail("OtherError")
        case "repair":
            station.evses[value].repair()
        case "network":
            bench.server.reachable = value
            (bench.server.open if value else bench.server.close)()
        case "crash":
            station.power_off(abruptly=True)
            bench.wheel.turn(100)
            bench.server.reachable = True
            station.power_on()


def finish(bench: Bench) -> None:
    """Everybody goes home and the network works."""
    bench.server.reachable = True
    bench.server.open()
    for evse in bench.controller.evses.values():
        evse.repair()
        evse.stop("Local")
        evse.unplug()
    bench.wheel.turn(100)


@settings(max_examples=150)
@given(
    version=st.sampled_from(["v16", "v201", "v21"]),
    start=POINTS,
    stop=POINTS,
    offline=st.booleans(),
    actions=st.lists(ACTIONS, min_size=4, max_size=30),
)
def test_the_story_of_every_transaction_is_whole_and_true(version, start, stop, offline, actions):
    bench = Bench(
        version,
        TxCtrlr__TxStartPoint=start,
        TxCtrlr__TxStopPoint=stop,
        AuthCtrlr__OfflineTxForUnknownIdEnabled="true" if offline else "false",
    ).boot()
    registers = {evse.id: evse.meter.register_mwh for evse in bench.controller.evses.values()}
    for action, value in actions:
        act(bench, action, value)
    finish(bench)
    told = list(bench.witness.told)
    assert [message.outcome for message in told] == ["answered"] * len(told)
    by_transaction = defaultdict(list)
    for message in told:
        by_transaction[message.moment.transaction].append(message.moment)
    sessions = {session.transaction: session for session in bench.witness.sessions}
    assert set(by_transaction) == set(sessions)
    for transaction, moments in by_transaction.items():
        session = sessions[transaction]
        kinds = [moment.kind for moment in moments]
        assert kinds == ["Started", *["Updated"] * (len(kinds) - 2), "Ended"]
        if version != "v16":
            assert [moment.seq for moment in moments] == list(range(session.moments))
        seen = [moment.register_mwh for moment in moments]
        assert seen == sorted(seen)
        assert (seen[0], seen[-1]) == (session.begin_mwh, session.end_mwh)
        if version == "v16":
            assert moments[0].token == Token("DEMO0001")
    counted = sum(session.end_mwh - session.begin_mwh for session in sessions.values())
    grown = sum(
        evse.meter.register_mwh - registers[evse.id] for evse in bench.controller.evses.values()
    )
    assert counted == grown, "energy flowed outside of transactions"


@settings(max_examples=60)
@given(actions=st.lists(ACTIONS, max_size=30))
def test_every_message_is_valid_json_of_its_version_and_every_order_gets_an_answer(actions):
    """What it says is checked by the codec on its way out; here, that it stays able to answer."""
    bench = Bench("v201").boot()
    for action, value in actions:
        act(bench, action, value)
    finish(bench)
    answer = bench.server.ask("GetTransactionStatus", {})
    assert answer[2] == {"messagesInQueue": False}
    assert {evse.state for evse in bench.controller.evses.values()} == {"Available"}


def test_a_session_while_the_network_is_gone_is_told_later_with_its_own_times():
    bench = Bench("v201", AuthCtrlr__OfflineTxForUnknownIdEnabled="true").boot()
    act(bench, "network", False)
    act(bench, "plug", 1)
    act(bench, "card", 1)
    act(bench, "wait", 200)
    act(bench, "unplug", 1)
    assert bench.server.said("TransactionEvent") == []
    act(bench, "network", True)
    bench.wheel.turn(10)
    events = bench.server.said("TransactionEvent")
    assert [event["seqNo"] for event in events] == list(range(len(events)))
    assert [event["eventType"] for event in events][0 :: len(events) - 1] == ["Started", "Ended"]
    assert all(event["offline"] is True for event in events)
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)


def test_clock_aligned_samples_are_taken_at_full_intervals():
    """J02."""
    bench = Bench("v201", AlignedDataCtrlr__Interval="900").boot()
    bench.wheel.turn(3_600)
    times = [v["meterValue"][0]["timestamp"][14:19] for v in bench.server.said("MeterValues")]
    assert sorted(set(times)) == ["00:00", "15:00", "30:00", "45:00"]
    assert len(times) == 8


def test_nobody_waits_for_a_car_for_ever():
    """E03, TxStartPoint Authorized: the transaction ends with Timeout."""
    bench = Bench("v201", TxCtrlr__TxStartPoint="Authorized").boot()
    act(bench, "card", 1)
    bench.wheel.turn(61)
    last = bench.server.said("TransactionEvent")[-1]
    assert (last["eventType"], last["triggerReason"]) == ("Ended", "EVConnectTimeout")
    assert last["transactionInfo"]["stoppedReason"] == "Timeout"
    assert bench.controller.evses[1].state == "Available"


def test_a_full_car_suspends_and_the_session_goes_on():
    bench = Bench("v201").boot()
    bench.controller.evses[1].plug(Car(capacity_wh=10_000, soc=99))
    act(bench, "card", 1)
    bench.wheel.turn(3_600)
    assert bench.controller.evses[1].state == "SuspendedEV"
    states = [
        event["transactionInfo"].get("chargingState")
        for event in bench.server.said("TransactionEvent")
    ]
    assert [state for state in states if state] == ["EVConnected", "Charging", "SuspendedEV"]
    car = bench.controller.evses[1].unplug()
    assert car.soc == pytest.approx(100)
    assert bench.witness.sessions[0].energy_wh == pytest.approx(100, abs=0.01)


def test_a_power_cut_ends_the_transaction_as_of_when_the_power_went():
    bench = Bench("v201").boot()
    act(bench, "plug", 1)
    act(bench, "card", 1)
    bench.wheel.turn(90)
    before = bench.controller.clock.now()
    register = bench.controller.evses[1].reading().register_mwh
    act(bench, "crash", None)
    bench.wheel.turn(10)
    ended = bench.server.said("TransactionEvent")[-1]
    assert ended["transactionInfo"]["stoppedReason"] == "PowerLoss"
    assert ended["offline"] is True
    assert ended["timestamp"] == before.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    session = bench.witness.sessions[0]
    assert (session.ended_at, session.end_mwh) == (before, register)


def test_the_car_stays_in_the_session_when_its_side_is_unplugged_and_the_station_may_wait():
    """E10, StopTxOnEVSideDisconnect false."""
    bench = Bench("v201", TxCtrlr__StopTxOnEVSideDisconnect="false").boot()
    act(bench, "plug", 1)
    act(bench, "card", 1)
    act(bench, "unplug", 1)
    assert bench.controller.evses[1].state == "Detached"
    act(bench, "plug", 1)
    assert bench.controller.evses[1].state == "Charging"
    act(bench, "card", 1)
    assert len(bench.witness.sessions) == 1
