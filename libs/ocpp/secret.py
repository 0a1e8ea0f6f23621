"""Secrets in payloads are taken out before they are kept: more people read a log than may know.

They are AuthorizationKey of 1.6, BasicAuthPassword of 2.x, and the passwords of APN, VPN and
network profiles, of places for files; and what a station tells of a customer, which must be
erasable wherever it is.
"""

import re
from typing import Any, cast

import msgspec

from libs.ocpp.fault import UNREADABLE

HIDDEN = "***"
CARRIERS = frozenset(
    {
        "ChangeConfiguration",
        "DataTransfer",
        "GetConfiguration",
        "GetVariables",
        "NotifyReport",
        "SetNetworkProfile",
        "SetVariables",
    }
)
"""The actions whose payloads can hold one; no other is looked at."""
WORDS = (b"authorizationkey", b"password", b"simpin")
"""Without one of these a payload holds no secret."""
NAMES = {"authorizationkey", "basicauthpassword"}
VALUES = {"value", "attributeValue"}
PLACES = frozenset(
    {"GetDiagnostics", "GetLog", "PublishFirmware", "SignedUpdateFirmware", "UpdateFirmware"}
)
"""The actions that name a place for files, as ``ftp://user:password@host/``."""
PASSWORD = re.compile(rb"(://[^/@:\"]*:)[^/@\"]*(?=@)")
PERSONAL = {"NotifyCustomerInformation": "data"}
"""Fields that are hidden as a whole, by action."""


def hide(action: str, payload: bytes) -> bytes:
    """The payload of an action, of either direction, with ``***`` for what is secret."""
    if action in PLACES:
        return PASSWORD.sub(rb"\1" + HIDDEN.encode(), payload)
    if action in PERSONAL:
        return impersonal(payload, PERSONAL[action])
    if action not in CARRIERS or not any(word in payload.lower() for word in WORDS):
        return payload
    try:
        return msgspec.json.encode(hidden(msgspec.json.decode(payload)))
    except UNREADABLE:
        return msgspec.json.encode(HIDDEN)


def impersonal(payload: bytes, field: str) -> bytes:
    """A payload without what one of its fields says of a person."""
    try:
        value = msgspec.json.decode(payload)
    except UNREADABLE:
        return msgspec.json.encode(HIDDEN)
    if not isinstance(value, dict) or field not in value:
        return payload
    return msgspec.json.encode({**cast("dict[str, Any]", value), field: HIDDEN})


def hidden(value: Any, secret: bool = False) -> Any:
    """A JSON value without secrets; ``secret``: it stands beside the name of one."""
    if isinstance(value, list):
        return [hidden(item, secret) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    given = cast("dict[str, Any]", value)
    secret = secret or is_secret(given.get("key")) or is_secret(name_of(given.get("variable")))
    return {
        key: HIDDEN
        if (isinstance(item, str) and ("password" in key.lower() or (secret and key in VALUES)))
        or is_access(key, given)
        else hidden(item, secret)
        for key, item in given.items()
    }


def is_access(key: str, around: dict[str, Any]) -> bool:
    """The PIN of a SIM, and the shared key of a VPN, which has a server and a user beside it."""
    return key == "simPin" or (key == "key" and {"server", "user"} <= around.keys())


def name_of(variable: Any) -> Any:
    return cast("dict[str, Any]", variable).get("name") if isinstance(variable, dict) else None


def is_secret(name: Any) -> bool:
    return isinstance(name, str) and (name.lower() in NAMES or "password" in name.lower())
