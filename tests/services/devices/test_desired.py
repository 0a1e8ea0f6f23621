"""Desired state, decided: what is drift, and that every station ends in step or in a refusal."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.contracts.device_model import Item, ItemResult
from libs.contracts.stations import StationView
from libs.contracts.templates import Selector
from services.devices import desired
from services.devices.desired import (
    ATTEMPTS_MAX,
    ERRORS_MAX,
    WRITES_MAX,
    Memory,
    Seen,
    Template,
    Wish,
)
from services.devices.variable import Known

NAMES = ("HeartbeatInterval", "ConnectionTimeOut", "ResetRetries", "LocalPreAuthorize")


def template(name: str = "t", priority: int = 0, **values: str) -> Template:
    items = [Item(key=key, value=value) for key, value in values.items()]
    return Template(name, items, Selector(vendor="*"), priority, True, "when_idle")


def station(**fields: Any) -> StationView:
    given: dict[str, Any] = {"vendor": "Volta", "model": "Duo", "firmware": "1.2", **fields}
    return StationView(tenant="t", id="CP1", protocol="v16", **given)


@pytest.mark.parametrize(
    ("wanted", "known", "kind", "equal"),
    [
        ("10", "10", None, True),
        ("10", " 10 ", None, True),
        ("10", "10.0", None, True),
        ("10", "10.0", "string", False),
        ("010", "10", "string", False),
        ("true", "TRUE", None, True),
        ("True", "true", "boolean", True),
        ("true", "1", None, False),
        ("A,B", "B, a", "MemberList", True),
        ("A,B", "B,A", "SequenceList", False),
        ("A,B", "a, b", "SequenceList", True),
        ("A,B", "B,A", None, True),
        ("A,A,B", "A,B", None, False),
        ("Volta", "volta", "string", False),
        ("Volta", "volta", "OptionList", True),
        ("", "", None, True),
        ("nan", "nan", "decimal", True),
        ("inf", "infinity", None, False),
    ],
)
def test_values_are_the_same_when_they_mean_the_same(
    wanted: str, known: str, kind: str | None, *, equal: bool
) -> None:
    assert desired.same(wanted, known, kind) is equal
    assert desired.same(known, wanted, kind) is equal


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        (Selector(), False),
        (Selector(vendor="*"), True),
        (Selector(vendor="volta", model="d?o", firmware="1.*"), True),
        (Selector(vendor="volta", model="tri"), False),
        (Selector(labels=["north", "south"]), True),
        (Selector(labels=["south"]), False),
        (Selector(stations=["CP1"]), True),
        (Selector(stations=["CP2"]), False),
        (Selector(vendor="volta", labels=["north"], stations=["CP2"]), False),
    ],
)
def test_a_template_is_for_who_is_all_that_it_says(selector: Selector, *, fits: bool) -> None:
    assert desired.chosen(selector, station(labels=["north"])) is fits


def test_the_greater_priority_counts_and_then_the_name() -> None:
    low = template("a", 1, HeartbeatInterval="1", ResetRetries="1")
    high = template("z", 2, HeartbeatInterval="2")
    equal = template("b", 1, ResetRetries="9")
    ordered = desired.applying([equal, low, high], station())
    assert [each.name for each in ordered] == ["z", "a", "b"]
    found = {wish.item.key: wish.value for wish in desired.wishes("v16", ordered)}
    assert found == {"HeartbeatInterval": "2", "ResetRetries": "1"}


def test_a_key_and_its_variable_are_one_setting_and_others_are_for_other_versions() -> None:
    both = Template(
        "t",
        [
            Item(component="OCPPCommCtrlr", variable="HeartbeatInterval", value="5"),
            Item(key="heartbeatinterval", value="6"),
            Item(component="TxCtrlr", variable="TxStartPoint", value="Authorized"),
        ],
        Selector(vendor="*"),
        0,
        True,
        "never",
    )
    assert [wish.value for wish in desired.wishes("v16", [both])] == ["5"]
    assert [wish.value for wish in desired.wishes("v201", [both])] == ["5", "Authorized"]


def test_a_secret_is_judged_by_what_was_accepted() -> None:
    (wish,) = desired.wishes("v16", [template(AuthorizationKey="made-up-secret-1")])
    assert wish.secret
    first = desired.judge(wish, Seen(Known(mutability="WriteOnly")), Memory())
    assert (first.state, first.unknown) == ("drifting", False)
    step = desired.next_step([first], Memory())
    memory = desired.noted(Memory(), step, [ItemResult(status="Accepted")])
    assert desired.judge(wish, Seen(), memory).state == "in_step"
    assert "made-up" not in str(memory)
    (other,) = desired.wishes("v16", [template(AuthorizationKey="made-up-secret-2")])
    assert desired.judge(other, Seen(), memory).state == "drifting"


# -- whatever a station does ---------------------------------------------------------------------


class Fake:
    """A station that does with each setting what it was drawn to do."""

    def __init__(self, manners: dict[str, str]) -> None:
        self.manners = manners
        self.values: dict[str, Seen] = {}
        self.calls = 0
        self.items = 0

    def ask(self, step: desired.Next, weather: str) -> list[ItemResult]:
        self.calls += 1
        self.items += len(step.wishes)
        if weather != "fine":
            return [ItemResult(status="NotAnswered", reason=weather) for _ in step.wishes]
        do = self.read if step.what == "read" else self.write
        return [do(wish, self.manners.get(wish.item.key or "", "good")) for wish in step.wishes]

    def read(self, wish: Wish, manner: str) -> ItemResult:
        match manner:
            case "unknown":
                return ItemResult(status="UnknownVariable")
            case "error":
                return ItemResult(status="Error", reason="InternalError")
            case "hidden":
                return ItemResult(status="Accepted")
            case _:
                seen = self.values.setdefault(wish.slot, Seen(Known("0", source="read")))
                return ItemResult(status="Accepted", value=seen.known and seen.known.value)

    def write(self, wish: Wish, manner: str) -> ItemResult:
        match manner:
            case "readonly" | "unknown":
                return ItemResult(status="Rejected", reason="ReadOnly")
            case "error":
                return ItemResult(status="Error", reason="InternalError")
            case "reboot":
                self.values[wish.slot] = Seen(Known("0", pending=wish.value, source="write"))
                return ItemResult(status="RebootRequired")
            case "forgets":
                self.values[wish.slot] = Seen(Known("0", source="report"))
                return ItemResult(status="Accepted")
            case _:
                self.values[wish.slot] = Seen(Known(wish.value, source="write"))
                return ItemResult(status="Accepted")

    def boot(self) -> None:
        for slot, seen in self.values.items():
            if seen.known and seen.known.pending is not None:
                self.values[slot] = Seen(Known(seen.known.pending, source="boot"))


MANNERS = st.sampled_from(
    ["good", "readonly", "unknown", "error", "reboot", "forgets", "hidden", "slow"]
)
WEATHER = st.lists(st.sampled_from(["fine", "timeout", "offline"]), max_size=12)


def turn(fake: Fake, wishes: list[Wish], memory: Memory, weather: str) -> tuple[Memory, int]:
    """As ``enforcing`` takes one: read, write, reset, each once; and how many resets."""
    done: set[str] = set()
    resets = 0
    for _ in range(3):
        judged = desired.judge_all(wishes, fake.values, memory)
        step = desired.next_step(judged, memory)
        if step.what == "rest" or step.what in done:
            break
        done.add(step.what)
        if step.what == "reset":
            memory = Memory(
                slots=memory.slots,
                firmware=memory.firmware,
                reset_for=desired.reset_mark(step.wishes),
            )
            resets += 1
            fake.calls += 1
            fake.boot()
            break
        results = fake.ask(step, weather)
        memory = desired.noted(memory, step, results)
        if desired.unanswered(results) is not None:
            break
    judged = desired.judge_all(wishes, fake.values, memory)
    return desired.confirmed(memory, fake.values, judged), resets


@settings(max_examples=300)
@given(st.fixed_dictionaries(dict.fromkeys(NAMES, MANNERS)), WEATHER)
def test_it_ends_in_step_or_in_a_refusal_after_a_bounded_number_of_calls(
    manners: dict[str, str], weather: list[str]
) -> None:
    """Whatever a station refuses, forgets or does not answer; N is 2 calls a turn and a reset."""
    wishes = desired.wishes("v16", [template(**dict.fromkeys(NAMES, "7"))])
    fake, memory = Fake(manners), Memory()
    resets = turns = 0
    fair = ["fine"] * (WRITES_MAX + ERRORS_MAX * 2 + 3)
    for sky in [*weather, *fair]:
        judged = desired.judge_all(wishes, fake.values, memory)
        if desired.next_step(judged, memory).what == "rest":
            break
        if sky == "offline":
            continue
        turns += 1
        memory, more = turn(fake, wishes, memory, sky)
        resets += more
    judged = desired.judge_all(wishes, fake.values, memory)
    assert {each.state for each in judged} <= {"in_step", "refused"}
    assert all(each.reason for each in judged if each.state == "refused")
    state = {each.wish.item.key: each.state for each in judged}
    refusing = {"readonly", "unknown", "error", "forgets"}
    assert state == {
        name: "refused" if manner in refusing else "in_step" for name, manner in manners.items()
    }
    assert resets <= 1
    timeouts = weather.count("timeout")
    assert fake.calls <= 2 * (WRITES_MAX + ERRORS_MAX * 2) + 1 + timeouts
    before = fake.calls
    memory, more = turn(fake, wishes, memory, "fine")
    assert (fake.calls, more) == (before, 0)


def test_a_station_that_never_answers_is_left_alone() -> None:
    pauses = [desired.pause(attempts) for attempts in range(1, ATTEMPTS_MAX + 2)]
    assert pauses[-2:] == [None, None]
    waits = [pause for pause in pauses if pause is not None]
    assert waits == sorted(waits)
    assert len(waits) == ATTEMPTS_MAX - 1
