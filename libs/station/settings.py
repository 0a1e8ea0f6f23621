"""Every setting of a station: OCPP 2.x variable and OCPP 1.6 key in one row, so that one store
serves both.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Literal

from msgspec import Struct

from libs.station.meter import MEASURANDS

Kind = Literal[
    "string", "decimal", "integer", "dateTime", "boolean", "OptionList", "SequenceList",
    "MemberList",
]  # fmt: skip
Access = Literal["ReadOnly", "WriteOnly", "ReadWrite"]

STRING_LENGTH_MAX = 500
"""Of a value in a 1.6 message; 2.x would allow 1,000."""


class Setting(Struct, frozen=True, kw_only=True):
    """A row. ``component`` is empty where only 1.6 has the setting, ``key`` is None where only 2.x
    has it.
    """

    component: str = ""
    evse: int | None = None
    connector: int | None = None
    variable: str = ""
    instance: str | None = None
    key: str | None = None
    kind: Kind = "string"
    access: Access = "ReadWrite"
    default: str = ""
    minimum: int | None = None
    maximum: int | None = None
    options: tuple[str, ...] = ()
    unit: str | None = None
    reboot: bool = False
    """A new value takes effect with the next boot."""
    live: bool = False
    """The value is what the station is or does right now."""

    @property
    def name(self) -> str:
        """``Component.Variable[Instance]``, or the 1.6 key where there is no variable."""
        if not self.component:
            return self.key or ""
        return _full(self.component, self.variable, self.instance)


def _full(component: str, variable: str, instance: str | None) -> str:
    return f"{component}.{variable}[{instance}]" if instance else f"{component}.{variable}"


def _number(component: str, variable: str, default: int, key: str | None = None) -> Setting:
    variable, _, instance = variable.partition("[")
    return Setting(
        component=component,
        variable=variable,
        instance=instance.rstrip("]") or None,
        key=key,
        kind="integer",
        default=str(default),
        minimum=0,
        unit="s" if "Interval" in variable or "TimeOut" in variable else None,
    )


def _flag(component: str, variable: str, default: bool, key: str | None = None) -> Setting:
    value = "true" if default else "false"
    return Setting(component=component, variable=variable, key=key, kind="boolean", default=value)


def _measurands(component: str, variable: str, default: str, key: str | None = None) -> Setting:
    return Setting(
        component=component,
        variable=variable,
        key=key,
        kind="MemberList",
        default=default,
        options=MEASURANDS,
    )


def _fixed(
    component: str, variable: str, value: str, *, kind: Kind = "string", key: str | None = None
) -> Setting:
    variable, _, instance = variable.partition("[")
    return Setting(
        component=component,
        variable=variable,
        instance=instance.rstrip("]") or None,
        key=key,
        kind=kind,
        access="ReadOnly",
        default=value,
    )


def _key(key: str, value: str, *, kind: Kind = "string", access: Access = "ReadOnly") -> Setting:
    return Setting(key=key, kind=kind, default=value, access=access)


ITEMS_MAX = 50
"""Items that a station of ours takes in one GetVariables, SetVariables, GetReport or
GetConfiguration.
"""
BYTES_MAX = 32_000

_REGISTER = "Energy.Active.Import.Register"
_USUAL = f"{_REGISTER},Power.Active.Import,Current.Import,SoC"

_POINTS = ("EVConnected", "Authorized", "DataSigned", "PowerPathClosed", "EnergyTransfer")

SETTINGS: tuple[Setting, ...] = (
    _number("AlignedDataCtrlr", "Interval", 0, "ClockAlignedDataInterval"),
    _measurands("AlignedDataCtrlr", "Measurands", _REGISTER, "MeterValuesAlignedData"),
    _number("AlignedDataCtrlr", "TxEndedInterval", 0),
    _measurands("AlignedDataCtrlr", "TxEndedMeasurands", "", "StopTxnAlignedData"),
    _number("SampledDataCtrlr", "TxUpdatedInterval", 60, "MeterValueSampleInterval"),
    _measurands("SampledDataCtrlr", "TxUpdatedMeasurands", _USUAL, "MeterValuesSampledData"),
    _measurands("SampledDataCtrlr", "TxStartedMeasurands", _REGISTER),
    _number("SampledDataCtrlr", "TxEndedInterval", 0),
    _measurands("SampledDataCtrlr", "TxEndedMeasurands", _REGISTER, "StopTxnSampledData"),
    _flag("AuthCtrlr", "Enabled", default=True),
    _flag("AuthCtrlr", "AuthorizeRemoteStart", False, "AuthorizeRemoteTxRequests"),
    _flag("AuthCtrlr", "LocalAuthorizeOffline", True, "LocalAuthorizeOffline"),
    _flag("AuthCtrlr", "LocalPreAuthorize", False, "LocalPreAuthorize"),
    _flag("AuthCtrlr", "OfflineTxForUnknownIdEnabled", False, "AllowOfflineTxForUnknownId"),
    Setting(component="AuthCtrlr", variable="MasterPassGroupId"),
    _flag("AuthCacheCtrlr", "Enabled", True, "AuthorizationCacheEnabled"),
    _flag("LocalAuthListCtrlr", "Enabled", default=False),
    _fixed("ClockCtrlr", "TimeSource", "Heartbeat", kind="SequenceList"),
    Setting(
        component="ClockCtrlr", variable="DateTime", kind="dateTime", access="ReadOnly", live=True
    ),
    *(
        _fixed("DeviceDataCtrlr", f"{limit}[{message}]", str(value), kind="integer")
        for message in ("GetReport", "GetVariables", "SetVariables")
        for limit, value in (("ItemsPerMessage", ITEMS_MAX), ("BytesPerMessage", BYTES_MAX))
    ),
    _fixed("OCPPCommCtrlr", "ActiveNetworkProfile", "1", kind="integer"),
    _fixed(
        "OCPPCommCtrlr",
        "FileTransferProtocols",
        "HTTPS",
        kind="MemberList",
        key="SupportedFileTransferProtocols",
    ),
    _number("OCPPCommCtrlr", "HeartbeatInterval", 86_400, "HeartbeatInterval"),
    _number("OCPPCommCtrlr", "MessageTimeout[Default]", 30),
    _number("OCPPCommCtrlr", "MessageAttempts[TransactionEvent]", 3, "TransactionMessageAttempts"),
    _number(
        "OCPPCommCtrlr",
        "MessageAttemptInterval[TransactionEvent]",
        60,
        "TransactionMessageRetryInterval",
    ),
    Setting(
        component="OCPPCommCtrlr",
        variable="NetworkConfigurationPriority",
        kind="SequenceList",
        default="1",
        reboot=True,
    ),
    _number("OCPPCommCtrlr", "NetworkProfileConnectionAttempts", 3),
    _number("OCPPCommCtrlr", "OfflineThreshold", 60),
    _number("OCPPCommCtrlr", "ResetRetries", 1, "ResetRetries"),
    _number("OCPPCommCtrlr", "RetryBackOffWaitMinimum", 10),
    _number("OCPPCommCtrlr", "RetryBackOffRandomRange", 10),
    _number("OCPPCommCtrlr", "RetryBackOffRepeatTimes", 5),
    _flag("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", True, "UnlockConnectorOnEVSideDisconnect"),
    _number("OCPPCommCtrlr", "WebSocketPingInterval", 60, "WebSocketPingInterval"),
    Setting(
        component="SecurityCtrlr",
        variable="BasicAuthPassword",
        key="AuthorizationKey",
        access="WriteOnly",
        minimum=16,
        maximum=40,
    ),
    _fixed("SecurityCtrlr", "CertificateEntries", "0", kind="integer"),
    Setting(component="SecurityCtrlr", variable="OrganizationName", key="CpoName"),
    _fixed("SecurityCtrlr", "SecurityProfile", "0", kind="integer", key="SecurityProfile"),
    _number("TxCtrlr", "EVConnectionTimeOut", 60, "ConnectionTimeOut"),
    _flag("TxCtrlr", "StopTxOnEVSideDisconnect", True, "StopTransactionOnEVSideDisconnect"),
    _flag("TxCtrlr", "StopTxOnInvalidId", True, "StopTransactionOnInvalidId"),
    Setting(
        component="TxCtrlr",
        variable="TxStartPoint",
        kind="MemberList",
        default="PowerPathClosed",
        options=_POINTS,
    ),
    Setting(
        component="TxCtrlr",
        variable="TxStopPoint",
        kind="MemberList",
        default="EVConnected,Authorized",
        options=_POINTS,
    ),
    _flag("ReservationCtrlr", "Enabled", default=True),
    _flag("ReservationCtrlr", "NonEvseSpecific", True, "ReserveConnectorZeroSupported"),
    Setting(key="ConnectorPhaseRotation", default="NotApplicable", reboot=True),
    _key("GetConfigurationMaxKeys", str(ITEMS_MAX), kind="integer"),
    Setting(key="NumberOfConnectors", kind="integer", access="ReadOnly", live=True),
    _key("SupportedFeatureProfiles", "Core,Reservation,RemoteTrigger", kind="MemberList"),
)
"""The settings of every station; what describes its parts follows in ``inventory``."""


_STATES = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")


def _part(component: str, variable: str, value: str = "", **place: int) -> Setting:
    kind: Kind = "boolean" if variable == "Available" else "string"
    if variable == "AvailabilityState":
        kind = "OptionList"
    return Setting(
        component=component,
        evse=place.get("evse"),
        connector=place.get("connector"),
        variable=variable,
        kind=kind,
        access="ReadOnly",
        default=value,
        options=_STATES if kind == "OptionList" else (),
        live=not value,
    )


@cache
def inventory(evses: int) -> tuple[Setting, ...]:
    """The variables of the station itself, its EVSEs and their connectors."""
    rows = [
        _part("ChargingStation", "AvailabilityState"),
        _part("ChargingStation", "Available", "true"),
        _part("ChargingStation", "Model"),
        _part("ChargingStation", "VendorName"),
        _part("ChargingStation", "SerialNumber"),
        _part("ChargingStation", "FirmwareVersion"),
        _part("ChargingStation", "SupplyPhases", "3"),
    ]
    for evse in range(1, evses + 1):
        rows += [
            _part("EVSE", "AvailabilityState", evse=evse),
            _part("EVSE", "Available", "true", evse=evse),
            _part("EVSE", "Power", evse=evse),
            _part("EVSE", "SupplyPhases", "3", evse=evse),
            _part("Connector", "AvailabilityState", evse=evse, connector=1),
            _part("Connector", "Available", "true", evse=evse, connector=1),
            _part("Connector", "ConnectorType", "cType2", evse=evse, connector=1),
            _part("Connector", "SupplyPhases", "3", evse=evse, connector=1),
        ]
    return tuple(rows)


BY_NAME: dict[str, Setting] = {setting.name: setting for setting in SETTINGS}
BY_KEY: dict[str, Setting] = {s.key.casefold(): s for s in SETTINGS if s.key}

Place = tuple[str, int | None, int | None]
"""Component name without case, EVSE and connector."""


def place(setting: Setting) -> Place:
    return (setting.component.casefold(), setting.evse, setting.connector)


@cache
def variables(evses: int) -> tuple[Setting, ...]:
    """All variables of the 2.x device model of a station with so many EVSEs."""
    return (*(s for s in SETTINGS if s.component), *inventory(evses))


@cache
def components(evses: int) -> dict[Place, dict[tuple[str, str | None], Setting]]:
    """The same by component, then by (variable, instance); names without case."""
    found: dict[Place, dict[tuple[str, str | None], Setting]] = {}
    for setting in variables(evses):
        instance = setting.instance.casefold() if setting.instance else None
        found.setdefault(place(setting), {})[setting.variable.casefold(), instance] = setting
    return found


def members(text: str) -> Iterator[str]:
    """The items of a comma-separated list."""
    return (item.strip() for item in text.split(",") if item.strip())


def fault(setting: Setting, value: str) -> str | None:
    """The reason code why a value does not fit its setting, None if it does."""
    match setting.kind:
        case "integer":
            return _fault_of_integer(setting, value)
        case "boolean":
            return None if value.casefold() in {"true", "false"} else "InvalidValue"
        case "MemberList" | "OptionList" | "SequenceList":
            return _fault_of_list(setting.options, members(value))
        case "string":
            lower, upper = setting.minimum or 0, setting.maximum or STRING_LENGTH_MAX
            return None if lower <= len(value) <= upper else "InvalidValue"
        case "decimal" | "dateTime":
            return "InvalidValue"


def _fault_of_integer(setting: Setting, value: str) -> str | None:
    try:
        number = int(value)
    except ValueError:
        return "InvalidValue"
    if setting.minimum is not None and number < setting.minimum:
        return "ValueTooLow"
    if setting.maximum is not None and number > setting.maximum:
        return "ValueTooHigh"
    return None


def _fault_of_list(options: tuple[str, ...], items: Iterable[str]) -> str | None:
    return None if not options or all(item in options for item in items) else "InvalidValue"
