"""How stations reach us: their network profiles, slot by slot, and the order they try them in."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from libs.bus.message import Ask
from libs.contracts.command import CommandResult
from libs.contracts.device_model import VariableResults

Interface = Literal[
    "Wired0", "Wired1", "Wired2", "Wired3", "Wireless0", "Wireless1", "Wireless2", "Wireless3",
    "Any",
]  # fmt: skip


class NetworkProfile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A NetworkConnectionProfile of 2.x. ``apn`` and ``vpn`` are as OCPP writes them."""

    url: str
    security_profile: int
    interface: Interface = "Wired0"
    message_timeout: int = 30
    transport: Literal["JSON", "SOAP"] = "JSON"
    ocpp_version: str | None = None
    """As OCPP spells it; ``None`` is the version that the station speaks now."""
    apn: dict[str, Any] | None = None
    vpn: dict[str, Any] | None = None
    identity: str | None = None
    """2.1: who the station is there."""
    basic_auth_password: str | None = None
    """2.1: with which password; never kept, never shown."""


class Reach(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a look at the address from here found."""

    reachable: bool
    status: int | None = None
    """What it answered to plain HTTP."""
    detail: str


class SlotView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was set in a slot by us; passwords are ``***``."""

    slot: int
    profile: dict[str, Any]
    """The NetworkConnectionProfile, as OCPP writes it."""
    status: str
    """What the station answered to it."""
    reason: str | None = None
    request: str
    set_at: datetime
    previous: dict[str, Any] | None = None
    """What we had set in it before, and the station had accepted."""


class NetworkView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of how a station connects."""

    slots: list[SlotView]
    priority: list[int] = []
    """The slots in the order that they are tried (NetworkConfigurationPriority)."""
    priority_pending: list[int] = []
    """The order after the next reboot."""
    priority_before: list[int] = []
    """The order before it was last changed: the way back."""
    active: int | None = None
    """The slot that it is connected by (ActiveNetworkProfile)."""


class GetNetwork(Ask[NetworkView]):
    subject = "api.{tenant}.devices.network"

    tenant: str
    station: str


class NetworkProfileSent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    request: str
    result: CommandResult
    reach: Reach | None = None
    """``None``: nobody looked."""


class PutNetworkProfile(Ask[NetworkProfileSent]):
    """Set a slot, unless it would lead into nowhere: ``Invalid`` what can never work, ``Conflict``
    what may be meant so, and is sent with ``force``.
    """

    subject = "api.{tenant}.devices.put_network_profile"

    tenant: str
    station: str
    slot: int
    profile: NetworkProfile
    check: bool = True
    """Look from here whether anybody answers at the address."""
    force: bool = False
    by: str = "operator"
    timeout_seconds: float = 30


class PutNetworkPriority(Ask[VariableResults]):
    """Set the order in which slots are tried. A slot that is known to work stays in it, or
    ``Conflict``, unless with ``force``.
    """

    subject = "api.{tenant}.devices.put_network_priority"

    tenant: str
    station: str
    slots: list[int]
    force: bool = False
    by: str = "operator"
    timeout_seconds: float = 30
