"""Version-neutral commands as the message that a station's version knows."""

from typing import Any, get_args

from libs.bus import Invalid
from libs.contracts import command as contract
from libs.contracts.calling import message
from libs.ocpp import v16, v21, v201
from libs.ocpp.dialect import Dialect
from libs.ocpp.message import NAMES, Request, Version

MESSAGES: dict[Version, tuple[str, ...]] = {
    "v16": tuple(dict.fromkeys(get_args(v16.MessageTrigger) + get_args(v16.MessageTriggerEnum))),
    "v201": get_args(v201.MessageTrigger),
    "v21": get_args(v21.MessageTrigger),
}
"""What a station of each version may be asked to send."""

RESET = {True: "Immediate", False: "OnIdle"}
CONNECTOR_16 = 1
"""1.6 connector n is connector 1 of EVSE n."""


def reset(
    version: Version, ask: contract.ResetStation, dialect: Dialect | None = None
) -> Request[Any]:
    hard = ask.hard or (dialect is not None and dialect.commands.reset == "hard")
    if version == "v16":
        if ask.evse is not None:
            raise Invalid("OCPP 1.6 resets a whole station: leave out evse.", field="evse")
        return v16.Reset(type="Hard" if hard else "Soft")
    return message(version, "Reset", {"type": RESET[hard], "evseId": ask.evse})


def change_availability(
    version: Version, ask: contract.ChangeAvailability, dialect: Dialect | None = None
) -> Request[Any]:
    """Without an EVSE it means the station: connector 0 in 1.6, no ``evse`` in 2.x (G04)."""
    status = "Operative" if ask.operative else "Inoperative"
    place = where(ask.evse, ask.connector)
    fields: dict[str, Any] = {"operationalStatus": status, "evse": place}
    if version == "v16":
        fields = {"connectorId": connector_16(ask.evse, ask.connector) or 0, "type": status}
    return message(version, "ChangeAvailability", fields)


def unlock(
    version: Version, ask: contract.UnlockConnector, dialect: Dialect | None = None
) -> Request[Any]:
    fields: dict[str, Any] = {"evseId": ask.evse, "connectorId": ask.connector}
    if version == "v16":
        fields = {"connectorId": connector_16(ask.evse, ask.connector)}
    return message(version, "UnlockConnector", fields)


def trigger(
    version: Version, ask: contract.TriggerMessage, dialect: Dialect | None = None
) -> Request[Any]:
    """Ask a station for a message of its own; Invalid names those that its version knows."""
    if ask.message not in MESSAGES[version] or ask.message == "CustomTrigger":
        known = ", ".join(sorted(set(MESSAGES[version]) - {"CustomTrigger"}))
        raise Invalid(
            f"OCPP {NAMES[version]} cannot trigger {ask.message!r}, only {known}.", field="message"
        )
    if version != "v16":
        return trigger_2(version, ask)
    # Stations without the security extension know TriggerMessage only, so it comes first.
    plain = ask.message in get_args(v16.MessageTrigger)
    if dialect is not None and dialect.commands.trigger == "extended":
        plain = ask.message not in get_args(v16.MessageTriggerEnum)
    action = "TriggerMessage" if plain else "ExtendedTriggerMessage"
    connector = connector_16(ask.evse, ask.connector)
    return message(version, action, {"requestedMessage": ask.message, "connectorId": connector})


def trigger_2(version: Version, ask: contract.TriggerMessage) -> Request[Any]:
    """A status is one of a connector: F06.FR.12 wants it named."""
    connector = ask.connector
    if ask.message == "StatusNotification":
        if ask.evse is None:
            raise Invalid("A StatusNotification is triggered for one evse: name it.", field="evse")
        connector = connector or 1
    place = where(ask.evse, connector)
    return message(version, "TriggerMessage", {"requestedMessage": ask.message, "evse": place})


def where(evse: int | None, connector: int | None) -> dict[str, int] | None:
    """An EVSE, or a connector of it, as 2.x names it."""
    if evse is None:
        if connector is not None:
            raise Invalid("A connector is one of an evse: name it.", field="evse")
        return None
    return {"id": evse} if connector is None else {"id": evse, "connectorId": connector}


def connector_16(evse: int | None, connector: int | None) -> int | None:
    if connector not in {None, CONNECTOR_16}:
        raise Invalid(
            "In OCPP 1.6 connector n is EVSE n, connector 1: name the evse.", field="connector"
        )
    return evse
