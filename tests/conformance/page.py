"""``docs/conformance.md`` from the catalogue and what became of the tests."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.conformance.catalogue import BLOCKS, ISSUES, PROGRAMMES, Case, cases

PAGE = Path(__file__).parent.parent.parent / "docs" / "conformance.md"
MISSING = "no test"

HEAD = """\
# Conformance

The certification cases of a CSMS and the tests that show them. `make test` and `make flows` write
this page, nobody else does. The tests are in `tests/flows`; they drive a running platform through
its websocket and its HTTP API alone, as a laboratory does. A case is green when each of its tests
passed, in every version of OCPP that the test is run for; an open case waits for the issue that is
named. M is mandatory, C is conditional on the feature in brackets.
"""


class Shown(dict[str, dict[str, bool]]):
    """By id of a case: the tests that show it, and whether all their variants passed."""

    def add(self, case: str, test: str, *, passed: bool) -> None:
        tests = self.setdefault(case, {})
        tests[test] = tests.get(test, True) and passed


def status(case: Case, tests: Mapping[str, bool]) -> str:
    if case.open:
        return f"open: {case.open} (issue {ISSUES[case.open]})"
    if not tests:
        return MISSING
    return "green" if all(tests.values()) else "red"


def row(case: Case, tests: Mapping[str, bool]) -> str:
    """One case as a line of its table."""
    obligation = f"{case.obligation} ({case.condition})" if case.condition else case.obligation
    named = "<br>".join(f"`{test}`" for test in sorted(tests))
    cells = [case.id, case.name, obligation, case.profile, named, status(case, tests)]
    return f"| {' | '.join(cells)} |"


def totals(of: Iterable[Case], shown: Shown) -> str:
    """``12 cases: 10 green, 2 open``."""
    words = [status(case, shown.get(case.id, {})).partition(":")[0] for case in of]
    count = Counter(words)
    found = [f"{count[word]} {word}" for word in ("green", "red", MISSING, "open") if count[word]]
    return f"{len(words)} cases: {', '.join(found)}."


def lines(shown: Shown) -> Iterator[str]:
    every = list(cases().values())
    yield HEAD
    for programme, of_programme in itertools.groupby(every, lambda case: case.programme):
        held = list(of_programme)
        yield f"## {PROGRAMMES[programme]}\n\n{totals(held, shown)}\n"
        for block, of_block in itertools.groupby(held, lambda case: case.block):
            inside = list(of_block)
            yield f"### {BLOCKS.get(block, block)}\n\n{totals(inside, shown)}\n"
            yield "| id | name | M/C | profile | our tests | status |"
            yield "|---|---|---|---|---|---|"
            yield from (row(case, shown.get(case.id, {})) for case in inside)
            yield ""


def render(shown: Shown) -> str:
    return "\n".join(lines(shown))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
