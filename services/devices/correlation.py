"""Which later messages belong to which request: by family, and the number that both name."""

from typing import Any, NamedTuple

from libs.ocpp.message import Request

ASKING: dict[str, str] = {
    "GetBaseReport": "report",
    "GetReport": "report",
    "GetMonitoringReport": "monitoring",
    "GetLog": "log",
    "GetDiagnostics": "diagnostics",
    "UpdateFirmware": "firmware",
    "SignedUpdateFirmware": "signed firmware",
    "PublishFirmware": "publication",
    "CustomerInformation": "customer",
    "GetDisplayMessages": "display",
    "GetChargingProfiles": "profiles",
    "GetDERControl": "der",
    "RequestBatterySwap": "battery swap",
}
"""What is answered at once with little more than that the rest will come."""

TELLING: dict[str, str] = {
    "NotifyReport": "report",
    "NotifyMonitoringReport": "monitoring",
    "LogStatusNotification": "log",
    "DiagnosticsStatusNotification": "diagnostics",
    "FirmwareStatusNotification": "firmware",
    "SignedFirmwareStatusNotification": "signed firmware",
    "PublishFirmwareStatusNotification": "publication",
    "NotifyCustomerInformation": "customer",
    "NotifyDisplayMessages": "display",
    "ReportChargingProfiles": "profiles",
    "ReportDERControl": "der",
    "BatterySwap": "battery swap",
}

UNNUMBERED = {("v16", "diagnostics"), ("v16", "firmware")}
"""1.6 names no request here: it is the last one."""


class Link(NamedTuple):
    """What a message says of the request that caused it, and of its place in the report."""

    family: str | None = None
    number: int | None = None
    part: int | None = None
    more: bool | None = None
    status: str | None = None


NOTHING = Link()


def asking(call: Request[Any]) -> Link:
    """Family and number of a request."""
    family = ASKING.get(call.action)
    return Link(family, getattr(call, "request_id", None)) if family else NOTHING


def telling(call: Request[Any]) -> Link:
    """Family and number of a message that a request may have caused; both or, for 1.6, one."""
    family = TELLING.get(call.action)
    if family is None:
        return NOTHING
    number: int | None = getattr(call, "request_id", None)
    if number is None and (call.version, family) not in UNNUMBERED:
        return NOTHING
    part: int | None = getattr(call, "seq_no", None)
    more = bool(getattr(call, "tbc", None)) if hasattr(call, "tbc") else None
    status: str | None = getattr(call, "status", None) or getattr(call, "event_type", None)
    return Link(family, number, part, more, status)
