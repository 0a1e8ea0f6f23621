"""A firmware update or publication: the message that asks for it, and how far it is. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import convert

from libs.bus import Invalid
from libs.contracts.firmware import (
    Boot,
    FirmwareKind,
    FirmwareState,
    FirmwareView,
    SecurityEvent,
    UpdateStation,
)
from libs.contracts.step import Step
from libs.ocpp.message import Version
from services.devices.store_requests import Kept

KINDS: dict[str, FirmwareKind] = {
    "UpdateFirmware": "update",
    "SignedUpdateFirmware": "update",
    "PublishFirmware": "publication",
    "UnpublishFirmware": "unpublication",
}
ACTIONS = tuple(KINDS)
UPDATES = ("UpdateFirmware", "SignedUpdateFirmware")

DONE: dict[str, FirmwareState] = {"Installed": "installed", "Published": "published"}
FAILED = {
    "DownloadFailed",
    "InstallationFailed",
    "InstallVerificationFailed",
    "InvalidChecksum",
    "InvalidSignature",
    "PublishFailed",
}
OVER: set[FirmwareState] = {
    "unknown", "offline", "timeout", "error", "refused", "installed", "published", "unpublished",
    "failed", "superseded",
}  # fmt: skip


class Message(NamedTuple):
    action: str
    fields: dict[str, Any]
    """By wire names."""
    number: int | None
    """What the station will name it by."""


def update(ask: UpdateStation, version: Version, number: int, now: datetime) -> Message:
    """The message that asks a station of this version (L01, L02, 1.6 SignedUpdateFirmware)."""
    if (ask.signing_certificate is None) != (ask.signature is None):
        missing = "signature" if ask.signature is None else "signing_certificate"
        raise Invalid("Signing certificate and signature go together.", field=missing)
    if ask.install_at is not None and ask.install_at < (ask.retrieve_at or now):
        raise Invalid("It would be installed before it is retrieved.", field="install_at")
    repeats = {"retries": ask.retries, "retryInterval": ask.retry_interval}
    retrieve_at = ask.retrieve_at or now
    if version == "v16" and ask.signature is None:
        if ask.install_at is not None:
            raise Invalid(
                "UpdateFirmware of OCPP 1.6 knows no time of installation.", field="install_at"
            )
        plain = {"location": ask.location, "retrieveDate": retrieve_at, **repeats}
        return Message("UpdateFirmware", plain, None)
    firmware = {
        "location": ask.location,
        "retrieveDateTime": retrieve_at,
        "installDateTime": ask.install_at,
        "signingCertificate": ask.signing_certificate,
        "signature": ask.signature,
    }
    given = {name: value for name, value in firmware.items() if value is not None}
    action = "SignedUpdateFirmware" if version == "v16" else "UpdateFirmware"
    return Message(action, {"requestId": number, "firmware": given, **repeats}, number)


class Following(NamedTuple):
    """What a station told after a request, up to the next one."""

    boots: Sequence[Boot] = ()
    security_events: Sequence[SecurityEvent] = ()
    until: datetime | None = None


def view(request: Kept, steps: Sequence[Step], later: Following, *, replaced: bool) -> FirmwareView:
    """``replaced``: a request after it took its place."""
    payload = request.payload
    firmware: dict[str, Any] = payload.get("firmware") or payload
    standing = state(request, steps, replaced=replaced)
    kind = KINDS[request.action]
    asked = request.asked_at if kind == "update" else None
    return FirmwareView(
        id=str(request.id),
        tenant=request.tenant,
        station=request.station,
        version=request.version,
        action=request.action,
        kind=kind,
        request_id=payload.get("requestId"),
        location=firmware.get("location"),
        checksum=payload.get("checksum"),
        retrieve_at=moment(firmware.get("retrieveDateTime") or firmware.get("retrieveDate")),
        install_at=moment(firmware.get("installDateTime")),
        signed="signature" in firmware,
        by=request.by,
        asked_at=request.asked_at,
        state=standing,
        terminal=standing in OVER,
        result=request.result,
        statuses=list(steps),
        boots=[each for each in later.boots if within(each.at, asked, later.until)],
        security_events=[
            each for each in later.security_events if within(each.at, asked, later.until)
        ],
    )


def within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return since is not None and at >= since and (until is None or at < until)


def moment(text: str | None) -> datetime | None:
    return None if text is None else convert(text, datetime)


def state(request: Kept, steps: Sequence[Step], *, replaced: bool) -> FirmwareState:
    """What ends it outweighs what goes before, in whichever order they came."""
    told = [step.status for step in steps if step.status != "Idle"]
    for status in reversed(told):
        if status in DONE:
            return DONE[status]
        if status in FAILED:
            return "failed"
    if replaced:
        return "superseded"
    if told:
        return "running"
    return of_answer(request)


def of_answer(request: Kept) -> FirmwareState:
    result = request.result
    if result is None:
        return "asked"
    if result.status != "answered":
        return result.status
    match (result.payload or {}).get("status", "Accepted"):
        case "Accepted" | "AcceptedCanceled":
            return "accepted"
        case "Unpublished" | "NoFirmware":
            return "unpublished"
        case _:  # a station may answer anything else that its version allows: it will not do it
            return "refused"
