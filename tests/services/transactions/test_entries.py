"""Messages of all versions as entries: units, phases, places, contexts, and what makes no sense."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.transactions import Flag
from libs.ocpp import v16, v21, v201
from services.transactions import (
    bill,
    entries_v2,
    entries_v16,
    flags,
    record,
    salvage,
    samples,
    stored,
    view,
)
from services.transactions.entry import Entry
from services.transactions.measure import plain, scaled
from services.transactions.session import fold
from tests.services.transactions import traces
from tests.services.transactions.traces import Plan

NAMES = st.sampled_from(
    [
        "timestamp",
        "eventType",
        "seqNo",
        "transactionInfo",
        "transactionId",
        "evse",
        "id",
        "connectorId",
        "connectorId",
        "idTag",
        "idToken",
        "type",
        "meterStart",
        "meterStop",
        "meterValue",
        "transactionData",
        "sampledValue",
        "value",
        "unit",
        "unitOfMeasure",
        "multiplier",
        "context",
        "measurand",
        "phase",
        "location",
        "reason",
        "offline",
        "chargingState",
        "stoppedReason",
        "triggerReason",
    ]
)
AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
REGISTER = "Energy.Active.Import.Register"


def event(samples: list[dict[str, Any]], seq: int, kind: str = "Updated") -> Entry:
    """A 2.1 event with these samples, one minute after the one before."""
    at = traces.stamp(AT + timedelta(minutes=seq))
    call = msgspec.convert(
        {
            "eventType": kind,
            "timestamp": at,
            "triggerReason": "MeterValuePeriodic",
            "seqNo": seq,
            "transactionInfo": {"transactionId": "T"},
            "meterValue": [{"timestamp": at, "sampledValue": samples}],
        },
        v21.TransactionEvent,
    )
    return entries_v2.entry(call, AT + timedelta(minutes=seq))


def energy(*samples: list[dict[str, Any]]) -> bill.Energy:
    """What a session of events with these samples comes to."""
    kinds = ["Started", *["Updated"] * (len(samples) - 2), "Ended"]
    state = fold(event(each, number, kinds[number]) for number, each in enumerate(samples))
    assert state is not None
    return bill.energy(state, "import")


def sample(value: float, **more: Any) -> dict[str, Any]:
    return {"value": value, **more}


def unit(name: str | None = None, multiplier: int | None = None) -> dict[str, Any]:
    said = {"unit": name, "multiplier": multiplier}
    return {"unitOfMeasure": {key: value for key, value in said.items() if value is not None}}


def test_a_sample_without_words_is_the_import_register_in_wh() -> None:
    assert energy([sample(1000.5)], [sample(1500.75)]).energy == Decimal("500.25")


@pytest.mark.parametrize(
    ("said", "factor"),
    [
        (unit("kWh"), 1000),
        (unit("Wh", 3), 1000),
        (unit("kWh", -3), 1),
        (unit(None, 2), 100),
    ],
)
def test_units_and_multipliers_are_exact(said: dict[str, Any], factor: int) -> None:
    found = energy([sample(0.1, **said)], [sample(12.347, **said)])
    assert found.energy == Decimal("12.247") * factor


def test_the_outlet_is_billed_before_other_places() -> None:
    found = energy(
        [sample(10, location="Inlet"), sample(20, location="Outlet"), sample(1, location="EV")],
        [sample(99, location="Inlet"), sample(50, location="Outlet"), sample(2, location="EV")],
    )
    assert found.energy == 30


def test_a_place_that_is_read_twice_is_billed_before_one_that_is_read_once() -> None:
    found = energy([sample(10, location="Inlet"), sample(20)], [sample(99, location="Inlet")])
    assert found.energy == 89


def test_phases_are_summed_where_there_is_no_total() -> None:
    def phases(*values: float) -> list[dict[str, Any]]:
        named = zip(("L1", "L2", "L3"), values, strict=False)
        return [sample(value, phase=phase) for phase, value in named]

    assert energy(phases(1, 2, 3), phases(101, 52, 33)).energy == 180
    total = [*phases(1, 2, 3), sample(7)]
    assert energy(total, [*phases(101, 52, 33), sample(200)]).energy == 193


def test_phases_may_come_in_messages_of_their_own() -> None:
    def phase(name: str, value: float) -> list[dict[str, Any]]:
        return [sample(value, phase=name)]

    found = energy(
        phase("L1", 1),
        phase("L2", 2),
        phase("L3", 3),
        phase("L1", 11),
        phase("L2", 22),
        phase("L3", 33),
    )
    assert found.energy == 60


def test_intervals_count_where_there_is_no_register() -> None:
    interval = {"measurand": "Energy.Active.Import.Interval"}
    assert (
        energy([sample(5, **interval)], [sample(10, **interval)], [sample(20, **interval)]).energy
        == 35
    )
    both = energy([sample(5, **interval), sample(100)], [sample(10, **interval), sample(111)])
    assert both.energy == 11


def test_intervals_of_samples_and_of_the_clock_are_the_same_energy() -> None:
    interval = {"measurand": "Energy.Active.Import.Interval"}
    clock = sample(30, context="Sample.Clock", **interval)
    found = energy(
        [sample(5, **interval)], [sample(10, **interval)], [clock], [sample(20, **interval)]
    )
    assert found.energy == 35
    assert energy([clock], [clock]).energy == 60


def test_no_register_is_no_energy_and_a_flag() -> None:
    state = fold(
        event([sample(50, measurand="SoC")], n, kind) for n, kind in enumerate(("Started", "Ended"))
    )
    assert state is not None
    assert bill.energy(state, "import").energy is None
    assert "no_register" in flags.names(bill.all_flags(state, ended=True))
    assert (state.soc_start, state.soc_last) == (50, 50)


def test_exported_energy_is_counted_likewise() -> None:
    export = {"measurand": "Energy.Active.Export.Register", **unit("kWh")}
    state = fold(event([sample(value, **export)], n) for n, value in enumerate((1, 1.5, 4)))
    assert state is not None
    assert bill.energy(state, "export").energy == 3000
    assert bill.energy(state, "import").energy is None


def test_contexts_tell_begin_and_end() -> None:
    """J02: what is read by the clock before the begin and after the end is not billed."""
    begin, end = {"context": "Transaction.Begin"}, {"context": "Transaction.End"}
    first = event([sample(90, context="Sample.Clock")], 0, "Started")
    second = event([sample(100, **begin)], 1)
    last = event([sample(500, **end)], 3, "Ended")
    after = event([sample(640, context="Sample.Clock")], 4)
    state = fold([first, second, event([sample(400)], 2), last, after])
    assert state is not None
    assert bill.energy(state, "import").energy == 410
    state = fold([event([sample(100, **begin)], 0, "Started"), last, after])
    assert state is not None
    assert bill.energy(state, "import") == bill.Energy(
        Decimal(400), Decimal(100), Decimal(500), 180.0
    )


@pytest.mark.parametrize(
    "value", ["", "abc", "NaN", "-1", "Infinity", "1e999999999999", "1e999999"]
)
def test_what_is_no_number_is_no_reading(value: str) -> None:
    call = msgspec.convert(
        {
            "connectorId": 1,
            "transactionId": 1,
            "meterValue": [
                {"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": value}]}
            ],
        },
        v16.MeterValues,
    )
    assert entries_v16.updated(call, msgspec.json.encode(call), AT).readings[0].registers == []


def test_numbers_beyond_reason_are_not_believed() -> None:
    assert scaled(Decimal(1), "kWh", 400) is None
    assert scaled(Decimal(10) ** 13, "kWh") is None
    assert scaled(Decimal(5), "furlong") is None


def test_numbers_are_shown_as_people_write_them() -> None:
    texts = ("1.20E+3", "400.0", "0.50", "0E+3", "7", "1E+40", "1E-9")
    shown = [str(plain(Decimal(text))) for text in texts]
    assert shown == ["1200", "400", "0.5", "0", "7", "1E+40", "1E-9"]


def test_signed_data_of_1_6_is_no_number() -> None:
    value = v16.MeterValue(
        timestamp=AT, sampled_value=[v16.SampledValue(value="1234", format="SignedData")]
    )
    assert entries_v16.reading(value).registers == []


@pytest.mark.parametrize("version", traces.VERSIONS)
def test_what_was_kept_reads_as_it_came(version: str) -> None:
    for message in traces.make(Plan(version=version)).messages:
        entry = traces.entry_of(message)
        raw = msgspec.json.encode(message)
        again = stored.entry(version, stored.CODES[entry.kind], raw, entry.received_at)
        assert again == entry


def test_what_does_not_conform_is_read_as_far_as_it_makes_sense() -> None:
    raw = b"""{"eventType":"Ended","timestamp":"2026-03-01T10:00:00","seqNo":"four",
        "transactionInfo":{"transactionId":"T","stoppedReason":5},
        "meterValue":[{"sampledValue":[{"value":"12.5","unitOfMeasure":{"unit":"kWh"}},7]},"x"],
        "evse":{"id":2},"idToken":{"idToken":"TAG","type":"ISO14443"}}"""
    found = stored.entry("v201", 2, raw, AT)
    assert (found.kind, found.at, found.seq, found.reason) == ("ended", AT, 0, "Local")
    assert (found.evse, found.token, found.stops) == (2, "TAG", True)
    assert found.readings[0].registers[0][1] == 12_500
    assert salvage.transaction("v201", raw) == "T"


@pytest.mark.parametrize("raw", [b"", b"[]", b"nonsense", b"{}", b'{"timestamp":1e400}'])
@pytest.mark.parametrize("version", traces.VERSIONS)
def test_nothing_is_too_broken_to_be_kept(version: str, raw: bytes) -> None:
    for kind in range(3):
        found = stored.entry(version, kind, raw, AT)
        assert (found.at, found.token) == (AT, None)
        state = fold([found, found])
        assert state is not None
        assert state.count == 1


def test_flags_are_those_of_the_contract_and_keep_their_bits() -> None:
    assert set(flags.ORDER) == set(get_args(Flag))
    assert flags.names(flags.LATE_EVENTS | flags.OFFLINE) == ["offline", "late_events"]
    assert flags.BITS["unknown_token"] == 1


def test_ids_are_ordered_by_their_making() -> None:
    ids = [record.new_id(AT + timedelta(milliseconds=n), 1 << 73) for n in range(3)]
    assert ids == sorted(ids)
    assert ids[0][14] == "7"


def test_a_2_0_1_event_says_where_and_who_once() -> None:
    trace = traces.make(Plan(version="v201", stop_token="TAG2"))
    assert isinstance(trace.messages[0], v201.TransactionEvent)
    state = fold(trace.entries())
    assert state is not None
    assert (state.evse, state.connector, state.token, state.stop_token) == (1, 1, "TAG1", "TAG2")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | NAMES, inner, max_size=8)
    ),
    max_leaves=20,
)
"""Anything, under the names that are looked for."""


@given(st.data())
def test_no_payload_breaks_the_fold(data: st.DataObject) -> None:
    version = data.draw(st.sampled_from(traces.VERSIONS))
    payloads = data.draw(
        st.lists(st.dictionaries(NAMES, JSON, max_size=10), min_size=1, max_size=4)
    )
    raws = [msgspec.json.encode(payload) for payload in payloads]
    kinds = [data.draw(st.integers(0, 2)) for _ in raws]
    entries = [stored.entry(version, kind, raw, AT) for kind, raw in zip(kinds, raws, strict=True)]
    state = fold(entries)
    assert state is not None
    session = record.Session(
        id="i",
        tenant="t",
        station="s",
        transaction="1",
        version=version,
        state=state,
        history=record.History(),
    )
    assert record.unpack(record.pack(session))[0] == state
    found = view.transaction(session)
    assert found.duration_s >= 0
    assert found.energy_wh is None or found.energy_wh >= 0
    for kind, raw in zip(kinds, raws, strict=True):
        assert isinstance(samples.views(version, kind, raw), list)


@pytest.mark.parametrize("said", ["[]", "{}", "null", "7", '"Nonsense"'])
def test_an_event_of_no_known_kind_is_an_update(said):
    assert salvage.kind_of(b'{"eventType":%b}' % said.encode()) == "updated"
