"""Dialects of stations: which there are, which a station has, and what a probe found.

The service ``stations`` owns them; the edge hears how its stations speak.
"""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from libs.bus.message import Ask, Notice
from libs.ocpp.dialect import Dialect, Speech

DialectOrigin = Literal["operator", "match"]
"""Who chose it: an operator, or the patterns of the files."""


class DialectPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[Dialect]
    next: str | None = None


class ListDialects(Ask[DialectPage]):
    """In the order of their names."""

    subject = "api.{tenant}.stations.dialects"

    tenant: str
    after: str | None = None
    limit: int = 50


class GetDialect(Ask[Dialect]):
    """Error ``NotFound`` when there is none of this name."""

    subject = "api.{tenant}.stations.dialect"

    tenant: str
    name: str


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that a probe found out."""

    fact: str
    """A sentence for people."""
    field: str | None = None
    """Where it stands in a dialect, as ``limits.get_variables``; ``None``: nothing follows."""
    value: Any = None
    evidence: list[str] = []
    """Ids of the messages that show it, as in the message log."""


class Probe(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a probe of a station found, and the dialect that it proposes."""

    id: str
    station: str
    at: datetime
    calls: int
    facts: list[Fact] = []
    quirks: dict[str, int] = {}
    """Kinds of imperfection in its last messages, and how often each was seen."""
    proposed: Dialect | None = None
    """What differs from the dialect that it has; ``None`` when nothing does."""
    applied_at: datetime | None = None


class StationDialect(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The dialect of a station."""

    station: str
    name: str | None = None
    origin: DialectOrigin | None = None
    learned: bool = False
    """Whether what a probe found was laid over it."""
    dialect: Dialect | None = None
    """All of it, with what was learned; ``None``: as the specification has it."""
    probe: Probe | None = None
    """The last one."""


class GetStationDialect(Ask[StationDialect]):
    subject = "api.{tenant}.stations.dialect_of"

    tenant: str
    station: str


class ProbeStation(Ask[Probe]):
    """Ask a station harmless things and conclude how it speaks. ``apply``: hold it to be so from
    now on. Error ``Conflict`` when it is offline or never connected.
    """

    subject = "api.{tenant}.stations.probe"

    tenant: str
    station: str
    apply: bool = False
    seconds: float = 10
    """For each call."""


class ApplyProbe(Ask[StationDialect]):
    """Hold what the last probe proposed to be so; ``forget``: hold nothing learned to be so."""

    subject = "api.{tenant}.stations.probe_apply"

    tenant: str
    station: str
    forget: bool = False


class DialectDecided(Notice):
    """How a station speaks, told to its edge: at a boot, before the answer, and when an operator
    changes it.
    """

    subject = "presence.{tenant}.{station}.dialect"

    tenant: str
    station: str
    speech: Speech | None = None
