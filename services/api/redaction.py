"""Secrets in OCPP payloads are not shown: the log is read by more people than may know them."""

from typing import Any, cast

import msgspec
from msgspec import Raw

HIDDEN = "***"
WORDS = (b"AuthorizationKey", b"assword")
"""Without one of these a payload holds no secret: the usual case costs two searches."""
SECRET_NAMES = {"authorizationkey", "basicauthpassword"}


def hide(payload: Raw) -> Raw:
    """The payload with ``***`` for passwords: AuthorizationKey, BasicAuthPassword, APN, VPN."""
    if not any(word in bytes(payload) for word in WORDS):
        return payload
    return Raw(msgspec.json.encode(hidden(msgspec.json.decode(payload))))


def hidden(value: Any) -> Any:
    if isinstance(value, list):
        return [hidden(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    value = cast("dict[str, Any]", value)
    names_secret = is_secret(value.get("key")) or is_secret(name_of(value.get("variable")))
    return {
        key: HIDDEN
        if isinstance(item, str)
        and ("password" in key.lower() or (names_secret and key in {"value", "attributeValue"}))
        else hidden(item)
        for key, item in value.items()
    }


def name_of(variable: Any) -> Any:
    return cast("dict[str, Any]", variable).get("name") if isinstance(variable, dict) else None


def is_secret(name: Any) -> bool:
    return isinstance(name, str) and name.lower() in SECRET_NAMES
