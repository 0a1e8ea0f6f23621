"""All dialects that are known: those of this folder, and what an operator's folder adds to them."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import translate
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from msgspec import Struct, ValidationError, convert, to_builtins

from libs.ocpp.dialect.habits import STANDARD, Dialect, Match
from libs.ocpp.message import Version

MAKERS = Path(__file__).parent / "makers"
EXTENDS_MAX = 5
"""Dialects one above the other."""
IDENTITIES_REMEMBERED = 10_000


class BadDialect(Exception):
    """A file that cannot be a dialect; the sentence names it and says what is wrong."""


class Identity(NamedTuple):
    """What a station says of itself at boot."""

    vendor: str
    model: str
    firmware: str | None
    version: Version | None


Rank = tuple[int, int, int, int]
"""How specific a match is: firmware counts more than model, model more than vendor."""


class Book:
    """Dialects by name, and which of them a station has."""

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        self.dialects = {dialect.name: dialect for dialect in (STANDARD, *dialects)}
        self._find = lru_cache(IDENTITIES_REMEMBERED)(self._look)

    def __getitem__(self, name: str) -> Dialect:
        return self.dialects[name]

    def get(self, name: str | None) -> Dialect | None:
        return None if name is None else self.dialects.get(name)

    def find(self, identity: Identity) -> Dialect | None:
        """The dialect with the most specific match; of equals, the first by name."""
        return self._find(identity)

    def _look(self, identity: Identity) -> Dialect | None:
        ranked = [
            (rank(match), dialect.name)
            for dialect in self.dialects.values()
            for match in dialect.match
            if matches(match, identity)
        ]
        if not ranked:
            return None
        best = max(rank for rank, _ in ranked)
        return self.dialects[min(name for rank, name in ranked if rank == best)]


# -- matching -----------------------------------------------------------------------------------


def matches(match: Match, identity: Identity) -> bool:
    """Whether a station is meant."""
    if match.version is not None and match.version != identity.version:
        return False
    if match.firmware_before is not None and not older(identity.firmware, match.firmware_before):
        return False
    return all(
        pattern is None or fits(pattern, text)
        for pattern, text in (
            (match.vendor, identity.vendor),
            (match.model, identity.model),
            (match.firmware, identity.firmware or ""),
        )
    )


def fits(pattern: str, text: str) -> bool:
    return _compiled(pattern.strip().casefold()).match(text.strip().casefold()) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def rank(match: Match) -> Rank:
    firmware = max(weight(match.firmware), weight(match.firmware_before))
    return (firmware, weight(match.model), weight(match.vendor), int(match.version is not None))


def weight(pattern: str | None) -> int:
    """The letters that a pattern fixes; one without wildcards outweighs any that has them."""
    if pattern is None:
        return 0
    fixed = len(re.sub(r"[*?]|\[[^]]*\]", "", pattern))
    return fixed + (0 if fixed < len(pattern) else 1_000)


def older(firmware: str | None, than: str) -> bool:
    """By the numbers in their names; a station that does not say its firmware counts as old."""
    return _numbers(firmware or "") < _numbers(than)


def _numbers(firmware: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d{1,18}", firmware))


# -- merging ------------------------------------------------------------------------------------


def merged(base: Dialect, over: Dialect) -> Dialect:
    """``over`` where it says something, else ``base``; its name, title and match are its own."""
    return convert(laid(_plain(base), _plain(over)) | _own(over), Dialect)


def laid(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Tables are laid over each other, anything else is replaced."""
    result = dict(below)
    for name, value in above.items():
        under = result.get(name)
        if isinstance(under, dict) and isinstance(value, dict):
            value = laid(cast("dict[str, Any]", under), cast("dict[str, Any]", value))  # noqa: PLW2901 - its new value
        result[name] = value
    return result


def _plain(dialect: Dialect) -> dict[str, Any]:
    """Only what differs from the default: that is what the file says."""
    return to_builtins(dialect)


def _own(dialect: Dialect) -> dict[str, Any]:
    return {
        "name": dialect.name,
        "title": dialect.title,
        "match": to_builtins(dialect.match),
    }


# -- files --------------------------------------------------------------------------------------


class File(Struct, frozen=True):
    path: Path
    told: dict[str, Any]

    @property
    def name(self) -> str:
        return self.path.stem


@cache
def bundled() -> Book:
    """The dialects that come with the platform."""
    return load()


def load(folder: Path | None = None) -> Book:
    """The bundled dialects, each replaced by the file of the same name in the folder, if any.
    ``BadDialect`` when a file is none.
    """
    files = {file.name: file for file in (*_files(MAKERS), *(_files(folder) if folder else ()))}
    return Book([_whole(file, files) for file in files.values()])


def _files(folder: Path) -> Iterator[File]:
    if not folder.is_dir():
        raise BadDialect(f"There is no folder {folder} with dialects.")
    for path in sorted(folder.glob("*.toml")):
        try:
            yield File(path, tomllib.loads(path.read_text()))
        except (OSError, ValueError) as error:
            raise BadDialect(f"{path} cannot be read: {error}.") from None


def _whole(file: File, files: dict[str, File]) -> Dialect:
    """A file with what it extends below it."""
    line, told, base = [file.name], file.told, file.told.get("extends")
    while base is not None:
        if base not in files or base in line or len(line) > EXTENDS_MAX:
            raise BadDialect(f"{file.path} extends {base!r}, which is none, or extends it in turn.")
        below = {k: v for k, v in files[base].told.items() if k != "match"}
        told, base = laid(below, told), below.get("extends")
        line.append(str(base))
    try:
        dialect = convert({"name": file.name, **told}, Dialect)
    except ValidationError as error:
        raise BadDialect(f"{file.path} is no dialect: {error}.") from None
    if dialect.name != file.name:
        raise BadDialect(f"{file.path} is named {dialect.name!r}: it has to be {file.name!r}.")
    return dialect
