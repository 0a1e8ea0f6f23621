"""How a station reaches its server: slots with network profiles, tried in order (B09, B10)."""

from typing import Any
from urllib.parse import urlsplit

from libs.station.controller import Controller
from libs.station.feature import Feature
from libs.station.flash import Slot

FACTORY = 1
"""The slot of the profile that the station was made with."""
SLOTS_MAX = 3
ENCRYPTED = {2, 3}
PRIORITY = "OCPPCommCtrlr.NetworkConfigurationPriority"
ATTEMPTS = "OCPPCommCtrlr.NetworkProfileConnectionAttempts"
TIMEOUT = "OCPPCommCtrlr.MessageTimeout[Default]"
SPOKEN = {"v201": {"OCPP20"}, "v21": {None, "OCPP21"}}


class Network(Feature):
    """``failures``: attempts in a row with the present slot that led nowhere."""

    __slots__ = ("failures",)

    def __init__(self, station: Controller) -> None:
        super().__init__(station)
        self.failures = 0

    def woke(self) -> None:
        """The first slot of the order, whatever was used before (B10)."""
        self.failures = 0
        first = order(self.station)[0]
        if first != FACTORY or self.station.flash.slot != FACTORY:
            self._use(first)

    def accepted(self) -> None:
        self.failures = 0

    def refused(self) -> None:
        """After so many attempts the next slot has its turn, after the last the first."""
        self.failures += 1
        slots = order(self.station)
        if self.failures < self.station.configuration.integer(ATTEMPTS) or len(slots) == 1:
            return
        self.failures = 0
        here = slots.index(self.station.flash.slot) if self.station.flash.slot in slots else -1
        self._use(slots[(here + 1) % len(slots)])
        # Whoever answers there has to hear a BootNotification first (B10.FR.10).
        self.station.registration.standing = "Unknown"

    def _use(self, number: int) -> None:
        station = self.station
        slot = profile(station, number)
        password = slot.password or station.profile.password
        station.flash.slot = number
        if slot.message_timeout > 0:
            station.flash.values[TIMEOUT] = str(slot.message_timeout)
        station.wire.redirect(slot.url, slot.identity or station.profile.identity, password)


def order(station: Controller) -> list[int]:
    """The slots as they are tried; those without a profile are not."""
    named = (int(each) for each in station.configuration.items(PRIORITY) if each.isdecimal())
    known = [each for each in named if each == FACTORY or each in station.flash.slots]
    return known or [FACTORY]


def profile(station: Controller, number: int) -> Slot:
    if number in station.flash.slots:
        return station.flash.slots[number]
    made = station.profile
    safe = urlsplit(made.url).scheme == "wss"
    return Slot(
        url=made.url,
        security_profile=2 if safe else 1 if made.password is not None else 0,
        message_timeout=0,
    )


def fill(station: Controller, number: int, data: Any) -> str | None:
    """Keep a NetworkConnectionProfile in a slot; the reasonCode why not."""
    version, url = station.profile.version, str(data.ocpp_csms_url)
    scheme = urlsplit(url).scheme
    if not 1 <= number <= SLOTS_MAX:
        return "InvalidConfSlot"
    if version == "v21" and number in order(station):
        return "ActiveNetworkConf"
    safe = data.security_profile in ENCRYPTED
    spoken = data.ocpp_transport == "JSON" and data.ocpp_version in SPOKEN[version]
    if not spoken or scheme not in {"ws", "wss"} or (safe and scheme != "wss"):
        return "InvalidNetworkConf"
    if data.security_profile < profile(station, station.flash.slot).security_profile:
        return "NoSecurityDowngrade"
    station.flash.slots[number] = Slot(
        url=url,
        security_profile=data.security_profile,
        message_timeout=data.message_timeout,
        identity=getattr(data, "identity", None),
        password=getattr(data, "basic_auth_password", None),
    )
    return None


def fault(station: Controller, value: str) -> str | None:
    """The reasonCode why an order of slots cannot be taken, None if it can."""
    slots = [each.strip() for each in value.split(",")]
    known = {FACTORY, *station.flash.slots}
    if all(each.isdecimal() and int(each) in known for each in slots):
        return None
    return "InvalidNetworkConf"
