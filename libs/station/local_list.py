"""The local authorization list: tokens that the server lent to the station (D01, D02)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec import Struct

from libs.station.flash import Known
from libs.station.moment import Token, Verdict

if TYPE_CHECKING:
    from libs.station.controller import Controller

ListStatus = Literal["Accepted", "Failed", "NotSupported", "VersionMismatch"]


class Entry(Struct, frozen=True):
    """A token of an update; without a verdict it leaves the list."""

    token: Token
    verdict: Verdict | None


class Update(Struct, frozen=True, kw_only=True):
    version: int
    full: bool
    entries: Sequence[Entry] = ()


class Outcome(NamedTuple):
    """The status of the answer, and a reasonCode of 2.x."""

    status: ListStatus
    reason: str | None = None


def enabled(station: "Controller") -> bool:
    return station.configuration.flag("LocalAuthListCtrlr.Enabled")


def items_max(station: "Controller") -> int:
    return station.configuration.integer("LocalAuthListCtrlr.ItemsPerMessage")


def find(station: "Controller", token: Token) -> Verdict | None:
    """What the list says of a token; one whose time is over is Expired."""
    known = station.flash.local_list.get(_key(token)) if enabled(station) else None
    if known is None:
        return None
    if known.kept_until is not None and known.kept_until <= station.clock.now():
        return Verdict("Expired", known.verdict.group)
    return known.verdict


def update(station: "Controller", sent: Update) -> Outcome:
    """All of an update or nothing."""
    if not enabled(station):
        return Outcome("NotSupported", "NotEnabled")
    flash = station.flash
    keys = [_key(entry.token) for entry in sent.entries]
    if sent.version <= 0 or len(set(keys)) < len(keys):
        return Outcome("Failed", "InvalidValue")
    if sent.full and any(entry.verdict is None for entry in sent.entries):
        return Outcome("Failed", "MissingParam")
    if not sent.full and sent.version <= flash.local_list_version:
        return Outcome("VersionMismatch")
    after = {} if sent.full else dict(flash.local_list)
    for key, entry in zip(keys, sent.entries, strict=True):
        after.pop(key, None)
        if entry.verdict is not None:
            after[key] = Known(entry.verdict, entry.verdict.expires)
    if len(after) > station.configuration.integer("LocalAuthListMaxLength"):
        return Outcome("Failed", "OutOfStorage")
    flash.local_list, flash.local_list_version = after, sent.version
    return Outcome("Accepted")


def _key(token: Token) -> str:
    """Tokens are equal if their types are too (C01.FR.25); 1.6 has one type only."""
    return f"{token.type}:{token.key}"
