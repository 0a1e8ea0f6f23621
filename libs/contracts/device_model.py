"""The device model of stations: what is known of their variables, reading and writing them.

1.6 configuration keys are variables too (``key`` is what the station calls them), so that one API
serves every version. Owned by the service ``devices``.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from libs.bus.message import Ask, Event
from libs.contracts.command import Outcome
from libs.contracts.devices import CallSent

Attribute = Literal["Actual", "Target", "MinSet", "MaxSet"]
Mutability = Literal["ReadOnly", "WriteOnly", "ReadWrite"]
ReportBase = Literal["ConfigurationInventory", "FullInventory", "SummaryInventory"]
Criterion = Literal["Active", "Available", "Enabled", "Problem"]

Source = Literal["report", "read", "write", "boot"]
"""``report``: NotifyReport or a whole configuration of 1.6; ``read``: asked for by name; ``write``:
set by us and accepted; ``boot``: it was to take effect with a reboot, and there was one.
"""


# -- what is known -------------------------------------------------------------------------------


class VariableView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attribute of a variable, as the station last told it."""

    component: str
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str
    variable_instance: str | None = None
    attribute: Attribute = "Actual"
    key: str | None = None
    """What a 1.6 station calls it."""
    value: str | None = None
    """``None``: not known, or never shown because it is secret (``WriteOnly``)."""
    pending: str | None = None
    """Was set, and takes effect with the next reboot."""
    mutability: Mutability | None = None
    """``None`` is not known."""
    persistent: bool | None = None
    constant: bool | None = None
    unit: str | None = None
    data_type: str | None = None
    min_limit: float | None = None
    max_limit: float | None = None
    max_elements: int | None = None
    values: list[str] = []
    """What it may be, where it is one of a list or a list of them."""
    supports_monitoring: bool | None = None
    reported_at: datetime
    source: Source


class VariablePage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[VariableView]
    next: str | None = None


class ListVariables(Ask[VariablePage]):
    """In the order of components, then variables. Names compare without regard to case."""

    subject = "api.{tenant}.devices.variables"

    tenant: str
    station: str
    component: str | None = None
    variable: str | None = None
    """The variable, or the key of 1.6."""
    evse: int | None = None
    search: str | None = None
    """Part of the name of component, variable or key, or of the value."""
    writable: bool | None = None
    after: str | None = None
    limit: int = 50


class KnownValues(Struct, frozen=True, kw_only=True):
    values: dict[str, str]
    """By the name that was asked for; what is not known is not in it."""


class ReadVariables(Ask[KnownValues]):
    """Values that are known, without asking the station: limits, above all.

    Names are ``Component.Variable`` or ``Component.Variable[Instance]`` of 2.x, of the station as a
    whole; a 1.6 station is understood by them too where it has a key that means the same.
    """

    subject = "api.{tenant}.devices.known_variables"

    tenant: str
    station: str
    names: list[str]


class VariableChanged(Event):
    """The value of a variable differs from what was known before."""

    subject = "event.{tenant}.variable.changed.{station}"

    station: str
    component: str
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str
    variable_instance: str | None = None
    attribute: Attribute = "Actual"
    variable_key: str | None = None
    """What a 1.6 station calls it."""
    value: str
    previous: str
    source: Source

    def key(self) -> str:
        place = f"{self.component}/{self.instance}/{self.evse}/{self.connector}"
        variable = f"{self.variable}/{self.variable_instance}/{self.attribute}"
        return f"{self.station}/{place}/{variable}/{self.at.timestamp()}"


# -- reading from and writing to a station --------------------------------------------------------


class Item(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An attribute of a variable by its names, or a key of 1.6; ``value`` is what to write."""

    component: str | None = None
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str | None = None
    variable_instance: str | None = None
    attribute: Attribute | None = None
    key: str | None = None
    value: str | None = None


ItemStatus = Literal[
    "Accepted", "RebootRequired", "Rejected", "UnknownComponent", "UnknownVariable",
    "NotSupportedAttributeType", "NotSupported", "Error", "NotAnswered", "NotSent",
]  # fmt: skip
"""As the station answered (1.6: an unknown key is ``UnknownVariable`` when read, ``NotSupported``
when written). ``Error``: it answered the whole message with a CALLERROR; ``NotAnswered``: the
message was not answered, or this item was left out of the answer; ``NotSent``: it was not asked,
because an earlier message failed.
"""

Flag = Literal["missing", "duplicate", "surplus", "reordered", "smaller_batches"]
"""What was odd about the answers: items left out, answered twice, not asked for, or in another
order than asked; the station took fewer items in a message than it says.
"""


class ItemResult(Struct, frozen=True, kw_only=True, omit_defaults=True):
    component: str | None = None
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str | None = None
    variable_instance: str | None = None
    attribute: Attribute = "Actual"
    key: str | None = None
    status: ItemStatus
    value: str | None = None
    """What was read."""
    mutability: Mutability | None = None
    reason: str | None = None
    """The station's reasonCode, or the code of its CALLERROR."""
    info: str | None = None
    hint: str | None = None
    """How to go on when the station did not grant it."""


class BatchView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message to the station."""

    request: str
    items: int
    status: Outcome
    code: str | None = None


class VariableResults(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In the order that was asked for.

    ``status``: ``answered`` when every message was answered, ``partial`` when only some were, else
    what became of the first.
    """

    status: Literal["answered", "partial", "error", "timeout", "offline"]
    items: list[ItemResult]
    calls: list[BatchView]
    flags: list[Flag] = []


class FetchVariables(Ask[VariableResults]):
    """Ask a station for values, in as many messages as it takes."""

    subject = "api.{tenant}.devices.fetch_variables"

    tenant: str
    station: str
    items: list[Item]
    by: str = "operator"
    timeout_seconds: float = 30
    """For all messages together."""


class WriteVariables(Ask[VariableResults]):
    """Have a station set values, in as many messages as it takes."""

    subject = "api.{tenant}.devices.write_variables"

    tenant: str
    station: str
    items: list[Item]
    by: str = "operator"
    timeout_seconds: float = 30
    """For all messages together."""


class RequestReport(Ask[CallSent]):
    """Have a station report its device model: ``base``, or what meets ``criteria`` and is listed.

    1.6: its configuration; of it the keys listed. A lost part is asked for again.
    """

    subject = "api.{tenant}.devices.request_report"

    tenant: str
    station: str
    base: ReportBase | None = None
    criteria: list[Criterion] | None = None
    items: list[Item] | None = None
    """An item without ``variable`` stands for all variables of its component."""
    by: str = "operator"
    timeout_seconds: float = 30
