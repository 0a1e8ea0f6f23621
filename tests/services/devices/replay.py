"""Faults as stations of the field report them, in the mix of a network of both versions: codes
of 1.6 with codes and texts of makers, events of the device model, refused calls, security events,
minimum required error codes; and some that nobody has heard of.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from libs.contracts.command import CommandResult
from libs.contracts.stations import ConnectorStatusChanged
from libs.ocpp import v16, v21, v201
from libs.ocpp.message import Request

BEGIN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)
STATIONS = 40

CODES_16 = {
    "GroundFailure": ["RCD trip 31 mA", "Fehlerstrom > 30mA", "GFCI"],
    "HighTemperature": ["T=86C", "cabinet over temp", ""],
    "ConnectorLockFailure": ["lock motor timeout", "Stecker nicht verriegelt", ""],
    "EVCommunicationError": ["SLAC failed", "CP state E", "V2G timeout"],
    "OverCurrentFailure": ["L2 38.1A", ""],
    "OverVoltage": ["U1=262V", ""],
    "UnderVoltage": ["U3=188V", "brown-out"],
    "PowerMeterFailure": ["Modbus CRC", "meter offline", ""],
    "PowerSwitchFailure": ["contactor welded K1", "relay feedback"],
    "ReaderFailure": ["RFID I2C", ""],
    "ResetFailure": ["watchdog", ""],
    "WeakSignal": ["RSSI -109", "CSQ 4"],
    "InternalError": ["assert main.c:211", "flash write", ""],
    "LocalListConflict": ["idTag", ""],
}
MAKERS = ["E101", "E205", "0x3F"]
"""Codes in the table of a maker."""
UNHEARD = ["E9941", "77", "err_frobnicate", "0xDEAD"]

COMPONENTS = [
    "ConnectorPlugRetentionLock", "CPPWMController", "RCD", "PowerContactor", "TokenReader",
    "FiscalMetering", "AcDcConverter", "LiquidCoolingSystem", "TemperatureSensor", "TiltSensor",
    "EmergencyStopSensor", "Display", "DataLink", "GroundIsolationProtection", "CaseAccessSensor",
    "OverCurrentProtection", "ElectricalFeed", "EVSE", "Connector", "ChargingStation",
]  # fmt: skip
WATCHED = [
    ("EVSE", "Power", "23100.0"), ("TemperatureSensor", "Temperature", "84.5"),
    ("Controller", "StorageUsage", "97"), ("PowerContactor", "Count", "250000"),
    ("MyInverterBoard", "Temperature", "91"), ("MyInverterBoard", "Problem", "true"),
    ("ElectricalFeed", "Voltage", "188.2"), ("ElectricalFeed", "Frequency", "50.4"),
]  # fmt: skip
SECURITY = [
    "FirmwareUpdated", "SettingSystemTime", "StartupOfTheDevice", "ResetOrReboot",
    "SecurityLogWasCleared", "MemoryExhaustion", "TamperDetectionActivated", "InvalidTLSVersion",
    "InvalidFirmwareSignature", "MaintenanceLoginFailed", "AttemptedReplayAttacks",
]  # fmt: skip
SECURITY_16 = ["InvalidCentralSystemCertificate", "FailedToAuthenticateAtCentralSystem"]
ERRORS = [
    "NotSupported", "NotImplemented", "InternalError", "FormationViolation", "FormatViolation",
    "OccurenceConstraintViolation", "OccurrenceConstraintViolation", "PropertyConstraintViolation",
    "TypeConstraintViolation", "ProtocolError", "SecurityError", "GenericError",
]  # fmt: skip


class Refused(NamedTuple):
    """A CALLERROR to one of our calls."""

    result: CommandResult


Fault = ConnectorStatusChanged | Request[Any] | Refused


class Line(NamedTuple):
    station: str
    fault: Fault


def replay(tenant: str, count: int, seed: int = 1) -> Iterator[Line]:
    """The same faults for the same seed."""
    dice = Random(seed)
    kinds: list[tuple[int, Callable[[Random, str, str, datetime], Fault]]] = [
        (38, error_16), (8, of_maker), (12, mrec), (20, problem), (8, watched), (7, security),
        (5, refused), (2, unheard),
    ]  # fmt: skip
    weights = [weight for weight, _ in kinds]
    for number in range(count):
        at = BEGIN + timedelta(minutes=number)
        station = f"CP{dice.randrange(STATIONS)}"
        ((_, make),) = dice.choices(kinds, weights)
        yield Line(station, make(dice, tenant, station, at))


def status(dice: Random, tenant: str, station: str, at: datetime, **more: Any) -> Any:
    return ConnectorStatusChanged(
        tenant=tenant,
        at=at,
        received_at=at,
        station=station,
        evse=dice.randrange(1, 3),
        connector=1,
        status=dice.choice(["Faulted", "Faulted", "Faulted", "Available", "SuspendedEVSE"]),
        **more,
    )


def error_16(dice: Random, tenant: str, station: str, at: datetime) -> Fault:
    code, texts = dice.choice(list(CODES_16.items()))
    vendor = dice.choice([None, None, "17", "0x0042", "ERR-3"])
    info = dice.choice(texts) or None
    return status(dice, tenant, station, at, error_code=code, info=info, vendor_error_code=vendor)


def of_maker(dice: Random, tenant: str, station: str, at: datetime) -> Fault:
    code = dice.choice(MAKERS)
    return status(dice, tenant, station, at, error_code="OtherError", vendor_error_code=code)


def mrec(dice: Random, tenant: str, station: str, at: datetime) -> Fault:
    number = dice.randrange(1, 27)
    said = dice.choice([f"CX{number:03}", f"cx-{number:02}", f"CX{number:03}: fault"])
    if dice.random() < 0.5:
        error = {"error_code": "OtherError", "vendor_error_code": said}
        return status(dice, tenant, station, at, **error)
    return event(dice, at, "Connector", "Problem", "true", tech_code=said)


def problem(dice: Random, tenant: str, station: str, at: datetime) -> Fault:
    component = dice.choice(COMPONENTS)
    return event(dice, at, component, dice.choice(["Problem", "Problem", "Tripped"]), "true")


def watched(dice: Random, tenant: str, station: str, at: datetime) -> Fault:
    return event(dice, at, *dice.choice(WATCHED), tech_info="monitor")


def event(
    dice: Random, at: datetime, component: str, variable: str, value: str, **more: Any
) -> Request[Any]:
    words: Any = dice.choice([v201, v21])
    evse = dice.choice([None, words.EVSE(id=1), words.EVSE(id=2, connector_id=1)])
    data = words.EventData(
        event_id=dice.randrange(1_000_000),
        timestamp=at,
        trigger="Alerting",
        actual_value=value,
        component=words.Component(name=component, evse=evse),
        variable=words.Variable(name=variable),
        event_notification_type="HardWiredMonitor",
        **more,
    )
    return words.NotifyEvent(generated_at=at, seq_no=0, event_data=[data])


def security(dice: Random, tenant: str, station: str, at: datetime) -> Fault:
    words: Any = dice.choice([v16, v201, v21])
    names = [*SECURITY, *(SECURITY_16 if words is v16 else [])]
    return words.SecurityEventNotification(type=dice.choice(names), timestamp=at)


def refused(dice: Random, tenant: str, station: str, at: datetime) -> Fault:
    code = dice.choice(ERRORS)
    return Refused(CommandResult(status="error", code=code, action="GetVariables"))


def unheard(dice: Random, tenant: str, station: str, at: datetime) -> Fault:
    """What no catalogue can know."""
    code = dice.choice(UNHEARD)
    if dice.random() < 0.5:
        return status(dice, tenant, station, at, error_code="OtherError", vendor_error_code=code)
    return event(dice, at, f"Custom{code}", "Wobble", "3", tech_code=code)
