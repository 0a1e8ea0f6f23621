"""Payloads of each version for the same thing, so that a flow is written once."""

from datetime import UTC, datetime, timedelta
from typing import Any

ALL = ("1.6", "2.0.1", "2.1")
TWO = ("2.0.1", "2.1")
BEGIN = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=3)

Message = tuple[str, dict[str, Any]]


def minute(number: int) -> str:
    """A time of the hours before the tests, minute by minute."""
    return (BEGIN + timedelta(minutes=number)).isoformat().replace("+00:00", "Z")


def status(version: str, state: str, connector: int = 1, at: str | None = None) -> Message:
    """StatusNotification; ``state`` as the version names it."""
    at = at or minute(0)
    if version == "1.6":
        body = {"connectorId": connector, "errorCode": "NoError", "status": state, "timestamp": at}
    else:
        body = {"timestamp": at, "connectorStatus": state, "evseId": connector, "connectorId": 1}
    return "StatusNotification", body


def authorize(version: str, token: str) -> Message:
    if version == "1.6":
        return "Authorize", {"idTag": token}
    return "Authorize", {"idToken": {"idToken": token, "type": "ISO14443"}}


def info(version: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The idTagInfo or idTokenInfo of an answer, with the group under one name."""
    found = dict(answer["idTagInfo" if version == "1.6" else "idTokenInfo"])
    group = found.pop("parentIdTag" if version == "1.6" else "groupIdToken", None)
    if group is not None:
        found["group"] = group if version == "1.6" else group["idToken"]
    return found


def trigger(version: str, message: str) -> Message:
    return "TriggerMessage", {"requestedMessage": message}


def event(kind: str, reason: str, transaction: str, number: int, **more: Any) -> Message:
    """A 2.x TransactionEvent; ``register`` in Wh becomes its meter value, a minute per number."""
    at = more.pop("at", None) or minute(number)
    body: dict[str, Any] = {
        "eventType": kind,
        "timestamp": at,
        "triggerReason": reason,
        "seqNo": number,
        "transactionInfo": {"transactionId": transaction, **more.pop("info", {})},
    }
    if (register := more.pop("register", None)) is not None:
        body["meterValue"] = [{"timestamp": at, "sampledValue": [{"value": register}]}]
    if (token := more.pop("token", None)) is not None:
        body["idToken"] = {"idToken": token, "type": "ISO14443"}
    return "TransactionEvent", {**body, **more}


def start(token: str, register: int = 1_000, number: int = 0, **more: Any) -> Message:
    """A 1.6 StartTransaction."""
    body = {"connectorId": 1, "idTag": token, "meterStart": register, "timestamp": minute(number)}
    return "StartTransaction", {**body, **more}


def stop(transaction: int, register: int = 1_450, number: int = 9, **more: Any) -> Message:
    """A 1.6 StopTransaction."""
    body = {"transactionId": transaction, "meterStop": register, "timestamp": minute(number)}
    return "StopTransaction", {**body, **more}
