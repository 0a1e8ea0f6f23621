"""The page of the repository says what the catalogue and the tests say."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import page
from tests.conformance.catalogue import cases
from tests.conformance.plugin import ROOT, Rig

ROW = re.compile(r"^\| (TC_\w+) \|.*\| ([^|]+) \|$", re.MULTILINE)


def collect(tests: Path, target: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """What pytest says of these tests, which it only collects; the page of it in ``target``."""
    return subprocess.run(
        [
            sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider",
            f"--conformance-page={target}", *more, str(tests),
        ],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page if all flows passed."""
    target = tmp_path_factory.mktemp("page") / "conformance.md"
    told = collect(ROOT / "tests" / "flows", target)
    assert told.returncode == 0, told.stdout + told.stderr
    return target.read_text()


def rows(text: str) -> dict[str, str]:
    """What a page says of each case, but what became of the tests."""
    return {match[1]: match[0].removesuffix(f"| {match[2]} |") for match in ROW.finditer(text)}


def statuses(text: str) -> dict[str, str]:
    return {match[1]: match[2] for match in ROW.finditer(text)}


def test_each_case_has_a_test_or_waits_for_an_issue(wanted: str) -> None:
    assert statuses(wanted).keys() == cases().keys()
    assert [case for case, word in statuses(wanted).items() if word == page.MISSING] == []


def test_what_has_a_test_is_not_open(wanted: str) -> None:
    named = [case for case, text in rows(wanted).items() if "`" in text]
    assert [case for case in named if cases()[case].open] == []


def test_the_page_of_the_repository_names_these_tests(wanted: str) -> None:
    """`make flows` writes it anew."""
    assert rows(page.PAGE.read_text()) == rows(wanted)


INSIDE = re.compile(
    r"^\s*(?:from|import) ((?:services|libs\.(?:bus|contracts|postgres))\b\S*)", re.MULTILINE
)
"""What a laboratory does not see."""


def test_the_flows_see_the_platform_from_outside() -> None:
    modules = sorted((ROOT / "tests" / "flows").rglob("*.py"))
    found = {module.name: INSIDE.findall(module.read_text()) for module in modules}
    assert {name: inside for name, inside in found.items() if inside} == {}


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("TC_E_01", "only tests/flows show certification cases"),
        ("TC_Z_01", "no such certification case: TC_Z_01"),
    ],
)
def test_a_marker_that_says_something_wrong_is_an_error(
    tmp_path: Path, case: str, reason: str
) -> None:
    odd = tmp_path / "test_odd.py"
    odd.write_text(
        f"import pytest\n@pytest.mark.certification({case!r})\ndef test_it() -> None: ..."
    )
    settings = ("-p", "tests.conformance.plugin", f"--config-file={ROOT / 'pyproject.toml'}")
    told = collect(odd, tmp_path / "page.md", *settings)
    assert told.returncode == pytest.ExitCode.USAGE_ERROR
    assert reason in told.stderr


# -- what became of the tests --------------------------------------------------------------------


def shown(**outcomes: bool) -> page.Shown:
    found = page.Shown()
    for test, passed in outcomes.items():
        found.add("TC_E_01", f"test_e.py::{test}", passed=passed)
    return found


@pytest.mark.parametrize(
    ("outcomes", "word"),
    [
        ({"a": True, "b": True}, "green"),
        ({"a": True, "b": False}, "red"),
        ({}, page.MISSING),
    ],
)
def test_a_case_is_green_when_all_its_tests_passed(outcomes: dict[str, bool], word: str) -> None:
    text = page.render(shown(**outcomes))
    assert statuses(text)["TC_E_01"] == word
    assert statuses(text)["TC_A_04"] == "open: TLS (issue 4)"


def test_one_variant_that_failed_makes_a_test_fail() -> None:
    found = page.Shown()
    for passed in (True, False, True):
        found.add("TC_E_01", "test_e.py::a", passed=passed)
    assert found == {"TC_E_01": {"test_e.py::a": False}}


@pytest.mark.parametrize(
    ("reports", "passed"),
    [
        ([("setup", "passed"), ("call", "passed"), ("teardown", "passed")], True),
        ([("setup", "passed"), ("call", "failed"), ("teardown", "passed")], False),
        ([("setup", "failed"), ("teardown", "passed")], False),
        ([("setup", "skipped"), ("teardown", "passed")], False),
        ([("setup", "passed"), ("call", "skipped"), ("teardown", "passed")], False),
        ([("setup", "passed"), ("call", "passed"), ("teardown", "failed")], False),
    ],
)
def test_a_test_shows_something_when_it_ran_and_passed_to_its_end(
    pytestconfig: pytest.Config, reports: list[tuple[Any, Any]], passed: bool
) -> None:
    rig = Rig(pytestconfig)
    rig.shows["node"] = ("test_e.py::a", ["TC_E_01"])
    for when, outcome in reports:
        report = pytest.TestReport("node", ("", None, ""), {}, outcome, None, when)
        rig.pytest_runtest_logreport(report)
    assert rig.shown() == {"TC_E_01": {"test_e.py::a": passed}}


def test_the_order_of_the_tests_does_not_matter() -> None:
    assert page.render(shown(a=True, b=True)) == page.render(shown(b=True, a=True))
