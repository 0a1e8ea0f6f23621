"""A log that a station is asked for: the message that asks, and how far it is. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import convert

from libs.bus import Invalid
from libs.contracts.logs import LogKind, LogState, LogView, RequestLog, Via
from libs.contracts.step import Step
from libs.contracts.uploads import UploadView
from libs.ocpp.message import Version
from services.devices.store_requests import Kept

ACTIONS = ("GetLog", "GetDiagnostics")
TYPES: dict[LogKind, str] = {
    "diagnostics": "DiagnosticsLog",
    "security": "SecurityLog",
    "data_collector": "DataCollectorLog",
}
KINDS: dict[str, LogKind] = {name: kind for kind, name in TYPES.items()}

SECURITY_TOLD = (
    "LogStatusNotification",
    "SecurityEventNotification",
    "SignCertificate",
    "SignedFirmwareStatusNotification",
)
SECURITY_ANSWERED = (
    "CertificateSigned",
    "DeleteCertificate",
    "ExtendedTriggerMessage",
    "GetInstalledCertificateIds",
    "GetLog",
    "InstallCertificate",
    "SignedUpdateFirmware",
)
"""Messages of the security extension of 1.6: a station that used one of them has it."""

FAILED = {
    "BadMessage",
    "NotSupportedOperation",
    "PermissionDenied",
    "UploadFailed",
    "UploadFailure",
}


def via(ask: RequestLog, version: Version, *, secure: bool) -> Via:
    """The action; ``secure``: a 1.6 station showed that it has the security extension."""
    if ask.via == "GetDiagnostics" and version != "v16":
        raise Invalid("Only OCPP 1.6 has GetDiagnostics.", field="via")
    if ask.via == "GetDiagnostics" and ask.type != "diagnostics":
        raise Invalid("GetDiagnostics asks for diagnostics only.", field="via")
    if ask.type == "data_collector" and version != "v21":
        raise Invalid("Only OCPP 2.1 has the log of a data collector.", field="type")
    if ask.since is not None and ask.until is not None and ask.until < ask.since:
        raise Invalid("It ends before it begins.", field="to")
    if ask.via is not None:
        return ask.via
    legacy = version == "v16" and ask.type == "diagnostics" and not secure
    return "GetDiagnostics" if legacy else "GetLog"


def fields(ask: RequestLog, action: Via, number: int, location: str) -> dict[str, Any]:
    """The payload by its wire names."""
    repeats = {"retries": ask.retries, "retryInterval": ask.retry_interval}
    match action:
        case "GetDiagnostics":
            return {
                "location": location,
                "startTime": ask.since,
                "stopTime": ask.until,
                **repeats,
            }
        case "GetLog":
            times = {"oldestTimestamp": ask.since, "latestTimestamp": ask.until}
            given = {name: time for name, time in times.items() if time is not None}
            return {
                "logType": TYPES[ask.type],
                "requestId": number,
                "log": {"remoteLocation": location, **given},
                **repeats,
            }


def location_of(payload: dict[str, Any]) -> str:
    """Where a request sends the file."""
    log: dict[str, Any] = payload.get("log") or payload
    return str(log.get("remoteLocation") or log.get("location") or "")


def view(
    request: Kept, steps: Sequence[Step], upload: UploadView | None, later: Sequence[datetime]
) -> LogView:
    """``later``: when other requests took the place of one that was under way."""
    payload = request.payload
    log: dict[str, Any] = payload.get("log") or {}
    answer: dict[str, Any] = (request.result.payload if request.result else None) or {}
    return LogView(
        id=str(request.id),
        tenant=request.tenant,
        station=request.station,
        version=request.version,
        action=request.action,
        type=KINDS.get(payload.get("logType", ""), "diagnostics"),
        request_id=payload.get("requestId"),
        location=location_of(payload),
        since=moment(log.get("oldestTimestamp") or payload.get("startTime")),
        until=moment(log.get("latestTimestamp") or payload.get("stopTime")),
        by=request.by,
        asked_at=request.asked_at,
        state=state(request, steps, upload, replaced=any(at > request.asked_at for at in later)),
        result=request.result,
        announced_name=answer.get("filename") or answer.get("fileName"),
        statuses=list(steps),
        upload=upload,
    )


def moment(text: str | None) -> datetime | None:
    return None if text is None else convert(text, datetime)


def state(
    request: Kept, steps: Sequence[Step], upload: UploadView | None, *, replaced: bool
) -> LogState:
    """What ends an upload outweighs what goes before, in whichever order they came."""
    told = [step.status for step in steps]
    stored = upload is not None and upload.stored_at is not None
    result = request.result
    if "Uploaded" in told:
        return "uploaded"
    if "AcceptedCanceled" in told:
        return "superseded"
    if any(status in FAILED for status in told):
        return "failed"
    if stored:
        return "uploaded"
    if "Uploading" in told:
        return "superseded" if replaced else "uploading"
    if result is None:
        return "asked"
    if result.status != "answered":
        return result.status
    if (result.payload or {}).get("status", "Accepted") not in {"Accepted", "AcceptedCanceled"}:
        return "refused"
    return "superseded" if replaced else "accepted"
