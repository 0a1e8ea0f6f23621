"""The house: the rules that linters cannot see; ARCHITECTURE.md gives their reasons."""

import ast
import importlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from libs.ocpp import catalog

ROOT = Path(__file__).parent.parent
OWN = [ROOT / "libs", ROOT / "services"]

FUNCTION_LINES_MAX = 50
MODULE_LINES_MAX = 400
PARAMETERS_MAX = 5
NESTING_MAX = 3

DATABASE_SERVICES = {"stations", "devices", "authorization", "transactions", "reservations"}
OTHER_SERVICES = {"edge", "api", "simulator"}
SERVICES = DATABASE_SERVICES | OTHER_SERVICES
COMMAND = "voltbus"
"""services/voltbus is the command: it starts the services and owns nothing."""

EDGE_ANSWERS = {"Heartbeat"}
"""Answered where the socket is, without asking anybody."""

SUBJECT = re.compile(
    r"""^(ocpp|event|api|presence)\.[a-z_{}*<>]|^\$(SRV|JS|KV)\.""",
)
SUBJECT_HOMES = ("libs/bus/", "libs/contracts/")

BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.With, ast.AsyncWith, ast.Match)


def modules(*roots: Path) -> list[Path]:
    return sorted(path for root in roots for path in root.rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def nesting(node: ast.AST, depth: int = 0) -> int:
    """How deep the blocks of a function go; an ``elif`` is no deeper than its ``if``."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        chained = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        step = 1 if isinstance(child, BRANCHES) and not chained else 0
        deepest = max(deepest, nesting(child, depth + step))
    return deepest


@pytest.mark.parametrize("path", modules(*OWN), ids=name_of)
def test_the_numbers_of_the_style_hold(path: Path) -> None:
    source = path.read_text()
    found = []
    if (lines := source.count("\n")) > MODULE_LINES_MAX:
        found.append(f"{lines} lines")
    for function in functions(ast.parse(source)):
        where = f"{function.name} (line {function.lineno})"
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        parameters = [*function.args.posonlyargs, *function.args.args]
        counted = [p for p in parameters if p.arg not in {"self", "cls", "mcs"}]
        if length > FUNCTION_LINES_MAX:
            found.append(f"{where}: {length} lines")
        if len(counted) > PARAMETERS_MAX:
            found.append(f"{where}: {len(counted)} parameters by position")
        if (depth := nesting(function)) > NESTING_MAX:
            found.append(f"{where}: nested {depth} deep")
    assert found == []


def test_no_test_module_is_too_long() -> None:
    lines = {name_of(path): path.read_text().count("\n") for path in modules(ROOT / "tests")}
    assert {name: count for name, count in lines.items() if count > MODULE_LINES_MAX} == {}


def strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """String literals that are not docstrings; of an f-string its first part."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def test_no_subject_is_typed_by_hand() -> None:
    """Subjects belong to types: only libs/bus and libs/contracts spell one."""
    found = [
        f"{name_of(path)}:{line} {text!r}"
        for path in modules(*OWN)
        if not name_of(path).startswith(SUBJECT_HOMES)
        for line, text in strings(ast.parse(path.read_text()))
        if SUBJECT.match(text) and " " not in text
    ]
    assert found == []


def test_every_service_has_the_same_files() -> None:
    folders = {p.name for p in (ROOT / "services").iterdir() if (p / "__init__.py").exists()}
    assert folders == SERVICES | {COMMAND}
    missing = []
    for service in sorted(SERVICES):
        wanted = ["__main__.py", "README.md"]
        if service in DATABASE_SERVICES:
            wanted += ["store.py", "migrations"]
        missing += [
            f"{service}/{w}" for w in wanted if not (ROOT / "services" / service / w).exists()
        ]
        if service in DATABASE_SERVICES and not list(
            (ROOT / "services" / service).glob("handlers*")
        ):
            missing.append(f"{service}/handlers")
    assert missing == []


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_service_has_one_name_everywhere(service: str) -> None:
    main = importlib.import_module(f"services.{service}.__main__")
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert service == main.NAME
    assert callable(main.serve)
    assert hasattr(main.Config, "__struct_fields__")
    assert service in compose["services"] or service == "simulator"


def test_sql_lives_in_the_store() -> None:
    sql = re.compile(r"\b(SELECT .* FROM|INSERT INTO|UPDATE \w+\.\w+ SET|DELETE FROM)\b")
    found = [
        f"{name_of(path)}:{line}"
        for path in modules(ROOT / "services")
        if "store" not in path.stem and path.parent.name != "store"
        for line, text in strings(ast.parse(path.read_text()))
        if sql.search(text)
    ]
    assert found == []


def test_every_station_initiated_action_is_answered_by_exactly_one_service() -> None:
    owners: Counter[tuple[str, str]] = Counter()
    for service in sorted(DATABASE_SERVICES):
        router = importlib.import_module(f"services.{service}.__main__").router
        owners.update((message.version, message.action) for message in router.calls)
    wanted = {
        (version, action)
        for version, actions in catalog.ACTIONS.items()
        for action, message in actions.items()
        if message.sender != "csms" and action not in EDGE_ANSWERS
    }
    assert {key: count for key, count in owners.items() if count != 1} == {}
    assert set(owners) == wanted


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a module imports: modules, and what is taken out of packages."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(module=str(package)):
                yield package
                yield from (f"{package}.{alias.name}" for alias in node.names)


def test_no_file_is_dead() -> None:
    """Every module is imported by another, or is where a process or pytest starts."""
    used = {name for path in modules(*OWN, ROOT / "tests") for name in imported(path)}
    dead = [
        name_of(path)
        for path in modules(*OWN)
        if path.name not in {"__init__.py", "__main__.py"}
        and ".".join(path.relative_to(ROOT).with_suffix("").parts) not in used
    ]
    assert dead == []


def test_nothing_is_left_for_later_in_the_code() -> None:
    """A TODO names its issue (`TODO #12:`), and nothing pretends to work."""
    unfinished = re.compile(r"(TODO(?! #\d)|FIXME|XXX|HACK)\b|raise NotImplementedError\(\)")
    found = [
        f"{name_of(path)}:{number}"
        for path in modules(*OWN, ROOT / "tests")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if unfinished.search(line)
    ]
    assert found == []


def test_only_the_configuration_reads_the_environment() -> None:
    found = [
        name_of(path)
        for path in modules(*OWN)
        if re.search(r"os\.(environ|getenv)", path.read_text())
        and not name_of(path).startswith(("libs/runtime/", "services/voltbus/"))
        and path.name != "embedded.py"
    ]
    assert found == []


def test_requirements_are_pinned_and_hashed_and_name_no_place() -> None:
    for path in sorted(ROOT.glob("requirements*.txt")):
        text = path.read_text()
        entries = re.findall(r"^[a-z0-9][^\n]*", text, re.MULTILINE)
        assert entries
        assert [entry for entry in entries if "==" not in entry] == []
        assert text.count("--hash=sha256:") >= len(entries)
        assert "://" not in text


def test_every_ignored_lint_rule_has_its_reason() -> None:
    config = (ROOT / "pyproject.toml").read_text()
    rules = tomllib.loads(config)["tool"]["ruff"]["lint"]["ignore"]
    unexplained = [rule for rule in rules if not re.search(rf'"{rule}",\s+# \w+', config)]
    assert unexplained == []


def test_every_make_target_explains_itself() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert targets
    silent = [
        t for t in targets[1].split() if not re.search(rf"^{t}:.*## \w", makefile, re.MULTILINE)
    ]
    assert silent == []
