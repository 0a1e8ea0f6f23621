"""Boot, back-off and heartbeat: a station's standing with its server."""

from collections.abc import Callable
from typing import Any, Literal

from msgspec.structs import replace

from libs.station.calls import Calls, Failure
from libs.station.clock import Clock, Timer
from libs.station.configuration import Configuration
from libs.station.dialect import Dialect, Hardware
from libs.station.flash import Flash

Standing = Literal["Unknown", "Accepted", "Pending", "Rejected"]

BOOT_RETRY_SECONDS = 30.0
"""Before the next BootNotification when the server did not say, or did not answer."""


class Registration:
    """``accepted`` is called when a boot was accepted: now everything may be said."""

    __slots__ = (
        "_accepted", "_beat", "_calls", "_clock", "_configuration", "_dialect", "_flash",
        "_hardware", "_retry", "standing",
    )  # fmt: skip

    def __init__(
        self,
        *,
        calls: Calls,
        clock: Clock,
        configuration: Configuration,
        dialect: Dialect,
        flash: Flash,
        hardware: Hardware,
        accepted: Callable[[], None],
    ) -> None:
        self.standing: Standing = "Unknown"
        self._calls = calls
        self._clock = clock
        self._configuration = configuration
        self._dialect = dialect
        self._flash = flash
        self._hardware = hardware
        self._accepted = accepted
        self._retry: Timer | None = None
        self._beat: Timer | None = None

    @property
    def accepted(self) -> bool:
        return self.standing == "Accepted"

    def boot(self, reason: str | None = None) -> None:
        """Send a BootNotification; ``reason`` None is why the station started."""
        if self._retry is not None:
            self._retry.cancel()
        now = self._flash.firmware or self._hardware.firmware
        request = self._dialect.boot(
            replace(self._hardware, firmware=now), reason or self._flash.boot_reason
        )
        self._calls.ask(request, self._answered)

    def pace(self) -> None:
        """Beat as often as the setting says from now on."""
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None
        seconds = self._configuration.integer("OCPPCommCtrlr.HeartbeatInterval")
        if self.accepted and seconds > 0:
            self._beat = self._clock.after(seconds, self._heartbeat)

    def heartbeat(self) -> None:
        self._calls.ask(self._dialect.heartbeat(), _unheard)

    def rest(self) -> None:
        """The connection is gone."""
        for timer in (self._retry, self._beat):
            if timer is not None:
                timer.cancel()
        self._retry = self._beat = None

    def _heartbeat(self) -> None:
        self._beat = None
        self.heartbeat()
        self.pace()

    def _answered(self, answer: Any) -> None:
        if isinstance(answer, Failure):
            if answer.kind != "lost":
                self._retry = self._clock.after_patience(BOOT_RETRY_SECONDS, self.boot)
            return
        self.standing = answer.status
        if not self.accepted:
            seconds = answer.interval or BOOT_RETRY_SECONDS
            self._retry = self._clock.after_patience(seconds, self.boot)
            return
        if answer.interval > 0:
            self._flash.values["OCPPCommCtrlr.HeartbeatInterval"] = str(answer.interval)
        self.pace()
        self._accepted()


def _unheard(answer: Any) -> None:
    """The answer changes nothing."""
