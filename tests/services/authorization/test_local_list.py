"""Whatever happens, the list of a station becomes what it should be once it can be reached."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.command import CommandResult
from libs.contracts.local_lists import ListEntry
from libs.ocpp import codec
from libs.ocpp.message import Version
from services.authorization import list_spelling, local_list
from services.authorization.local_list import (
    Knowledge,
    Limits,
    Part,
    answer_of,
    keyed,
    learn,
    learn_version,
    next_part,
)
from tests.libs.station.manual import Bench

WIDE = Limits(items=100, bytes=10_000, entries=1000)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def entry(token: str, **more: Any) -> ListEntry:
    return ListEntry(token=token, type="ISO14443", **more)


def flat(_: ListEntry) -> int:
    return 10


def test_a_list_that_is_not_known_begins_in_full() -> None:
    wanted = keyed([entry("B"), entry("a")])
    part = next_part(Knowledge(version=4), wanted, WIDE, flat)
    assert part == Part(type="Full", version=5, puts=[entry("a"), entry("B")])


def test_an_empty_list_that_is_not_known_is_sent_too() -> None:
    assert next_part(Knowledge(), {}, WIDE, flat) == Part(type="Full", version=1)


def test_what_is_known_is_sent_as_difference_removals_first() -> None:
    known = Knowledge(version=7, held=keyed([entry("A"), entry("B"), entry("C")]))
    wanted = keyed([entry("A"), entry("C", status="Blocked"), entry("D")])
    part = next_part(known, wanted, WIDE, flat)
    assert part == Part(
        type="Differential",
        version=8,
        removes=[entry("B")],
        puts=[entry("C", status="Blocked"), entry("D")],
    )
    done = learn(known, part, "accepted")
    assert (done.held, done.version) == (wanted, 8)
    assert next_part(done, wanted, WIDE, flat) is None


def test_long_lists_are_cut_into_a_full_part_and_differences() -> None:
    wanted = keyed([entry(f"T{number}") for number in range(7)])
    known, kinds = Knowledge(), []
    narrow = Limits(items=3, bytes=1000, entries=1000)
    while (part := next_part(known, wanted, narrow, flat)) is not None:
        kinds.append((part.type, part.items))
        known = learn(known, part, "accepted")
    assert kinds == [("Full", 3), ("Differential", 3), ("Differential", 1)]
    assert (known.held, known.version) == (wanted, 3)


def test_bytes_are_a_limit_too_but_one_entry_always_goes() -> None:
    wanted = keyed([entry(f"T{number}") for number in range(4)])
    for octets, items in ((25, 2), (5, 1)):
        part = next_part(Knowledge(), wanted, Limits(items=9, bytes=octets, entries=9), flat)
        assert part is not None
        assert part.items == items


def test_versions_are_never_0_or_less_and_begin_anew_in_full() -> None:
    last = Knowledge(version=2**31 - 1, held={})
    part = next_part(last, keyed([entry("A")]), WIDE, flat)
    assert part is not None
    assert (part.type, part.version) == ("Full", 1)


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        (CommandResult(status="answered", payload={"status": "Accepted"}), "accepted"),
        (CommandResult(status="answered", payload={"status": "Failed"}), "refused"),
        (CommandResult(status="answered", payload={"status": "VersionMismatch"}), "mismatch"),
        (CommandResult(status="answered", payload={"status": "NotSupported"}), "unsupported"),
        (CommandResult(status="answered", payload={}), "refused"),
        (CommandResult(status="error", code="NotImplemented"), "unsupported"),
        (CommandResult(status="error", code="OccurrenceConstraintViolation"), "refused"),
        (CommandResult(status="timeout"), "unknown"),
        (CommandResult(status="offline"), "undelivered"),
    ],
)
def test_each_answer_has_its_meaning(result: CommandResult, answer: str) -> None:
    assert answer_of(result) == answer


def test_a_refusal_is_repaired_in_full_and_in_smaller_pieces() -> None:
    known = Knowledge(version=3, held={})
    wanted = keyed([entry(f"T{number}") for number in range(8)])
    part = next_part(known, wanted, WIDE, flat)
    assert part is not None
    after = learn(known, part, "refused")
    assert (after.held, after.failures, after.items_max) == (None, 1, 4)
    assert learn(known, part, "mismatch").items_max is None
    again = next_part(after, wanted, WIDE, flat)
    assert again is not None
    assert (again.type, again.items, again.version) == ("Full", 4, 5)


def test_what_was_not_delivered_changes_nothing() -> None:
    known = Knowledge(version=3, held={})
    part = Part(type="Differential", version=4, puts=[entry("A")])
    assert learn(known, part, "undelivered") == known


def test_another_version_at_the_station_is_another_list() -> None:
    known = Knowledge(version=3, held={})
    assert learn_version(known, 3).held == {}
    assert learn_version(known, 9) == Knowledge(version=9, supported=True)
    assert learn_version(known, 0) == Knowledge(version=3, supported=True)
    assert learn_version(known, -1).supported is False


# -- what each version can say -------------------------------------------------------------------

FULL_ENTRY = ListEntry(
    token="AA11",
    type="ISO14443",
    status="NoCredit",
    group="fleet",
    expires_at=NOON,
    language="de",
    evses=[1],
)


def test_1_6_says_what_it_can() -> None:
    said = list_spelling.sayable("v16", msgspec.structs.replace(FULL_ENTRY, evses=None))
    assert said == ListEntry(token="AA11", status="Invalid", group="fleet", expires_at=NOON)
    assert list_spelling.sayable("v16", FULL_ENTRY) is None
    assert list_spelling.sayable("v16", entry("x" * 21)) is None
    long = list_spelling.sayable("v16", entry("A", group="g" * 21))
    assert long is not None
    assert long.group is None


def test_2_0_1_knows_some_types_2_1_knows_any() -> None:
    vin = ListEntry(token="A", type="VIN")
    assert list_spelling.sayable("v201", vin) is None
    assert list_spelling.sayable("v21", vin) == vin
    assert list_spelling.sayable("v201", entry("x" * 37)) is None


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
def test_a_list_is_read_as_it_is_said(version: Version) -> None:
    whole = msgspec.structs.replace(FULL_ENTRY, evses=None if version == "v16" else [1])
    said = list_spelling.sayable(version, whole)
    gone = list_spelling.sayable(version, entry("BB22"))
    assert said is not None
    assert gone is not None
    part = Part(type="Differential", version=4, puts=[said], removes=[gone])
    payload = msgspec.json.decode(codec.encode(list_spelling.send(version, part)))
    assert list_spelling.read(version, payload) == part


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
def test_an_empty_list_is_absent(version: Version) -> None:
    sent = list_spelling.send(version, Part(type="Full", version=4))
    assert "localAuthorizationList" not in msgspec.json.decode(codec.encode(sent))


# -- any sequence of events ----------------------------------------------------------------------

TOKENS = [f"T{number}" for number in range(4)]
STATUSES = ("Accepted", "Blocked")

tokens = st.sampled_from(TOKENS)
changes = st.tuples(st.just("put"), tokens, st.sampled_from(STATUSES))
removals = st.tuples(st.just("remove"), tokens)
faults = st.sampled_from(
    [("offline",), ("refuse", "Failed"), ("refuse", "VersionMismatch"), ("lost",), ("cut",)]
)
foreign = st.tuples(st.just("foreign"), tokens)
talk = st.sampled_from([("sync",), ("check",)])
events = st.one_of(changes, changes, removals, faults, foreign, talk)
stories = st.lists(events, min_size=8, max_size=30)
"""A change is looked at as soon as it happens, as long as the station can be reached."""


class Keeper:
    """Keeps the list of a virtual station as the service does, with the same pure parts."""

    def __init__(self, version: Version, items: int) -> None:
        self.version: Version = version
        self.bench = Bench(version, LocalAuthListCtrlr__ItemsPerMessage=str(items)).boot()
        self.limits = Limits(items=items, bytes=10_000, entries=1000)
        self.known = Knowledge()
        self.wanted: dict[str, ListEntry] = {}
        self.online = True
        self.refusal: str | None = None
        self.lost = False
        self.sent = 0

    def ask(self, action: str, payload: dict[str, Any]) -> CommandResult:
        if not self.online:
            return CommandResult(status="offline")
        if self.refusal is not None and action == "SendLocalList":
            status, self.refusal = self.refusal, None
            return CommandResult(status="answered", payload={"status": status})
        frame = self.bench.server.ask(action, payload)
        if self.lost:
            self.lost = False
            return CommandResult(status="timeout")
        assert frame[0] == 3, frame
        return CommandResult(status="answered", payload=frame[2])

    def sync(self) -> None:
        """Until it is in step, or something is in the way."""
        size = partial(list_spelling.size, self.version)
        while (part := next_part(self.known, self.wanted, self.limits, size)) is not None:
            assert part.version > 0
            assert part.items <= self.limits.items
            sent = msgspec.json.decode(codec.encode(list_spelling.send(self.version, part)))
            answer = answer_of(self.ask("SendLocalList", sent))
            self.sent += 1
            self.known = learn(self.known, part, answer)
            if answer != "accepted":
                return

    def check(self) -> None:
        result = self.ask("GetLocalListVersion", {})
        if result.status == "answered":
            [number] = (result.payload or {}).values()
            self.known = learn_version(self.known, number)

    def want(self, token: str, status: str | None) -> None:
        each = list_spelling.sayable(self.version, entry(token, status=status or "Accepted"))
        assert each is not None
        self.wanted.pop(local_list.key(each), None)
        if status is not None:
            self.wanted = keyed([*self.wanted.values(), each])

    def meddle(self, token: str) -> None:
        """Somebody else sends the station a list; the next boot will show it by its version."""
        each = list_spelling.sayable(self.version, entry(token))
        assert each is not None
        number = self.bench.controller.flash.local_list_version + 1000
        part = Part(type="Full", version=number, puts=[each])
        sent = codec.encode(list_spelling.send(self.version, part))
        self.bench.server.ask("SendLocalList", msgspec.json.decode(sent))

    def happen(self, event: tuple[str, ...]) -> None:
        match event:
            case ("put", token, status):
                self.want(token, status)
            case ("remove", token):
                self.want(token, None)
            case ("offline",):
                self.online = not self.online
            case ("refuse", status):
                self.refusal = status
            case ("lost",):
                self.lost = True
            case ("cut",):
                self.bench.controller.power_off(abruptly=True)
                self.bench.boot()
            case ("foreign", token):
                self.meddle(token)
            case ("sync",):
                self.sync()
            case ("check",):
                self.check()
            case _:
                raise AssertionError(event)

    def held(self) -> Mapping[str, str]:
        listed = self.bench.controller.flash.local_list
        return {key.partition(":")[2]: known.verdict.status for key, known in listed.items()}


@pytest.mark.parametrize("version", ["v16", "v201"])
@given(items=st.integers(1, 4), story=stories)
def test_any_story_ends_with_the_list_that_is_wanted(
    version: Version, items: int, story: list[tuple[str, ...]]
) -> None:
    """D01, D02: offline times, refusals, lost answers, power cuts, foreign lists, splits."""
    keeper = Keeper(version, items)
    for event in story:
        keeper.happen(event)
        if event[0] in {"put", "remove"}:
            keeper.sync()
    keeper.online, keeper.refusal, keeper.lost = True, None, False
    keeper.check()
    keeper.sync()
    assert keeper.held() == {e.token.casefold(): e.status for e in keeper.wanted.values()}
    before = keeper.sent
    keeper.check()
    keeper.sync()
    assert keeper.sent == before


def test_milliseconds_are_enough_for_a_station() -> None:
    moment = NOON + timedelta(microseconds=1500)
    said = list_spelling.spell("v16", ListEntry(token="A", expires_at=moment))
    assert said["idTagInfo"]["expiryDate"] == "2026-05-01T12:00:00.001Z"
