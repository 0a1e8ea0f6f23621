"""The catalogue of faults: texts and vendor tables from files, and how a code is found in them.

Nothing here knows a maker: what is a maker's own lies in ``vendors/*.toml``.
"""

import re
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct, convert
from msgspec.structs import replace

from libs.contracts.faults import Entry, Who

HERE = Path(__file__).parent
ENGLISH = "en"
OTHER = "Other"

GENERAL = {"problem", "tripped", "overload", "fallback", "active", "state", "movement"}
"""Variables that say nothing without their component."""

MREC = re.compile(r"(?<![0-9A-Z])CX[\s_-]?0?(\d{2})(?!\d)", re.IGNORECASE)
"""A ChargeX code, as makers write it: CX008, cx-008, CX08."""

NEAR_MAX, NEAR_LEAST = 5, 0.75
"""How many codes are offered for one that is not there, and how like it they must be."""


class Maker(NamedTuple):
    """Who made a station, as far as it said."""

    vendor: str = ""
    model: str = ""
    vendor_id: str = ""


UNKNOWN = Maker()


class Text(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One code in a file; languages other than English hold the texts only."""

    title: str
    meaning: str
    hint: str
    who: Who | None = None
    also: list[str] = []
    same_as: str | None = None


class Match(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which stations a vendor table is for; ``*`` stands for anything."""

    vendor: list[str] = []
    model: list[str] = []
    vendor_id: list[str] = []

    def weight(self, maker: Maker) -> int | None:
        """How closely it fits, None when it does not."""
        if self.vendor_id and longest(self.vendor_id, maker.vendor_id):
            return longest(self.vendor_id, maker.vendor_id) * 10_000
        vendor, model = longest(self.vendor, maker.vendor), longest(self.model, maker.model)
        if not vendor or (self.model and not model):
            return None
        return model * 100 + vendor


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file of a maker."""

    match: Match
    codes: dict[str, Text]


def longest(patterns: Iterable[str], text: str) -> int:
    """The length of the longest pattern that fits; 0 when none does."""
    lowered = text.lower()
    return max((len(p) for p in patterns if fnmatchcase(lowered, p.lower())), default=0)


def text_of(entry: Entry) -> str:
    return " ".join([entry.code, *entry.also, entry.title, entry.meaning]).casefold()


class Catalogue:
    """``entries`` by code, English first; ``others`` the same in other languages, where they are
    translated.
    """

    def __init__(
        self,
        entries: dict[str, Entry],
        others: dict[str, dict[str, Entry]],
        tables: dict[str, Table],
    ) -> None:
        self._entries = entries
        self._others = others
        self._tables = tables
        self._names: dict[str, str] = {}
        for entry in entries.values():
            for name in (entry.code, *(f"{entry.source}.{other}" for other in entry.also)):
                self._names[name.lower()] = entry.code
        self._plain: dict[str, set[str]] = {}
        self._last: dict[str, set[str]] = {}
        for name, code in self._names.items():
            plain = name.partition(".")[2]
            self._plain.setdefault(plain, set()).add(code)
            self._last.setdefault(plain.rpartition(".")[2], set()).add(code)

    @property
    def languages(self) -> list[str]:
        return [ENGLISH, *sorted(self._others)]

    def get(self, code: str, language: str = ENGLISH) -> Entry | None:
        """The entry of a code; in English where it is not translated."""
        entry = self._entries.get(self._names.get(code.lower(), ""))
        if entry is None:
            return None
        return self._others.get(language.partition("-")[0].lower(), {}).get(entry.code, entry)

    def meant(self, said: str) -> list[str]:
        """The codes that somebody may mean who writes what a station said: with its source, or
        without it, or the last part of it. One, where it is clear.
        """
        name = said.strip().lower()
        found = {self._names[name]} if name in self._names else self._plain.get(name)
        if not found and MREC.fullmatch(name):
            found = {code for code in [self.mrec(name)] if code}
        return sorted(found or self._last.get(name, ()))

    def near(self, said: str) -> list[str]:
        """The codes whose names look like this."""
        wanted, known = said.strip().lower(), {**self._names, **self._plain, **self._last}
        names = get_close_matches(wanted, known, NEAR_MAX, NEAR_LEAST)
        return list(dict.fromkeys(code for name in names for code in self.meant(name)))[:NEAR_MAX]

    def entries(
        self, language: str = ENGLISH, source: str | None = None, search: str = ""
    ) -> list[Entry]:
        """In the order of their codes; each word of ``search`` is in code, title or meaning."""
        translated = self._others.get(language.partition("-")[0].lower(), {})
        words = search.casefold().split()
        found = [
            translated.get(code, entry)
            for code, entry in sorted(self._entries.items())
            if source is None or entry.source == source
        ]
        return [entry for entry in found if all(word in text_of(entry) for word in words)]

    def named(self, source: str, name: str) -> str | None:
        """The code of a name in a source, without regard to case."""
        return self._names.get(f"{source}.{name}".lower())

    def concerns_makers(self, *names: str | None) -> bool:
        """Whether a vendor table has any of these: only then the maker has to be known."""
        wanted = {name.lower() for name in names if name}
        return any(wanted & {c.lower() for c in t.codes} for t in self._tables.values())

    def by_maker(self, maker: Maker, *names: str | None) -> str | None:
        """The code in the vendor table that fits the maker most closely."""
        wanted = {name.lower() for name in names if name}
        found: list[tuple[int, str]] = []
        for file, table in self._tables.items():
            weight = table.match.weight(maker)
            code = next((code for code in table.codes if code.lower() in wanted), None)
            if weight is not None and code is not None:
                found.append((weight, f"vendor.{file}.{code}"))
        return max(found)[1] if found else None

    # What stations report, as codes

    def connector(
        self, error: str | None, vendor_error: str | None, info: str | None, maker: Maker = UNKNOWN
    ) -> str:
        """A 1.6 StatusNotification that is not all well; ``error`` is None where only the status
        is Faulted.
        """
        special = self.by_maker(maker, vendor_error, info) or self.mrec(vendor_error, info)
        if special:
            return special
        if error is None:
            return self.event("", "AvailabilityState", None)
        return self.named("connector", error) or "connector.OtherError"

    def event(
        self, component: str, variable: str, tech_code: str | None, maker: Maker = UNKNOWN
    ) -> str:
        """An alert of NotifyEvent: by its tech code, else by what it is about."""
        names = [f"{component}.{variable}", f"any.{variable}", component]
        if variable.lower() in GENERAL:
            names = [component, f"any.{variable}"]
        found = (self.named("event", name) for name in (*names, f"any.{OTHER}"))
        return (
            self.by_maker(maker, tech_code)
            or self.mrec(tech_code)
            or next(code for code in found if code)
        )

    def security(self, type: str, maker: Maker = UNKNOWN) -> str:
        """The type of a SecurityEventNotification."""
        return self.by_maker(maker, type) or self.named("security", type) or f"security.{OTHER}"

    def rpc(self, code: str | None) -> str:
        """The code of a CALLERROR, in whichever spelling."""
        return self.named("rpc", code or "") or "rpc.GenericError"

    def reason(self, reason: str, maker: Maker = UNKNOWN) -> str:
        """The reasonCode of a statusInfo."""
        return self.by_maker(maker, reason) or self.named("reason", reason) or f"reason.{OTHER}"

    def answer(self, action: str, status: str) -> str | None:
        """A refusal without a reason."""
        return self.named("answer", f"{action}.{status}") or self.named("answer", status)

    def transaction(self, reason: str) -> str | None:
        """What ended a transaction; None when it is nothing to tell."""
        return self.named("transaction", reason)

    def mrec(self, *texts: str | None) -> str | None:
        """A minimum required error code anywhere in these texts."""
        for text in texts:
            if text and (match := MREC.search(text)):
                return self.named("mrec", f"CX0{match[1]}")
        return None


def load(vendors: Path | None = None) -> Catalogue:
    """The files beside this module, and the vendor tables of a folder of the operator's."""
    texts = HERE / "texts"
    entries = {
        entry.code: entry
        for path in sorted((texts / ENGLISH).glob("*.toml"))
        for entry in read(path)
    }
    folders = [HERE / "vendors", *([vendors] if vendors else [])]
    tables = {
        path.stem: table(path) for folder in folders for path in sorted(folder.glob("*.toml"))
    }
    for file, each in tables.items():
        entries |= {entry.code: entry for entry in of_maker(file, each)}
    others = {
        folder.name: {
            entry.code: entry
            for path in sorted(folder.glob("*.toml"))
            for entry in translated(path, entries)
        }
        for folder in sorted(texts.iterdir())
        if folder.is_dir() and folder.name != ENGLISH
    }
    return Catalogue(entries, others, tables)


def parsed(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def read(path: Path) -> list[Entry]:
    """A file of English texts; its name is the source."""
    texts = convert(parsed(path), dict[str, Text])
    return [entry_of(f"{path.stem}.{name}", path.stem, text) for name, text in texts.items()]


def table(path: Path) -> Table:
    return convert(parsed(path), Table)


def of_maker(file: str, each: Table) -> list[Entry]:
    return [entry_of(f"vendor.{file}.{name}", "vendor", text) for name, text in each.codes.items()]


def translated(path: Path, english: dict[str, Entry]) -> list[Entry]:
    """Texts in another language, of codes that English has."""
    texts = convert(parsed(path), dict[str, Text])
    return [
        replace(
            english[f"{path.stem}.{name}"], title=text.title, meaning=text.meaning, hint=text.hint
        )
        for name, text in texts.items()
    ]


def entry_of(code: str, source: str, text: Text) -> Entry:
    return Entry(
        code=code,
        source=source,
        title=text.title,
        meaning=text.meaning,
        who=text.who or "operator",
        hint=text.hint,
        also=text.also,
        same_as=text.same_as,
    )
