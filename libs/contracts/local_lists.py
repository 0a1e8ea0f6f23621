"""Local authorization lists of stations, and their caches (blocks C and D); `authorization` owns
them.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from libs.bus.message import Ask
from libs.contracts.authorization import AuthorizationStatus
from libs.contracts.command import CommandResult, Outcome

ListMode = Literal["none", "entries", "rule"]
UpdateType = Literal["Full", "Differential"]
EntryState = Literal["held", "missing", "differs", "surplus"]
"""``held``: the station has it as it should; ``missing``: it is to be sent; ``differs``: the
station has it otherwise; ``surplus``: it is to be taken off.
"""


class Rule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which tokens are to be on a list. ``tenant``: all that may be used at the station;
    ``groups``: those of them in one of ``groups``; ``station``: those that name the station.
    """

    tokens: Literal["tenant", "groups", "station"] = "tenant"
    groups: list[str] = []


class GivenEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry as an operator wrote it; what is absent is taken from the registered token."""

    token: str
    type: str | None = None
    status: AuthorizationStatus | None = None
    group: str | None = None
    expires_at: datetime | None = None
    language: str | None = None


class ListEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry as the station is told it, as far as its version has words for it."""

    token: str
    type: str = ""
    """OCPP 2.x IdTokenEnumType; empty in 1.6."""
    status: AuthorizationStatus = "Accepted"
    group: str | None = None
    expires_at: datetime | None = None
    language: str | None = None
    evses: list[int] | None = None
    """Where alone it may charge."""


class EntryView(ListEntry, frozen=True, kw_only=True, omit_defaults=True):
    state: EntryState


class ListLimits(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a station takes; absent is not known."""

    items_per_message: int | None = None
    bytes_per_message: int | None = None
    entries: int | None = None


class PartSent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One SendLocalList."""

    at: datetime
    type: UpdateType
    version: int
    entries: int = 0
    """Added or replaced."""
    removed: int = 0
    result: CommandResult


class LocalListView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The list that a station is to have, and what is known of the one that it has."""

    tenant: str
    station: str
    mode: ListMode = "none"
    rule: Rule | None = None
    sync: bool = False
    """Whether it is kept in step without being asked."""
    version: int = 0
    """Of the last list that the station took from us."""
    station_version: int | None = None
    """What the station last told; -1 (1.6): it has no such list."""
    checked_at: datetime | None = None
    supported: bool | None = None
    in_step: bool = False
    """The station has what it should, as far as we know."""
    wanted: int = 0
    held: int | None = None
    """Entries at the station; absent: not known, the next list is a full one."""
    left_out: int = 0
    """Tokens that should be on it and have no place there, or no words in its version."""
    limits: ListLimits = ListLimits()
    failures: int = 0
    """Refusals in a row."""
    due_at: datetime | None = None
    """When the platform looks at it next."""
    last: PartSent | None = None
    items: list[EntryView] = []
    next: str | None = None


class ListSent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of sending a list. ``unchanged``: there was nothing to send. ``status`` is that
    of the last part.
    """

    status: Outcome | Literal["unchanged"]
    accepted: bool
    """The station has the list now."""
    version: int
    parts: list[PartSent] = []


class ListChecked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    result: CommandResult
    version: int
    station_version: int | None = None
    same: bool
    """The station has the version that it took from us last."""


class GetLocalList(Ask[LocalListView]):
    """With its entries page by page, in the order of tokens."""

    subject = "api.{tenant}.authorization.local_list"

    tenant: str
    station: str
    after: str | None = None
    limit: int = 50


class PutLocalList(Ask[LocalListView]):
    """What is to be on the list: entries, or a rule. Nothing is sent unless it is kept in step."""

    subject = "api.{tenant}.authorization.local_list_put"

    tenant: str
    station: str
    entries: list[GivenEntry] | None = None
    rule: Rule | None = None


class SetListSync(Ask[LocalListView]):
    subject = "api.{tenant}.authorization.local_list_sync"

    tenant: str
    station: str
    on: bool


class SendList(Ask[ListSent]):
    """SendLocalList, in as many parts as the station's limits need. ``auto``: what is needed, a
    full list if the difference is refused.
    """

    subject = "api.{tenant}.authorization.local_list_send"

    tenant: str
    station: str
    type: Literal["auto", "full", "differential"] = "auto"
    timeout_seconds: float = 30


class CheckList(Ask[ListChecked]):
    """GetLocalListVersion."""

    subject = "api.{tenant}.authorization.local_list_check"

    tenant: str
    station: str
    timeout_seconds: float = 30


class ClearCache(Ask[CommandResult]):
    """Have a station forget what it remembers of tokens (C11)."""

    subject = "api.{tenant}.authorization.clear_cache"

    tenant: str
    station: str
    timeout_seconds: float = 30
