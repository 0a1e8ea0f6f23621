"""What a station may say before its boot was accepted (2.x B01 to B03, 1.6 errata). Pure."""

from typing import Any

from libs.contracts.stations import Registration
from libs.ocpp.message import Version

BOOT = "BootNotification"

TRANSACTION_ACTIONS: dict[Version, frozenset[str]] = {
    "v16": frozenset({"StartTransaction", "StopTransaction", "MeterValues"}),
    "v201": frozenset({"TransactionEvent"}),
    "v21": frozenset({"TransactionEvent"}),
}
"""What the ledger is made of: never refused for a fault of ours, and never lost."""

RESULTS: dict[str, str] = {
    "GetBaseReport": "NotifyReport",
    "GetReport": "NotifyReport",
    "GetMonitoringReport": "NotifyMonitoringReport",
    "GetLog": "LogStatusNotification",
    "GetDiagnostics": "DiagnosticsStatusNotification",
    "UpdateFirmware": "FirmwareStatusNotification",
    "SignedUpdateFirmware": "SignedFirmwareStatusNotification",
    "PublishFirmware": "PublishFirmwareStatusNotification",
    "CustomerInformation": "NotifyCustomerInformation",
    "GetDisplayMessages": "NotifyDisplayMessages",
    "GetChargingProfiles": "ReportChargingProfiles",
}
"""A CALL of ours, and the CALL by which the station sends what was asked for."""

TRIGGERED: dict[str, str] = {
    "SignChargePointCertificate": "SignCertificate",
    "SignChargingStationCertificate": "SignCertificate",
    "SignV2GCertificate": "SignCertificate",
    "SignV2G20Certificate": "SignCertificate",
    "SignCombinedCertificate": "SignCertificate",
}
"""Triggers whose message has another name."""

TRIGGERS = ("TriggerMessage", "ExtendedTriggerMessage")

NOT_WHILE_PENDING = frozenset({"RemoteStartTransaction", "RemoteStopTransaction"})
"""1.6 4.2 forbids these to us; their 2.x namesakes the station answers Rejected itself (B02)."""


def is_transaction(version: Version, action: str, payload: dict[str, Any] | None = None) -> bool:
    """Whether a CALL belongs to the ledger. MeterValues of 1.6 does when it names a transaction."""
    if action == "MeterValues" and payload is not None:
        return version == "v16" and payload.get("transactionId") is not None
    return action in TRANSACTION_ACTIONS[version]


def requested(action: str, payload: dict[str, Any]) -> str | None:
    """The action that a CALL of ours allows a pending station, if any."""
    if action in TRIGGERS:
        message = str(payload.get("requestedMessage", ""))
        return TRIGGERED.get(message, message)
    return RESULTS.get(action)


def untimely(status: Registration | None, action: str) -> str | None:
    """Why a CALL must not go to the station now, or ``None``."""
    if status == "Rejected":
        return "the station's boot was rejected: it hears nothing until it boots again (B03)"
    if status == "Pending" and action in NOT_WHILE_PENDING:
        return f"the station's boot is pending: {action} has to wait until it is accepted"
    return None


def refusal(
    status: Registration | None, *, version: Version, action: str, asked_for: frozenset[str]
) -> str | None:
    """Why a CALL gets SecurityError, or ``None``. ``asked_for``: what we requested on this
    connection.
    """
    if status == "Accepted" or action == BOOT:
        return None
    if status is None:
        # A station that booted elsewhere may hold what it measured there: the ledger takes it.
        if action in TRANSACTION_ACTIONS[version]:
            return None
        return "BootNotification comes first: this station never booted here"
    if status == "Pending" and action in asked_for:
        return None
    if status == "Pending":
        return "the boot is pending: only what was asked for may be sent until it is accepted (B02)"
    return "the boot was rejected: only BootNotification may be sent (B03)"
