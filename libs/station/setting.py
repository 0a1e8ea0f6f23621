"""One setting of a station, and the usual kinds of it in one line each."""

from typing import Literal

from msgspec import Struct

from libs.station.meter import MEASURANDS

Kind = Literal[
    "string", "decimal", "integer", "dateTime", "boolean", "OptionList", "SequenceList",
    "MemberList",
]  # fmt: skip
Access = Literal["ReadOnly", "WriteOnly", "ReadWrite"]

STRING_LENGTH_MAX = 500
"""Of a value in a 1.6 message; 2.x would allow 1,000."""


class Setting(Struct, frozen=True, kw_only=True):
    """A row. ``component`` is empty where only 1.6 has the setting, ``key`` is None where only 2.x
    has it.
    """

    component: str = ""
    evse: int | None = None
    connector: int | None = None
    variable: str = ""
    instance: str | None = None
    key: str | None = None
    kind: Kind = "string"
    access: Access = "ReadWrite"
    default: str = ""
    minimum: int | None = None
    maximum: int | None = None
    options: tuple[str, ...] = ()
    unit: str | None = None
    reboot: bool = False
    """A new value takes effect with the next boot."""
    live: bool = False
    """The value is what the station is or does right now."""

    @property
    def name(self) -> str:
        """``Component.Variable[Instance]``, or the 1.6 key where there is no variable."""
        if not self.component:
            return self.key or ""
        return full(self.component, self.variable, self.instance)


def full(component: str, variable: str, instance: str | None) -> str:
    return f"{component}.{variable}[{instance}]" if instance else f"{component}.{variable}"


def number(component: str, variable: str, default: int, key: str | None = None) -> Setting:
    variable, _, instance = variable.partition("[")
    return Setting(
        component=component,
        variable=variable,
        instance=instance.rstrip("]") or None,
        key=key,
        kind="integer",
        default=str(default),
        minimum=0,
        unit="s" if "Interval" in variable or "TimeOut" in variable else None,
    )


def flag(component: str, variable: str, default: bool, key: str | None = None) -> Setting:
    variable, _, instance = variable.partition("[")
    return Setting(
        component=component,
        variable=variable,
        instance=instance.rstrip("]") or None,
        key=key,
        kind="boolean",
        default="true" if default else "false",
    )


def measurands(component: str, variable: str, default: str, key: str | None = None) -> Setting:
    return Setting(
        component=component,
        variable=variable,
        key=key,
        kind="MemberList",
        default=default,
        options=MEASURANDS,
    )


def fixed(
    component: str, variable: str, value: str, *, kind: Kind = "string", key: str | None = None
) -> Setting:
    variable, _, instance = variable.partition("[")
    return Setting(
        component=component,
        variable=variable,
        instance=instance.rstrip("]") or None,
        key=key,
        kind=kind,
        access="ReadOnly",
        default=value,
    )


def key(key: str, value: str, *, kind: Kind = "string", access: Access = "ReadOnly") -> Setting:
    return Setting(key=key, kind=kind, default=value, access=access)
