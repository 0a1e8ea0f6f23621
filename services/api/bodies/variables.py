"""Variables of stations, and how stations connect."""

from typing import Annotated, Any, TypeAlias

from msgspec import Meta

from libs.contracts.device_model import Attribute, Criterion, ReportBase
from libs.contracts.network_profiles import Interface
from services.api.bodies.base import Body, Number

VariableText: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50)]
ITEMS_MAX = 1000


class ComponentName(Body, frozen=True, kw_only=True):
    """A variable, or without `variable` all of its component; of 1.6 a `key`."""

    example = {"component": "EVSE", "evse": 1, "variable": "AvailabilityState"}

    component: VariableText | None = None
    instance: VariableText | None = None
    evse: Number | None = None
    connector: Number | None = None
    variable: VariableText | None = None
    variable_instance: VariableText | None = None
    key: VariableText | None = None


class VariableName(ComponentName, frozen=True, kw_only=True):
    """An attribute of a variable. 1.6 is also understood by `key` alone."""

    example = {"component": "OCPPCommCtrlr", "variable": "OfflineThreshold"}

    attribute: Attribute | None = None
    """Absent: Actual."""


class VariableValue(VariableName, frozen=True, kw_only=True):
    """An attribute and what to set it to."""

    example = {"component": "OCPPCommCtrlr", "variable": "OfflineThreshold", "value": "123"}

    value: Annotated[str, Meta(max_length=2500)]
    """As OCPP writes it: `true`, `12.5`, `a,b`."""


class VariablesGet(Body, frozen=True, kw_only=True):
    """Which values to ask a station for."""

    example = {"variables": [VariableName.example]}

    variables: Annotated[list[VariableName], Meta(min_length=1, max_length=ITEMS_MAX)]


class VariablesSet(Body, frozen=True, kw_only=True):
    """Which values to set."""

    example = {"variables": [VariableValue.example]}

    variables: Annotated[list[VariableValue], Meta(min_length=1, max_length=ITEMS_MAX)]


class ReportPost(Body, frozen=True, kw_only=True):
    """Either a `base`, or `criteria` and `variables`."""

    example = {"base": "FullInventory"}

    base: ReportBase | None = None
    criteria: Annotated[list[Criterion], Meta(max_length=4)] | None = None
    """Components that meet any of them."""
    variables: Annotated[list[ComponentName], Meta(max_length=ITEMS_MAX)] | None = None


class NetworkProfilePut(Body, frozen=True, kw_only=True):
    """A network profile. What may lead a station into nowhere needs `force`."""

    example = {
        "url": "wss://csms.example/ocpp",
        "security_profile": 2,
        "interface": "Wired0",
        "message_timeout": 30,
    }

    url: Annotated[str, Meta(min_length=1, max_length=2000)]
    """Without the station's identity, which it adds itself."""
    security_profile: Annotated[int, Meta(ge=0, le=3)]
    interface: Interface = "Wired0"
    message_timeout: Number = 30
    """Seconds."""
    ocpp_version: Annotated[str, Meta(max_length=20)] | None = None
    """As OCPP spells it; absent: the version that the station speaks (of 2.0.1 it is OCPP20)."""
    apn: dict[str, Any] | None = None
    """APNType of the station's OCPP version."""
    vpn: dict[str, Any] | None = None
    """VPNType of the station's OCPP version."""
    identity: Annotated[str, Meta(min_length=1, max_length=48)] | None = None
    """2.1: who the station is there."""
    basic_auth_password: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    """2.1: never kept, never shown."""
    check: bool = True
    """Look from here whether anybody answers at the address."""
    force: bool = False
    """Send it although something stands against it."""


class NetworkPriorityPut(Body, frozen=True, kw_only=True):
    """The slots in the order that the station is to try them in, from its next reboot on."""

    example = {"slots": [2, 1]}

    slots: Annotated[list[Number], Meta(min_length=1, max_length=50)]
    force: bool = False
