"""Payloads of each version that edges pass on."""

from typing import Any

from tests.services.edge.platform import Platform

BOOTS: dict[str, Any] = {
    "v16": {"chargePointVendor": "Bare", "chargePointModel": "One"},
    "v201": {"reason": "PowerUp", "chargingStation": {"vendorName": "Bare", "model": "One"}},
}
BOOTS["v21"] = BOOTS["v201"]
AUTHORIZE: dict[str, Any] = {
    "v16": {"idTag": "AA11"},
    "v201": {"idToken": {"idToken": "AA11", "type": "ISO14443"}},
}
AUTHORIZE["v21"] = AUTHORIZE["v201"]
AUTHORIZED: dict[str, Any] = {
    "v16": {"idTagInfo": {"status": "Accepted"}},
    "v201": {"idTokenInfo": {"status": "Accepted"}},
}
AUTHORIZED["v21"] = AUTHORIZED["v201"]
EVENT: dict[str, Any] = {
    "eventType": "Updated",
    "timestamp": "2026-01-31T12:00:00Z",
    "triggerReason": "MeterValuePeriodic",
    "seqNo": 1,
    "transactionInfo": {"transactionId": "t1"},
}
START: dict[str, Any] = {
    "connectorId": 1,
    "idTag": "AA11",
    "meterStart": 0,
    "timestamp": "2026-01-31T12:00:00Z",
}
TRANSACTION: dict[str, tuple[str, Any]] = {
    "v16": ("StartTransaction", START),
    "v201": ("TransactionEvent", EVENT),
    "v21": ("TransactionEvent", EVENT),
}


def authorizes(platform: Platform, version: str) -> None:
    async def answer(*_: object) -> Any:
        return AUTHORIZED[version]

    platform.handlers["Authorize"] = answer
