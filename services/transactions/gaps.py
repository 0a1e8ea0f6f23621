"""Which sequence numbers are here, as ranges: a session without gaps is one pair of numbers."""

from bisect import bisect_right

from libs.contracts.transactions import Gap

Ranges = list[int]
"""``[first, last, first, last, ...]``, ascending, both inclusive, never touching."""


def add(ranges: Ranges, number: int) -> bool:
    """Put a number in; whether it was new."""
    if not ranges or number > ranges[-1] + 1:
        ranges += (number, number)
        return True
    if number == ranges[-1] + 1:
        ranges[-1] = number
        return True
    if contains(ranges, number):
        return False
    _insert(ranges, number)
    return True


def contains(ranges: Ranges, number: int) -> bool:
    place = bisect_right(ranges, number)
    # An odd place is inside a pair; right behind a pair, the number may be its last one.
    return place % 2 == 1 or (place > 0 and ranges[place - 1] == number)


def missing(ranges: Ranges) -> list[Gap]:
    """The holes between the ranges."""
    return [
        Gap(first=ranges[place] + 1, last=ranges[place + 1] - 1)
        for place in range(1, len(ranges) - 1, 2)
    ]


def _insert(ranges: Ranges, number: int) -> None:
    """Put a number into a hole, and close the hole if it fills it."""
    place = bisect_right(ranges, number)
    joins_before = place > 0 and ranges[place - 1] == number - 1
    joins_after = ranges[place] == number + 1
    if joins_before and joins_after:
        del ranges[place - 1 : place + 1]
    elif joins_before:
        ranges[place - 1] = number
    elif joins_after:
        ranges[place] = number
    else:
        ranges[place:place] = [number, number]
