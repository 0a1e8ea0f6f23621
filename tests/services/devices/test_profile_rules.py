"""K01, 1.6 5.16: each rule of a charging profile is found, named, and told how to mend."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.devices import profile_rules
from services.devices.profile_rules import Held, Limits, Plan
from services.devices.rule import RULES

NOON = "2026-06-01T12:00:00Z"
LATER = "2026-06-01T18:00:00Z"
VERSIONS = ("v16", "v201", "v21")
KNOWN = Limits(
    evses=frozenset({1, 2}),
    stack_level=5,
    periods=3,
    profiles=2,
    units=frozenset({"A"}),
    phase_switching=False,
)


def profile(version: str, *periods: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A TxDefaultProfile without a fault; ``schedule`` changes its schedule."""
    schedule = {
        "startSchedule": NOON,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": list(periods) or [{"startPeriod": 0, "limit": 6.0}],
        **more.pop("schedule", {}),
    }
    schedule = {name: value for name, value in schedule.items() if value is not None}
    return {
        "chargingProfileId" if version == "v16" else "id": 7,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": schedule if version == "v16" else [{"id": 1, **schedule}],
        **more,
    }


def rules(version: str, wanted: dict[str, Any], evse: int | None = 1, **more: Any) -> list[str]:
    plan = Plan(version, evse, wanted, more.pop("limits", KNOWN), **more)  # type: ignore[arg-type]
    return [each.rule for each in profile_rules.broken(plan)]


MAXIMUM = {"chargingProfilePurpose": "ChargingStationMaxProfile"}
TX = {"chargingProfilePurpose": "TxProfile"}
RELATIVE = {"chargingProfileKind": "Relative", "schedule": {"startSchedule": None}}
LOW = {"startPeriod": 0, "limit": 6.0}

CASES: list[Any] = [
    ("purpose_of_others", 0, {"chargingProfilePurpose": "ChargingStationExternalConstraints"}, {}),
    ("maximum_on_evse", 1, MAXIMUM, {}),
    ("maximum_relative", 0, {**MAXIMUM, **RELATIVE}, {}),
    ("tx_profile_on_station", 0, {**TX, "transactionId": "t"}, {}),
    ("tx_profile_unnamed", 1, TX, {}),
    ("no_transaction", 1, {**TX, "transactionId": "t"}, {"running": frozenset()}),
    ("another_transaction", 1, {**TX, "transactionId": "t"}, {"running": frozenset({"u"})}),
    ("transaction_of_another", 1, {"transactionId": "t"}, {}),
    ("start_without_tx_profile", 1, {}, {"starting": True}),
    ("start_names_transaction", 1, {**TX, "transactionId": "t"}, {"starting": True}),
    ("unknown_evse", 3, {}, {}),
    ("stack_level_negative", 1, {"stackLevel": -1}, {}),
    ("stack_level_too_high", 1, {"stackLevel": 6}, {}),
    ("recurrency_missing", 1, {"chargingProfileKind": "Recurring"}, {}),
    ("start_missing", 1, {"schedule": {"startSchedule": None}}, {}),
    ("start_surplus", 1, {"chargingProfileKind": "Relative"}, {}),
    ("never_valid", 1, {"validFrom": LATER, "validTo": NOON}, {}),
    ("unit_unsupported", 1, {"schedule": {"chargingRateUnit": "W"}}, {}),
]
PERIODS: list[Any] = [
    ("periods_begin_late", [{"startPeriod": 1, "limit": 6.0}]),
    (
        "periods_unordered",
        [LOW, {"startPeriod": 60, "limit": 6.0}, {"startPeriod": 60, "limit": 8}],
    ),
    ("periods_too_many", [{"startPeriod": n, "limit": 6.0} for n in range(4)]),
    ("limit_negative", [{"startPeriod": 0, "limit": -0.1}]),
    ("phases_out_of_range", [{**LOW, "numberPhases": 4}]),
    ("phase_of_several", [{**LOW, "phaseToUse": 2}]),
    ("phase_switching_unsupported", [{**LOW, "numberPhases": 1, "phaseToUse": 2}]),
]
ONLY_2 = {"purpose_of_others", "tx_profile_unnamed", "start_missing", "start_surplus"}
ADDED: list[Any] = [
    ("generation_on_evse", {"chargingProfilePurpose": "LocalGeneration"}, LOW),
    (
        "priority_with_duration",
        {"chargingProfilePurpose": "PriorityCharging", "schedule": {"duration": 60}},
        LOW,
    ),
    (
        "priority_mode",
        {"chargingProfilePurpose": "PriorityCharging"},
        {"startPeriod": 0, "operationMode": "Idle"},
    ),
    ("delay_of_purpose", {**MAXIMUM, "schedule": {"randomizedDelay": 5}}, LOW),
    ("not_dynamic", {"dynUpdateInterval": 5}, LOW),
    ("setpoint_missing", {}, {"startPeriod": 0, "operationMode": "CentralSetpoint"}),
    ("limit_missing", {}, {"startPeriod": 0}),
    ("not_of_mode", {}, {**LOW, "setpoint": 5.0}),
    ("frequency_unit", {}, {"startPeriod": 0, "operationMode": "LocalFrequency"}),
    (
        "setpoint_outside",
        {},
        {**LOW, "setpoint": 7.0, "operationMode": "CentralSetpoint"},
    ),
    (
        "phases_not_first",
        {},
        {"startPeriod": 0, "setpoint": 1.0, "limit_L2": 3.0, "operationMode": "CentralSetpoint"},
    ),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("rule", "evse", "more", "context"), CASES)
def test_a_profile_that_breaks_a_rule_is_told_which(version, rule, evse, more, context):
    if version == "v16":
        renamed = more.get("chargingProfilePurpose", "").replace("ChargingStationM", "ChargePointM")
        more = {**more, **({"chargingProfilePurpose": renamed} if renamed else {})}
    found = rules(version, profile(version, **more), evse, **context)
    assert found == ([] if version == "v16" and rule in ONLY_2 - {"purpose_of_others"} else [rule])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("rule", "periods"), PERIODS)
def test_a_schedule_that_breaks_a_rule_is_told_which(version, rule, periods):
    assert rules(version, profile(version, *periods)) == [rule]


@pytest.mark.parametrize(("rule", "more", "period"), ADDED)
def test_what_2_1_adds_has_rules_of_its_own(rule, more, period):
    evse = 0 if more.get("chargingProfilePurpose") == MAXIMUM["chargingProfilePurpose"] else 1
    assert rules("v21", profile("v21", period, **more), evse) == [rule]


def test_a_dynamic_profile_has_one_period_and_may_wait_for_its_values():
    """K28."""
    dynamic = {"chargingProfileKind": "Dynamic", "dynUpdateInterval": 60}
    mode = {"startPeriod": 0, "operationMode": "CentralSetpoint"}
    assert rules("v21", profile("v21", mode, **dynamic)) == []
    assert rules("v21", profile("v21", LOW, {**LOW, "startPeriod": 9}, **dynamic)) == [
        "dynamic_periods"
    ]


def test_several_schedules_are_for_cars_that_told_their_needs():
    """K01.FR.34."""
    wanted = profile("v201")
    wanted["chargingSchedule"] *= 2
    assert rules("v201", wanted) == ["schedules_too_many"]
    assert rules("v201", wanted, negotiated=True) == []


def held(**more: Any) -> Held:
    given = {
        "id": 1, "evse": 1, "source": "CSO", "purpose": "TxDefaultProfile", "level": 0,
        "transaction": None, "valid_from": None, "valid_to": None,
    }  # fmt: skip
    return Held(**{**given, **more})


AT_NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("version", ["v201", "v21"])
@pytest.mark.parametrize(
    ("rule", "other"),
    [
        ("duplicate", {}),
        ("duplicate_across_evses", {"evse": 0}),
        (None, {"evse": 2}),
        (None, {"level": 1}),
        (None, {"id": 7}),
        (None, {"valid_to": AT_NOON}),
        ("duplicate", {"valid_to": AT_NOON + timedelta(seconds=1)}),
        ("id_of_others", {"id": 7, "source": "EMS"}),
    ],
)
def test_what_the_station_holds_already_may_stand_against_it(version, rule, other):
    wanted = profile(version, validFrom=NOON)
    assert rules(version, wanted, held=[held(**other)]) == ([rule] if rule else [])


def test_two_profiles_of_a_transaction_are_on_two_levels():
    """K01.FR.39."""
    wanted = profile("v201", **TX, transactionId="t")
    mine = held(purpose="TxProfile", transaction="t")
    assert rules("v201", wanted, held=[mine]) == ["duplicate_of_transaction"]
    assert rules("v201", wanted, held=[mine._replace(transaction="u")]) == []


def test_a_full_station_takes_no_new_profile_but_replaces_one():
    full = [held(id=7, level=3), held(id=2, level=4)]
    assert rules("v201", profile("v201"), held=[*full, held(id=3, level=5)]) == [
        "profiles_too_many"
    ]
    assert rules("v201", profile("v201"), held=full) == []


def test_a_1_6_profile_takes_the_place_of_another():
    assert rules("v16", profile("v16"), held=[held()]) == []


def test_ids_below_the_station_s_own_are_reserved():
    limits = KNOWN._replace(external_id_max=10)
    assert rules("v21", profile("v21"), limits=limits) == ["id_reserved"]


def test_a_rule_says_where_it_stands_and_how_to_mend():
    plan = Plan("v201", 1, profile("v201", {"startPeriod": 5, "limit": 6.0}))
    (found,) = profile_rules.broken(plan)
    assert found.requirement == "K01.FR.31"
    assert found.field == "/chargingSchedule/0/chargingSchedulePeriod/0/startPeriod"
    assert found.detail == "The first period begins at 5 s."
    assert found.hint == "Let the first startPeriod be 0."


def test_every_rule_can_be_broken():
    """No rule is only written down."""
    tried = {case[0] for case in [*CASES, *PERIODS, *ADDED]}
    elsewhere = {
        "schedules_too_many", "duplicate", "duplicate_across_evses", "duplicate_of_transaction",
        "profiles_too_many", "id_of_others", "id_reserved", "dynamic_periods", "periods_missing",
    }  # fmt: skip
    assert set(RULES) == tried | elsewhere
    empty = profile("v16", schedule={"chargingSchedulePeriod": []})
    assert rules("v16", empty) == ["periods_missing"]


# -- properties ----------------------------------------------------------------------------------


@st.composite
def sound(draw: Any) -> tuple[str, dict[str, Any]]:
    """A profile as an operator who knows the rules writes it."""
    version = draw(st.sampled_from(VERSIONS))
    starts = [0, *sorted(draw(st.sets(st.integers(1, 9_999), max_size=2)))]
    periods = [{"startPeriod": each, "limit": draw(st.integers(0, 320)) / 10} for each in starts]
    kind = draw(st.sampled_from(["Absolute", "Recurring", "Relative"]))
    more: dict[str, Any] = {"stackLevel": draw(st.integers(0, 5)), "chargingProfileKind": kind}
    if kind == "Recurring":
        more["recurrencyKind"] = draw(st.sampled_from(["Daily", "Weekly"]))
    if kind == "Relative":
        more["schedule"] = {"startSchedule": None}
    if draw(st.booleans()):
        more |= {"validFrom": NOON, "validTo": LATER}
    return version, profile(version, *periods, **more)


@given(sound())
def test_a_profile_by_the_rules_breaks_none(made):
    version, wanted = made
    assert rules(version, wanted) == []


@given(sound(), st.data())
def test_a_profile_is_judged_the_same_without_what_is_not_known(made, data):
    """Unknown limits are not held against a profile; knowing more can only find more."""
    version, wanted = made
    wanted["stackLevel"] = data.draw(st.integers(-2, 9))
    unknown = rules(version, wanted, limits=Limits())
    assert set(unknown) <= set(rules(version, wanted))
    assert ("stack_level_negative" in unknown) == (wanted["stackLevel"] < 0)


@given(sound(), st.permutations(range(3)))
def test_periods_in_any_other_order_are_found(made, order):
    version, wanted = made
    schedule = wanted["chargingSchedule"]
    schedule = schedule if version == "v16" else schedule[0]
    schedule["chargingSchedulePeriod"] = [{"startPeriod": n * 60, "limit": 6.0} for n in order]
    found = rules(version, wanted)
    assert (found == []) == (list(order) == [0, 1, 2])
