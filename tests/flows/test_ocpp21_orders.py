"""Every order of OCPP 2.1 goes out as it was written, and a whole 2.1 station obeys those of its
blocks: DER control, battery swap, streams, payments, priority charging, bidirectional power.
"""

import json
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from libs.ocpp import catalog, codec
from libs.station import Car, VirtualStation
from libs.station.display import Display
from libs.station.flash import Battery
from libs.station.streams import Streams
from libs.station.v2 import bidirectional, der_control, payment
from tests.flows.messages import BEGIN
from tests.flows.station import booted
from tests.services.devices.messages import smallest, value_of
from tests.system import System, eventually

ORDERS = sorted(
    action for action, kind in catalog.ACTIONS["v21"].items() if kind.sender != "station"
)
NEW = sorted(set(ORDERS) - set(catalog.ACTIONS["v201"]))

CURVE = {"curveData": [{"x": 1, "y": 2}], "priority": 1, "yUnit": "PctMaxVar"}


def test_these_are_the_new_orders() -> None:
    assert NEW == [
        "AFRRSignal",
        "AdjustPeriodicEventStream",
        "ChangeTransactionTariff",
        "ClearDERControl",
        "ClearTariffs",
        "GetDERControl",
        "GetPeriodicEventStream",
        "GetTariffs",
        "NotifyAllowedEnergyTransfer",
        "NotifyWebPaymentStarted",
        "RequestBatterySwap",
        "SetDERControl",
        "SetDefaultTariff",
        "UpdateDynamicSchedule",
        "UsePriorityCharging",
    ]


@pytest.mark.parametrize("action", ORDERS)
async def test_an_order_goes_out_as_it_was_written(
    system: System, identity: str, action: str
) -> None:
    kind = catalog.ACTIONS["v21"][action]
    order = json.loads(codec.encode(smallest(kind)))
    granted = value_of(inspect.type_info(kind.response))
    async with booted(system, identity, "2.1") as station:
        station.answers[action] = granted
        answer = await system.post(f"stations/{identity}/calls/{action}", order)
        assert station.calls == [(action, order)]
    assert (answer["status"], answer["payload"]) == ("answered", granted)
    request = await system.get(f"stations/{identity}/requests/{answer['request']}")
    assert (request["action"], request["payload"]) == (action, order)


@pytest.mark.parametrize("action", [each for each in NEW if each != "GetPeriodicEventStream"])
async def test_an_order_that_breaks_the_schema_is_not_sent(
    system: System, identity: str, action: str
) -> None:
    async with booted(system, identity, "2.1") as station:
        answer = await system.http.post(
            f"stations/{identity}/calls/{action}", json={"unheardOf": True}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_payload")
        assert answer.json()["errors"][0]["pointer"]
        assert station.calls == []


async def test_a_whole_station_keeps_der_controls(system: System, identity: str) -> None:
    """R01 to R05: set, superseded, started, stopped when its time is over, reported, cleared."""
    path = f"stations/{identity}/der-controls"

    async def known() -> dict[str, Any]:
        return {each["id"]: each for each in await system.all(path)}

    async with VirtualStation(identity, system.ocpp_url, "v21", speed=100) as station:
        await station.booted()
        default = {"type": "VoltVar", "is_default": True, "setting": {"curve": CURVE}}
        assert (await system.put(f"{path}/base", default))["payload"] == {"status": "Accepted"}
        weak = {"type": "VoltVar", "setting": {"curve": {**CURVE, "priority": 5}}}
        await system.put(f"{path}/weak", weak)
        strong = {"type": "VoltVar", "setting": {"curve": {**CURVE, "duration": 300}}}
        answer = await system.put(f"{path}/strong", strong)
        assert answer["payload"] == {"status": "Accepted", "supersededIds": ["weak"]}
        found = await eventually(known, lambda found: found["strong"]["running"])
        assert (found["weak"]["superseded"], found["base"]["superseded"]) == (True, False)
        # 300 s are 3 at this speed: then the weaker one takes effect again.
        await eventually(known, lambda found: found["weak"]["running"])
        found = await eventually(known, lambda found: found["strong"]["running"] is False)
        assert found["weak"]["superseded"] is False
        await system.post(f"{path}/refresh")
        found = await eventually(known, lambda found: set(found) == {"base", "weak"})
        assert found["base"]["setting"]["curve"]["priority"] == 1
        unsupported = {"type": "HVMayTrip", "setting": {"curve": CURVE}}
        answer = await system.put(f"{path}/no", unsupported)
        assert answer["payload"]["status"] == "NotSupported"
        for each in ("weak", "base"):
            gone = await system.http.delete(f"{path}/{each}")
            assert gone.json()["payload"] == {"status": "Accepted"}
        der_control.alarm(station.controller, "HVMustTrip", "OverVoltage")

        async def alarms() -> list[Any]:
            return await system.all(f"stations/{identity}/der-alarms")

        assert (await eventually(alarms))[0]["fault"] == "OverVoltage"
    assert await known() == {}


async def test_a_whole_station_swaps_batteries(system: System, identity: str) -> None:
    """S03; without batteries it says that it cannot."""
    path = f"stations/{identity}/battery-swaps"
    async with VirtualStation(identity, system.ocpp_url, "v21", evses=2) as station:
        await station.booted()
        refused = await system.post(path, {"token": "DEMO0001"})
        assert refused["payload"]["status"] == "Rejected"
        station.controller.flash.batteries[2] = Battery(serial="FULL", soc=99)
        answer = await system.post(path, {"token": "DEMO0001"})
        assert answer["payload"] == {"status": "Accepted"}

        async def swaps() -> list[Any]:
            return await system.all(path)

        out, taken = await eventually(swaps, lambda found: len(found) == 2)
    assert (taken["event"], taken["batteries"][0]["evse"]) == ("BatteryIn", 1)
    assert (out["event"], out["batteries"][0]["serial_number"]) == ("BatteryOut", "FULL")
    assert taken["request"] == out["request"] == answer["request"]


async def test_a_whole_station_streams(system: System, identity: str) -> None:
    """N11 to N15: opened, values by SEND, adjusted, asked for, closed."""
    path = f"stations/{identity}/streams"
    async with VirtualStation(identity, system.ocpp_url, "v21") as station:
        await station.booted()
        streams = station.controller.feature(Streams)
        streams.begin(17, interval=1, batch=2)
        await station.wait_for(lambda: 1 in streams.open, "the stream to be open")
        for value in ("1.0", "2.0", "3.0"):
            streams.add(1, value)

        async def values() -> list[str]:
            return [each["value"] for each in await system.all(f"{path}/1/values")]

        assert await eventually(values, lambda found: len(found) == 3) == ["3.0", "2.0", "1.0"]
        answer = await system.http.put(f"{path}/1", json={"values": 7})
        assert answer.json()["payload"] == {"status": "Accepted"}
        listed = await system.post(f"{path}/refresh")
        assert listed["payload"]["constantStreamData"][0]["params"] == {"interval": 1, "values": 7}
        wrong = await system.http.put(f"{path}/9", json={"values": 7})
        assert wrong.json()["payload"]["status"] == "Rejected"
        streams.close(1)

        async def stream() -> Any:
            return (await system.all(path))[0]

        closed = await eventually(stream, lambda found: found["closed_at"])
    assert (closed["received"], closed["values"]) == (3, 7)


async def test_a_whole_station_shows_cost_and_tells_of_payments(
    system: System, identity: str
) -> None:
    async with VirtualStation(identity, system.ocpp_url, "v21", speed=60) as station:
        await station.booted()
        await station.plug_in(1, Car(soc=20))
        await station.present("DEMO0002", 1)
        await station.until(1, "Charging")
        transaction = station.transaction(1)
        assert transaction is not None
        told = {"transaction": transaction, "total_cost": 3.5}
        assert (await system.post(f"stations/{identity}/cost", told))["payload"] == {}
        web = f"stations/{identity}/web-payments"
        assert (await system.post(web, {"evse": 1, "timeout": 60}))["payload"] == {}
        wrong = await system.post(web, {"evse": 9, "timeout": 60})
        assert (wrong["status"], wrong["code"]) == ("error", "PropertyConstraintViolation")
        display = station.controller.feature(Display)
        assert (display.costs, set(display.payments)) == ({transaction: 3.5}, {1})
        payment.settle(station.controller, "psp-7", 3.5, transaction)
        answers: list[Any] = []
        payment.validate_vat(station.controller, "DE123456789", answers.append)
        await station.wait_for(lambda: bool(answers), "the number to be judged")
        assert answers[0].status == "Accepted"
        bidirectional.prioritise(station.controller, 1)

        async def priority() -> list[Any]:
            return await system.all(f"stations/{identity}/priority-charging")

        (seen,) = await eventually(priority)
        assert (seen["transaction"], seen["activated"]) == (transaction, True)
        calls = f"stations/{identity}/calls"
        use = {"transactionId": transaction, "activate": True}
        answer = await system.post(f"{calls}/UsePriorityCharging", use)
        assert answer["payload"] == {"status": "NoProfile"}
        allowed = {"transactionId": transaction, "allowedEnergyTransfer": ["AC_three_phase"]}
        answer = await system.post(f"{calls}/NotifyAllowedEnergyTransfer", allowed)
        assert answer["payload"] == {"status": "Accepted"}
        signal = {"timestamp": BEGIN.isoformat(), "signal": 1}
        answer = await system.post(f"{calls}/AFRRSignal", signal)
        assert answer["payload"]["status"] == "Rejected"
    (settlement,) = await system.all(f"stations/{identity}/settlements")
    assert (settlement["psp_ref"], settlement["transaction"]) == ("psp-7", transaction)


def test_payloads_of_these_tests_are_no_bigger_than_need_be() -> None:
    """A smallest message holds what is required, so that an order shows each required field."""
    for action in ORDERS:
        kind = catalog.ACTIONS["v21"][action]
        required = {f.encode_name for f in msgspec.structs.fields(kind) if f.required}
        assert set(json.loads(codec.encode(smallest(kind)))) == required
