"""Charging sessions as real stations report them: the messages of one session, in order.

``make(Plan(...))`` gives a :class:`Trace`; ``plans()`` is a hypothesis strategy of plans;
``disturbed`` turns a trace into what arrives after retries, an offline queue, a lossy network.
"""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import strategies as st

from libs.ocpp import codec, v16, v21, v201
from libs.ocpp.message import Request, Version
from services.transactions import entries_v2, entries_v16
from services.transactions.entry import Entry

BEGIN = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
VERSIONS: tuple[Version, ...] = ("v16", "v201", "v21")
PERIOD = timedelta(minutes=1)
CURVE_W = (11_000, 11_000, 10_500, 9_000, 5_000, 2_000, 500, 0)


@dataclass(frozen=True)
class Plan:
    """What a session is like."""

    version: Version = "v201"
    transaction: str = "T-1"
    number: int = 4711
    updates: int = 5
    register_wh: int = 123_456
    token: str | None = "TAG1"
    stop_token: str | None = None
    evse: int = 1
    kilo: bool = False
    """Samples in kWh."""
    phases: bool = False
    """No total, only L1 to L3."""
    soc: bool = True
    soc_only: int = 0
    """Every so manieth update holds the state of charge alone."""
    reset_at: int = -1
    """The register restarts at zero before this update."""
    back_at: int = -1
    """The clock is set back by an hour before this update."""
    begin_zero: bool = False
    series: bool = False
    """The last message repeats all samples."""
    seq_first: int = 0
    offline: bool = False
    begin: datetime = BEGIN


@dataclass(frozen=True)
class Trace:
    """The messages of a session and what it must come to."""

    plan: Plan
    messages: list[Request[Any]]
    energy_wh: Decimal
    """What the meter really delivered, by the register."""

    def entries(self) -> list[Entry]:
        return [entry_of(message) for message in self.messages]


def entry_of(message: Request[Any], received_at: datetime | None = None) -> Entry:
    """The entry of a message, which came a second after it was made."""
    if isinstance(message, v16.StartTransaction | v16.StopTransaction):
        at = message.timestamp
    elif isinstance(message, v16.MeterValues):
        at = message.meter_value[-1].timestamp
    else:
        at = message.timestamp
    arrived = received_at or at + timedelta(seconds=1)
    if isinstance(message, v16.StartTransaction | v16.MeterValues | v16.StopTransaction):
        return entries_v16.entry(message, codec.encode(message), arrived)
    return entries_v2.entry(message, arrived)


def make(plan: Plan) -> Trace:
    return _Station(plan).charge()


@st.composite
def plans(draw: st.DrawFn, **fixed: Any) -> Plan:
    """Sessions of all versions and habits."""
    updates = draw(st.integers(0, 8))
    drawn = {
        "version": draw(st.sampled_from(VERSIONS)),
        "updates": updates,
        "register_wh": draw(st.sampled_from([0, 7, 123_456, 910_000_000])),
        "token": draw(st.sampled_from(["TAG1", None])),
        "stop_token": draw(st.sampled_from(["TAG1", "TAG2", None])),
        "kilo": draw(st.booleans()),
        "phases": draw(st.booleans()),
        "soc": draw(st.booleans()),
        "soc_only": draw(st.sampled_from([0, 2])),
        "reset_at": draw(st.sampled_from([-1, 1, 3])),
        "back_at": draw(st.sampled_from([-1, -1, 2])),
        "begin_zero": draw(st.sampled_from([False, False, True])),
        "series": draw(st.booleans()),
        "seq_first": draw(st.sampled_from([0, 17])),
        "offline": draw(st.booleans()),
    }
    return Plan(**{**drawn, **fixed})


@st.composite
def disturbed(draw: st.DrawFn, trace: Trace, *, lossy: bool = False) -> list[int]:
    """The places of messages as they arrive: in any order, repeated, if ``lossy`` some missing."""
    places = list(range(len(trace.messages)))
    if lossy:
        lost = draw(st.sets(st.sampled_from(places), max_size=len(places) - 1))
        places = [place for place in places if place not in lost]
    again = draw(st.lists(st.sampled_from(places), max_size=5))
    return draw(st.permutations([*places, *again]))


class _Station:
    """One station while it charges."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.random = random.Random(plan.register_wh + plan.updates)
        self.clock = plan.begin
        self.register = Decimal(plan.register_wh)
        self.delivered = Decimal(0)
        self.soc = 20
        self.seq = plan.seq_first
        self.messages: list[Request[Any]] = []
        self.samples: list[dict[str, Any]] = []

    def charge(self) -> Trace:
        plan = self.plan
        first = Decimal(0) if plan.begin_zero else self.register
        self.start(first)
        for number in range(plan.updates):
            self.tick(number)
            self.update(number)
        self.clock += timedelta(seconds=7)
        self.stop()
        energy = self.delivered
        return Trace(plan, self.messages, energy)

    def tick(self, number: int) -> None:
        plan = self.plan
        self.clock += PERIOD
        if number == plan.back_at:
            self.clock -= timedelta(hours=1)
        if number == plan.reset_at:
            self.register = Decimal(0)
        else:
            step = CURVE_W[min(number, len(CURVE_W) - 1)] // 60 // 100 * 100
            self.register += step
            self.delivered += step
        self.soc = min(self.soc + 2, 100)

    # -- samples ---------------------------------------------------------------------------------

    def value(self, wh: Decimal, context: str | None) -> list[dict[str, Any]]:
        plan = self.plan
        shares = [("L1", wh // 3), ("L2", wh // 3), ("L3", wh - 2 * (wh // 3))]
        parts: list[tuple[str | None, Decimal]] = list(shares) if plan.phases else [(None, wh)]
        found = []
        for phase, part in parts:
            sample: dict[str, Any] = {"measurand": "Energy.Active.Import.Register"}
            if phase:
                sample["phase"] = phase
            if context:
                sample["context"] = context
            unit = "kWh" if plan.kilo else "Wh"
            number = part / 1000 if plan.kilo else part
            found.append(sample | self.spelled(number, unit))
        return found

    def spelled(self, number: Decimal, unit: str) -> dict[str, Any]:
        if self.plan.version == "v16":
            return {"value": f"{number:f}", "unit": unit}
        return {"value": float(number), "unitOfMeasure": {"unit": unit}}

    def sampled(
        self, wh: Decimal, context: str | None, *, soc_only: bool = False
    ) -> dict[str, Any]:
        values: list[dict[str, Any]] = []
        if not soc_only:
            values += self.value(wh, context)
            power = Decimal(self.random.randint(0, 110)) / 10
            values.append({"measurand": "Power.Active.Import"} | self.spelled(power, "kW"))
            values.append({"measurand": "Voltage", "phase": "L1-N"} | self.volts())
        if self.plan.soc or soc_only:
            values.append({"measurand": "SoC", "location": "EV"} | self.percent())
        value = {"timestamp": stamp(self.clock), "sampledValue": values}
        self.samples.append(value)
        return value

    def volts(self) -> dict[str, Any]:
        return {"value": "230.1"} if self.plan.version == "v16" else {"value": 230.1}

    def percent(self) -> dict[str, Any]:
        if self.plan.version == "v16":
            return {"value": str(self.soc), "unit": "Percent"}
        return {"value": float(self.soc), "unitOfMeasure": {"unit": "Percent"}}

    # -- messages --------------------------------------------------------------------------------

    def start(self, register: Decimal) -> None:
        plan = self.plan
        if plan.version == "v16":
            self.say(
                v16.StartTransaction,
                connectorId=plan.evse,
                idTag=plan.token or "",
                meterStart=int(register),
                timestamp=stamp(self.clock),
            )
            return
        more: dict[str, Any] = {"evse": {"id": plan.evse, "connectorId": 1}}
        if plan.token is not None:
            more["idToken"] = {"idToken": plan.token, "type": "ISO14443"}
        self.event("Started", "Authorized", register, "Transaction.Begin", **more)

    def update(self, number: int) -> None:
        plan = self.plan
        soc_only = plan.soc_only > 0 and number % plan.soc_only == 0
        if plan.version != "v16":
            self.event("Updated", "MeterValuePeriodic", self.register, None, soc_only=soc_only)
            return
        self.say(
            v16.MeterValues,
            connectorId=plan.evse,
            transactionId=plan.number,
            meterValue=[self.sampled(self.register, None, soc_only=soc_only)],
        )

    def stop(self) -> None:
        plan = self.plan
        if plan.version != "v16":
            more: dict[str, Any] = {}
            if plan.stop_token:
                more["idToken"] = {"idToken": plan.stop_token, "type": "ISO14443"}
            self.event("Ended", "StopAuthorized", self.register, "Transaction.End", **more)
            return
        fields: dict[str, Any] = {
            "transactionId": plan.number,
            "meterStop": int(self.register),
            "timestamp": stamp(self.clock),
            "reason": "Local",
        }
        if plan.stop_token:
            fields["idTag"] = plan.stop_token
        if plan.series and self.samples:
            fields["transactionData"] = list(self.samples)
        self.say(v16.StopTransaction, **fields)

    def event(
        self,
        kind: str,
        trigger: str,
        register: Decimal,
        context: str | None,
        *,
        soc_only: bool = False,
        **more: Any,
    ) -> None:
        plan = self.plan
        module = v201 if plan.version == "v201" else v21
        info: dict[str, Any] = {"transactionId": plan.transaction, "chargingState": "Charging"}
        if kind == "Ended":
            info |= {"stoppedReason": "Local", "chargingState": "EVConnected"}
        values = [self.sampled(register, context, soc_only=soc_only)]
        if kind == "Ended" and plan.series:
            values = list(self.samples)
        if plan.offline and kind != "Ended":
            more["offline"] = True
        self.say(
            module.TransactionEvent,
            eventType=kind,
            timestamp=stamp(self.clock),
            triggerReason=trigger,
            seqNo=self.seq,
            transactionInfo=info,
            meterValue=values,
            **more,
        )
        self.seq += 1

    def say(self, kind: type[Request[Any]], **fields: Any) -> None:
        self.messages.append(msgspec.convert(fields, kind))


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def renumbered(trace: Trace, number: int) -> Trace:
    """The same session of 1.6 under the id that the CSMS gave."""
    messages = [
        msgspec.structs.replace(message, transaction_id=number)
        if isinstance(message, v16.MeterValues | v16.StopTransaction)
        else message
        for message in trace.messages
    ]
    return replace(trace, messages=messages)
