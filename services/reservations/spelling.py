"""ReserveNow and CancelReservation as the version of a station says them, and read back. Pure."""

from datetime import datetime
from typing import Any

from msgspec import convert

from libs.bus import Invalid
from libs.contracts.calling import message
from libs.ocpp.message import Request, Version
from services.reservations.state import Wish

ID_TAG_CHARACTERS_MAX = 20
"""Of 1.6; a group of 2.x may be longer: then the station is not told of it."""
GROUP_TYPE = "Central"
"""As Authorize tells groups: tokens of 2.x are equal if their types are too (C01.FR.25)."""
TYPE_DEFAULT = "ISO14443"


def reserve(version: Version, wish: Wish) -> Request[Any]:
    if version == "v16":
        return reserve_16(wish)
    group = wish.group
    return message(
        version,
        "ReserveNow",
        {
            "id": wish.number,
            "expiryDateTime": moment(wish.expires_at),
            "idToken": {"idToken": wish.token, "type": wish.token_type or TYPE_DEFAULT},
            "groupIdToken": {"idToken": group, "type": GROUP_TYPE} if group else None,
            "evseId": wish.evse,
            "connectorType": wish.connector_type,
        },
    )


def reserve_16(wish: Wish) -> Request[Any]:
    if wish.connector_type is not None:
        raise Invalid(
            "OCPP 1.6 reserves no type of connector: leave it out.", field="connector_type"
        )
    group = wish.group
    return message(
        "v16",
        "ReserveNow",
        {
            "connectorId": wish.evse or 0,
            "expiryDate": moment(wish.expires_at),
            "idTag": wish.token,
            "parentIdTag": group if group and len(group) <= ID_TAG_CHARACTERS_MAX else None,
            "reservationId": wish.number,
        },
    )


def cancel(version: Version, number: int) -> Request[Any]:
    return message(version, "CancelReservation", {"reservationId": number})


def read(version: Version, payload: dict[str, Any]) -> Wish:
    """A ReserveNow that an operator wrote himself; it fits its schema."""
    if version == "v16":
        return Wish(
            number=payload["reservationId"],
            token=payload["idTag"],
            group=payload.get("parentIdTag"),
            evse=payload["connectorId"] or None,
            expires_at=convert(payload["expiryDate"], datetime),
        )
    group: dict[str, Any] = payload.get("groupIdToken") or {}
    return Wish(
        number=payload["id"],
        token=payload["idToken"]["idToken"],
        token_type=payload["idToken"]["type"],
        group=group.get("idToken"),
        evse=payload.get("evseId"),
        connector_type=payload.get("connectorType"),
        expires_at=convert(payload["expiryDateTime"], datetime),
    )


def moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
