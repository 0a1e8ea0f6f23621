"""Which sequence numbers are here, and which are missing."""

from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.transactions import Gap
from services.transactions import gaps

NUMBERS = st.lists(st.integers(0, 40), max_size=40)


def ranges(numbers: list[int]) -> list[int]:
    found: list[int] = []
    for number in numbers:
        gaps.add(found, number)
    return found


def test_a_session_without_gaps_is_one_range() -> None:
    assert ranges([3, 4, 5, 6]) == [3, 6]
    assert gaps.missing([3, 6]) == []


def test_what_lies_between_ranges_is_missing() -> None:
    assert ranges([0, 1, 4, 9]) == [0, 1, 4, 4, 9, 9]
    assert gaps.missing([0, 1, 4, 4, 9, 9]) == [Gap(first=2, last=3), Gap(first=5, last=8)]


@given(NUMBERS)
def test_ranges_hold_exactly_what_was_put_in(numbers: list[int]) -> None:
    found = ranges(numbers)
    assert found == ranges(sorted(set(numbers)))
    assert [n for n in range(42) if gaps.contains(found, n)] == sorted(set(numbers))


@given(NUMBERS, st.integers(0, 40))
def test_a_number_is_new_once(numbers: list[int], number: int) -> None:
    found = ranges(numbers)
    assert gaps.add(found, number) == (number not in numbers)
    assert not gaps.add(found, number)
