"""Desired state as operators describe it."""

from typing import Annotated

from msgspec import Meta

from libs.contracts.device_model import Attribute
from libs.contracts.templates import Reboot
from services.api.bodies.base import Body, EvseId, Name

Pattern = Annotated[str, Meta(min_length=1, max_length=100)]
Word = Annotated[str, Meta(min_length=1, max_length=50)]


class SettingBody(Body, frozen=True, kw_only=True):
    """A key of 1.6, or a variable of 2.x, and the value that it should have."""

    example = {"key": "HeartbeatInterval", "value": "300"}

    key: Word | None = None
    """1.6. A variable of 2.x that means the same is understood by 1.6 stations too."""
    component: Word | None = None
    instance: Word | None = None
    evse: EvseId | None = None
    connector: Annotated[int, Meta(ge=1)] | None = None
    variable: Word | None = None
    variable_instance: Word | None = None
    attribute: Attribute | None = None
    value: Annotated[str, Meta(max_length=2500)] | None = None
    """A secret is never shown again; left out, it stays as it was."""


class SelectorBody(Body, frozen=True, kw_only=True):
    """Which stations: all that is given must hold, and something must be."""

    example = {"vendor": "volta*", "labels": ["north"]}

    vendor: Pattern | None = None
    """With `*` and `?`, in any case; `*` is every station."""
    model: Pattern | None = None
    firmware: Pattern | None = None
    labels: Annotated[list[Pattern], Meta(max_length=50)] = []
    """The station has one of these."""
    stations: Annotated[list[Name], Meta(max_length=10_000)] = []
    """It is one of these."""


class TemplatePut(Body, frozen=True, kw_only=True):
    """Creates or replaces a template."""

    example = {
        "settings": [
            {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "300"}
        ],
        "selector": {"vendor": "volta*"},
        "enforce": True,
        "reboot": "when_idle",
    }

    settings: Annotated[list[SettingBody], Meta(min_length=1, max_length=200)]
    selector: SelectorBody
    priority: Annotated[int, Meta(ge=-1000, le=1000)] = 0
    """Where templates differ about a setting, the greater counts; of equals the first by name."""
    enforce: bool = False
    """Apply it after boots, reconnects and changes, unless the station is not `automatic`."""
    reboot: Reboot = "never"
    """Whether a station is reset, once and when no session runs, for what needs a reboot."""


class TemplatesApply(Body, frozen=True, kw_only=True):
    """Bring a station in step now."""

    example = {"refresh": True}

    refresh: bool = False
    """Read all settings from the station first."""
