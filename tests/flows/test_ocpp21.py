"""What OCPP 2.1 adds, as stations tell it: each answered, kept, shown by the API and announced."""

import asyncio
import json
from typing import Any

import pytest

from tests.flows.messages import event, minute
from tests.flows.station import Station, booted
from tests.system import System, eventually

CURVE = {"curveData": [{"x": 1, "y": 2}], "priority": 1, "yUnit": "PctMaxVar"}
FIXED = {"priority": 2, "setpoint": 10.0, "unit": "PctMaxVar"}
GRADIENT = {"priority": 3, "gradient": 1.0, "softGradient": 0.5}
TOKEN = {"idToken": "DEMO0001", "type": "ISO14443"}
STREAM = {"id": 3, "params": {"interval": 30, "values": 2}, "variableMonitoringId": 17}


async def announced(system: System, identity: str, kind: str) -> dict[str, Any]:
    """The first event of a kind about this station, from the stream of events."""
    query = {"types": kind, "after": "0"}
    async with asyncio.timeout(30), system.http.stream("GET", "events", params=query) as answer:
        assert answer.status_code == 200, await answer.aread()
        async for line in answer.aiter_lines():
            if not line.startswith("data:"):
                continue
            found = json.loads(line.removeprefix("data:"))
            if found.get("data", {}).get("station") == identity:
                return found["data"]
    raise AssertionError(f"no {kind} of {identity}")


# -- block R -------------------------------------------------------------------------------------


async def test_an_alarm_of_the_grid(system: System, identity: str) -> None:
    alarm = {"controlType": "HVMustTrip", "gridEventFault": "OverVoltage", "timestamp": minute(1)}
    over = {**alarm, "timestamp": minute(2), "alarmEnded": True, "extraInfo": "L2"}
    async with booted(system, identity, "2.1") as station:
        assert await station.ask("NotifyDERAlarm", alarm) == {}
        assert await station.ask("NotifyDERAlarm", over) == {}
    last, first = await system.all(f"stations/{identity}/der-alarms")
    assert (first["type"], first["fault"], first["ended"], first["at"]) == (
        "HVMustTrip",
        "OverVoltage",
        False,
        minute(1),
    )
    assert (last["ended"], last["info"]) == (True, "L2")
    told = await announced(system, identity, "der_alarm.raised")
    assert (told["type"], told["fault"]) == ("HVMustTrip", "OverVoltage")


async def test_der_controls_are_set_turned_reported_and_cleared(
    system: System, identity: str
) -> None:
    """R01 to R05."""
    path = f"stations/{identity}/der-controls"

    async def known() -> dict[str, Any]:
        return {each["id"]: each for each in await system.all(path)}

    async with booted(system, identity, "2.1") as station:
        body = {"type": "VoltVar", "setting": {"curve": CURVE}}
        await system.put(f"{path}/old", body)
        station.answers["SetDERControl"] = {"status": "Accepted", "supersededIds": ["old"]}
        await system.put(f"{path}/new", body)
        assert station.calls[-1] == (
            "SetDERControl",
            {"isDefault": False, "controlId": "new", "controlType": "VoltVar", "curve": CURVE},
        )
        found = await known()
        assert (found["old"]["superseded"], found["new"]["superseded"]) == (True, False)
        started = {"controlId": "new", "started": True, "timestamp": minute(1)}
        assert await station.ask("NotifyDERStartStop", {**started, "supersededIds": ["old"]}) == {}
        assert (await known())["new"]["running"] is True

        station.answers.clear()
        while not station.asked.empty():
            station.asked.get_nowait()
        answer = await system.post(f"{path}/refresh", {})
        _, asked = await station.call()
        parts = [
            {
                "curve": [
                    {
                        "id": "new",
                        "curveType": "VoltVar",
                        "isDefault": False,
                        "isSuperseded": False,
                        "curve": CURVE,
                    }
                ],
                "tbc": True,
            },
            {
                "fixedPFAbsorb": [
                    {
                        "id": "pf",
                        "isDefault": True,
                        "isSuperseded": True,
                        "fixedPF": {"priority": 1, "displacement": 0.9, "excitation": True},
                    }
                ],
                "gradient": [{"id": "slow", "gradient": GRADIENT}],
            },
        ]
        for part in parts:
            body = {"requestId": asked["requestId"], **part}
            assert await station.ask("ReportDERControl", body) == {}
        found = await known()
        assert {k: (c["type"], c["is_default"], c["superseded"]) for k, c in found.items()} == {
            "new": ("VoltVar", False, False),
            "pf": ("FixedPFAbsorb", True, True),
            "slow": ("Gradients", True, False),
        }
        assert found["new"]["running"] is True
        request = await system.get(f"stations/{identity}/requests/{answer['request']}")
        assert (request["progress"], len(request["later"])) == ("complete", 2)

        answer = await system.http.delete(f"{path}/slow")
        assert station.calls[-1] == ("ClearDERControl", {"isDefault": True, "controlId": "slow"})
        assert answer.json()["payload"] == {"status": "Accepted"}
        station.answers["GetDERControl"] = {"status": "NotFound"}
        await system.post(f"{path}/refresh", {"is_default": True})
        assert set(await known()) == {"new"}
    told = await announced(system, identity, "der_control.turned")
    assert (told["id"], told["started"], told["superseded"]) == ("new", True, ["old"])


@pytest.mark.parametrize("status", ["Rejected", "NotSupported"])
async def test_a_refused_control_is_told(system: System, identity: str, status: str) -> None:
    path = f"stations/{identity}/der-controls"
    async with booted(system, identity, "2.1") as station:
        station.answers["SetDERControl"] = {"status": status}
        answer = await system.put(f"{path}/x", {"type": "FixedVar", "setting": {"fixedVar": FIXED}})
        assert answer["payload"] == {"status": status}
        wrong = await system.http.put(
            f"{path}/x", json={"type": "FixedVar", "setting": {"curve": CURVE}}
        )
        assert wrong.status_code == 422
        assert "`fixedVar`" in wrong.json()["detail"]
        broken = await system.http.put(
            f"{path}/x", json={"type": "FixedVar", "setting": {"fixedVar": {"priority": 1}}}
        )
        assert broken.status_code == 422
        assert "setpoint" in broken.json()["detail"]
    assert await system.all(path) == []


# -- blocks K and S ------------------------------------------------------------------------------


async def test_priority_charging(system: System, identity: str) -> None:
    """K21."""
    async with booted(system, identity, "2.1") as station:
        body = {"transactionId": "tx", "activated": True}
        assert await station.ask("NotifyPriorityCharging", body) == {}
    (seen,) = await system.all(f"stations/{identity}/priority-charging")
    assert (seen["transaction"], seen["activated"]) == ("tx", True)
    told = await announced(system, identity, "priority_charging.turned")
    assert (told["transaction"], told["activated"]) == ("tx", True)


async def test_a_battery_swap_is_found_under_its_request(system: System, identity: str) -> None:
    """S03: in, then out."""
    async with booted(system, identity, "2.1") as station:
        answer = await system.post(f"stations/{identity}/battery-swaps", {"token": "DEMO0001"})
        _, asked = await station.call()
        assert asked["idToken"] == {"idToken": "DEMO0001", "type": "Central"}
        battery = {"evseId": 1, "serialNumber": "B-1", "soC": 12.5, "soH": 99}
        for kind in ("BatteryIn", "BatteryOut"):
            body = {"eventType": kind, "idToken": TOKEN, "batteryData": [battery]}
            body["requestId"] = asked["requestId"]
            assert await station.ask("BatterySwap", body) == {}
    out, taken = await system.all(f"stations/{identity}/battery-swaps")
    assert (taken["event"], out["event"]) == ("BatteryIn", "BatteryOut")
    assert taken["request"] == out["request"] == answer["request"]
    assert taken["batteries"][0]["serial_number"] == "B-1"
    assert taken["batteries"][0]["soc"] == 12.5
    told = await announced(system, identity, "battery.swapped")
    assert told["serial_numbers"] == ["B-1"]
    request = await system.get(f"stations/{identity}/requests/{answer['request']}")
    assert (request["progress"], len(request["later"])) == ("complete", 2)


# -- streams -------------------------------------------------------------------------------------


def send(station: Station, number: int, pending: int, *values: tuple[float, str]) -> None:
    """NotifyPeriodicEventStream, by SEND."""
    body = {
        "id": 3,
        "pending": pending,
        "basetime": minute(number),
        "data": [{"t": t, "v": v} for t, v in values],
    }
    station.tell(json.dumps([6, f"send-{number}", "NotifyPeriodicEventStream", body]))


async def test_a_stream_of_values_is_kept_by_its_own_times(system: System, identity: str) -> None:
    """N11, N12, N15: nothing is answered to a SEND."""
    path = f"stations/{identity}/streams"
    async with booted(system, identity, "2.1") as station:
        opened = await station.ask("OpenPeriodicEventStream", {"constantStreamData": STREAM})
        assert opened == {"status": "Accepted"}
        send(station, 1, 0, (0, "230.1"), (30, "231.5"))

        async def values() -> list[Any]:
            return await system.all(f"{path}/3/values")

        found = await eventually(values, lambda found: len(found) == 2)
        assert [(each["at"], each["value"]) for each in found] == [
            (minute(1).replace(":00Z", ":30Z"), "231.5"),
            (minute(1), "230.1"),
        ]
        assert await station.told() == []
        assert await station.ask("ClosePeriodicEventStream", {"id": 3}) == {}
        (stream,) = await system.all(path)
        assert (stream["monitor"], stream["received"], stream["last_value"]) == (17, 2, "231.5")
        assert stream["closed_at"] is not None
    told = await announced(system, identity, "stream.received")
    assert (told["id"], [each["value"] for each in told["values"]]) == (3, ["230.1", "231.5"])
    missing = await system.http.get(f"{path}/4/values")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("automatic", [True, False])
async def test_a_station_that_lags_is_asked_for_more_at_a_time(
    system: System, identity: str, automatic: bool
) -> None:
    """N14; unless nothing is to be sent to it of our own accord."""
    path = f"stations/{identity}/streams"
    await system.put(f"stations/{identity}", {"automatic": automatic})
    async with booted(system, identity, "2.1") as station:
        await station.ask("OpenPeriodicEventStream", {"constantStreamData": STREAM})
        for number, pending in enumerate([1, 5, 9], 1):
            send(station, number, pending, (0, "1"))
            count = number

            async def streams() -> Any:
                return (await system.all(path))[0]

            stream = await eventually(streams, lambda found: found["received"] == count)  # noqa: B023 - waited for here
        assert stream["interval_seconds"] == 30
        if automatic:
            action, asked = await station.call()
            assert (action, asked) == (
                "AdjustPeriodicEventStream",
                {"id": 3, "params": {"interval": 30, "values": 11}},
            )
            stream = await eventually(streams, lambda found: found["values"] == 11)
            assert stream["adjusted"] == 1
            (request,) = await system.all(
                f"stations/{identity}/requests", action="AdjustPeriodicEventStream"
            )
            assert request["by"].startswith("platform")
        else:
            await announced(system, identity, "stream.lagging")
            answer = await system.http.put(f"{path}/3", json={"values": 50})
            assert answer.json()["payload"] == {"status": "Accepted"}
            assert station.calls == [
                ("AdjustPeriodicEventStream", {"id": 3, "params": {"values": 50}})
            ]


async def test_the_open_streams_are_asked_for(system: System, identity: str) -> None:
    """N13: what the station does not name is closed, what we missed is open."""
    path = f"stations/{identity}/streams"
    async with booted(system, identity, "2.1") as station:
        await station.ask("OpenPeriodicEventStream", {"constantStreamData": STREAM})
        other = {**STREAM, "id": 4, "variableMonitoringId": 18}
        station.answers["GetPeriodicEventStream"] = {"constantStreamData": [other]}
        await system.post(f"{path}/refresh")
        first, second = await system.all(path)
        assert (first["closed_at"] is None, second["closed_at"] is None) == (False, True)
        station.answers["GetPeriodicEventStream"] = {}
        await system.post(f"{path}/refresh")
        assert all(each["closed_at"] for each in await system.all(path))


async def test_streams_are_opened_only_where_the_operator_allows_it(
    system: System, identity: str
) -> None:
    """The setting is the tenant's: here one of its own."""
    tenant = f"streams-{identity.lower()}"
    query = {"tenant": tenant}
    put = await system.http.put("streams/settings", params=query, json={"accept": False})
    assert put.json() == {"accept": False, "streams_max": 100, "adjust": True}
    await system.http.put(f"stations/{identity}", params=query, json={})
    async with booted(system, f"ocpp/{tenant}/{identity}", "2.1") as station:
        answer = await station.ask("OpenPeriodicEventStream", {"constantStreamData": STREAM})
        assert answer["status"] == "Rejected"
        assert answer["statusInfo"]["additionalInfo"] == "Event streams are switched off"
        await system.http.put("streams/settings", params=query, json={"accept": True})
        answer = await station.ask("OpenPeriodicEventStream", {"constantStreamData": STREAM})
        assert answer == {"status": "Accepted"}


# -- payments ------------------------------------------------------------------------------------


async def test_a_settlement_is_shown_with_its_transaction(system: System, identity: str) -> None:
    """C21; told twice it is one."""
    async with booted(system, identity, "2.1") as station:
        await station.ask(*event("Started", "Authorized", "tx", 0, token="DEMO0001", register=0))
        body = {
            "transactionId": "tx",
            "pspRef": "psp-1",
            "status": "Settled",
            "settlementAmount": 12.34,
            "settlementTime": minute(5),
            "receiptId": "r-1",
            "vatNumber": "DE123456789",
            "vatCompany": {
                "name": "Volta",
                "address1": "Ring 1",
                "city": "Ulm",
                "country": "Germany",
            },
        }
        for _ in range(2):
            assert await station.ask("NotifySettlement", body) == {}
        failed = {"pspRef": "psp-2", "status": "Failed", "statusInfo": "No funds"}
        failed |= {"settlementAmount": 0, "settlementTime": minute(6)}
        assert await station.ask("NotifySettlement", failed) == {}
    (session,) = await system.all("transactions", station=identity)
    (settlement,) = await system.all(f"transactions/{session['id']}/settlements")
    assert (settlement["psp_ref"], settlement["amount"], settlement["status"]) == (
        "psp-1",
        12.34,
        "Settled",
    )
    assert settlement["company"]["city"] == "Ulm"
    every = await system.all(f"stations/{identity}/settlements")
    assert [each["psp_ref"] for each in every] == ["psp-2", "psp-1"]
    assert every[0]["info"] == "No funds"
    told = await announced(system, identity, "payment.settled")
    assert (told["psp_ref"], told["status"]) == ("psp-1", "Settled")


@pytest.mark.parametrize(
    ("number", "status"), [("DE123456789", "Accepted"), ("DE12", "Rejected"), ("??", "Rejected")]
)
async def test_a_vat_number_is_judged_by_its_form(
    system: System, identity: str, number: str, status: str
) -> None:
    async with booted(system, identity, "2.1") as station:
        answer = await station.ask("VatNumberValidation", {"vatNumber": number, "evseId": 1})
    info = answer.pop("statusInfo")
    assert answer == {"vatNumber": number, "evseId": 1, "status": status}
    (seen,) = await system.all(f"stations/{identity}/vat-checks")
    assert (seen["number"], seen["status"], seen["reason"]) == (
        number,
        status,
        info["additionalInfo"],
    )
    told = await announced(system, identity, "vat_number.checked")
    assert (told["number"], told["status"]) == (number, status)


async def test_cost_and_web_payments_are_told_to_the_station(system: System, identity: str) -> None:
    """I02, C25."""
    async with booted(system, identity, "2.1") as station:
        station.answers |= {"CostUpdated": {}, "NotifyWebPaymentStarted": {}}
        body = {"transaction": "tx", "total_cost": 4.25}
        cost = await system.post(f"stations/{identity}/cost", body)
        web = await system.post(f"stations/{identity}/web-payments", {"evse": 1, "timeout": 60})
        assert station.calls == [
            ("CostUpdated", {"totalCost": 4.25, "transactionId": "tx"}),
            ("NotifyWebPaymentStarted", {"evseId": 1, "timeout": 60}),
        ]
    assert (cost["payload"], web["payload"]) == ({}, {})
