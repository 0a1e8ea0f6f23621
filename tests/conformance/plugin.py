"""Which tests show which certification cases, and what became of them.

``@pytest.mark.certification("TC_E_01")`` says what a flow shows. A run that held all of
``tests/flows`` writes ``docs/conformance.md`` at its end; ``--conformance-page=FILE`` writes it
elsewhere, whatever was run, and with ``--collect-only`` as if all of it had passed.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conformance import page
from tests.conformance.catalogue import cases

ROOT = Path(__file__).parent.parent.parent
FLOWS = ROOT / "tests" / "flows"


class Rig:
    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.shows: dict[str, tuple[str, list[str]]] = {}
        """By node id: the test's name without its parameters, and the cases that it shows."""
        self.collected: set[Path] = set()
        self.left_out = any("::" in argument for argument in config.args)
        """Whether some test of the flows was not to be run."""
        self.passed: dict[str, bool] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: Sequence[pytest.Item]) -> None:
        for item in items:
            self.collected.add(item.path)
            if found := marked(item):
                self.shows[item.nodeid] = (name(item), found)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self.left_out |= any(FLOWS in item.path.parents for item in items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.nodeid in self.shows and (report.when == "call" or not report.passed):
            before = self.passed.get(report.nodeid, True)
            self.passed[report.nodeid] = before and report.passed

    def pytest_sessionfinish(self) -> None:
        if path := self.config.getoption("conformance_page"):
            page.write(Path(path), page.render(self.shown()))
        elif self.is_whole():
            page.write(page.PAGE, page.render(self.shown()))

    def is_whole(self) -> bool:
        """All flows were collected, and each that shows something has ended."""
        modules = set(FLOWS.rglob("test_*.py"))
        ran = self.passed.keys() >= self.shows.keys()
        return not self.left_out and modules <= self.collected and ran

    def shown(self) -> page.Shown:
        found = page.Shown()
        fiction = self.config.option.collectonly
        for node, (test, ids) in self.shows.items():
            if fiction or node in self.passed:
                for case in ids:
                    found.add(case, test, passed=fiction or self.passed[node])
        return found


def marked(item: pytest.Item) -> list[str]:
    """The cases that a test shows; an error for what no catalogue knows, and outside the flows."""
    ids = [case for mark in item.iter_markers("certification") for case in mark.args]
    if unknown := sorted(set(ids) - cases().keys()):
        raise pytest.UsageError(f"{item.nodeid}: no such certification case: {', '.join(unknown)}")
    if ids and FLOWS not in item.path.parents:
        raise pytest.UsageError(f"{item.nodeid}: only tests/flows show certification cases")
    return ids


def name(item: pytest.Item) -> str:
    """``test_remote_control.py::test_a_stop``: the file within the flows, without parameters."""
    function = getattr(item, "originalname", None) or item.name
    return f"{item.path.relative_to(FLOWS).as_posix()}::{function}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--conformance-page", help="write the conformance page to this file")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Rig(config), "conformance")
