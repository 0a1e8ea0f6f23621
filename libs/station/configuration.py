"""The settings of one station: defaults, what the factory set, and what the operator changed."""

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from libs.station.flash import Flash
from libs.station.setting import Setting
from libs.station.settings import BY_NAME, fault, members

WriteStatus = Literal["Accepted", "Rejected", "RebootRequired"]


class Written(Struct, frozen=True):
    """What became of a write; ``reason`` is a reasonCode of 2.x when it was refused."""

    status: WriteStatus
    reason: str | None = None


class Configuration:
    """Values by setting. Only what differs from the defaults is held per station.

    ``live`` answers settings that show what the station is right now; ``changed`` hears the name of
    each
    setting that took a new value.
    """

    __slots__ = ("_changed", "_factory", "_flash", "_live")

    def __init__(
        self,
        flash: Flash,
        factory: Mapping[str, str],
        *,
        live: Callable[[Setting], str],
        changed: Callable[[str], None],
    ) -> None:
        for name, value in factory.items():
            if name not in BY_NAME:
                raise ValueError(
                    f"{name} is no setting of a station; see libs/station/settings.py."
                )
            if (reason := fault(BY_NAME[name], value)) is not None:
                raise ValueError(f"{value!r} is no value for {name}: {reason}.")
        self._flash = flash
        self._factory = factory
        self._live = live
        self._changed = changed

    def read(self, setting: Setting) -> str:
        if setting.live:
            return self._live(setting)
        name = setting.name
        if name in self._flash.values:
            return self._flash.values[name]
        return self._factory.get(name, setting.default)

    def text(self, name: str) -> str:
        return self.read(BY_NAME[name])

    def integer(self, name: str) -> int:
        return int(self.text(name))

    def flag(self, name: str) -> bool:
        return self.text(name).casefold() == "true"

    def items(self, name: str) -> tuple[str, ...]:
        return tuple(members(self.text(name)))

    def write(self, setting: Setting, value: str) -> Written:
        """What an operator sets over the network."""
        if setting.access == "ReadOnly":
            return Written("Rejected", "ReadOnly")
        if (reason := fault(setting, value)) is not None:
            return Written("Rejected", reason)
        if setting.reboot:
            self._flash.pending[setting.name] = value
            return Written("RebootRequired")
        self._flash.values[setting.name] = value
        self._changed(setting.name)
        return Written("Accepted")

    def boot(self) -> None:
        """The station starts: what waited for this takes effect."""
        self._flash.values.update(self._flash.pending)
        self._flash.pending.clear()
