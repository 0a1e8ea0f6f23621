"""The pipeline: who may charge where, and what each step says."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from libs.contracts.authorization import AuthorizationStatus, Decision, Purpose
from services.authorization.admission import PIPELINES, Facts, Question, decide
from services.authorization.token import Token

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STARTING: list[Purpose] = ["authorize", "start", "remote_start"]


def ask(token: Token | None, /, purpose: Purpose = "authorize", **more: Any) -> Decision:
    """The decision on the token AA11; facts and question are told apart by their names."""
    facts = {name: more.pop(name) for name in ("parent", "layout", "place") if name in more}
    question = Question(
        **{
            "tenant": "t",
            "station": "CP1",
            "token": "aa11",
            "purpose": purpose,
            "at": NOW,
            **more,
        }
    )
    return decide(question, Facts(token=token, **facts))


def names(decision: Decision) -> list[str]:
    return [step.name for step in decision.steps]


def test_a_good_token_passes_every_step_and_each_says_what_it_found() -> None:
    decision = ask(Token(id="AA11", group="G", language="de", valid_to=NOW + HOUR), "start")
    assert decision.status == "Accepted"
    assert names(decision) == [
        "needed", "known", "status", "validity", "place", "evse_type", "group", "master_pass",
        "concurrency",
    ]  # fmt: skip
    assert all(step.passed and step.reason for step in decision.steps)
    assert (decision.group, decision.language, decision.expires_at) == ("G", "de", NOW + HOUR)


@pytest.mark.parametrize("purpose", STARTING)
def test_an_unknown_token_is_unknown(purpose: Purpose) -> None:
    """TC_C_02."""
    decision = ask(None, purpose)
    assert (decision.status, decision.reason) == ("Unknown", "no such token is registered")
    assert names(decision) == ["needed", "known"]


@pytest.mark.parametrize(
    ("presented", "status"),
    [("ISO14443", "Accepted"), ("", "Accepted"), ("Central", "Accepted"), ("KeyCode", "Unknown")],
)
def test_equal_are_tokens_of_the_same_type(presented: str, status: str) -> None:
    """C01.FR.25; 1.6 tells no type, and Central is what we gave out ourselves (C05)."""
    assert ask(Token(id="AA11"), type=presented).status == status


@pytest.mark.parametrize("status", [s for s in get_args(AuthorizationStatus) if s != "Accepted"])
@pytest.mark.parametrize("purpose", STARTING)
def test_a_status_other_than_accepted_is_the_answer(
    status: AuthorizationStatus, purpose: Purpose
) -> None:
    """TC_C_06, TC_C_07, TC_023."""
    assert ask(Token(id="AA11", status=status), purpose).status == status


def test_validity_has_a_beginning_and_an_end() -> None:
    token = Token(id="AA11", valid_from=NOW, valid_to=NOW + HOUR)
    assert ask(token, at=NOW - HOUR).status == "NotAtThisTime"
    assert ask(token, at=NOW).status == "Accepted"
    assert ask(token, at=NOW + HOUR).status == "Expired"


def test_an_offline_start_is_judged_at_its_time() -> None:
    token = Token(id="AA11", valid_to=NOW)
    assert ask(token, "start", at=NOW - HOUR).status == "Accepted"


def test_a_token_of_other_stations_is_not_at_this_location() -> None:
    assert ask(Token(id="AA11", stations=frozenset({"CP2"}))).status == "NotAtThisLocation"
    assert ask(Token(id="AA11", stations=frozenset({"CP1", "CP2"}))).status == "Accepted"
    assert ask(Token(id="AA11", stations=frozenset())).status == "NotAtThisLocation"


CCS = Token(id="AA11", evse_types=frozenset({"cCCS2"}))
MIXED: dict[int, list[str | None]] = {1: ["cCCS2"], 2: ["sType2"], 3: ["cCCS2", "cG105"]}


def test_a_token_for_some_types_is_told_at_which_evses() -> None:
    decision = ask(CCS, layout=MIXED)
    assert (decision.status, decision.evses) == ("Accepted", [1, 3])


@pytest.mark.parametrize(
    ("evse", "layout", "status", "evses"),
    [
        (2, MIXED, "NotAllowedTypeEVSE", None),
        (3, MIXED, "Accepted", [1, 3]),
        (None, {1: ["sType2"]}, "NotAllowedTypeEVSE", None),
        (None, {1: ["cCCS2"], 2: ["cCCS2"]}, "Accepted", None),
        (None, {1: [None], 2: ["sType2"]}, "Accepted", [1]),
        (1, {1: []}, "Accepted", None),
        (9, MIXED, "Accepted", [1, 3]),
        (1, None, "Accepted", None),
        (None, {}, "Accepted", None),
    ],
)
def test_what_is_not_known_of_a_station_is_not_held_against_the_driver(
    evse: int | None, layout: Any, status: str, evses: list[int] | None
) -> None:
    decision = ask(CCS, evse=evse, layout=layout)
    assert (decision.status, decision.evses) == (status, evses)


def test_what_is_wrong_with_the_group_is_wrong_with_its_members() -> None:
    token = Token(id="AA11", group="G")
    assert ask(token, parent=Token(id="G")).status == "Accepted"
    assert ask(token, parent=Token(id="G", status="Blocked")).status == "Blocked"
    assert ask(token, parent=Token(id="G", valid_to=NOW)).status == "Expired"
    assert ask(token, parent=Token(id="G", status="Blocked")).group == "G"


def test_a_master_pass_is_known_to_stations_but_starts_nothing() -> None:
    """C16, TC_C_47 to TC_C_49."""
    token = Token(id="AA11", master_pass=True, group="MASTER")
    assert ask(token, "authorize").status == "Accepted"
    assert ask(token, "start").status == "Invalid"
    assert ask(token, "remote_start").status == "Invalid"
    assert ask(token, "stop", started_by="BB22").status == "Accepted"


def test_no_room_is_concurrent_tx() -> None:
    decision = ask(Token(id="AA11"), place="full")
    assert (decision.status, decision.steps[-1].name) == ("ConcurrentTx", "concurrency")


def test_a_station_that_asks_nobody_is_not_refused() -> None:
    """C02: an empty token of type NoAuthorization."""
    for purpose in get_args(Purpose):
        assert ask(None, purpose, token="", type="NoAuthorization").status == "Accepted"


@pytest.mark.parametrize(
    ("token", "more", "status"),
    [
        (Token(id="AA11", status="Blocked"), {"started_by": "AA11"}, "Accepted"),
        (None, {"started_by": "Aa11"}, "Accepted"),
        (Token(id="AA11", group="G"), {"started_by": "B", "started_group": "g"}, "Accepted"),
        (Token(id="AA11", group="G"), {"started_by": "B", "started_group": "H"}, "Invalid"),
        (Token(id="AA11", group="G"), {"started_by": "B"}, "Invalid"),
        (Token(id="AA11"), {"started_by": "B", "started_group": "G"}, "Invalid"),
        (
            Token(id="AA11", group="G", status="Blocked"),
            {"started_by": "B", "started_group": "G"},
            "Blocked",
        ),
        (None, {"started_by": "B"}, "Unknown"),
        (Token(id="AA11"), {}, "Accepted"),
        (Token(id="AA11", master_pass=True, status="Blocked"), {"started_by": "B"}, "Blocked"),
    ],
)
def test_a_stop_is_by_the_same_token_its_group_or_a_master_pass(
    token: Token | None, more: dict[str, Any], status: str
) -> None:
    """C09, TC_C_39, TC_005_1."""
    assert ask(token, "stop", **more).status == status


# -- properties ----------------------------------------------------------------------------------

moments = st.one_of(st.none(), st.integers(-3, 3).map(lambda hours: NOW + hours * HOUR))
tokens = st.builds(
    Token,
    id=st.just("AA11"),
    type=st.sampled_from(["ISO14443", "KeyCode"]),
    status=st.sampled_from(["Accepted", "Accepted", "Blocked", "Expired", "NoCredit"]),
    group=st.sampled_from([None, "G"]),
    master_pass=st.booleans(),
    valid_from=moments,
    valid_to=moments,
    evse_types=st.sampled_from([None, frozenset({"cCCS2"})]),
    stations=st.sampled_from([None, frozenset({"CP1"}), frozenset({"CP2"})]),
)
questions = st.builds(
    Question,
    tenant=st.just("t"),
    station=st.just("CP1"),
    token=st.just("AA11"),
    type=st.sampled_from(["", "Central", "ISO14443"]),
    purpose=st.sampled_from(get_args(Purpose)),
    evse=st.sampled_from([None, 1, 2]),
    at=st.just(NOW),
    started_by=st.sampled_from([None, "AA11", "BB22"]),
    started_group=st.sampled_from([None, "G"]),
)
facts = st.builds(
    Facts,
    token=st.one_of(st.none(), tokens),
    parent=st.one_of(st.none(), tokens),
    layout=st.sampled_from([None, MIXED]),
    place=st.sampled_from(["free", "full"]),
)


@given(questions, facts)
def test_reasons_end_at_the_first_step_that_fails(question: Question, known: Facts) -> None:
    decision = decide(question, known)
    order = [check(question, known).step.name for check in PIPELINES[question.purpose]]
    assert names(decision) == order[: len(decision.steps)]
    assert all(step.passed for step in decision.steps[:-1])
    assert decision.steps[-1].passed is (decision.status == "Accepted")
    assert decision.reason == decision.steps[-1].reason
    assert all(step.reason for step in decision.steps)


@given(questions, facts)
def test_a_token_that_is_not_good_never_starts_anything(question: Question, known: Facts) -> None:
    if question.purpose == "stop":
        return
    decision = decide(question, known)
    token = known.token
    bad = (
        token is None
        or token.status != "Accepted"
        or (token.valid_to is not None and token.valid_to <= NOW)
        or (token.valid_from is not None and token.valid_from > NOW)
        or (token.stations is not None and "CP1" not in token.stations)
        or known.place == "full"
        or (token.master_pass and question.purpose != "authorize")
    )
    if bad:
        assert decision.status != "Accepted"


@given(questions, facts)
def test_the_group_is_always_told(question: Question, known: Facts) -> None:
    """The station decides by it who may stop (TC_C_39)."""
    expected = known.token.group if known.token else None
    assert decide(question, known).group == expected


@given(questions, tokens)
def test_lifting_every_restriction_never_turns_yes_into_no(
    question: Question, token: Token
) -> None:
    before = decide(question, Facts(token=token, layout=MIXED))
    free = replace(
        token,
        status="Accepted",
        valid_from=None,
        valid_to=None,
        stations=None,
        evse_types=None,
    )
    if before.status == "Accepted":
        assert decide(question, Facts(token=free, layout=MIXED)).status == "Accepted"
