"""The table: complete, consistent, and told right in every version."""

from itertools import pairwise
from typing import get_args

import pytest

from libs.ocpp import v16, v201
from libs.station.table import (
    CONDITIONS,
    FORCING,
    REASONS,
    RESTING,
    TABLE,
    TRIGGERS,
    VIEWS,
    Cause,
    Input,
    Points,
    State,
    effect,
    view,
)

STATES = get_args(State)


def points(start: str, stop: str) -> Points:
    return Points(start=frozenset(start.split(",")), stop=frozenset(stop.split(",")))


def test_every_state_has_a_face_conditions_and_a_rest():
    assert set(VIEWS) == set(CONDITIONS) == set(RESTING) == set(STATES)
    assert set(TRIGGERS) == set(get_args(Input))
    assert set(REASONS) == set(get_args(Cause))


def test_every_state_can_be_reached_and_left():
    assert set(TABLE.values()) == set(STATES)
    assert {before for before, _ in TABLE} == set(STATES)


def test_pulling_the_plug_always_frees_the_place():
    for state in STATES:
        if "EVConnected" in CONDITIONS[state] and state != "Detached":
            assert TABLE[state, "Unplug"] == "Available"


def test_all_words_are_words_of_the_specification():
    for face in VIEWS.values():
        assert face.status in get_args(v16.ChargePointStatus)
        assert face.connector in get_args(v201.ConnectorStatus)
        assert face.charging in get_args(v201.ChargingState)
    for reason in REASONS.values():
        assert reason.stopped in get_args(v201.Reason)
        assert reason.stopped16 in (*get_args(v16.Reason), "Local")
        assert reason.trigger is None or reason.trigger in get_args(v201.TriggerReason)
    assert set(TRIGGERS.values()) <= set(get_args(v201.TriggerReason))
    assert set(REASONS) >= FORCING


STORY = ["Available", "Plugged", "Ready", "Charging", "SuspendedEV", "Finishing", "Available"]


@pytest.mark.parametrize(
    ("start", "stop", "told"),
    [
        ("EVConnected", "EVConnected", "start update update update update stop"),
        ("Authorized", "Authorized", "nothing start update update stop nothing"),
        ("PowerPathClosed", "EVConnected,Authorized", "nothing start update update stop nothing"),
        ("EnergyTransfer", "EnergyTransfer", "nothing nothing start stop nothing nothing"),
        ("EVConnected,Authorized", "Authorized", "start update update update stop nothing"),
        ("DataSigned", "PowerPathClosed", "nothing nothing start update stop nothing"),
    ],
)
def test_transactions_start_and_stop_at_their_points(start, stop, told):
    """E01 and E06, over one session from plugging in to unplugging."""
    ongoing, seen = False, []
    for before, after in pairwise(STORY):
        what = effect(before, after, points(start, stop), ongoing=ongoing)
        ongoing = what == "start" or (ongoing and what != "stop")
        seen.append(what)
    assert " ".join(seen) == told


def test_energy_never_flows_outside_a_transaction():
    assert (
        effect("Ready", "Charging", points("EVConnected", "EVConnected"), ongoing=False) == "start"
    )


def test_a_transaction_does_not_outlive_both_car_and_permission():
    """TxStartPoint Authorized with TxStopPoint EVConnected, and nobody plugs in (E03)."""
    assert (
        effect("Presented", "Available", points("Authorized", "EVConnected"), ongoing=True)
        == "stop"
    )


@pytest.mark.parametrize(
    ("faulted", "operative", "reserved", "status"),
    [
        (True, False, True, "Faulted"),
        (False, False, True, "Unavailable"),
        (False, True, True, "Reserved"),
        (False, True, False, "Available"),
    ],
)
def test_a_fault_covers_unavailable_and_that_covers_reserved(faulted, operative, reserved, status):
    face = view("Available", faulted=faulted, operative=operative, reserved=reserved)
    assert (face.status, face.connector) == (status, status)


def test_a_reservation_is_not_shown_while_somebody_charges():
    face = view("Charging", faulted=False, operative=True, reserved=True)
    assert (face.status, face.connector) == ("Charging", "Occupied")
