"""The fold against an oracle that was written from the specification alone (``oracle.py``)."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from libs.ocpp.message import Version
from services.transactions import arrival, bill, gaps, stored
from services.transactions.entry import Entry
from services.transactions.session import State
from tests.services.transactions import oracle

BEGIN = datetime(2026, 5, 4, 23, 50, tzinfo=UTC)
ZONES = (UTC, timezone(timedelta(hours=2)), timezone(-timedelta(hours=9, minutes=30)))
PHASES = ("L1", "L2", "L3")
ARRIVED = datetime(2026, 5, 5, 6, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Habits:
    """How a station reports."""

    version: Version
    start_wh: int
    steps: tuple[int, ...]
    """Wh in each minute; -1 resets the register."""
    unit: str
    multiplier: int
    places: tuple[str | None, ...]
    """Where it measures; None does not say so, which means Outlet."""
    phases: bool
    zone: timezone
    begin_late: bool
    """2.x: the EVSE is not known at the start, Transaction.Begin comes in an Updated event."""
    aligned: bool
    soc_only: frozenset[int]
    series: bool
    after: bool
    """1.6: names the session in a message about the time after its stop."""
    split: bool
    """One moment's samples are told in two messages."""
    first_seq: int


@st.composite
def habits(draw: st.DrawFn, *, resets: bool) -> Habits:
    start_wh = draw(st.sampled_from((0, 12, 54_321, 123_456_789)))
    steps = draw(st.lists(st.one_of(st.integers(0, 5000), st.integers(0, 3)), max_size=7))
    if resets and len(steps) > 1 and start_wh > 50_000 and draw(st.booleans()):
        # By numbers alone, a register that was small before tells no reset from noise.
        place = draw(st.integers(0, len(steps) - 2))
        steps[place : place + 2] = [-1, 5000]
    version = draw(st.sampled_from(("v16", "v201", "v21")))
    return Habits(
        version=version,
        start_wh=start_wh,
        steps=tuple(steps),
        unit=draw(st.sampled_from(("", "Wh", "kWh"))),
        multiplier=draw(st.sampled_from((0, 0, 3, -1))) if version != "v16" else 0,
        places=draw(
            st.sampled_from(((None,), ("Outlet",), ("Inlet", None), ("Outlet", "Inlet", "Body")))
            if version == "v16"
            else st.sampled_from(((None,), ("Inlet",), ("Body", "Inlet"), ("Inlet", None)))
        ),
        # 1.6 tells the total at both ends: what only its phases know of is not compared.
        phases=(version != "v16" or (resets and -1 not in steps)) and draw(st.booleans()),
        zone=draw(st.sampled_from(ZONES)),
        begin_late=version != "v16" and draw(st.booleans()),
        aligned=draw(st.booleans()),
        soc_only=frozenset(draw(st.sets(st.integers(0, 6), max_size=3))),
        series=draw(st.booleans()),
        after=version == "v16" and draw(st.booleans()),
        split=draw(st.booleans()),
        first_seq=draw(st.sampled_from((0, 41))),
    )


@dataclass
class Station:
    """One station while it charges; ``said`` are its payloads and their kinds."""

    habits: Habits
    minute: int = 0
    said: list[tuple[int, bytes]] = field(default_factory=list)
    series: list[dict[str, Any]] = field(default_factory=list)

    def charge(self) -> list[tuple[int, bytes]]:
        habits, register = self.habits, self.habits.start_wh
        self.start(register)
        for number, step in enumerate(habits.steps):
            self.minute += 1
            before, register = register, 0 if step < 0 else register + step
            soc_only = number in habits.soc_only and not (number == 0 and habits.begin_late)
            begin = habits.begin_late and number == 0
            values = [] if soc_only else self.registers(register, "Sample.Periodic")
            if begin:
                values = self.registers(habits.start_wh, "Transaction.Begin")
                register = habits.start_wh
            meter = [self.at([*values, self.soc(number)])]
            if habits.aligned and not begin and step >= 0:
                clock = self.registers(before, "Sample.Clock")
                meter.insert(0, self.at(clock, seconds=-1))
            self.series += meter
            self.update(meter)
        self.minute += 1
        self.stop(register)
        if habits.after:
            self.minute += 30
            self.update([self.at(self.registers(register + 4000, "Sample.Periodic"))])
        return self.said

    # -- samples ---------------------------------------------------------------------------------

    def registers(self, wh: int, context: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for number, place in enumerate(self.habits.places):
            # What another meter says lies a little beside.
            here = wh + (0 if place in {None, "Outlet"} else 7 + number)
            for phase, part in self.parts(here):
                sample = self.spelled(Decimal(part))
                sample |= {} if place is None else {"location": place}
                sample |= {} if phase is None else {"phase": phase}
                sample |= {} if context == "Sample.Periodic" else {"context": context}
                found.append(sample)
        return found

    def parts(self, wh: int) -> list[tuple[str | None, int]]:
        if not self.habits.phases:
            return [(None, wh)]
        return list(zip(PHASES, (wh // 3, (wh + 1) // 3, (wh + 2) // 3), strict=True))

    def spelled(self, wh: Decimal) -> dict[str, Any]:
        habits = self.habits
        shown = wh / (1000 if habits.unit == "kWh" else 1) / Decimal(10) ** habits.multiplier
        if habits.version == "v16":
            return {"value": f"{shown:f}"} | ({"unit": habits.unit} if habits.unit else {})
        unit: dict[str, Any] = {"unit": habits.unit} if habits.unit else {}
        unit |= {"multiplier": habits.multiplier} if habits.multiplier else {}
        return {"value": float(shown)} | ({"unitOfMeasure": unit} if unit else {})

    def soc(self, number: int) -> dict[str, Any]:
        value: Any = 20 + number
        value = str(value) if self.habits.version == "v16" else value
        return {"value": value, "measurand": "SoC", "location": "EV"}

    def at(self, samples: list[dict[str, Any]], seconds: int = 0) -> dict[str, Any]:
        return {"timestamp": self.stamp(seconds), "sampledValue": samples}

    def stamp(self, seconds: int = 0) -> str:
        at = BEGIN + timedelta(minutes=self.minute, seconds=seconds)
        return at.astimezone(self.habits.zone).isoformat()

    # -- messages --------------------------------------------------------------------------------

    def start(self, register: int) -> None:
        if self.habits.version == "v16":
            said = {"connectorId": 1, "idTag": "A", "meterStart": register}
            self.say(0, said | {"timestamp": self.stamp()})
        else:
            meter = [self.at(self.registers(register, "Transaction.Begin"))]
            self.event(0, "Started", [] if self.habits.begin_late else meter)

    def update(self, meter: list[dict[str, Any]]) -> None:
        parts = [meter]
        if self.habits.split and len(meter[-1]["sampledValue"]) > 1:
            last = meter[-1]["sampledValue"]
            parts = [
                [*meter[:-1], meter[-1] | {"sampledValue": last[:1]}],
                [meter[-1] | {"sampledValue": last[1:]}],
            ]
        for part in parts:
            if self.habits.version == "v16":
                self.say(1, {"connectorId": 1, "transactionId": 7, "meterValue": part})
            else:
                self.event(1, "Updated", part)

    def stop(self, register: int) -> None:
        series = self.series if self.habits.series else []
        if self.habits.version != "v16":
            end = self.at(self.registers(register, "Transaction.End"))
            self.event(2, "Ended", [*series, end])
            return
        said: dict[str, Any] = {"transactionId": 7, "meterStop": register}
        said |= {"timestamp": self.stamp()}
        self.say(2, said | ({"transactionData": series} if series else {}))

    def event(self, kind: int, name: str, meter: list[dict[str, Any]]) -> None:
        said: dict[str, Any] = {
            "eventType": name,
            "timestamp": self.stamp(),
            "triggerReason": "MeterValuePeriodic",
            "seqNo": self.habits.first_seq + len(self.said),
            "transactionInfo": {"transactionId": "T"},
        }
        self.say(kind, said | ({"meterValue": meter} if meter else {}))

    def say(self, kind: int, payload: dict[str, Any]) -> None:
        self.said.append((kind, json.dumps(payload).encode()))


# -- the two of them -----------------------------------------------------------------------------


def folded(version: Version, said: list[tuple[int, bytes]], cuts: list[int]) -> oracle.Bill:
    """The bill by the service, messages arriving in these batches."""
    entries = [stored.entry(version, kind, raw, ARRIVED) for kind, raw in said]
    state: State | None = None
    kept: list[Entry] = []
    for first, last in pairwise([0, *cuts, len(entries)]):
        if batch := entries[first:last]:
            found = arrival.quickly(state, batch) or arrival.wholly(kept, batch)
            if found is not None:
                kept += [batch[place] for place in found.taken]
                state = found.state
    assert state is not None
    energy = bill.energy(state, "import")
    missing = gaps.missing(state.seqs) if state.seqs else []
    return oracle.Bill(
        energy.energy,
        energy.start,
        energy.stop,
        state.started_at,
        state.ended_at,
        tuple(number for gap in missing for number in range(gap.first, gap.last + 1)),
        bill.complete(state),
    )


def compare(data: st.DataObject, habits: Habits, said: list[tuple[int, bytes]]) -> None:
    expected = oracle.bill([raw for _, raw in said])
    again = data.draw(st.lists(st.sampled_from(said), max_size=3))
    arriving = data.draw(st.permutations([*said, *again]))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(arriving)), max_size=4)))
    for order, batches in ((arriving, cuts), (said, list(range(len(said))))):
        found = folded(habits.version, order, batches)
        if -1 in habits.steps:
            # Whether a register that fell stands there, only its next value tells.
            found = replace(found, stop=expected.stop)
        assert found == expected


@given(st.data())
def test_any_session_is_billed_as_the_specification_says(data: st.DataObject) -> None:
    plan = data.draw(habits(resets=True))
    compare(data, plan, Station(plan).charge())


@given(st.data())
def test_what_is_left_of_a_session_is_billed_as_the_specification_says(
    data: st.DataObject,
) -> None:
    plan = data.draw(habits(resets=False).filter(lambda each: len(each.places) == 1))
    said = Station(plan).charge()
    # A start of 1.6 that was never answered comes again.
    losable = [each for each in said if plan.version != "v16" or each[0] != 0]
    lost = data.draw(st.sets(st.sampled_from(losable), max_size=len(said) - 1))
    left = [each for each in said if each not in lost] or said[:1]
    compare(data, plan, left)
