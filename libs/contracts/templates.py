"""Desired state: what should be set at which stations, and how far each of them is from it.

Owned by the service ``devices``.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from libs.bus.message import Ask
from libs.contracts.device_model import Attribute, Item
from libs.contracts.edges import Done

Reboot = Literal["never", "when_idle"]
State = Literal["in_step", "drifting", "pending", "refused", "unreachable"]
"""``drifting``: another value is known, or none; ``pending``: takes effect with the next reboot;
``refused``: the station would not, and is not asked again before something changes;
``unreachable``: it is offline or did not answer, and will be asked again.
"""


class Selector(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which stations: all that is given must hold. At least one thing is given."""

    vendor: str | None = None
    """A pattern as of file names (``*``, ``?``), without regard to case; ``*`` is any."""
    model: str | None = None
    firmware: str | None = None
    labels: list[str] = []
    """The station has one of these."""
    stations: list[str] = []
    """It is one of these."""


class Progress(Struct, frozen=True, kw_only=True):
    """How many stations are in which state; the worst of a station's settings counts."""

    in_step: int = 0
    drifting: int = 0
    pending: int = 0
    refused: int = 0
    unreachable: int = 0


class TemplateView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    tenant: str
    name: str
    settings: list[Item]
    """Values of secrets are not shown."""
    selector: Selector
    priority: int = 0
    """Where templates differ about a setting, the greater counts; of equals the first by name."""
    enforce: bool = False
    """Applied by itself after boots, reconnects and changes, unless a station is not automatic."""
    reboot: Reboot = "never"
    """What follows when a setting takes effect with a reboot only."""
    changed_at: datetime
    scanning: bool = False
    """Its stations are still being looked for."""
    progress: Progress = Progress()
    """Of the stations that were looked at since it applies to them."""


class TemplatePage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[TemplateView]
    next: str | None = None


class ListTemplates(Ask[TemplatePage]):
    """In the order of their names."""

    subject = "api.{tenant}.devices.templates"

    tenant: str
    after: str | None = None
    limit: int = 50


class GetTemplate(Ask[TemplateView]):
    subject = "api.{tenant}.devices.template"

    tenant: str
    template: str


class PutTemplate(Ask[TemplateView]):
    """Creates or replaces. A secret setting without a value keeps the one that it had."""

    subject = "api.{tenant}.devices.put_template"

    tenant: str
    template: str
    settings: list[Item]
    selector: Selector
    priority: int = 0
    enforce: bool = False
    reboot: Reboot = "never"


class DeleteTemplate(Ask[Done]):
    """What it set stays set."""

    subject = "api.{tenant}.devices.delete_template"

    tenant: str
    template: str


class DriftItem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One setting: wanted and known. Of a secret neither is shown."""

    component: str | None = None
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str | None = None
    variable_instance: str | None = None
    attribute: Attribute = "Actual"
    key: str | None = None
    template: str
    wanted: str | None = None
    known: str | None = None
    pending: str | None = None
    state: State
    reason: str | None = None
    """Why it was refused, or not reached."""
    secret: bool = False


class StationDrift(Struct, frozen=True, kw_only=True, omit_defaults=True):
    station: str
    online: bool = False
    templates: list[str] = []
    """Those that apply, the most important first."""
    items: list[DriftItem] = []
    counts: Progress = Progress()
    """Of its settings."""
    attempts: int = 0
    """Since the last boot or change, without success."""
    due_at: datetime | None = None
    """When it will be seen to of itself; ``None``: not before something happens."""
    seen_to_at: datetime | None = None
    problem: str | None = None
    """What stood in the way the last time."""


class DriftPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[StationDrift]
    next: str | None = None


class GetStationDrift(Ask[StationDrift]):
    """Asks the station nothing: what is known is compared."""

    subject = "api.{tenant}.devices.station_drift"

    tenant: str
    station: str


class ListDrift(Ask[DriftPage]):
    """Of the stations that a template is for, in the order of their identities. A page may hold
    fewer than there is room for, and even none, and yet have one after it.
    """

    subject = "api.{tenant}.devices.template_drift"

    tenant: str
    template: str
    after: str | None = None
    limit: int = 50


class ApplyTemplates(Ask[StationDrift]):
    """See to one station now, whatever is automatic, and ask again for what it refused.

    ``refresh``: read everything first. Error ``Conflict`` while somebody is at it already.
    """

    subject = "api.{tenant}.devices.apply_templates"

    tenant: str
    station: str
    refresh: bool = False
    timeout_seconds: float = 30


class ApplyTemplate(Ask[TemplateView]):
    """See to all stations of a template, soon and one after the other."""

    subject = "api.{tenant}.devices.apply_template"

    tenant: str
    template: str
