"""Every setting of a station: OCPP 2.x variable and OCPP 1.6 key in one row, so that one store
serves both.
"""

from collections.abc import Iterable, Iterator
from functools import cache

from libs.station.setting import (
    STRING_LENGTH_MAX,
    Kind,
    Setting,
    fixed,
    flag,
    key,
    measurands,
    number,
)

ITEMS_MAX = 50
"""Items that a station of ours takes in one GetVariables, SetVariables, GetReport or
GetConfiguration.
"""
BYTES_MAX = 32_000
LOCAL_LIST_MAX = 1_000
"""Tokens in the local authorization list."""

_REGISTER = "Energy.Active.Import.Register"
_USUAL = f"{_REGISTER},Power.Active.Import,Current.Import,SoC"

_POINTS = ("EVConnected", "Authorized", "DataSigned", "PowerPathClosed", "EnergyTransfer")

LOCAL_LIST: tuple[Setting, ...] = (
    fixed("LocalAuthListCtrlr", "Available", "true", kind="boolean"),
    flag("LocalAuthListCtrlr", "Enabled", True, "LocalAuthListEnabled"),
    flag("LocalAuthListCtrlr", "DisablePostAuthorize", default=False),
    Setting(
        component="LocalAuthListCtrlr",
        variable="Entries",
        kind="integer",
        access="ReadOnly",
        maximum=LOCAL_LIST_MAX,
        live=True,
    ),
    key("LocalAuthListMaxLength", str(LOCAL_LIST_MAX), kind="integer"),
    fixed(
        "LocalAuthListCtrlr",
        "ItemsPerMessage",
        str(ITEMS_MAX),
        kind="integer",
        key="SendLocalListMaxLength",
    ),
    fixed("LocalAuthListCtrlr", "BytesPerMessage", str(BYTES_MAX), kind="integer"),
)

DISPLAYS_MAX = 50
"""Messages on the display."""

_CONTROLS = (
    "EnterService,FreqDroop,FreqWatt,FixedPFAbsorb,FixedPFInject,FixedVar,Gradients,HFMustTrip,"
    "HVMustTrip,LimitMaxDischarge,LFMustTrip,LVMustTrip,PowerMonitoringMustTrip,VoltVar,VoltWatt,"
    "WattPF,WattVar"
)

DISPLAY: tuple[Setting, ...] = (
    fixed("DisplayMessageCtrlr", "Available", "true", kind="boolean"),
    flag("DisplayMessageCtrlr", "Enabled", default=True),
    Setting(
        component="DisplayMessageCtrlr",
        variable="DisplayMessages",
        kind="integer",
        access="ReadOnly",
        maximum=DISPLAYS_MAX,
        live=True,
    ),
    fixed("DisplayMessageCtrlr", "SupportedFormats", "ASCII,HTML,URI,UTF8", kind="MemberList"),
    fixed("DisplayMessageCtrlr", "QRCodeDisplayCapable", "true", kind="boolean"),
    fixed(
        "DisplayMessageCtrlr",
        "SupportedPriorities",
        "AlwaysFront,InFront,NormalCycle",
        kind="MemberList",
    ),
    fixed(
        "DisplayMessageCtrlr",
        "SupportedStates",
        "Charging,Faulted,Idle,Unavailable,Suspended",
        kind="MemberList",
    ),
    Setting(component="DisplayMessageCtrlr", variable="Language", kind="MemberList"),
    fixed("DCDERCtrlr", "ModesSupported", _CONTROLS, kind="MemberList"),
)

MONITORED: tuple[tuple[str, Kind], ...] = (
    ("ActiveMonitoringBase", "OptionList"),
    ("ActiveMonitoringLevel", "integer"),
)

TARIFF: tuple[Setting, ...] = (
    flag("TariffCostCtrlr", "Enabled[Tariff]", default=True),
    flag("TariffCostCtrlr", "Enabled[Cost]", default=True),
    Setting(component="TariffCostCtrlr", variable="Currency", default="EUR", maximum=3),
    Setting(component="TariffCostCtrlr", variable="TariffFallbackMessage"),
    Setting(component="TariffCostCtrlr", variable="TotalCostFallbackMessage"),
)


def _fact(component: str, variable: str, key: str | None = None) -> Setting:
    """A number that is what the station does right now."""
    return Setting(
        component=component,
        variable=variable,
        key=key,
        kind="integer",
        access="ReadOnly",
        live=True,
    )


SETTINGS: tuple[Setting, ...] = (
    number("AlignedDataCtrlr", "Interval", 0, "ClockAlignedDataInterval"),
    measurands("AlignedDataCtrlr", "Measurands", _REGISTER, "MeterValuesAlignedData"),
    number("AlignedDataCtrlr", "TxEndedInterval", 0),
    measurands("AlignedDataCtrlr", "TxEndedMeasurands", "", "StopTxnAlignedData"),
    number("SampledDataCtrlr", "TxUpdatedInterval", 60, "MeterValueSampleInterval"),
    measurands("SampledDataCtrlr", "TxUpdatedMeasurands", _USUAL, "MeterValuesSampledData"),
    measurands("SampledDataCtrlr", "TxStartedMeasurands", _REGISTER),
    number("SampledDataCtrlr", "TxEndedInterval", 0),
    measurands("SampledDataCtrlr", "TxEndedMeasurands", _REGISTER, "StopTxnSampledData"),
    flag("AuthCtrlr", "Enabled", default=True),
    flag("AuthCtrlr", "AuthorizeRemoteStart", False, "AuthorizeRemoteTxRequests"),
    flag("AuthCtrlr", "LocalAuthorizeOffline", True, "LocalAuthorizeOffline"),
    flag("AuthCtrlr", "LocalPreAuthorize", False, "LocalPreAuthorize"),
    flag("AuthCtrlr", "OfflineTxForUnknownIdEnabled", False, "AllowOfflineTxForUnknownId"),
    Setting(component="AuthCtrlr", variable="MasterPassGroupId"),
    flag("AuthCacheCtrlr", "Enabled", True, "AuthorizationCacheEnabled"),
    *LOCAL_LIST,
    *DISPLAY,
    *TARIFF,
    fixed("ClockCtrlr", "TimeSource", "Heartbeat", kind="SequenceList"),
    Setting(
        component="ClockCtrlr", variable="DateTime", kind="dateTime", access="ReadOnly", live=True
    ),
    *(
        fixed("DeviceDataCtrlr", f"{limit}[{message}]", str(value), kind="integer")
        for message in ("GetReport", "GetVariables", "SetVariables")
        for limit, value in (("ItemsPerMessage", ITEMS_MAX), ("BytesPerMessage", BYTES_MAX))
    ),
    flag("ChargingStation", "AllowNewSessionsPendingFirmwareUpdate", default=False),
    flag("MonitoringCtrlr", "Enabled", default=True),
    fixed("MonitoringCtrlr", "Available", "true", kind="boolean"),
    number("MonitoringCtrlr", "OfflineQueuingSeverity", 4),
    *(
        Setting(
            component="MonitoringCtrlr",
            variable=variable,
            kind=kind,
            access="ReadOnly",
            live=True,
        )
        for variable, kind in MONITORED
    ),
    *(
        fixed("MonitoringCtrlr", f"{limit}[{message}]", str(value), kind="integer")
        for message in ("ClearVariableMonitoring", "SetVariableMonitoring")
        for limit, value in (("ItemsPerMessage", ITEMS_MAX), ("BytesPerMessage", BYTES_MAX))
    ),
    _fact("OCPPCommCtrlr", "ActiveNetworkProfile"),
    fixed(
        "OCPPCommCtrlr",
        "FileTransferProtocols",
        "HTTP,HTTPS",
        kind="MemberList",
        key="SupportedFileTransferProtocols",
    ),
    number("OCPPCommCtrlr", "HeartbeatInterval", 86_400, "HeartbeatInterval"),
    number("OCPPCommCtrlr", "MessageTimeout[Default]", 30),
    number("OCPPCommCtrlr", "MessageAttempts[TransactionEvent]", 3, "TransactionMessageAttempts"),
    number(
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
    number("OCPPCommCtrlr", "NetworkProfileConnectionAttempts", 3),
    number("OCPPCommCtrlr", "OfflineThreshold", 60),
    number("OCPPCommCtrlr", "ResetRetries", 1, "ResetRetries"),
    number("OCPPCommCtrlr", "RetryBackOffWaitMinimum", 10),
    number("OCPPCommCtrlr", "RetryBackOffRandomRange", 10),
    number("OCPPCommCtrlr", "RetryBackOffRepeatTimes", 5),
    flag("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", True, "UnlockConnectorOnEVSideDisconnect"),
    number("OCPPCommCtrlr", "WebSocketPingInterval", 60, "WebSocketPingInterval"),
    Setting(
        component="SecurityCtrlr",
        variable="BasicAuthPassword",
        key="AuthorizationKey",
        access="WriteOnly",
        minimum=16,
        maximum=40,
    ),
    fixed("SecurityCtrlr", "CertificateEntries", "0", kind="integer"),
    Setting(component="SecurityCtrlr", variable="OrganizationName", key="CpoName"),
    _fact("SecurityCtrlr", "SecurityProfile", "SecurityProfile"),
    number("TxCtrlr", "EVConnectionTimeOut", 60, "ConnectionTimeOut"),
    flag("TxCtrlr", "StopTxOnEVSideDisconnect", True, "StopTransactionOnEVSideDisconnect"),
    flag("TxCtrlr", "StopTxOnInvalidId", True, "StopTransactionOnInvalidId"),
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
    flag("ReservationCtrlr", "Enabled", default=True),
    flag("ReservationCtrlr", "NonEvseSpecific", True, "ReserveConnectorZeroSupported"),
    flag("SmartChargingCtrlr", "Enabled", default=True),
    fixed("SmartChargingCtrlr", "Available", "true", kind="boolean"),
    Setting(
        component="SmartChargingCtrlr",
        variable="Entries",
        instance="ChargingProfiles",
        kind="integer",
        access="ReadOnly",
        live=True,
    ),
    number("SmartChargingCtrlr", "LimitChangeSignificance", 5),
    flag("SmartChargingCtrlr", "NotifyChargingLimitWithSchedules", default=True),
    fixed(
        "SmartChargingCtrlr",
        "PeriodsPerSchedule",
        "100",
        kind="integer",
        key="ChargingScheduleMaxPeriods",
    ),
    fixed(
        "SmartChargingCtrlr",
        "ProfileStackLevel",
        "9",
        kind="integer",
        key="ChargeProfileMaxStackLevel",
    ),
    fixed("SmartChargingCtrlr", "RateUnit", "A,W", kind="MemberList"),
    fixed("SmartChargingCtrlr", "ACPhaseSwitchingSupported", "false", kind="boolean"),
    Setting(
        key="ChargingScheduleAllowedChargingRateUnit",
        kind="MemberList",
        access="ReadOnly",
        live=True,
    ),
    key("MaxChargingProfilesInstalled", "30", kind="integer"),
    Setting(key="ConnectorPhaseRotation", default="NotApplicable", reboot=True),
    key("GetConfigurationMaxKeys", str(ITEMS_MAX), kind="integer"),
    Setting(key="NumberOfConnectors", kind="integer", access="ReadOnly", live=True),
    key(
        "SupportedFeatureProfiles",
        "Core,LocalAuthListManagement,Reservation,RemoteTrigger,SmartCharging",
        kind="MemberList",
    ),
)
"""The settings of every station; what describes its parts follows in ``inventory``."""


_STATES = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")


def _part(component: str, variable: str, value: str = "", **place: int) -> Setting:
    kind: Kind = "boolean" if variable in {"Available", "Problem"} else "string"
    if variable == "AvailabilityState":
        kind = "OptionList"
    if variable == "Power":
        kind = "decimal"
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
        unit="W" if variable == "Power" else None,
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
            _part("EVSE", "Problem", evse=evse),
            _part("EVSE", "SupplyPhases", "3", evse=evse),
            _part("Connector", "AvailabilityState", evse=evse, connector=1),
            _part("Connector", "Available", "true", evse=evse, connector=1),
            _part("Connector", "ConnectorType", "cType2", evse=evse, connector=1),
            _part("Connector", "SupplyPhases", "3", evse=evse, connector=1),
            _part("ConnectorPlugRetentionLock", "Problem", evse=evse, connector=1),
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
