"""The catalogue holds what the programmes ask for, by their own sums."""

from collections import Counter

import pytest

from tests.conformance.catalogue import BLOCKS, CASES, ISSUES, cases

ASKED = {
    ("Core", "M"): 104 + 1,  # TC_B_58 came with an erratum, after the sums were printed
    ("Core", "C"): 27,
    ("Advanced Security", "M"): 4,
    ("Local Authorization List Management", "M"): 8,
    ("Local Authorization List Management", "C"): 1,
    ("Smart Charging", "M"): 21,
    ("Smart Charging", "C"): 1,
    ("Advanced Device Management", "M"): 18,
    ("Reservation", "M"): 6,
    ("Reservation", "C"): 3,
    ("Advanced User Interface", "M"): 21,
    ("ISO 15118 Support", "M"): 36,
    ("ISO 15118 Support", "C"): 2,
}
"""How many cases each profile of 2.0.1 has; some cases are in two profiles."""


@pytest.mark.parametrize(
    ("programme", "count"), [("2.0.1", 232 + 1), ("2.0.1 extra", 19), ("1.6", 77)]
)
def test_every_case_of_a_programme_is_there(programme: str, count: int) -> None:
    assert sum(case.programme == programme for case in cases().values()) == count


def test_no_id_is_there_twice() -> None:
    assert len(CASES.read_text().splitlines()) - 1 == len(cases())


def test_each_profile_has_its_cases() -> None:
    found: Counter[tuple[str, str]] = Counter()
    for case in cases().values():
        if case.programme == "2.0.1":
            profiles, kinds = case.profile.split("; "), case.obligation.split("; ")
            kinds = kinds if len(kinds) > 1 else kinds * len(profiles)
            found.update(zip(profiles, kinds, strict=True))
    assert found == ASKED


def test_a_case_is_of_the_block_that_its_id_names() -> None:
    of_two = [case for case in cases().values() if case.programme != "1.6"]
    assert {case.id[:5] for case in of_two} == {f"TC_{block}_" for block in BLOCKS}
    assert [case.id for case in of_two if case.id != f"TC_{case.block}_{case.id[5:]}"] == []


def test_what_is_open_waits_for_an_issue() -> None:
    assert {case.open for case in cases().values()} - {""} == set(ISSUES)
