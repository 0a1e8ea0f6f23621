"""Places of concurrent sessions, and what is remembered of tokens."""

from datetime import UTC, datetime
from typing import Any

from services.authorization.memory import Memory
from services.authorization.place import Held, Wish, judge
from services.authorization.seen import Sightings
from services.authorization.token import Token

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def held(station: str = "CP1", transaction: str | None = None, *, ended: bool = False) -> Held:
    return Held(station=station, transaction=transaction, ended=ended, taken_at=NOW)


def start(transaction: str, station: str = "CP1") -> Wish:
    return Wish(station=station, purpose="start", transaction=transaction)


def authorize(station: str = "CP1") -> Wish:
    return Wish(station=station, purpose="authorize")


def test_there_is_room_up_to_the_limit() -> None:
    assert judge([], start("t1"), 1) == "take"
    assert judge([held("CP2", "t2")], start("t1"), 1) == "full"
    assert judge([held("CP2", "t2")], start("t1"), 2) == "take"


def test_the_same_start_is_asked_again_and_has_its_place() -> None:
    assert judge([held("CP1", "t1")], start("t1"), 1) == "held"
    assert judge([held("CP1", "t1", ended=True)], start("t1"), 1) == "held"


def test_a_place_that_ended_holds_nothing() -> None:
    assert judge([held("CP2", "t2", ended=True)], start("t1"), 1) == "take"


def test_who_was_accepted_at_a_station_holds_a_place_for_it_only() -> None:
    assert judge([held("CP1")], authorize("CP1"), 1) == "take"
    assert judge([held("CP1")], authorize("CP2"), 1) == "full"
    assert judge([held("CP1")], start("t1", "CP1"), 1) == "take"
    assert judge([held("CP1")], start("t1", "CP2"), 1) == "full"


def test_a_token_that_charges_here_is_accepted_here_to_stop() -> None:
    """Many 1.6 stations ask before they let a token end its own session."""
    assert judge([held("CP1", "t1")], authorize("CP1"), 1) == "held"
    assert judge([held("CP1", "t1")], start("t2", "CP1"), 1) == "full"
    remote = Wish(station="CP1", purpose="remote_start")
    assert judge([held("CP1", "t1")], remote, 1) == "full"


# -- memory --------------------------------------------------------------------------------------


class Database:
    """Counts who asks."""

    def __init__(self) -> None:
        self.tokens: dict[tuple[str, str], Token] = {}
        self.asked: list[tuple[str, str]] = []
        self.meanwhile: Any = None

    async def load(self, tenant: str, folded: str) -> Token | None:
        self.asked.append((tenant, folded))
        found = self.tokens.get((tenant, folded))
        if self.meanwhile is not None:
            self.meanwhile()
        return found


async def test_a_token_is_loaded_once_however_it_is_spelled() -> None:
    database = Database()
    database.tokens["t", "aa11"] = Token(id="AA11")
    memory = Memory(database.load)
    assert await memory.token("t", "AA11") == await memory.token("t", "aa11") == Token(id="AA11")
    assert database.asked == [("t", "aa11")]


async def test_that_there_is_no_such_token_is_remembered_too() -> None:
    database = Database()
    memory = Memory(database.load)
    for _ in range(3):
        assert await memory.token("t", "XX") is None
    assert len(database.asked) == 1


async def test_a_change_is_loaded_anew() -> None:
    database = Database()
    memory = Memory(database.load)
    await memory.token("t", "AA11")
    memory.forget("t", "aA11")
    await memory.token("t", "AA11")
    memory.clear()
    await memory.token("t", "AA11")
    assert len(database.asked) == 3


async def test_what_was_read_while_it_changed_is_not_kept() -> None:
    database = Database()
    memory = Memory(database.load)
    database.meanwhile = lambda: memory.forget("t", "AA11")
    await memory.token("t", "AA11")
    assert len(memory) == 0


async def test_nothing_is_remembered_for_long_nor_without_limit() -> None:
    now = [0.0]
    database = Database()
    memory = Memory(database.load, tokens_max=2, clock=lambda: now[0])
    for token in ("A", "B", "C"):
        await memory.token("t", token)
    assert len(memory) == 2
    await memory.token("t", "C")
    assert len(database.asked) == 3
    now[0] = 61
    await memory.token("t", "C")
    assert len(database.asked) == 4


# -- sightings -----------------------------------------------------------------------------------


def test_sightings_are_counted_and_given_back_when_they_cannot_be_written() -> None:
    sightings = Sightings()
    for minute, token in ((0, "XX"), (2, "xx"), (1, "YY")):
        sightings.note("t", token, "ISO14443", "CP1", NOW.replace(minute=minute))
    first = sightings.take()
    assert [(each.folded, each.times) for each in first] == [("xx", 2), ("yy", 1)]
    sightings.note("t", "XX", "ISO14443", "CP9", NOW.replace(minute=9))
    sightings.give_back(first)
    again = sightings.take()
    assert [(each.id, each.times, each.station) for each in again] == [
        ("XX", 3, "CP9"),
        ("YY", 1, "CP1"),
    ]
    assert (again[0].first_at, again[0].last_at) == (NOW, NOW.replace(minute=9))
    assert sightings.take() == []
