"""What should be set at a station, how far it is from that, and what to do next. Pure.

Whatever a station does, it ends in step or in a refusal that is shown, after a bounded number of
calls: a value is read at most once and written at most ``WRITES_MAX`` times before it counts as
refused, and a station that does not answer is left alone after ``ATTEMPTS_MAX`` tries.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from libs.bus import Invalid
from libs.contracts.device_model import Item, ItemResult
from libs.contracts.stations import StationView
from libs.contracts.templates import Progress, Reboot, Selector, State
from libs.ocpp.dialect.book import fits
from libs.ocpp.message import Version
from services.devices import keys, wording
from services.devices.variable import Known, Place

WRITES_MAX = 3
"""Accepted so often and yet not kept, it is as good as refused."""
ERRORS_MAX = 3
"""So many CALLERRORs about one setting."""
ATTEMPTS_MAX = 6
RETRY_SECONDS, RETRY_SECONDS_MAX = 30.0, 3600.0

WORST: tuple[State, ...] = ("unreachable", "refused", "drifting", "pending", "in_step")
TRANSIENT = {"NotAnswered", "NotSent"}
LISTS, SEQUENCE = {"MemberList", "SequenceList"}, "SequenceList"

Slot = str
"""Place and attribute of a variable, in one text."""


class Template(NamedTuple):
    name: str
    settings: list[Item]
    selector: Selector
    priority: int
    enforce: bool
    reboot: Reboot


class Wish(NamedTuple):
    """A setting that a station should have."""

    slot: Slot
    place: Place
    item: Item
    template: str
    secret: bool
    reboot: Reboot

    @property
    def value(self) -> str:
        return self.item.value or ""

    @property
    def digest(self) -> str:
        return sha256(f"{self.slot}\0{self.value}".encode()).hexdigest()[:32]


class Memo(Struct, frozen=True, omit_defaults=True):
    """What was tried for one setting; it counts only for the value that it was tried with."""

    digest: str
    writes: int = 0
    errors: int = 0
    held: bool = False
    """The last write was accepted: of what cannot be read, that is all that is known."""
    unreadable: bool = False
    refused: str | None = None


class Memory(Struct, frozen=True, omit_defaults=True):
    slots: dict[Slot, Memo] = {}
    firmware: str | None = None
    """With which all this was tried: another one may be of another mind."""
    reset_for: str | None = None
    """What waited for a reboot when the station was reset."""


class Seen(NamedTuple):
    """What is known of a setting: the attribute, and the type of its data."""

    known: Known | None = None
    data_type: str | None = None


class Judged(NamedTuple):
    wish: Wish
    state: State
    reason: str | None
    unknown: bool = False
    """Nothing is known: it is to be read first."""


class Next(NamedTuple):
    what: Literal["read", "write", "reset", "rest"]
    wishes: list[Wish]


# -- whom a template is for ----------------------------------------------------------------------


def chosen(selector: Selector, station: StationView) -> bool:
    """Whether a template is for this station."""
    patterns = (
        (selector.vendor, station.vendor),
        (selector.model, station.model),
        (selector.firmware, station.firmware),
    )
    if selector == Selector():
        return False
    if any(pattern is not None and not fits(pattern, text or "") for pattern, text in patterns):
        return False
    if selector.labels and not set(selector.labels) & set(station.labels):
        return False
    return not selector.stations or station.id in selector.stations


def applying(templates: Iterable[Template], station: StationView) -> list[Template]:
    """Those for this station, the most important first."""
    mine = (template for template in templates if chosen(template.selector, station))
    return sorted(mine, key=lambda template: (-template.priority, template.name))


def wishes(version: Version, templates: Iterable[Template]) -> list[Wish]:
    """One for each setting. What cannot be said in this version is for other stations."""
    found: dict[Slot, Wish] = {}
    for template in templates:
        for item in template.settings:
            wish = wished(version, item, template)
            if wish is not None:
                found.setdefault(wish.slot, wish)
    return list(found.values())


def wished(version: Version, item: Item, template: Template) -> Wish | None:
    try:
        (said,) = wording.wanted(version, [item], write=True)
    except Invalid:
        return None
    slot = f"{said.place.folded}\x1e{said.attribute}"
    return Wish(slot, said.place, item, template.name, is_secret(item), template.reboot)


def is_secret(item: Item) -> bool:
    """Whether its value is never shown."""
    place = keys.of(item.key) if item.key is not None else wording.place(item)
    return place.secret


# -- how far it is from that ---------------------------------------------------------------------


def same(wanted: str, known: str, data_type: str | None = None) -> bool:
    """Whether two texts mean the same value: numbers, booleans, lists without regard to order."""
    left, right = wanted.strip(), known.strip()
    if left == right:
        return True
    listed = data_type in LISTS or (data_type is None and "," in left + right)
    if listed:
        return members(left, data_type) == members(right, data_type)
    if data_type in {None, "integer", "decimal"} and (a := number(left)) is not None:
        return a == number(right)
    folds = data_type in {"boolean", "OptionList"} or left.casefold() in {"true", "false"}
    return folds and left.casefold() == right.casefold()


def members(text: str, data_type: str | None) -> list[str]:
    items = [item.strip().casefold() for item in text.split(",") if item.strip()]
    return items if data_type == SEQUENCE else sorted(items)


def number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def memo_of(wish: Wish, memory: Memory) -> Memo:
    memo = memory.slots.get(wish.slot)
    return memo if memo is not None and memo.digest == wish.digest else Memo(wish.digest)


def judge(wish: Wish, seen: Seen, memory: Memory) -> Judged:
    """The state of one setting; whether its station can be reached is not asked here."""
    memo = memo_of(wish, memory)
    known = seen.known
    pending = known.pending if known is not None else None
    if pending is not None and same(wish.value, pending, seen.data_type):
        return Judged(wish, "pending", "It takes effect with the next reboot.")
    if known is not None and known.value is not None and not wish.secret:
        if same(wish.value, known.value, seen.data_type):
            return Judged(wish, "in_step", None)
    elif memo.held:
        return Judged(wish, "in_step", None)
    if memo.refused is not None:
        return Judged(wish, "refused", memo.refused)
    if memo.writes >= WRITES_MAX:
        reason = f"It was accepted {memo.writes} times and did not stay."
        return Judged(wish, "refused", reason)
    blind = wish.secret or memo.unreadable or (known is not None and known.value is not None)
    return Judged(wish, "drifting", None, unknown=not blind)


def judge_all(wanted: Sequence[Wish], seen: Mapping[Slot, Seen], memory: Memory) -> list[Judged]:
    return [judge(wish, seen.get(wish.slot, Seen()), memory) for wish in wanted]


def next_step(judged: Sequence[Judged], memory: Memory) -> Next:
    """Read what is not known, then write what differs, then reset once for what waits for it."""
    unknown = [each.wish for each in judged if each.unknown]
    if unknown:
        return Next("read", unknown)
    drifting = [each.wish for each in judged if each.state == "drifting"]
    if drifting:
        return Next("write", drifting)
    waiting = [each.wish for each in judged if each.state == "pending"]
    idle = [wish for wish in waiting if wish.reboot == "when_idle"]
    if idle and memory.reset_for != reset_mark(idle):
        return Next("reset", idle)
    return Next("rest", [])


def reset_mark(waiting: Iterable[Wish]) -> str:
    return sha256("\0".join(sorted(wish.digest for wish in waiting)).encode()).hexdigest()[:32]


# -- what was answered ---------------------------------------------------------------------------


def noted(memory: Memory, asked: Next, results: Sequence[ItemResult]) -> Memory:
    """The memory after a station was asked: ``results`` in the order of the wishes."""
    note = note_read if asked.what == "read" else note_written
    slots = dict(memory.slots)
    for wish, result in zip(asked.wishes, results, strict=True):
        slots[wish.slot] = note(memo_of(wish, memory), result)
    return replace(memory, slots=slots)


def note_read(memo: Memo, result: ItemResult) -> Memo:
    """What is not there can be refused at once; what may not be read can only be written."""
    match result.status:
        case "Accepted" if result.value is not None:
            return memo
        case "Accepted" | "RebootRequired" | "Rejected" | "NotSupportedAttributeType":
            return replace(memo, unreadable=True)
        case "UnknownComponent" | "UnknownVariable" | "NotSupported":
            return replace(memo, refused=said(result))
        case "Error":
            return failed(memo, result)
        case "NotAnswered" | "NotSent":
            return memo


def note_written(memo: Memo, result: ItemResult) -> Memo:
    match result.status:
        case "Accepted" | "RebootRequired":
            return replace(memo, writes=memo.writes + 1, held=True)
        case (
            "Rejected" | "NotSupported" | "UnknownComponent" | "UnknownVariable"
            | "NotSupportedAttributeType"
        ):  # fmt: skip
            return replace(memo, refused=said(result), held=False)
        case "Error":
            return failed(memo, result)
        case "NotAnswered" | "NotSent":
            return memo


def failed(memo: Memo, result: ItemResult) -> Memo:
    errors = memo.errors + 1
    refused = said(result) if errors >= ERRORS_MAX else None
    return replace(memo, errors=errors, refused=refused)


def said(result: ItemResult) -> str:
    """What a station said against it, for people."""
    more = ", ".join(text for text in (result.reason, result.info) if text)
    return f"{result.status}: {more}" if more else result.status


def unanswered(results: Iterable[ItemResult]) -> ItemResult | None:
    """The first that has to be asked again."""
    return next((r for r in results if r.status in TRANSIENT or r.status == "Error"), None)


def current(
    memory: Memory, wanted: Iterable[Wish], firmware: str | None, *, forced: bool
) -> Memory:
    """What still counts of it."""
    if forced or firmware != memory.firmware:
        memory = forgiven(memory)
    return replace(kept(memory, wanted), firmware=firmware)


def forgiven(memory: Memory) -> Memory:
    """Refusals are asked again; what was accepted stays so."""
    kept = {
        slot: Memo(memo.digest, held=memo.held, unreadable=memo.unreadable)
        for slot, memo in memory.slots.items()
        if memo.held or memo.unreadable
    }
    return Memory(slots=kept)


def confirmed(memory: Memory, seen: Mapping[Slot, Seen], judged: Iterable[Judged]) -> Memory:
    """What a station itself says to be as wanted did stay: if it changes later, it is set anew."""
    stays = {
        each.wish.slot
        for each in judged
        if each.state == "in_step"
        and (known := seen.get(each.wish.slot, Seen()).known) is not None
        and known.value is not None
        and known.source in {"report", "read"}
    }
    return replace(memory, slots={k: v for k, v in memory.slots.items() if k not in stays})


def kept(memory: Memory, wanted: Iterable[Wish]) -> Memory:
    """Without what nobody wants any more."""
    slots = {wish.slot for wish in wanted}
    return replace(memory, slots={k: v for k, v in memory.slots.items() if k in slots})


def pause(attempts: int) -> float | None:
    """Seconds until the next attempt; ``None``: not before something happens."""
    if attempts >= ATTEMPTS_MAX:
        return None
    return float(min(RETRY_SECONDS * 2 ** max(attempts - 1, 0), RETRY_SECONDS_MAX))


# -- sums ----------------------------------------------------------------------------------------


def reached(judged: Iterable[Judged], problem: str | None) -> list[Judged]:
    """With what could not be asked of a station named so."""
    if problem is None:
        return list(judged)
    return [
        each._replace(state="unreachable", reason=problem) if each.state == "drifting" else each
        for each in judged
    ]


def counts(states: Iterable[State]) -> Progress:
    totals: dict[Any, int] = {}
    for state in states:
        totals[state] = totals.get(state, 0) + 1
    return Progress(**totals)


def worst(states: Iterable[State]) -> State:
    found = set(states)
    for state in WORST:
        if state in found:
            return state
    return "in_step"
