"""Entries as they arrive: the quick way when all come in order, the whole way when one does not."""

from collections.abc import Sequence
from typing import NamedTuple

from services.transactions import gaps
from services.transactions.entry import Entry
from services.transactions.session import State, append, begin, fold, follows, order


class Arrived(NamedTuple):
    """A session with what arrived; ``taken`` are the places of the entries that were new."""

    state: State
    taken: list[int]
    late: bool
    """One came after another that follows it."""


def quickly(state: State | None, entries: Sequence[Entry]) -> Arrived | None:
    """Append entries that are all new and in order; ``None`` when they are not: recompute.

    A state that was given is changed, also when the answer is ``None``.
    """
    if state is None:
        state = begin(entries[0])
    for entry in entries:
        if not follows(state, entry):
            return None
        append(state, entry)
    return Arrived(state, list(range(len(entries))), late=False)


def wholly(stored: Sequence[Entry], entries: Sequence[Entry]) -> Arrived | None:
    """Recompute from all that is stored and what arrived; ``None`` when all of that is known."""
    known = {entry.identity() for entry in stored}
    taken: list[int] = []
    for place, entry in enumerate(entries):
        if entry.identity() not in known:
            known.add(entry.identity())
            taken.append(place)
    new = [entries[place] for place in taken]
    state = fold([*stored, *new])
    if not taken or state is None:
        return None
    last = order([*stored, *new])[-len(new) :]
    return Arrived(state, taken, late=any(entry not in new for entry in last))


def forcedly(state: State, entries: Sequence[Entry]) -> Arrived | None:
    """Append entries where the stored ones are gone: their time to be kept is over.

    What the state itself tells to be known is left out; registers read what is late without harm.
    """
    taken: list[int] = []
    for place, entry in enumerate(entries):
        known = entry.seq is not None and state.seqs and gaps.contains(state.seqs, entry.seq)
        if known or (entry.kind == "ended" and state.ended_at is not None):
            continue
        append(state, entry)
        taken.append(place)
    return Arrived(state, taken, late=True) if taken else None
