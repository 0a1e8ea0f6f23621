"""How far a request is, from its answer and the messages that it caused."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from libs.contracts.devices import Progress
from services.devices.parts import missing
from services.devices.store_requests import Kept, Told

GRANTED = {"Accepted", "AcceptedCanceled"}
EMPTY = {"EmptyResultSet", "NoProfiles", "Unknown", "NotFound"}
"""An answer after which nothing comes, because there is nothing to tell."""

DONE = {
    "Uploaded", "Installed", "Published", "BatteryIn", "BatteryOut",
}  # fmt: skip
FAILED = {
    "AcceptedCanceled", "BadMessage", "BatteryOutTimeout", "DownloadFailed", "InstallationFailed",
    "InstallVerificationFailed", "InvalidCertificate", "InvalidChecksum", "InvalidSignature",
    "NotSupportedOperation", "PermissionDenied", "PublishFailed", "RevokedCertificate",
    "UploadFailed", "UploadFailure",
}  # fmt: skip
"""Statuses after which no other follows (N01, L01, L03)."""


class Standing(NamedTuple):
    progress: Progress
    parts_missing: list[int]


def standing(request: Kept, told: Sequence[Told], now: datetime) -> Standing:
    """Of a request with what was told, oldest first."""
    result = request.result
    if result is None:
        # What it caused may well come before its answer is kept.
        return Standing("asked" if now < request.wait_until else "unknown", [])
    if result.status != "answered":
        return Standing(result.status, [])
    status = (result.payload or {}).get("status")
    if status is not None and status not in GRANTED | EMPTY:
        return Standing("refused", [])
    if request.family is None or status in EMPTY or request.payload.get("report") is False:
        # N10: a station that only forgets a customer has nothing to tell.
        return Standing("complete", [])
    if any(each.more is not None for each in told):
        found = of_parts(request, told)
    else:
        found = Standing(of_statuses([each.status for each in told]), [])
    return judged(request, found)


def judged(request: Kept, found: Standing) -> Standing:
    """A report of the device model is only incomplete when nobody asks for the rest any more."""
    if found.progress == "running" and request.given_up_at is not None:
        return Standing("incomplete", found.parts_missing)
    if found.progress == "incomplete" and request.family == "report" and not request.given_up_at:
        return Standing("running", found.parts_missing)
    return found


def of_parts(request: Kept, told: Sequence[Told]) -> Standing:
    """Each time that it was asked, the report comes anew; the last time counts, unless an earlier
    one is complete.
    """
    found = Standing("running", [])
    for number in request.numbers:
        parts = [each for each in told if each.number == number]
        found = of_report(parts) if parts else found
        if found.progress == "complete":
            break
    return found


def of_report(parts: Sequence[Told]) -> Standing:
    """Parts are numbered from 0 where the message numbers them; the last says that it is."""
    numbers = {each.part for each in parts if each.part is not None}
    ended = any(not each.more for each in parts)
    lost = missing(numbers, max(numbers, default=-1))
    if not ended:
        return Standing("running", lost)
    return Standing("incomplete" if lost else "complete", lost)


def of_statuses(statuses: Sequence[str | None]) -> Progress:
    if any(status in FAILED for status in statuses):
        return "failed"
    return "complete" if any(status in DONE for status in statuses) else "running"
