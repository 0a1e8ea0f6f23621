"""J: meter values, clock-aligned, sampled and signed, as they were sent (ocpp.md 4.4)."""

from typing import Any

import pytest

from tests.flows.messages import ALL, TWO, event, minute, start, status, stop
from tests.flows.station import booted
from tests.system import System, eventually

SIGNED = {
    "signedMeterData": "T0NNRnx7IkZWIjoiMS4wIn18eyJTRCI6IjMwNDQifQ==",
    "signingMethod": "ECDSA-secp256r1-SHA256",
    "encodingMethod": "OCMF",
    "publicKey": "b2NhOmJhc2UxNjphc24xOjMwNTk=",
}


def sampled(value: float, at: int, context: str, **more: Any) -> dict[str, Any]:
    return {"timestamp": minute(at), "sampledValue": [{"value": value, "context": context, **more}]}


async def values_of(system: System, station: str) -> list[dict[str, Any]]:
    """The meter values of the only session."""
    (record,) = (await system.get("transactions", station=station))["items"]
    detail = await system.get(f"transactions/{record['id']}")
    return [sample for value in detail["meter_values"] for sample in value["samples"]]


@pytest.mark.certification("TC_J_01")
@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("place", [0, 1])
async def test_values_of_no_session_are_answered_and_in_the_log(
    system: System, identity: str, place: int, version: str
) -> None:
    """The main meter and an EVSE at rest."""
    value: Any = "1234.5" if version == "1.6" else 1234.5
    body: dict[str, Any] = {
        "connectorId" if version == "1.6" else "evseId": place,
        "meterValue": [sampled(value, 1, "Sample.Clock")],
    }
    async with booted(system, identity, version) as station:
        assert await station.ask("MeterValues", body) == {}

    async def logged() -> list[Any]:
        page = await system.get(f"stations/{identity}/log", action="MeterValues")
        return [exchange["request"] for exchange in page["items"]]

    assert await eventually(logged) == [body]
    assert (await system.get("transactions", station=identity))["items"] == []


@pytest.mark.certification("TC_J_02", "TC_J_03", "TC_J_07", "TC_J_09", "TC_J_10")
@pytest.mark.parametrize("version", TWO)
async def test_every_context_of_a_session_is_kept(
    system: System, identity: str, version: str
) -> None:
    """One value per event, and a series at the end."""
    events = [
        ("Started", "Authorized", [sampled(100, 0, "Transaction.Begin")]),
        ("Updated", "MeterValueClock", [sampled(150, 1, "Sample.Clock")]),
        ("Updated", "MeterValuePeriodic", [sampled(200, 2, "Sample.Periodic")]),
        (
            "Ended",
            "EVDeparted",
            [
                sampled(150, 1, "Sample.Clock"),
                sampled(200, 2, "Sample.Periodic"),
                sampled(300, 3, "Transaction.End"),
            ],
        ),
    ]
    async with booted(system, identity, version) as station:
        for number, (kind, reason, values) in enumerate(events):
            message = event(kind, reason, "tx", number, meterValue=values)
            assert await station.ask(*message) == {}
    shown = await values_of(system, identity)
    (record,) = (await system.get("transactions", station=identity))["items"]
    assert [(sample["value"], sample["context"]) for sample in shown] == [
        (100, "Transaction.Begin"),
        (150, "Sample.Clock"),
        (200, "Sample.Periodic"),
        (300, "Transaction.End"),
    ]
    assert (record["energy_wh"], record["complete"]) == (200, True)


@pytest.mark.certification("TC_J_08")
@pytest.mark.parametrize("version", TWO)
async def test_the_first_register_may_come_later(
    system: System, identity: str, version: str
) -> None:
    """The EVSE was not known at the start, so Transaction.Begin is in an Updated."""
    async with booted(system, identity, version) as station:
        await station.ask(*event("Started", "Authorized", "tx", 0, token="DEMO0001"))
        begin = [sampled(5_000, 1, "Transaction.Begin")]
        plugged = event("Updated", "CablePluggedIn", "tx", 1, evse={"id": 1}, meterValue=begin)
        await station.ask(*plugged)
        end = [sampled(5_700, 2, "Transaction.End")]
        await station.ask(*event("Ended", "EVDeparted", "tx", 2, meterValue=end))
    (record,) = (await system.get("transactions", station=identity))["items"]
    assert (record["meter_start_wh"], record["energy_wh"], record["evse"]) == (5_000, 700, 1)
    assert record["flags"] == []


@pytest.mark.certification("TC_J_04", "TC_J_11", "TC_E_11")
@pytest.mark.parametrize("version", TWO)
async def test_signed_values_of_a_session_are_kept_to_the_letter(
    system: System, identity: str, version: str
) -> None:
    """Begin, clock, period and end."""
    kinds = ["Transaction.Begin", "Sample.Clock", "Sample.Periodic", "Transaction.End"]
    events = [
        ("Started", "SignedDataReceived"),
        ("Updated", "MeterValueClock"),
        ("Updated", "MeterValuePeriodic"),
        ("Ended", "EVDeparted"),
    ]
    async with booted(system, identity, version) as station:
        for number, (kind, reason) in enumerate(events):
            signed = {**SIGNED, "signedMeterData": SIGNED["signedMeterData"] + str(number)}
            value = sampled(10 * number, number, kinds[number], signedMeterValue=signed)
            await station.ask(*event(kind, reason, "tx", number, meterValue=[value]))
    shown = await values_of(system, identity)
    assert [sample["signed"] for sample in shown] == [
        {**SIGNED, "signedMeterData": SIGNED["signedMeterData"] + str(number)}
        for number in range(4)
    ]


MEASURANDS = ["Energy.Active.Import.Register", "Power.Active.Import", "SoC"]
HEX = ["4F434D467C7B7D", "31323334", "4E313233", "12e4", "1e999999"]
"""Some hexadecimal text could be taken for a number."""


@pytest.mark.parametrize("where", ["MeterValues", "StopTransaction"])
async def test_signed_values_of_16_are_text_even_if_they_look_like_numbers(
    system: System, identity: str, where: str
) -> None:
    """1.6 format SignedData: hexadecimal text, kept as it came, never billed."""
    signed = [{"value": text, "format": "SignedData", "context": "Transaction.End"} for text in HEX]
    values = [{"timestamp": minute(2), "sampledValue": signed}]
    async with booted(system, identity, "1.6") as station:
        begun = (await station.ask(*start("DEMO0003")))["transactionId"]
        if where == "MeterValues":
            body = {"connectorId": 1, "transactionId": begun, "meterValue": values}
            await station.ask("MeterValues", body)
            await station.ask(*stop(begun))
        else:
            await station.ask(*stop(begun, transactionData=values))
    shown = [sample for sample in await values_of(system, identity) if sample["signed"]]
    (record,) = (await system.get("transactions", station=identity))["items"]
    assert [sample["signed"] for sample in shown] == [
        {"value": text, "format": "SignedData"} for text in HEX
    ]
    assert (record["energy_wh"], record["flags"]) == (450, [])


async def test_values_of_16_count_for_the_transaction_that_they_name(
    system: System, identity: str
) -> None:
    """Clock-aligned values with a transactionId, and the ones that follow its end."""
    async with booted(system, identity, "1.6") as station:
        await station.ask(*status("1.6", "Charging"))
        begun = (await station.ask(*start("DEMO0003")))["transactionId"]
        for number, kwh in ((1, "1.1"), (2, "1.2")):
            value = sampled(0, number, "Sample.Clock", unit="kWh")
            value["sampledValue"][0]["value"] = kwh
            body = {"connectorId": 1, "transactionId": begun, "meterValue": [value]}
            assert await station.ask("MeterValues", body) == {}
        await station.ask(*stop(begun, 1_350))
        late = {"timestamp": minute(3), "sampledValue": [{"value": "1300"}]}
        body = {"connectorId": 1, "transactionId": begun, "meterValue": [late]}
        assert await station.ask("MeterValues", body) == {}
    shown = await values_of(system, identity)
    (record,) = (await system.get("transactions", station=identity))["items"]
    assert [(sample["value"], sample["unit"]) for sample in shown] == [
        (1000, "Wh"), (1.1, "kWh"), (1.2, "kWh"), (1300, "Wh"), (1350, "Wh"),
    ]  # fmt: skip
    assert (record["energy_wh"], record["status"]) == (350, "ended")


async def test_numbers_that_nobody_could_write_out_are_shown_as_they_came(
    system: System, identity: str
) -> None:
    """A few characters of a station must not become a gigabyte of digits here."""
    said = ["1e999999", "1E-999999", "0e-999999", "1e99999999999999999999", "NaN", "-Infinity"]
    values = [{"value": text, "measurand": kind} for text in said for kind in MEASURANDS]
    async with booted(system, identity, "1.6") as station:
        begun = (await station.ask(*start("DEMO0003")))["transactionId"]
        meter = [{"timestamp": minute(2), "sampledValue": values}]
        body = {"connectorId": 1, "transactionId": begun, "meterValue": meter}
        assert await station.ask("MeterValues", body) == {}
        await station.ask(*stop(begun))
    shown = [sample["signed"] for sample in await values_of(system, identity) if sample["signed"]]
    (record,) = (await system.get("transactions", station=identity))["items"]
    assert [sample["value"] for sample in shown] == [value["value"] for value in values]
    assert (record["energy_wh"], record["soc_last"], record["power"]) == (450, None, [])
