"""The session is a function of the set of its entries, whatever their order and repetition."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from services.transactions import arrival, bill, record
from services.transactions.entry import Entry
from services.transactions.session import State, fold
from tests.services.transactions import traces
from tests.services.transactions.traces import Plan, Trace


def facts(state: State | None) -> dict[str, Any]:
    """All of a state but when its messages came."""
    assert state is not None
    found = structs.asdict(state)
    for name in ("received_first", "received_last"):
        del found[name]
    for name in ("registers", "intervals"):
        found[name] = {key: structs.asdict(value) for key, value in found[name].items()}
    return found


def arrive(batches: list[list[Entry]]) -> State | None:
    """The state of a ledger that got these batches, recomputing where it must."""
    state: State | None = None
    stored: list[Entry] = []
    for batch in batches:
        if not batch:
            continue
        found = arrival.quickly(state, batch) or arrival.wholly(stored, batch)
        if found is not None:
            stored += [batch[place] for place in found.taken]
            state = found.state
            # What is written and read again is the same state.
            packed = record.pack(session_of(state))
            state = record.unpack(packed)[0]
    return state


def session_of(state: State) -> record.Session:
    return record.Session(
        id="0",
        tenant="t",
        station="s",
        transaction="1",
        version="v201",
        state=state,
        history=record.History(),
    )


@st.composite
def cut(draw: st.DrawFn, items: list[Any]) -> list[list[Any]]:
    """The same items in batches."""
    places = sorted(draw(st.sets(st.integers(0, len(items)), max_size=4)))
    edges = [0, *places, len(items)]
    return [items[start:stop] for start, stop in pairwise(edges)]


@given(st.data())
def test_any_order_and_repetition_gives_the_session_of_the_ordered_trace(
    data: st.DataObject,
) -> None:
    trace = traces.make(data.draw(traces.plans()))
    entries = trace.entries()
    arriving = [entries[place] for place in data.draw(traces.disturbed(trace))]
    batches = data.draw(cut(arriving))
    assert facts(arrive(batches)) == facts(fold(entries))


@given(st.data())
def test_what_is_lost_makes_gaps_whatever_the_order_of_the_rest(data: st.DataObject) -> None:
    trace = traces.make(data.draw(traces.plans()))
    entries = trace.entries()
    places = data.draw(traces.disturbed(trace, lossy=True))
    left = [entries[place] for place in sorted(set(places))]
    batches = data.draw(cut([entries[place] for place in places]))
    assert facts(arrive(batches)) == facts(fold(left))


@given(st.data())
def test_one_after_the_other_is_the_same_as_all_at_once(data: st.DataObject) -> None:
    entries = traces.make(data.draw(traces.plans())).entries()
    state = None
    for entry in entries:
        found = arrival.quickly(state, [entry]) or arrival.wholly(
            entries[: entries.index(entry)], [entry]
        )
        assert found is not None
        state = found.state
    assert facts(state) == facts(fold(entries))


@given(traces.plans(back_at=-1))
def test_an_ordered_trace_never_needs_to_be_recomputed(plan: Plan) -> None:
    entries = traces.make(plan).entries()
    assert arrival.quickly(None, entries) is not None


@given(traces.plans(begin_zero=False, reset_at=-1))
def test_the_energy_is_what_the_meter_delivered(plan: Plan) -> None:
    trace: Trace = traces.make(plan)
    state = fold(trace.entries())
    assert state is not None
    assert bill.energy(state, "import").energy == trace.energy_wh


@given(traces.plans())
def test_durations_are_never_negative_and_idle_is_what_is_not_charging(plan: Plan) -> None:
    state = fold(traces.make(plan).entries())
    assert state is not None
    times = bill.times(state, state.ended_at, bill.energy(state, "import").moving_s)
    assert times.duration_s >= times.charging_s >= 0
    assert times.idle_s >= 0
