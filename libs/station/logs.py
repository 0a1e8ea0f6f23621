"""Logs that the server asks for (N01, 1.6 GetLog and GetDiagnostics): written, and uploaded over
HTTP; one upload at a time, a new request takes the place of the one before.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Literal

from msgspec import Struct, json

from libs.ocpp import v16, v201
from libs.station import transfer
from libs.station.clock import Timer
from libs.station.feature import Feature
from libs.station.moment import Moment
from libs.station.transfer import Fault, Transfer

DIARY_MAX = 30
"""Entries that a station remembers; a fleet has thousands of stations."""
RETRY_SECONDS = 60.0
"""Between tries, when the server does not say."""
UNFIT = re.compile(r"[^A-Za-z0-9_-]+")

UploadStatus = Literal[
    "BadMessage", "NotSupportedOperation", "PermissionDenied", "UploadFailure", "Uploading",
    "Uploaded", "AcceptedCanceled",
]  # fmt: skip
STATUSES: dict[transfer.Why, UploadStatus] = {
    "address": "BadMessage",
    "protocol": "NotSupportedOperation",
    "denied": "PermissionDenied",
    "failed": "UploadFailure",
}


class Wanted(Struct, frozen=True, kw_only=True):
    """A log to be uploaded; ``number`` None is GetDiagnostics of 1.6."""

    number: int | None
    kind: str
    location: str
    since: datetime | None = None
    until: datetime | None = None
    retries: int = 0
    retry_seconds: float = RETRY_SECONDS


class Logs(Feature):
    """What the station remembers of itself, and the upload that is under way."""

    __slots__ = ("_attempts", "_diary", "_timer", "_transfer", "_wanted")

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._diary: deque[tuple[datetime, str]] = deque(maxlen=DIARY_MAX)
        self._wanted: Wanted | None = None
        self._transfer: Transfer[None] | None = None
        self._timer: Timer | None = None
        self._attempts = 0

    # What happens

    def woke(self) -> None:
        self._note(f"power, boot reason {self.station.flash.boot_reason}")

    def accepted(self) -> None:
        self._note("accepted by the server")

    def told(self, moment: Moment) -> None:
        if moment.kind != "Updated":
            self._note(f"EVSE {moment.evse}: transaction {moment.transaction} {moment.kind}")

    def fell(self) -> None:
        """An upload does not survive a power cut; nor does the diary."""
        self._stop()

    # What the server asks

    def busy(self) -> bool:
        return self._wanted is not None

    def begin(self, wanted: Wanted) -> None:
        """Once the answer is sent; what was under way ends (N01)."""
        before = self._wanted
        self._stop()
        if before is not None and self.station.profile.version != "v16":
            self._tell("AcceptedCanceled", before)
        self._wanted, self._attempts = wanted, 0
        self._tell("Uploading", wanted)
        self._upload()

    def trigger(self, message: str) -> Callable[[], None] | None:
        match message:
            case "LogStatusNotification":
                return lambda: self._say_where("log")
            case "DiagnosticsStatusNotification":
                return lambda: self._say_where("diagnostics")
            case _:  # of another block
                return None

    # How it goes

    def _upload(self) -> None:
        wanted = self._wanted
        if wanted is None:
            return
        name, data = self.name(wanted), "\n".join(self._lines(wanted)).encode() + b"\n"
        self._attempts += 1
        self._transfer = Transfer(
            self.station.clock, lambda _: transfer.upload(wanted.location, name, data), self._ended
        )

    def _ended(self, outcome: Fault | None) -> None:
        wanted = self._wanted
        if wanted is None:
            return
        if isinstance(outcome, Fault) and outcome.why == "failed" and self._left(wanted):
            self._note(f"upload failed: {outcome}")
            after = self.station.clock.after_patience
            self._timer = after(wanted.retry_seconds, self._upload)
            return
        self._wanted = self._transfer = None
        self._tell(STATUSES[outcome.why] if outcome is not None else "Uploaded", wanted)

    def _left(self, wanted: Wanted) -> bool:
        return self._attempts <= wanted.retries

    def _stop(self) -> None:
        if self._transfer is not None:
            self._transfer.cancel()
        if self._timer is not None:
            self._timer.cancel()
        self._wanted = self._transfer = self._timer = None

    # What is said

    def _tell(self, status: UploadStatus, wanted: Wanted) -> None:
        if self.station.profile.version != "v16":
            number = wanted.number
            self.station.say(v201.LogStatusNotification(status=status, request_id=number))
        elif wanted.number is None:
            self.station.say(v16.DiagnosticsStatusNotification(status=of_diagnostics(status)))
        elif status != "AcceptedCanceled":
            self.station.say(v16.LogStatusNotification(status=status, request_id=wanted.number))

    def _say_where(self, which: Literal["log", "diagnostics"]) -> None:
        """Idle names no request (N01)."""
        wanted = self._wanted
        if wanted is not None and (wanted.number is None) == (which == "diagnostics"):
            self._tell("Uploading", wanted)
        elif which == "diagnostics":
            self.station.say(v16.DiagnosticsStatusNotification(status="Idle"))
        elif self.station.profile.version == "v16":
            self.station.say(v16.LogStatusNotification(status="Idle"))
        else:
            self.station.say(v201.LogStatusNotification(status="Idle"))

    # What is written

    def name(self, wanted: Wanted) -> str:
        """A name for the file that says whose it is."""
        who = UNFIT.sub("_", self.station.profile.identity)
        return f"{who}-{wanted.kind}-{self.station.clock.now():%Y%m%dT%H%M%SZ}.log"

    def _lines(self, wanted: Wanted) -> Iterator[str]:
        station = self.station
        hardware = station.profile.hardware
        firmware = station.flash.firmware or hardware.firmware
        yield f"# {wanted.kind} of {station.profile.identity}"
        yield f"# {hardware.vendor} {hardware.model} {hardware.serial}, firmware {firmware}"
        if wanted.kind != "security":
            for evse, place in station.evses.items():
                register = place.reading().register_mwh
                yield f"# EVSE {evse}: {station.view(evse).status}, register {register} mWh"
            yield f"# settings {json.encode(station.flash.values).decode()}"
        for at, text in self._diary:
            late = wanted.since is not None and at < wanted.since
            if not late and (wanted.until is None or at <= wanted.until):
                yield f"{at.isoformat()} {text}"

    def _note(self, text: str) -> None:
        self._diary.append((self.station.clock.now(), text))


def of_diagnostics(status: UploadStatus) -> v16.DiagnosticsStatus:
    match status:
        case "Uploading" | "Uploaded":
            return status
        case (
            "BadMessage"
            | "NotSupportedOperation"
            | "PermissionDenied"
            | "UploadFailure"
            | "AcceptedCanceled"
        ):
            return "UploadFailed"
