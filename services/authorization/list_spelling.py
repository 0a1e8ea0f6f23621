"""Entries and lists as each version says them, and read back. Pure."""

from datetime import datetime
from typing import Any, get_args

from msgspec import convert, json

from libs.contracts.authorization import AuthorizationStatus
from libs.contracts.calling import message
from libs.contracts.local_lists import ListEntry
from libs.ocpp import v201
from libs.ocpp.message import Request, Version
from services.authorization.local_list import Part
from services.authorization.status import ID_TAG_CHARACTERS_MAX, STATUS_16

TYPES_201 = frozenset(get_args(v201.IdTokenEnum))
TOKEN_CHARACTERS_MAX: dict[Version, int] = {"v16": 20, "v201": 36, "v21": 255}
GROUP_TYPE = "Central"
ENVELOPE_BYTES = 120
"""Of a message around its entries."""


def sayable(version: Version, entry: ListEntry) -> ListEntry | None:
    """An entry as the version can say it, None if it has no words for it."""
    if len(entry.token) > TOKEN_CHARACTERS_MAX[version]:
        return None
    if version == "v16":
        return sayable_16(entry)
    if version == "v201" and entry.type not in TYPES_201:
        return None
    return entry


def sayable_16(entry: ListEntry) -> ListEntry | None:
    """A token that may not be used everywhere must be asked about."""
    if entry.evses is not None:
        return None
    group = entry.group
    return ListEntry(
        token=entry.token,
        status=STATUS_16[entry.status],
        group=group if group is not None and len(group) <= ID_TAG_CHARACTERS_MAX else None,
        expires_at=entry.expires_at,
    )


def send(version: Version, part: Part) -> Request[Any]:
    """An empty list is absent: 2.x knows no other, 1.6 knows both."""
    entries = [who(version, entry) for entry in part.removes]
    entries += [spell(version, entry) for entry in part.puts]
    number = "listVersion" if version == "v16" else "versionNumber"
    fields = {
        number: part.version,
        "updateType": part.type,
        "localAuthorizationList": entries or None,
    }
    return message(version, "SendLocalList", fields)


def who(version: Version, entry: ListEntry) -> dict[str, Any]:
    """An entry that takes a token off the list."""
    if version == "v16":
        return {"idTag": entry.token}
    return {"idToken": {"idToken": entry.token, "type": entry.type}}


def spell(version: Version, entry: ListEntry) -> dict[str, Any]:
    expires = entry.expires_at
    until = (
        None
        if expires is None
        else expires.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
    if version == "v16":
        info = {"status": entry.status, "expiryDate": until, "parentIdTag": entry.group}
        return {**who(version, entry), "idTagInfo": present(info)}
    group = {"idToken": entry.group, "type": GROUP_TYPE} if entry.group else None
    info = {
        "status": entry.status,
        "cacheExpiryDateTime": until,
        "language1": entry.language,
        "evseId": entry.evses,
        "groupIdToken": group,
    }
    return {**who(version, entry), "idTokenInfo": present(info)}


def present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def size(version: Version, entry: ListEntry) -> int:
    """Bytes of an entry in a message, and the comma after it."""
    return len(json.encode(spell(version, entry))) + 1


# -- what an operator sent himself ---------------------------------------------------------------


def read(version: Version, payload: dict[str, Any]) -> Part:
    """A SendLocalList that fits its schema."""
    entries: list[dict[str, Any]] = payload.get("localAuthorizationList") or []
    info = "idTagInfo" if version == "v16" else "idTokenInfo"
    return Part(
        type=payload["updateType"],
        version=payload["listVersion" if version == "v16" else "versionNumber"],
        puts=[entry_of(version, item, item[info]) for item in entries if item.get(info)],
        removes=[entry_of(version, item, {}) for item in entries if not item.get(info)],
    )


def entry_of(version: Version, item: dict[str, Any], info: dict[str, Any]) -> ListEntry:
    status: AuthorizationStatus = info.get("status", "Accepted")
    if version == "v16":
        until, group = info.get("expiryDate"), info.get("parentIdTag")
        return ListEntry(token=item["idTag"], status=status, group=group, expires_at=moment(until))
    token: dict[str, Any] = item["idToken"]
    group_token: dict[str, Any] = info.get("groupIdToken") or {}
    return ListEntry(
        token=token["idToken"],
        type=token["type"],
        status=status,
        group=group_token.get("idToken"),
        expires_at=moment(info.get("cacheExpiryDateTime")),
        language=info.get("language1"),
        evses=info.get("evseId"),
    )


def moment(text: str | None) -> datetime | None:
    return None if text is None else convert(text, datetime)
