"""What was seen to go wrong elsewhere (field reports), each at the whole service."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec import structs

from libs.contracts.authorization import Decision
from libs.contracts.transactions import Gap, TransactionView
from libs.ocpp import v16, v21, v201
from services.transactions.app import App
from tests.services.transactions import traces
from tests.services.transactions.conftest import Desk
from tests.services.transactions.traces import Plan, Trace

AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


async def replay(desk: Desk, trace: Trace, places: list[int] | None = None) -> TransactionView:
    """Report the messages at these places, in this order; the session that they make."""
    chosen = places or list(range(len(trace.messages)))
    if trace.plan.version == "v16":
        answer = await desk.say("CP1", trace.messages[0])
        trace = traces.renumbered(trace, answer.transaction_id)
    for place in chosen:
        await desk.say("CP1", trace.messages[place])
    return await desk.session("CP1")


def events(samples: list[list[dict[str, Any]]], **more: Any) -> Trace:
    """A session of 2.0.1 whose events have these samples."""
    kinds = ["Started", *["Updated"] * (len(samples) - 2), "Ended"]
    messages = [
        msgspec.convert(
            {
                "eventType": kind,
                "timestamp": traces.stamp(AT + number * timedelta(minutes=5)),
                "triggerReason": "MeterValuePeriodic",
                "seqNo": number,
                "transactionInfo": {"transactionId": "T"},
                "meterValue": [
                    {
                        "timestamp": traces.stamp(AT + number * timedelta(minutes=5)),
                        "sampledValue": values,
                    }
                ],
                **more,
            },
            v201.TransactionEvent,
        )
        for number, (kind, values) in enumerate(zip(kinds, samples, strict=True))
    ]
    return Trace(Plan(version="v201"), messages, Decimal(0))


def kwh(value: float) -> dict[str, Any]:
    return {"value": value, "unitOfMeasure": {"unit": "kWh"}}


async def test_an_offline_start_that_reports_zero_is_not_billed_from_zero(
    app: App, desk: Desk
) -> None:
    """910 kWh were billed instead of 0.083."""
    trace = events([[kwh(0)], [kwh(910.0)], [kwh(910.083)]], offline=True)
    session = await replay(desk, trace)
    assert (session.energy_wh, session.meter_start_wh) == (83, 910_000)
    assert {"begin_zero", "offline"} <= set(session.flags)


async def test_samples_of_the_charge_alone_change_no_energy(app: App, desk: Desk) -> None:
    soc = {"value": 55, "measurand": "SoC", "location": "EV"}
    session = await replay(desk, events([[kwh(10)], [kwh(12)], [soc], [kwh(15), soc], [soc]]))
    assert (session.energy_wh, session.soc_last) == (5000, 55)


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_every_second_update_may_be_missing(app: App, desk: Desk, version: str) -> None:
    trace = traces.make(Plan(version=version, updates=6))
    session = await replay(desk, trace, [0, 2, 4, 6, 7])
    assert (session.status, session.energy_wh) == ("ended", trace.energy_wh)
    if version == "v16":
        assert (session.gaps, session.complete) == ([], True)
    else:
        assert session.gaps == [Gap(first=n, last=n) for n in (1, 3, 5)]
        assert (session.complete, session.flags) == (False, ["missing_events"])


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_a_late_update_does_not_open_an_ended_session(
    app: App, desk: Desk, version: str
) -> None:
    trace = traces.make(Plan(version=version))
    session = await replay(desk, trace, [0, 1, 2, 3, 5, 6, 4])
    assert (session.status, session.energy_wh, session.complete) == ("ended", 400, True)
    assert session.ended_at == AT + timedelta(seconds=307)


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_an_end_that_comes_first_is_an_end(app: App, desk: Desk, version: str) -> None:
    trace = traces.make(Plan(version=version))
    session = await replay(desk, trace, [6, 5, 4, 3, 2, 1, 0])
    assert (session.status, session.energy_wh, session.complete) == ("ended", 400, True)
    assert session.started_at == AT


async def test_an_offline_session_of_an_unknown_token_is_kept(app: App, desk: Desk) -> None:
    desk.peers.decisions["TAG1"] = Decision(status="Unknown", reason="nobody knows it")
    session = await replay(desk, traces.make(Plan(version="v201", offline=True)))
    assert (session.energy_wh, session.authorization) == (400, "Unknown")
    assert {"offline", "unknown_token", "token_refused"} == set(session.flags)


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_a_clock_that_is_set_back_makes_no_negative_time(
    app: App, desk: Desk, version: str
) -> None:
    session = await replay(desk, traces.make(Plan(version=version, back_at=2)))
    assert (session.energy_wh, session.duration_s, session.idle_s) == (400, 0, 0)
    assert {"clock_jump", "time_before_start"} == set(session.flags)


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_a_clock_that_was_set_in_between_makes_no_duration_of_years(
    app: App, desk: Desk, version: str
) -> None:
    """A station that starts in 1970 and learns the time (NTP) while it charges."""
    trace = traces.make(Plan(version=version, begin=datetime(1970, 1, 1, 0, 3, tzinfo=UTC)))
    later = traces.make(Plan(version=version))
    mixed = Trace(trace.plan, [*trace.messages[:3], *later.messages[3:]], trace.energy_wh)
    session = await replay(desk, mixed)
    # A minute passed between the second and the third update, or did not.
    assert (session.energy_wh, session.duration_s) == (400, 247)
    assert (session.started_at, session.ended_at) == (
        trace.plan.begin,
        AT + timedelta(seconds=307),
    )
    assert 0 < session.charging_s <= session.duration_s
    assert "clock_jump" in session.flags


async def test_a_time_in_the_future_is_flagged(app: App, desk: Desk) -> None:
    plan = Plan(version="v201", begin=datetime.now(UTC) + timedelta(days=400))
    session = await replay(desk, traces.make(plan))
    assert (session.energy_wh, session.flags) == (400, ["time_in_future"])


@pytest.mark.parametrize("year", [1, 1970, 9999])
async def test_absurd_times_are_kept(app: App, desk: Desk, year: int) -> None:
    """The clock of a station that lost its battery, and of one that is broken."""
    plan = Plan(version="v21", begin=datetime(year, 12, 30, tzinfo=UTC))
    session = await replay(desk, traces.make(plan))
    assert (session.energy_wh, session.duration_s) == (400, 307)
    assert len((await desk.detail(session.id)).meter_values) == 7
    assert len(await desk.cdrs("CP1")) == 1


async def test_a_meter_that_is_replaced_in_between_is_billed_in_two_parts(
    app: App, desk: Desk
) -> None:
    session = await replay(desk, events([[kwh(100)], [kwh(105)], [kwh(0)], [kwh(3)], [kwh(4.5)]]))
    assert (session.energy_wh, session.flags[0]) == (9500, "register_reset")


async def test_messages_of_the_same_second_are_ordered_by_their_registers(
    app: App, desk: Desk
) -> None:
    """1.6 stations tell whole seconds, and some report more than once in one."""
    trace = traces.make(Plan(version="v16", updates=0, register_wh=1000))
    answer = await desk.say("CP1", trace.messages[0])
    for wh in (30_000, 5000, 12_000, 2000, 21_000):
        values = {
            "connectorId": 1,
            "transactionId": answer.transaction_id,
            "meterValue": [
                {"timestamp": "2026-03-01T10:00:01Z", "sampledValue": [{"value": str(wh)}]}
            ],
        }
        await desk.say("CP1", msgspec.convert(values, v16.MeterValues))
    stop = structs.replace(trace.messages[-1], transaction_id=answer.transaction_id)
    await desk.say("CP1", structs.replace(stop, meter_stop=31_000))
    session = await desk.session("CP1")
    assert (session.energy_wh, session.events) == (30_000, 7)
    assert session.flags == ["late_events"]


async def test_what_is_sampled_after_the_stop_is_not_billed(app: App, desk: Desk) -> None:
    """1.6 stations that go on to name the last transaction while the next car charges."""
    trace = traces.make(Plan(version="v16", updates=2))
    answer = await desk.say("CP1", trace.messages[0])
    trace = traces.renumbered(trace, answer.transaction_id)
    stop = trace.messages[-1]
    assert isinstance(stop, v16.StopTransaction)
    after = {
        "connectorId": 1,
        "transactionId": answer.transaction_id,
        "meterValue": [
            {
                "timestamp": traces.stamp(stop.timestamp + timedelta(minutes=30)),
                "sampledValue": [
                    {"value": str(stop.meter_stop + 3000)},
                    {"value": "88", "measurand": "SoC"},
                ],
            }
        ],
    }
    for message in (*trace.messages[1:-1], msgspec.convert(after, v16.MeterValues), stop):
        await desk.say("CP1", message)
    session = await desk.session("CP1")
    assert (session.energy_wh, session.events, session.soc_last) == (200, 5, 24)
    assert session.flags == ["late_events"]


async def test_a_stop_without_a_register_keeps_what_was_sampled(app: App, desk: Desk) -> None:
    """1.6: meterStop 0 while the meter stood at 100 kWh."""
    trace = traces.make(Plan(version="v16"))
    stop = structs.replace(trace.messages[-1], meter_stop=0)
    trace = Trace(trace.plan, [*trace.messages[:-1], stop], trace.energy_wh)
    session = await replay(desk, trace)
    assert (session.energy_wh, session.meter_stop_wh) == (400, 123_856)
    assert session.flags == ["register_reset"]


async def test_a_stop_that_brings_the_series_fills_what_was_lost(app: App, desk: Desk) -> None:
    """1.6 transactionData, with a reset in the middle that only the series knows of."""
    plan = Plan(version="v16", updates=5, series=True, reset_at=3)
    trace = traces.make(plan)
    session = await replay(desk, trace, [0, 1, 6])
    assert session.energy_wh == trace.energy_wh
    again = await replay(desk, trace, [2, 3, 4, 5, 6])
    assert again.energy_wh == trace.energy_wh


async def test_signed_values_are_kept_to_the_letter(app: App, desk: Desk) -> None:
    signed = {
        "signedMeterData": "T0NNRnx7fQ==",
        "signingMethod": "ECDSA",
        "encodingMethod": "OCMF",
        "publicKey": "MFkw",
    }
    trace = events([[{**kwh(1), "signedMeterValue": signed}], [kwh(2)]])
    session = await replay(desk, trace)
    sample = (await desk.detail(session.id)).meter_values[0].samples[0]
    assert sample.signed is not None
    assert sample.signed["signedMeterData"] == signed["signedMeterData"]
    assert session.energy_wh == 1000


async def test_the_summary_tells_power_and_charge(app: App, desk: Desk) -> None:
    def sampled(one: float, two: float, soc: float) -> list[dict[str, Any]]:
        power = {"measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "kW"}}
        return [
            {"value": one, "phase": "L1", **power},
            {"value": two, "phase": "L2-N", **power},
            {"value": soc, "measurand": "SoC"},
        ]

    session = await replay(
        desk, events([sampled(1, 2, 20), sampled(7.4, 1, 50), sampled(3, 0, 60)])
    )
    assert [structs.astuple(each) for each in session.power] == [
        ("L1", 7400, 3000),
        ("L2", 2000, 0),
    ]
    assert (session.soc_start, session.soc_last) == (20, 60)


async def test_charging_and_idle_time_follow_the_charging_state(app: App, desk: Desk) -> None:
    def event(seq: int, kind: str, minutes: int, state: str) -> v21.TransactionEvent:
        info = v21.Transaction(transaction_id="T", charging_state=state)
        return v21.TransactionEvent(
            event_type=kind,
            timestamp=AT + timedelta(minutes=minutes),
            trigger_reason="ChargingStateChanged",
            seq_no=seq,
            transaction_info=info,
        )

    said = [
        event(0, "Started", 0, "EVConnected"),
        event(1, "Updated", 5, "Charging"),
        event(2, "Updated", 25, "SuspendedEV"),
        event(3, "Updated", 40, "Charging"),
        event(4, "Ended", 50, "Idle"),
    ]
    for message in said:
        await desk.say("CP1", message)
    session = await desk.session("CP1")
    assert (session.duration_s, session.charging_s, session.idle_s) == (3000, 1800, 1200)
    assert session.energy_wh is None


async def test_1_6_charges_while_its_register_grows(app: App, desk: Desk) -> None:
    session = await replay(desk, traces.make(Plan(version="v16", updates=8)))
    assert (session.duration_s, session.charging_s) == (487, 240)


async def test_a_session_of_another_platform_is_continued(app: App, desk: Desk) -> None:
    """After a migration: a number that we never gave is kept as what it is."""
    values = traces.make(Plan(version="v16", number=55)).messages
    for message in values[1:]:
        assert isinstance(message, v16.MeterValues | v16.StopTransaction)
        await desk.say("CP1", message)
    session = await desk.session("CP1")
    assert (session.transaction, session.status, session.energy_wh) == ("55", "ended", 300)
    assert {"unknown_transaction", "started_missing"} <= set(session.flags)
