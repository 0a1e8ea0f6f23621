"""Settings whose value is what the station is or does right now."""

from collections.abc import Mapping
from typing import Protocol

from libs.station.clock import Clock
from libs.station.configuration import Configuration
from libs.station.evse import Evse
from libs.station.flash import Flash
from libs.station.profile import Profile
from libs.station.setting import Setting
from libs.station.table import View


class Facts(Protocol):
    """Where they come from."""

    @property
    def profile(self) -> Profile: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def flash(self) -> Flash: ...
    @property
    def configuration(self) -> Configuration: ...
    @property
    def evses(self) -> Mapping[int, Evse]: ...
    def view(self, evse: int) -> View: ...


def live(station: Facts, setting: Setting) -> str:
    """The value of a live setting, as OCPP writes it."""
    match setting.variable or setting.key:
        case "AvailabilityState" if setting.evse is not None:
            return station.view(setting.evse).connector
        case "AvailabilityState":
            return "Unavailable" if (0, 0) in station.flash.inoperative else "Available"
        case "Power" if setting.evse is not None:
            return f"{station.evses[setting.evse].power_w:.0f}"
        case "Problem" if setting.evse is not None:
            return _problem(station.evses[setting.evse].fault, setting.component)
        case "ActiveMonitoringBase":
            return station.flash.monitoring_base
        case "ActiveMonitoringLevel":
            return str(station.flash.monitoring_level)
        case "ActiveNetworkProfile":
            return str(station.flash.slot)
        case "SecurityProfile":
            return str(_security(station))
        case "NumberOfConnectors":
            return str(station.profile.evses)
        case "FirmwareVersion":
            return station.flash.firmware or station.profile.hardware.firmware
        case "DisplayMessages":
            return str(len(station.flash.displays))
        case "DateTime":
            now = station.clock.now().isoformat(timespec="milliseconds")
            return now.replace("+00:00", "Z")
        case "Entries" if setting.component == "LocalAuthListCtrlr":
            return str(len(station.flash.local_list))
        case "Entries" if setting.instance == "ChargingProfiles":
            return str(len(station.flash.profiles))
        case "ChargingScheduleAllowedChargingRateUnit":
            units = station.configuration.items("SmartChargingCtrlr.RateUnit")
            return ",".join("Current" if unit == "A" else "Power" for unit in units)
        case variable:
            return _hardware(station.profile).get(variable or "", "")


def _problem(fault: str | None, component: str) -> str:
    """A lock that fails is a problem of the lock, any other fault one of the EVSE."""
    lock = fault == "ConnectorLockFailure"
    return "true" if fault and lock == (component == "ConnectorPlugRetentionLock") else "false"


def _security(station: Facts) -> int:
    """Of the slot that it connects by; that of the factory is told by its address."""
    if station.flash.slot in station.flash.slots:
        return station.flash.slots[station.flash.slot].security_profile
    if station.profile.url.startswith("wss:"):
        return 2
    return 0 if station.profile.password is None else 1


def _hardware(profile: Profile) -> dict[str, str]:
    return {
        "Model": profile.hardware.model,
        "VendorName": profile.hardware.vendor,
        "SerialNumber": profile.hardware.serial or profile.identity[:25],
    }
