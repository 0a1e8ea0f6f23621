"""Transaction messages keep their order; starts and ends are never dropped."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from libs.station.moment import Moment
from libs.station.queue import Attempts, TransactionQueue

AT = datetime(2026, 1, 1, tzinfo=UTC)


def moment(kind: str, seq: int = 0) -> Moment:
    return Moment(
        transaction="T",
        seq=seq,
        kind=kind,
        trigger="Trigger",
        at=AT,
        evse=1,
        register_mwh=seq,
    )


KINDS = st.lists(
    st.sampled_from(["Started", "Updated", "Updated", "Updated", "Ended"]), max_size=80
)


@given(KINDS, st.integers(3, 30))
def test_only_intermediate_messages_are_dropped_and_the_rest_keeps_its_order(kinds, limit):
    """2.0.1 E04: when memory runs out, intermediate Updated events go first."""
    queue = TransactionQueue(limit=limit)
    dropped = []
    for seq, kind in enumerate(kinds):
        dropped += queue.add(moment(kind, seq))
    left = list(queue)
    assert all(gone.kind == "Updated" for gone in dropped)
    assert sorted([m.seq for m in left] + [m.seq for m in dropped]) == list(range(len(kinds)))
    assert [m.seq for m in left] == sorted(m.seq for m in left)


def test_every_second_intermediate_message_is_dropped():
    queue = TransactionQueue(limit=6)
    queue.add(moment("Started", 0))
    dropped = [gone for seq in range(1, 7) for gone in queue.add(moment("Updated", seq))]
    assert [m.seq for m in dropped] == [2, 4, 6]
    assert [m.seq for m in queue] == [0, 1, 3, 5]


def test_the_message_on_its_way_is_not_dropped():
    queue = TransactionQueue(limit=2)
    queue.add(moment("Updated", 0))
    queue.sending = True
    for seq in (1, 2, 3):
        queue.add(moment("Updated", seq))
    assert queue.head() == moment("Updated", 0)


def test_the_wait_grows_with_the_attempts_and_then_the_message_is_given_up():
    queue, attempts = TransactionQueue(), Attempts(limit=3, interval_seconds=60)
    queue.add(moment("Started"))
    assert [queue.fail(attempts) for _ in range(3)] == [60, 120, None]


def test_a_broken_connection_is_no_failed_attempt():
    """E13: only a refusal or silence counts."""
    queue, attempts = TransactionQueue(), Attempts(limit=2, interval_seconds=60)
    queue.add(moment("Started"))
    for _ in range(10):
        queue.sending = True
        queue.interrupt()
    assert queue.fail(attempts) == 60


def test_attempts_are_counted_per_message():
    queue, attempts = TransactionQueue(), Attempts(limit=2, interval_seconds=60)
    queue.add(moment("Started", 0))
    queue.add(moment("Ended", 1))
    queue.fail(attempts)
    queue.take()
    assert queue.fail(attempts) == 60


def test_it_knows_whether_messages_of_a_transaction_wait():
    queue = TransactionQueue([moment("Started")])
    assert (queue.holds("T"), queue.holds("U"), queue.holds(None)) == (True, False, True)
