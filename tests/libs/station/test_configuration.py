"""One store of settings, read and written in the words of 1.6 and of 2.x (B05 to B08)."""

from typing import Any

import pytest

from libs.station.settings import BY_KEY, BY_NAME, SETTINGS, fault
from tests.libs.station.manual import Bench

REQUIRED_16 = {
    "AuthorizeRemoteTxRequests", "ClockAlignedDataInterval", "ConnectionTimeOut",
    "ConnectorPhaseRotation", "GetConfigurationMaxKeys", "HeartbeatInterval",
    "LocalAuthorizeOffline", "LocalPreAuthorize", "MeterValuesAlignedData",
    "MeterValuesSampledData", "MeterValueSampleInterval", "NumberOfConnectors", "ResetRetries",
    "StopTransactionOnEVSideDisconnect", "StopTransactionOnInvalidId", "StopTxnAlignedData",
    "StopTxnSampledData", "SupportedFeatureProfiles", "TransactionMessageAttempts",
    "TransactionMessageRetryInterval", "UnlockConnectorOnEVSideDisconnect",
}  # fmt: skip

REQUIRED_2 = {
    "AlignedDataCtrlr": "Interval Measurands TxEndedInterval TxEndedMeasurands",
    "AuthCtrlr": "AuthorizeRemoteStart LocalAuthorizeOffline LocalPreAuthorize",
    "ClockCtrlr": "DateTime TimeSource",
    "DeviceDataCtrlr": "BytesPerMessage[GetReport] BytesPerMessage[GetVariables] "
    "BytesPerMessage[SetVariables] ItemsPerMessage[GetReport] ItemsPerMessage[GetVariables] "
    "ItemsPerMessage[SetVariables]",
    "OCPPCommCtrlr": "ActiveNetworkProfile FileTransferProtocols MessageTimeout[Default] "
    "MessageAttemptInterval[TransactionEvent] MessageAttempts[TransactionEvent] "
    "NetworkConfigurationPriority NetworkProfileConnectionAttempts OfflineThreshold "
    "ResetRetries UnlockOnEVSideDisconnect",
    "SampledDataCtrlr": "TxEndedInterval TxEndedMeasurands TxStartedMeasurands "
    "TxUpdatedInterval TxUpdatedMeasurands",
    "SecurityCtrlr": "CertificateEntries OrganizationName SecurityProfile",
    "TariffCostCtrlr": "Currency TariffFallbackMessage TotalCostFallbackMessage",
    "TxCtrlr": "EVConnectionTimeOut StopTxOnEVSideDisconnect StopTxOnInvalidId "
    "TxStartPoint TxStopPoint",
}
NAMES_2 = {f"{c}.{v}" for c, names in REQUIRED_2.items() for v in names.split()}


def test_no_required_setting_is_missing():
    assert [key for key in REQUIRED_16 if key.casefold() not in BY_KEY] == []
    assert set(BY_NAME) >= NAMES_2


def test_every_default_fits_its_own_setting():
    wrong = [s.name for s in SETTINGS if s.default and fault(s, s.default)]
    assert wrong == []


def change(bench: Bench, key: str, value: str) -> str:
    return bench.server.ask("ChangeConfiguration", {"key": key, "value": value})[2]["status"]


def get(bench: Bench, *keys: str) -> Any:
    return bench.server.ask("GetConfiguration", {"key": list(keys)})[2]


def test_a_1_6_key_is_changed_and_read_whatever_its_case():
    bench = Bench("v16").boot()
    assert change(bench, "metervaluesampleinterval", "30") == "Accepted"
    answer = get(bench, "MeterValueSampleInterval", "Nonsense")
    assert answer == {
        "configurationKey": [{"key": "MeterValueSampleInterval", "readonly": False, "value": "30"}],
        "unknownKey": ["Nonsense"],
    }


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("NumberOfConnectors", "9", "Rejected"),
        ("HeartbeatInterval", "soon", "Rejected"),
        ("HeartbeatInterval", "-1", "Rejected"),
        ("LocalPreAuthorize", "maybe", "Rejected"),
        ("MeterValuesSampledData", "Voltage,Mood", "Rejected"),
        ("MeterValuesSampledData", "Voltage, SoC", "Accepted"),
        ("LocalPreAuthorize", "TRUE", "Accepted"),
        ("ConnectorPhaseRotation", "1.RST", "RebootRequired"),
        ("Nonsense", "1", "NotSupported"),
    ],
)
def test_a_1_6_change_has_its_status(key, value, status):
    assert change(Bench("v16").boot(), key, value) == status


def test_all_1_6_keys_are_read_at_once_and_secrets_are_not():
    bench = Bench("v16").boot()
    found = {
        entry["key"]: entry
        for entry in bench.server.ask("GetConfiguration", {})[2]["configurationKey"]
    }
    assert set(found) >= REQUIRED_16
    assert found["NumberOfConnectors"] == {
        "key": "NumberOfConnectors", "readonly": True, "value": "2"
    }  # fmt: skip
    assert change(bench, "AuthorizationKey", "0123456789abcdef0123456789ABCDEF") == "Accepted"
    assert "value" not in get(bench, "AuthorizationKey")["configurationKey"][0]


def test_a_value_that_needs_a_reboot_shows_after_it():
    bench = Bench("v16").boot()
    change(bench, "ConnectorPhaseRotation", "1.RST")
    assert get(bench, "ConnectorPhaseRotation")["configurationKey"][0]["value"] == "NotApplicable"
    bench.server.ask("Reset", {"type": "Hard"})
    bench.wheel.turn(10)
    assert get(bench, "ConnectorPhaseRotation")["configurationKey"][0]["value"] == "1.RST"


def test_too_many_keys_are_refused():
    bench = Bench("v16").boot()
    answer = bench.server.ask("GetConfiguration", {"key": [f"K{n}" for n in range(51)]})
    assert answer[2] == "OccurenceConstraintViolation"


def one(component: str, variable: str, **more: Any) -> dict[str, Any]:
    name, _, instance = variable.partition("[")
    where: dict[str, Any] = {"name": component}
    if "evse" in more:
        where["evse"] = more.pop("evse")
    what = {"name": name, **({"instance": instance[:-1]} if instance else {})}
    return {"component": where, "variable": what, **more}


def read(bench: Bench, component: str, variable: str, **more: Any) -> tuple[str, str | None]:
    data = [one(component, variable, **more)]
    result = bench.server.ask("GetVariables", {"getVariableData": data})[2]["getVariableResult"][0]
    return result["attributeStatus"], result.get("attributeValue")


def write(bench: Bench, component: str, variable: str, value: str, **more: Any) -> tuple[str, Any]:
    data = [one(component, variable, attributeValue=value, **more)]
    result = bench.server.ask("SetVariables", {"setVariableData": data})[2]["setVariableResult"][0]
    return result["attributeStatus"], result.get("attributeStatusInfo", {}).get("reasonCode")


@pytest.fixture(params=["v201", "v21"])
def bench(request) -> Bench:
    return Bench(request.param).boot()


@pytest.mark.parametrize(
    ("component", "variable", "more", "answer"),
    [
        ("TxCtrlr", "EVConnectionTimeOut", {}, ("Accepted", "60")),
        ("txctrlr", "evconnectiontimeout", {}, ("Accepted", "60")),
        ("OCPPCommCtrlr", "MessageAttempts[TransactionEvent]", {}, ("Accepted", "3")),
        ("OCPPCommCtrlr", "MessageAttempts", {}, ("UnknownVariable", None)),
        ("TxCtrlr", "Mood", {}, ("UnknownVariable", None)),
        ("MoodCtrlr", "Mood", {}, ("UnknownComponent", None)),
        ("EVSE", "AvailabilityState", {"evse": {"id": 1}}, ("Accepted", "Available")),
        ("EVSE", "AvailabilityState", {"evse": {"id": 9}}, ("UnknownComponent", None)),
        ("Connector", "SupplyPhases", {"evse": {"id": 2, "connectorId": 1}}, ("Accepted", "3")),
        ("SecurityCtrlr", "BasicAuthPassword", {}, ("Rejected", None)),
        ("TxCtrlr", "EVConnectionTimeOut", {"attributeType": "Target"},
         ("NotSupportedAttributeType", None)),
        ("SecurityCtrlr", "OrganizationName", {}, ("Accepted", "")),
    ],
)  # fmt: skip
def test_a_variable_is_read(bench, component, variable, more, answer):
    """B06."""
    assert read(bench, component, variable, **more) == answer


@pytest.mark.parametrize(
    ("component", "variable", "value", "more", "answer"),
    [
        ("TxCtrlr", "EVConnectionTimeOut", "90", {}, ("Accepted", None)),
        ("TxCtrlr", "EVConnectionTimeOut", "x", {}, ("Rejected", "InvalidValue")),
        ("TxCtrlr", "EVConnectionTimeOut", "-1", {}, ("Rejected", "ValueTooLow")),
        ("TxCtrlr", "TxStartPoint", "EVConnected,Authorized", {}, ("Accepted", None)),
        ("TxCtrlr", "TxStartPoint", "Whenever", {}, ("Rejected", "InvalidValue")),
        ("ClockCtrlr", "DateTime", "2026-01-01T00:00:00Z", {}, ("Rejected", "ReadOnly")),
        ("OCPPCommCtrlr", "NetworkConfigurationPriority", "1", {}, ("RebootRequired", None)),
        (
            "OCPPCommCtrlr",
            "NetworkConfigurationPriority",
            "2,1",
            {},
            ("Rejected", "InvalidNetworkConf"),
        ),
        ("SecurityCtrlr", "BasicAuthPassword", "short", {}, ("Rejected", "InvalidValue")),
        ("MoodCtrlr", "Mood", "good", {}, ("UnknownComponent", None)),
        ("TxCtrlr", "Mood", "good", {}, ("UnknownVariable", None)),
        ("TxCtrlr", "EVConnectionTimeOut", "1", {"attributeType": "MaxSet"},
         ("NotSupportedAttributeType", None)),
    ],
)  # fmt: skip
def test_a_variable_is_written(bench, component, variable, value, more, answer):
    """B05."""
    assert write(bench, component, variable, value, **more) == answer


def test_what_is_written_is_read_and_in_the_same_words_of_1_6():
    bench = Bench("v201").boot()
    write(bench, "SampledDataCtrlr", "TxUpdatedInterval", "5")
    assert read(bench, "SampledDataCtrlr", "TxUpdatedInterval") == ("Accepted", "5")
    assert bench.controller.configuration.read(BY_KEY["metervaluesampleinterval"]) == "5"


def test_too_many_items_are_refused(bench):
    data = [one("TxCtrlr", "EVConnectionTimeOut")] * 51
    answer = bench.server.ask("GetVariables", {"getVariableData": data})
    assert answer[2] == "OccurrenceConstraintViolation"


def test_too_many_bytes_are_refused(bench):
    value = "x" * 900
    data = [one("SecurityCtrlr", "OrganizationName", attributeValue=value)] * 40
    answer = bench.server.ask("SetVariables", {"setVariableData": data})
    assert answer[2] == "FormatViolation"
    assert answer[3].startswith("SetVariables takes 32000 bytes, got 4")


def reported(bench: Bench) -> list[dict[str, Any]]:
    bench.wheel.turn(10)
    parts = bench.server.said("NotifyReport")
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part.get("tbc", False) for part in parts] == [True] * (len(parts) - 1) + [False]
    assert {part["requestId"] for part in parts} == {7}
    return [entry for part in parts for entry in part["reportData"]]


def test_the_whole_inventory_comes_in_parts(bench):
    """B07."""
    answer = bench.server.ask("GetBaseReport", {"requestId": 7, "reportBase": "FullInventory"})
    assert answer[2] == {"status": "Accepted"}
    found = {(e["component"]["name"], e["variable"]["name"]) for e in reported(bench)}
    assert {tuple(name.split("[")[0].split(".")) for name in NAMES_2} <= found
    assert {
        ("EVSE", "Power"),
        ("Connector", "ConnectorType"),
        ("ChargingStation", "Model"),
    } <= found


def test_the_configuration_inventory_has_only_what_can_be_set(bench):
    bench.server.ask("GetBaseReport", {"requestId": 7, "reportBase": "ConfigurationInventory"})
    access = {e["variableAttribute"][0]["mutability"] for e in reported(bench)}
    assert access == {"ReadWrite", "WriteOnly"}


def test_a_report_has_what_was_asked_for(bench):
    """B08."""
    wanted = [{"component": {"name": "EVSE"}, "variable": {"name": "AvailabilityState"}}]
    bench.server.ask("GetReport", {"requestId": 7, "componentVariable": wanted})
    assert [e["component"]["evse"]["id"] for e in reported(bench)] == [1, 2]


def test_a_report_without_anything_says_so(bench):
    wanted = [{"component": {"name": "Nothing"}}]
    answer = bench.server.ask("GetReport", {"requestId": 7, "componentVariable": wanted})
    assert answer[2] == {"status": "EmptyResultSet"}
    answer = bench.server.ask("GetReport", {"requestId": 7, "componentCriteria": ["Problem"]})
    assert answer[2] == {"status": "EmptyResultSet"}


def test_a_new_heartbeat_interval_counts_at_once(bench):
    bench.wheel.turn(10)
    write(bench, "OCPPCommCtrlr", "HeartbeatInterval", "20")
    bench.wheel.turn(100)
    assert len(bench.server.said("Heartbeat")) in {4, 5}


@pytest.mark.parametrize("wrong", [{"TxCtrlr__Mood": "good"}, {"TxCtrlr__TxStartPoint": "Never"}])
def test_a_wrong_factory_setting_is_refused_when_the_station_is_made(wrong):
    with pytest.raises(ValueError, match=r"TxCtrlr\."):
        Bench("v201", **wrong)
