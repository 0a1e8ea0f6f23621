"""What the documents name is there: files, make targets, commands, settings."""

import re
import shlex
from pathlib import Path

import pytest

from libs.runtime import Surroundings, describe
from services.voltbus.client import Settings as ClientSettings
from services.voltbus.home import Settings
from services.voltbus.options import parser
from services.voltbus.services import ALL, find

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted(ROOT.glob("services/*/README.md")),
    *sorted(ROOT.glob("libs/*/README.md")),
]
FOLDERS = ("libs", "services", "tests", "deploy", ".ci")
NAMED = re.compile(r"`([^`\n]+)`")
INDENTED = re.compile(r"^    (.+)$", re.MULTILINE)

pytestmark = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


def code(document: Path) -> list[str]:
    text = document.read_text()
    return NAMED.findall(text) + INDENTED.findall(text)


def test_its_files_exist(document: Path) -> None:
    missing = []
    for named in NAMED.findall(document.read_text()):
        if re.fullmatch(r"[\w./-]+", named) and named.split("/")[0] in FOLDERS and "/" in named:
            if not (ROOT / named).exists():
                missing.append(named)
        elif re.fullmatch(r"[\w-]+\.py", named):
            found = [*document.parent.rglob(named), *(ROOT / "libs" / "bus").glob(named)]
            missing += [] if found else [named]
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    missing += [link for link in links if not (document.parent / link).exists()]
    assert missing == []


def test_its_make_targets_exist(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
    named = [re.match(r"make ([a-z]+)\b", text) for text in code(document)]
    assert [match[1] for match in named if match and match[1] not in targets] == []


def test_its_commands_are_understood(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Placeholders are in capitals."""
    refused = []
    for text in code(document):
        match = re.match(r"(?:\.venv/bin/)?voltbus ([a-z].*)", text.partition("  #")[0])
        if match is None or re.search(r"\b(SERVICE|STATION|COMMAND)\b", text):
            continue
        arguments = shlex.split(match[1].partition(" < ")[0])
        try:
            parser("0").parse_args(arguments)
        except SystemExit as end:
            refused += [text] if end.code else []
    capsys.readouterr()
    assert refused == []


def test_its_settings_exist(document: Path) -> None:
    kinds = [Settings, ClientSettings, Surroundings, *(find(name).config for name in ALL)]
    known = {each.name for kind in kinds for each in describe(kind)}
    known |= {f"{name}_FILE" for name in known} | {"VOLTBUS_SOAK"}
    named = set(re.findall(r"VOLTBUS_[A-Z_]*[A-Z]\b", document.read_text()))
    assert named - known == set()
