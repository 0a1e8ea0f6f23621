"""What speaks against a reservation."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from libs.contracts.authorization import TokenView
from libs.contracts.stations import ConnectorView, EvseView, StationView
from services.reservations.conflict import Facts, find
from services.reservations.state import Row, Wish

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
WISH = Wish(number=5, token="AA11", evse=1, expires_at=LATER)
TOKEN = TokenView(tenant="t", id="AA11")


def station(*statuses: str, types: tuple[str | None, ...] = ()) -> StationView:
    kinds = types or (None,) * len(statuses)
    return StationView(
        tenant="t",
        id="CP1",
        evses=[
            EvseView(id=number, connectors=[ConnectorView(id=1, status=status, type=kind)])  # type: ignore[arg-type]
            for number, (status, kind) in enumerate(zip(statuses, kinds, strict=True), 1)
        ],
    )


def row(number: int, evse: int | None) -> Row:
    fields: dict[str, Any] = dict.fromkeys(Row.__struct_fields__)
    known = {"number": number, "evse": evse, "token": "BB22", "expires_at": LATER}
    return Row(**{**fields, **known, "state": "active"})


FREE = Facts(station=station("Available", "Available"), token=TOKEN, now=NOW)


def test_nothing_speaks_against_a_free_place_for_a_good_token() -> None:
    assert find(WISH, FREE) == []
    assert find(replace(WISH, evse=None), FREE) == []


def test_what_is_not_known_is_not_held_against_anybody() -> None:
    nothing = replace(FREE, station=station())
    assert find(WISH, nothing) == []
    assert find(replace(WISH, evse=None, connector_type="cCCS2"), nothing) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"token": None}, "no token 'AA11' is registered"),
        ({"token": replace(TOKEN, status="Blocked")}, "status of the token is Blocked"),
        ({"token": replace(TOKEN, valid_to=NOW)}, "was valid until"),
        ({"token": replace(TOKEN, valid_from=LATER)}, "is valid from"),
        ({"token": replace(TOKEN, stations=["CP2"])}, "may not be used at this station"),
        ({"token": replace(TOKEN, master_pass=True)}, "master pass"),
        ({"now": LATER}, "which is over"),
        ({"station": station("Faulted", "Available")}, "EVSE 1 is Faulted"),
        ({"station": station("Unavailable")}, "EVSE 1 is Unavailable"),
        ({"station": station("Charging", "Available")}, "EVSE 1 is Charging"),
        ({"kept": [row(4, 1)]}, "EVSE 1 is reserved for 'BB22'"),
    ],
)
def test_each_reason_is_told(changes: dict[str, Any], said: str) -> None:
    found = find(WISH, replace(FREE, **changes))
    assert len(found) == 1
    assert said in found[0]


def test_an_evse_that_is_not_there_is_told_with_those_that_are() -> None:
    assert find(replace(WISH, evse=3), FREE) == ["the station has no EVSE 3, only 1, 2"]


def test_all_reasons_are_told_at_once() -> None:
    bad = replace(FREE, token=replace(TOKEN, status="Blocked"), station=station("Faulted"))
    assert len(find(replace(WISH, expires_at=NOW), bad)) == 3


def test_the_same_number_replaces_and_is_no_conflict() -> None:
    assert find(WISH, replace(FREE, kept=[row(5, 1)])) == []


def test_another_evse_is_no_conflict() -> None:
    assert find(WISH, replace(FREE, kept=[row(4, 2)])) == []


def test_without_an_evse_each_reservation_needs_a_place_of_its_own() -> None:
    """H_14: as many as there are EVSEs are fine, one more is not."""
    anywhere = replace(WISH, evse=None)
    assert find(anywhere, replace(FREE, kept=[row(1, None)])) == []
    assert len(find(anywhere, replace(FREE, kept=[row(1, None), row(2, None)]))) == 1
    assert len(find(anywhere, replace(FREE, kept=[row(1, None), row(2, 2)]))) == 1
    assert len(find(anywhere, replace(FREE, station=station("Occupied", "Faulted")))) == 1


def test_a_type_of_connector_counts_where_it_is_known() -> None:
    typed = replace(FREE, station=station("Available", "Charging", types=("cType2", "cCCS2")))
    ccs = replace(WISH, evse=None, connector_type="cCCS2")
    assert find(ccs, typed) == ["of 1 EVSEs that fit, 0 are free"]
    assert find(replace(ccs, connector_type="cType2"), typed) == []
    assert find(replace(ccs, connector_type="cG105"), typed) == [
        "the station has no connector of type cG105"
    ]
    assert find(replace(ccs, evse=1), typed) == ["EVSE 1 has no connector of type cCCS2"]
