"""What a station keeps without power: settings, registers, unsent messages, open transactions,
known tokens.
"""

from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from libs.station.moment import Moment, Transaction, Verdict
from libs.station.monitor import Base, Happening, Monitor
from libs.station.schedule import Plan


class Known(Struct, frozen=True):
    """A token in the authorization cache."""

    verdict: Verdict
    kept_until: datetime | None = None


class Reservation(Struct, frozen=True, kw_only=True):
    """A place that is kept for a token or its group; ``evse`` None is any place."""

    id: int
    evse: int | None
    token: str
    group: str | None
    expires: datetime
    connector_type: str | None = None


class Installed(Struct, frozen=True, kw_only=True):
    """A charging profile, and how it is told to a server that asks (JSON of the version)."""

    plan: Plan
    source: str = "CSO"
    wire: msgspec.Raw = msgspec.Raw(b"{}")


class Shown(Struct, frozen=True, kw_only=True):
    """A message on the display; ``wire`` is its MessageInfo (JSON of the version)."""

    id: int
    priority: str
    formats: tuple[str, ...]
    languages: tuple[str, ...] = ()
    state: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    transaction: str | None = None
    wire: msgspec.Raw = msgspec.Raw(b"{}")


class Control(Struct, frozen=True, kw_only=True):
    """A DER control; ``wire`` is its setting (JSON), ``order`` the turn in which it was set."""

    id: str
    kind: str
    is_default: bool
    priority: int
    starts: datetime | None = None
    seconds: float | None = None
    order: int = 0
    running: bool = False
    """Its start was told."""
    wire: msgspec.Raw = msgspec.Raw(b"{}")


class Battery(Struct, frozen=True, kw_only=True):
    """A battery that waits in a slot of a swapping station."""

    serial: str
    soc: float
    soh: float = 100


class Update(Struct, kw_only=True):
    """A firmware update, from its request to its end; ``plain`` is UpdateFirmware of 1.6."""

    number: int | None
    location: str
    plain: bool = False
    retrieve_at: datetime | None = None
    install_at: datetime | None = None
    certificate: str | None = None
    signature: str | None = None
    retries: int = 0
    retry_seconds: float = 60
    state: str = ""
    """As FirmwareStatusNotification spells it; empty before the first."""
    told: str = ""
    """The last state that the server heard of."""
    version: str | None = None
    """Of the file, once it is here."""
    sound: bool = True
    blocked: set[int] = set()
    """EVSEs that take nobody new until it is over."""


class Slot(Struct, frozen=True, kw_only=True):
    """A network profile; ``message_timeout`` 0 leaves it as it is."""

    url: str
    security_profile: int
    message_timeout: int = 0
    identity: str | None = None
    password: str | None = None


class Flash(Struct, kw_only=True):
    """The memory that survives a power cut, and in a file also the end of the process."""

    values: dict[str, str] = {}
    """Settings that differ from their default."""
    pending: dict[str, str] = {}
    """Settings that take effect with the next boot."""
    slots: dict[int, Slot] = {}
    """The network profiles that operators set."""
    slot: int = 1
    """The one that it connects by."""
    registers: dict[int, int] = {}
    inoperative: set[tuple[int, int]] = set()
    """(EVSE, connector) that the operator switched off; (0, 0) is the station, (n, 0) an EVSE."""
    waiting: list[Moment] = []
    open: dict[int, Transaction] = {}
    aliases: dict[str, int] = {}
    """1.6: the server's transactionId of our own."""
    cache: dict[str, Known] = {}
    local_list: dict[str, Known] = {}
    """By type and id of the token."""
    local_list_version: int = 0
    """0: no list was sent yet."""
    reservations: dict[int, Reservation] = {}
    untold: list[tuple[int, Literal["Expired", "Removed", "NoTransaction"]]] = []
    """Ends of reservations that the server has not heard of."""
    profiles: list[Installed] = []
    displays: dict[int, Shown] = {}
    controls: dict[str, Control] = {}
    customers: dict[str, str] = {}
    """What the vendor knows of customers, by their identifier or their certificate's number."""
    batteries: dict[int, Battery] = {}
    """By EVSE, which is a slot here."""
    firmware: str | None = None
    """The version that was installed last; None is that of the factory."""
    update: Update | None = None
    monitors: dict[int, Monitor] = {}
    """What operators set, also in place of what the maker did."""
    monitors_cleared: set[int] = set()
    """What the maker set and operators cleared."""
    monitor_next: int = 0
    monitoring_base: Base = "All"
    monitoring_level: int = 9
    raised: set[int] = set()
    """Monitors whose alert is not cleared yet."""
    happenings: list[Happening] = []
    """Events that wait for a connection."""
    events_told: int = 0
    boot_reason: str = "PowerUp"
    dark_since: datetime | None = None
    """When the power went, or when this was last written."""


def save(flash: Flash, path: Path) -> None:
    """Write the file anew; whoever reads sees the old or the new one, never half."""
    beside = path.with_suffix(".new")
    beside.write_bytes(msgspec.json.encode(flash))
    beside.replace(path)


def load(path: Path) -> Flash:
    """The memory in a file, or a fresh one."""
    return msgspec.json.decode(path.read_bytes(), type=Flash) if path.exists() else Flash()
