"""What is to be on the local list of a station: tokens as they are decided there."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from libs.contracts.authorization import AuthorizationStatus, TokenView
from libs.contracts.local_lists import GivenEntry, ListEntry, Rule
from libs.ocpp.message import Version
from services.authorization import admission, store_lists, token
from services.authorization.admission import Facts, Layout, Question
from services.authorization.app import App
from services.authorization.list_spelling import sayable
from services.authorization.local_list import Entries, keyed, without
from services.authorization.store_lists import ListRow
from services.authorization.token import fold

ELSEWHERE: frozenset[AuthorizationStatus] = frozenset(
    {"NotAtThisLocation", "NotAtThisTime", "NotAllowedTypeEVSE"}
)
"""Not on the list: such a token is asked about, and may be another one's next minute."""
TYPE_DEFAULT = "ISO14443"


class Wanted(Struct, frozen=True, kw_only=True):
    entries: Entries
    left_out: int = 0
    """No room, or no words in the version of the station."""
    changes_at: datetime | None = None
    """When a token on it, or one that waits, begins or ends to be valid."""


class Ring(Struct, frozen=True, kw_only=True):
    """What tokens are judged by at a station. ``parents`` by folded id."""

    station: str
    now: datetime
    layout: Layout | None = None
    parents: dict[str, TokenView]


async def wanted(app: App, row: ListRow, version: Version, room: int, now: datetime) -> Wanted:
    match row.mode:
        case "none":
            return Wanted(entries={})
        case "entries":
            found, views = await by_entries(app, row, now)
        case "rule":
            found, views = await by_rule(app, row, room, now)
    said = [each for entry in found if (each := sayable(version, entry)) is not None]
    entries = without(keyed(said), row.without)
    kept = dict(list(entries.items())[:room])
    left_out = len(found) - len(said) + len(entries) - len(kept)
    return Wanted(entries=kept, left_out=left_out, changes_at=next_change(views, now))


async def by_rule(
    app: App, row: ListRow, room: int, now: datetime
) -> tuple[list[ListEntry], list[TokenView]]:
    rule = row.rule or Rule()
    views = await store_lists.tokens_by_rule(app.pool, row.key, rule, room + 1)
    ring = await around(app, row, views, now)
    found = [entry for view in views if (entry := of_token(view, ring)) is not None]
    return found, [*views, *ring.parents.values()]


async def by_entries(
    app: App, row: ListRow, now: datetime
) -> tuple[list[ListEntry], list[TokenView]]:
    """What is not given is taken from the token, where it is registered."""
    entries = await store_lists.given(app.pool, row.key)
    ids = {fold(entry.token) for entry in entries}
    known = await store_lists.tokens_by_id(app.pool, row.tenant, sorted(ids))
    ring = await around(app, row, known.values(), now)
    found = [of_given(entry, known.get(fold(entry.token)), ring) for entry in entries]
    return found, [*known.values(), *ring.parents.values()]


async def around(app: App, row: ListRow, views: Iterable[TokenView], now: datetime) -> Ring:
    tokens = list(views)
    groups = {fold(view.group) for view in tokens if view.group}
    parents = await store_lists.tokens_by_id(app.pool, row.tenant, sorted(groups))
    layout = None
    if any(view.evse_types is not None for view in tokens):
        layout = await app.layouts.of(row.tenant, row.station)
    return Ring(station=row.station, now=now, layout=layout, parents=parents)


# -- pure ----------------------------------------------------------------------------------------


def of_token(view: TokenView, ring: Ring) -> ListEntry | None:
    """A registered token as Authorize would answer at the station, None if it does not belong
    there. A master pass would start sessions at a station that does not know its group (C16).
    """
    entry = judged(view, ring)
    if entry.status in ELSEWHERE or view.master_pass:
        return None
    return entry


def judged(view: TokenView, ring: Ring) -> ListEntry:
    parent = ring.parents.get(fold(view.group)) if view.group else None
    question = Question(
        tenant=view.tenant, station=ring.station, token=view.id, type=view.type, at=ring.now
    )
    facts = Facts(
        token=token.of_view(view),
        parent=None if parent is None else token.of_view(parent),
        layout=ring.layout,
    )
    decision = admission.decide(question, facts)
    ends = [each.valid_to for each in (view, parent) if each is not None and each.valid_to]
    return ListEntry(
        token=view.id,
        type=view.type,
        status=decision.status,
        group=decision.group,
        expires_at=min(ends, default=None),
        language=decision.language,
        evses=decision.evses,
    )


def of_given(given: GivenEntry, view: TokenView | None, ring: Ring) -> ListEntry:
    """What an operator writes is on the list, whatever the registry says."""
    nobody = ListEntry(token=given.token, type=TYPE_DEFAULT)
    base = nobody if view is None else judged(view, ring)
    return replace(
        base,
        token=given.token,
        type=given.type or base.type,
        status=given.status or base.status,
        group=given.group or base.group,
        expires_at=given.expires_at or base.expires_at,
        language=given.language or base.language,
    )


def next_change(views: Sequence[TokenView], now: datetime) -> datetime | None:
    moments = (moment for view in views for moment in (view.valid_from, view.valid_to) if moment)
    return min((moment for moment in moments if moment > now), default=None)


async def named(app: App, row: ListRow, version: Version, folded: Sequence[str]) -> list[ListEntry]:
    """These tokens as a list would hold them, though it is not known whether it does."""
    views = await store_lists.tokens_by_id(app.pool, row.tenant, folded)
    entries = [
        ListEntry(token=view.id, type=view.type)
        if (view := views.get(each))
        else ListEntry(token=each, type=TYPE_DEFAULT)
        for each in folded
    ]
    return [said for entry in entries if (said := sayable(version, entry)) is not None]
