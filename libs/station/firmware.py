"""Firmware updates (L01, L02, 1.6): fetched over HTTP, checked, installed with a reboot; scheduled,
held up by sessions, replaced by a later request.

A file may begin with a line ``firmware-version: 2.0.0``; else its name is its version. There is no
manufacturer's certificate in a virtual station: as signature of a file counts the base64 of its
SHA-256, and as signing certificate what looks like one.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from libs.ocpp import v16, v201
from libs.station import remote, transfer
from libs.station.calls import Failure
from libs.station.clock import Timer
from libs.station.feature import Feature
from libs.station.flash import Update
from libs.station.transfer import Fault, Transfer

INSTALL_SECONDS = 5.0
"""How long an installation keeps the station busy."""
VERSION = re.compile(rb"firmware-version: ([\x21-\x7e]{1,50})\r?\n")
VERSION_CHARACTERS_MAX = 50
TERMINAL = {
    "DownloadFailed", "InstallationFailed", "InstallVerificationFailed", "Installed",
    "InvalidSignature",
}  # fmt: skip
TOO_LATE = {"Installing", "InstallRebooting"}
PLAIN = {
    "Downloading": "Downloading",
    "Downloaded": "Downloaded",
    "DownloadFailed": "DownloadFailed",
    "Installing": "Installing",
    "Installed": "Installed",
    "InstallationFailed": "InstallationFailed",
    "InstallVerificationFailed": "InstallationFailed",
}
"""What UpdateFirmware of 1.6 can say."""
ALLOW_NEW = "ChargingStation.AllowNewSessionsPendingFirmwareUpdate"


class Firmware(Feature):
    """The update under way is in the flash memory; here is what waits for it."""

    __slots__ = ("_attempts", "_timer", "_transfer", "_waits")

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._timer: Timer | None = None
        self._transfer: Transfer[bytes] | None = None
        self._attempts = 0
        self._waits = False
        """The file is there, and sessions are not over."""

    # What happens

    def accepted(self) -> None:
        """Go on where a power cut, or a reboot of ours, interrupted; tell what was not heard."""
        update = self.station.flash.update
        if update is None:
            return
        if update.state == "InstallRebooting":
            self._tell("Installed")
            self._event("FirmwareUpdated")
        elif not self._busy and update.state not in TERMINAL:
            self._resume(update)
        elif update.told != update.state:
            self._tell(update.state)

    def fell(self) -> None:
        self._rest()

    def changed(self, evse: int) -> None:
        if not self._waits:
            return
        if self.station.idle:
            self._waits = False
            # Not inside of what ended the session: its last messages come first.
            self._timer = self.station.clock.after_patience(0, self._install)
        elif self.station.evses[evse].idle:
            self._block(evse)

    # What the server asks

    def answer(self, update: Update) -> str:
        """The status of the answer to a request; :meth:`begin` follows where it is accepted."""
        if update.certificate is not None and "-----BEGIN CERTIFICATE-----" not in (
            update.certificate
        ):
            return "InvalidCertificate"
        running = self.station.flash.update
        if running is None or running.state in TERMINAL:
            return "Accepted"
        return "Rejected" if running.state in TOO_LATE else "AcceptedCanceled"

    def begin(self, update: Update) -> None:
        """Once the answer is sent; what was under way ends without a word (L01)."""
        self._rest()
        self._unblock()
        self.station.flash.update = update
        self._attempts = 0
        self._await_download(update)

    def follow(self, status: str, update: Update) -> Callable[[], None] | None:
        """What happens once this is answered."""
        match status:
            case "Accepted" | "AcceptedCanceled":
                return lambda: self.begin(update)
            case "InvalidCertificate":
                return lambda: self._event("InvalidFirmwareSigningCertificate")
            case _:  # rejected: what is under way goes on
                return None

    def trigger(self, message: str) -> Callable[[], None] | None:
        return self._say_where if message == "FirmwareStatusNotification" else None

    # The steps

    def _resume(self, update: Update) -> None:
        if update.version is None:
            self._await_download(update)
        elif update.state == "Installing":
            self._install()
        else:
            self._await_install(update)

    def _await_download(self, update: Update) -> None:
        wait = self._seconds_until(update.retrieve_at)
        if wait > 0:
            self._tell("DownloadScheduled")
            self._timer = self.station.clock.after(wait, self._download)
        else:
            self._download()

    def _download(self) -> None:
        update = self.station.flash.update
        if update is None:
            return
        if self._attempts == 0:
            self._tell("Downloading")
        self._attempts += 1
        self._timer = None
        self._transfer = Transfer(
            self.station.clock,
            lambda cancelled: transfer.download(update.location, cancelled),
            self._downloaded,
        )

    def _downloaded(self, outcome: bytes | Fault) -> None:
        self._transfer = None
        update = self.station.flash.update
        if update is None:
            return
        if isinstance(outcome, Fault):
            if outcome.why == "failed" and self._attempts <= update.retries:
                after = self.station.clock.after_patience
                self._timer = after(update.retry_seconds, self._download)
            else:
                self._tell("DownloadFailed")
            return
        self._tell("Downloaded")
        if update.signature is not None and not signed(outcome, update.signature):
            self._tell("InvalidSignature")
            self._event("InvalidFirmwareSignature")
            return
        if update.signature is not None:
            self._tell("SignatureVerified")
        update.version = version_of(outcome, update.location)
        update.sound = len(outcome) > 0
        self._await_install(update)

    def _await_install(self, update: Update) -> None:
        wait = self._seconds_until(update.install_at)
        if wait > 0:
            self._tell("InstallScheduled")
            self._timer = self.station.clock.after(wait, self._install_when_idle)
        else:
            self._install_when_idle()

    def _install_when_idle(self) -> None:
        """L01.FR.06: not while somebody charges; free places take nobody new meanwhile."""
        self._timer = None
        update = self.station.flash.update
        if update is None:
            return
        if self.station.idle:
            self._install()
            return
        if update.state != "InstallScheduled":
            self._tell("InstallScheduled")
        self._waits = True
        for evse, place in self.station.evses.items():
            if place.idle:
                self._block(evse)

    def _install(self) -> None:
        self._tell("Installing")
        self._timer = self.station.clock.after_patience(INSTALL_SECONDS, self._installed)

    def _installed(self) -> None:
        self._timer = None
        update = self.station.flash.update
        if update is None:
            return
        self._unblock()
        if not update.sound:
            self._tell("InstallVerificationFailed")
            return
        self._tell("InstallRebooting")
        self.station.flash.firmware = update.version
        order = remote.reset(self.station, cause="SoftReset", boot_reason="FirmwareUpdate")
        if order.then is not None:
            order.then()

    # How it works

    @property
    def _busy(self) -> bool:
        return self._timer is not None or self._transfer is not None or self._waits

    def _seconds_until(self, at: Any) -> float:
        return 0.0 if at is None else (at - self.station.clock.now()).total_seconds()

    def _rest(self) -> None:
        if self._transfer is not None:
            self._transfer.cancel()
        if self._timer is not None:
            self._timer.cancel()
        self._transfer = self._timer = None
        self._waits = False

    def _block(self, evse: int) -> None:
        """L01.FR.07: until the update is over."""
        update, station = self.station.flash.update, self.station
        if update is None or station.configuration.flag(ALLOW_NEW) or not station.operative(evse):
            return
        update.blocked.add(evse)
        station.flash.inoperative.add((evse, 0))
        station.report(evse)

    def _unblock(self) -> None:
        update = self.station.flash.update
        if update is None:
            return
        for evse in sorted(update.blocked):
            self.station.flash.inoperative.discard((evse, 0))
            self.station.report(evse)
        update.blocked.clear()

    # What is said

    def _tell(self, state: str) -> None:
        """Say where the update is; what is not heard is told after the next connect."""
        update = self.station.flash.update
        if update is None:
            return
        update.state = state
        if update.plain and state not in PLAIN:
            update.told = state
            return

        def heard(answer: Any) -> None:
            if not isinstance(answer, Failure):
                update.told = state

        self.station.say(self._message(update, state), heard)

    def _message(self, update: Update, state: str) -> Any:
        if update.plain:
            return v16.FirmwareStatusNotification(status=cast("v16.FirmwareStatus", PLAIN[state]))
        if self.station.profile.version == "v16":
            return v16.SignedFirmwareStatusNotification(
                status=cast("v16.FirmwareStatusEnum", state), request_id=update.number
            )
        return v201.FirmwareStatusNotification(
            status=cast("v201.FirmwareStatus", state), request_id=update.number
        )

    def _say_where(self) -> None:
        """L01.FR.25, L01.FR.26: the last status, or Idle once all is well."""
        update = self.station.flash.update
        if update is not None and update.state not in {"", "Installed"}:
            told = update.state if not update.plain else PLAIN.get(update.state)
            self.station.say(self._message(update, told) if told else self._idle())
        else:
            self.station.say(self._idle())

    def _idle(self) -> Any:
        if self.station.profile.version == "v16":
            return v16.FirmwareStatusNotification(status="Idle")
        return v201.FirmwareStatusNotification(status="Idle")

    def _event(self, kind: str) -> None:
        """A security event; a plain update of 1.6 comes from before there were any."""
        update = self.station.flash.update
        if update is not None and update.plain:
            return
        told = v16 if self.station.profile.version == "v16" else v201
        now = self.station.clock.now()
        self.station.say(told.SecurityEventNotification(type=kind, timestamp=now))


def signed(content: bytes, signature: str) -> bool:
    """Whether a signature is this station's stand-in for one."""
    try:
        given = base64.b64decode(signature, validate=True)
    except binascii.Error:
        return False
    return given == hashlib.sha256(content).digest()


def version_of(content: bytes, location: str) -> str:
    """What the file says of itself, else its name."""
    if (found := VERSION.match(content)) is not None:
        return found[1].decode()
    name = PurePosixPath(unquote(urlsplit(location).path)).name
    return (name.rpartition(".")[0] or name or "unknown")[:VERSION_CHARACTERS_MAX]
