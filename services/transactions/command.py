"""CALLs to stations in the version that a station speaks."""

from typing import Any

from msgspec import Struct

from libs.bus import Invalid
from libs.contracts.calling import message
from libs.contracts.transactions import StartRemotely
from libs.ocpp import v21, v201
from libs.ocpp.message import Request, Version


class RemoteStart(Struct, frozen=True):
    """A remote start with what was found out about it."""

    ask: StartRemotely
    number: int
    group: str | None


def start(version: Version, wanted: RemoteStart) -> Request[Any]:
    """RemoteStartTransaction (1.6 5.11) or RequestStartTransaction (F01, F02)."""
    ask = wanted.ask
    if version == "v16":
        fields = {
            "idTag": ask.token,
            "connectorId": ask.evse,
            "chargingProfile": ask.charging_profile,
        }
        return message(version, "RemoteStartTransaction", fields)
    group = None if wanted.group is None else {"idToken": wanted.group, "type": "Central"}
    fields = {
        "idToken": {"idToken": ask.token, "type": ask.type},
        "remoteStartId": wanted.number,
        "evseId": ask.evse,
        "groupIdToken": group,
        "chargingProfile": ask.charging_profile,
    }
    return message(version, "RequestStartTransaction", fields)


def check_profile(profile: dict[str, Any] | None) -> None:
    """Only one for the transaction that is to begin, which has no name yet (F01, K05; 1.6 5.16.2).

    ``Invalid`` says what is wrong; a raw call may carry whatever the schema allows.
    """
    if profile is None:
        return
    purpose = profile.get("chargingProfilePurpose")
    if purpose != "TxProfile":
        raise Invalid(
            f"A remote start takes a TxProfile, not a {purpose}.",
            field="/charging_profile/chargingProfilePurpose",
        )
    if profile.get("transactionId") is not None:
        raise Invalid(
            "The transaction is still to begin: leave transactionId out.",
            field="/charging_profile/transactionId",
        )


def stop(version: Version, transaction: str) -> Request[Any]:
    """RemoteStopTransaction (1.6 5.12) or RequestStopTransaction (F03)."""
    if version != "v16":
        return message(version, "RequestStopTransaction", {"transactionId": transaction})
    if not transaction.lstrip("-").isdecimal():
        raise Invalid("A 1.6 station knows a transaction by a number.", field="transaction")
    return message(version, "RemoteStopTransaction", {"transactionId": int(transaction)})


def status(version: Version, transaction: str) -> Request[Any] | None:
    """GetTransactionStatus (E14), which 1.6 does not have."""
    match version:
        case "v16":
            return None
        case "v201":
            return v201.GetTransactionStatus(transaction_id=transaction)
        case "v21":
            return v21.GetTransactionStatus(transaction_id=transaction)
