"""Dialects: which of them a station has, and what files may say."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.ocpp.dialect import (
    BadDialect,
    Book,
    Dialect,
    Identity,
    Speech,
    Times,
    bundled,
    load,
    merged,
    speech,
    spell,
)
from libs.ocpp.dialect.habits import Commands, Expects, Limits, Match, Timing

FRAME = b'[3,"1",{"currentTime":"2026-01-02T03:04:05.678Z","interval":5}]'


def station(vendor: str = "V", model: str = "M", firmware: str | None = "1.0") -> Identity:
    return Identity(vendor, model, firmware, "v16")


def book(*matches: tuple[str, Match]) -> Book:
    return Book(Dialect(name=name, title=name, match=(match,)) for name, match in matches)


def found(book: Book, identity: Identity) -> str | None:
    dialect = book.find(identity)
    return dialect.name if dialect else None


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        (Match(), True),
        (Match(vendor="v"), True),
        (Match(vendor=" V "), True),
        (Match(vendor="w"), False),
        (Match(vendor="V", model="m*"), True),
        (Match(firmware="1.?"), True),
        (Match(firmware="2.*"), False),
        (Match(firmware_before="1.0.1"), True),
        (Match(firmware_before="1.0"), False),
        (Match(firmware_before="0.99"), False),
        (Match(version="v16"), True),
        (Match(version="v201"), False),
    ],
)
def test_a_match_is_all_that_it_says(match: Match, *, fits: bool) -> None:
    assert found(book(("it", match)), station()) == ("it" if fits else None)


def test_numbers_of_firmware_compare_as_numbers() -> None:
    old = book(("old", Match(firmware_before="v3.10")))
    assert found(old, station(firmware="v3.9")) == "old"
    assert found(old, station(firmware="V3.11-rc")) is None
    assert found(old, station(firmware=None)) == "old"


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (Match(), Match(vendor="*")),
        (Match(vendor="*"), Match(vendor="v*")),
        (Match(vendor="v*"), Match(vendor="V")),
        (Match(vendor="V"), Match(model="m*")),
        (Match(vendor="V", model="M"), Match(firmware="1*")),
        (Match(vendor="V"), Match(vendor="V", version="v16")),
    ],
)
def test_the_most_specific_match_counts(wide: Match, narrow: Match) -> None:
    """Whatever the order of the files and the names."""
    assert found(book(("a", wide), ("b", narrow)), station()) in {"b", "a"}
    if wide != Match():
        assert found(book(("a", wide), ("b", narrow)), station()) == "b"
        assert found(book(("b", wide), ("a", narrow)), station()) == "a"


def test_of_equals_the_first_by_name_counts() -> None:
    assert found(book(("b", Match(vendor="V")), ("a", Match(vendor="V"))), station()) == "a"


def test_the_bundled_files_are_dialects_of_at_least_five_makers() -> None:
    makers = [dialect for dialect in bundled().dialects.values() if dialect.match]
    assert len(makers) >= 5
    assert all(dialect.sources and dialect.notes for dialect in makers)
    known = {
        "Growatt": "growatt-thor",
        "ENTRATEK GmbH": "entratek-power-dot",
        "Simpson-Partners": "simpson-home",
        "Enovates": "enovates",
        "UnitedChargers": "grizzl-e",
    }
    assert {vendor: found(bundled(), station(vendor)) for vendor in known} == known
    assert found(bundled(), station("Voltbus", "Virtual")) is None


def test_an_empty_dialect_costs_an_edge_nothing() -> None:
    assert speech(None) is None
    assert speech(Dialect(name="a", title="a", commands=Commands(reset="hard"))) is None
    assert speech(bundled()["growatt-thor"]) == Speech(expects=frozenset({"time"}))


# -- merging and files ---------------------------------------------------------------------------


def test_merging_lays_tables_over_each_other() -> None:
    base = Dialect(
        name="base", title="b", limits=Limits(get_variables=5, set_variables=5), notes=("below",)
    )
    over = Dialect(name="over", title="o", limits=Limits(get_variables=1), timing=Timing())
    assert merged(base, over) == Dialect(
        name="over", title="o", limits=Limits(get_variables=1, set_variables=5), notes=("below",)
    )


def test_a_folder_adds_and_overrides(tmp_path: Path) -> None:
    (tmp_path / "enovates.toml").write_text('title = "ours"\n[[match]]\nvendor = "enovates"\n')
    (tmp_path / "house.toml").write_text(
        'title = "house"\nextends = "cautious"\n[limits]\nget_variables = 7\n'
    )
    ours = load(tmp_path)
    assert ours["enovates"].title == "ours"
    assert ours["enovates"].times == Times()
    assert ours["house"].limits.get_variables == 7
    assert ours["house"].limits.set_variables == 1
    assert ours["house"].commands.reset == "hard"
    assert found(ours, station("Growatt")) == "growatt-thor"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title = ", "cannot be read"),
        ("title = 'a'\n[limits]\nget_variable = 3", "get_variable"),
        ("title = 'a'\n[limits]\nget_variables = 0", r"\$.limits.get_variables"),
        ("name = 'other'\ntitle = 'a'", "has to be 'bad'"),
        ("[limits]", "title"),
        ("title = 'a'\nextends = 'nobody'", "nobody"),
        ("title = 'a'\nextends = 'bad'", "in turn"),
    ],
)
def test_a_bad_file_is_named_with_its_fault(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(BadDialect, match=told) as fault:
        load(tmp_path)
    assert "bad.toml" in str(fault.value)


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadDialect, match="no folder"):
        load(tmp_path / "nowhere")


# -- times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "written"),
    [
        (Times(), b"2026-01-02T03:04:05.678Z"),
        (Times(fraction=False), b"2026-01-02T03:04:05Z"),
        (Times(zone="offset"), b"2026-01-02T03:04:05.678+00:00"),
        (Times(fraction=False, zone="none"), b"2026-01-02T03:04:05"),
    ],
)
def test_times_are_written_as_a_station_reads_them(times: Times, written: bytes) -> None:
    assert spell(FRAME, times) == FRAME.replace(b"2026-01-02T03:04:05.678Z", written)


def test_a_time_within_another_text_stays() -> None:
    nested = b'[2,"1","DataTransfer",{"data":"{\\"at\\":\\"2026-01-02T03:04:05.678Z\\"} now"}]'
    assert spell(nested, Times(fraction=False)) == nested


@given(
    st.builds(
        Dialect,
        name=st.just("a"),
        title=st.just("a"),
        expects=st.builds(Expects, quirks=st.just(("time",)) | st.just(())),
        commands=st.builds(Commands),
        limits=st.builds(Limits, get_variables=st.none() | st.integers(1, 9)),
    ),
    st.builds(
        Dialect,
        name=st.just("b"),
        title=st.just("b"),
        limits=st.builds(
            Limits,
            get_variables=st.none() | st.integers(1, 9),
            set_variables=st.none() | st.integers(1, 9),
        ),
    ),
)
def test_what_is_said_above_holds_and_merging_again_changes_nothing(
    base: Dialect, over: Dialect
) -> None:
    whole = merged(base, over)
    assert whole.limits.set_variables == over.limits.set_variables
    assert whole.limits.get_variables == (over.limits.get_variables or base.limits.get_variables)
    assert whole.expects == base.expects
    assert merged(whole, over) == whole
