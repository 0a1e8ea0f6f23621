"""Whether a station is there: what an opened or closed socket changes, fenced by its epoch.

Sockets are opened and closed on any edge, and the word of it may come late, twice, out of order or
never. The greater epoch is the newer socket; what is said of an older one changes nothing.
"""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from libs.ocpp.message import Version


class Presence(Struct, frozen=True, kw_only=True, gc=False):
    """``epoch`` is the newest socket known, ``closed_epoch`` the newest that its edge said was
    closed.
    """

    online: bool = False
    epoch: int = 0
    closed_epoch: int = 0
    edge: str | None = None
    version: Version | None = None
    since: datetime | None = None


class Opened(Struct, frozen=True, kw_only=True, gc=False):
    """A socket is open: a notice, or a line of an edge's roster."""

    tenant: str
    station: str
    edge: str
    epoch: int
    version: Version
    at: datetime


class Closed(Struct, frozen=True, kw_only=True, gc=False):
    """A socket was closed, said by the edge that held it."""

    tenant: str
    station: str
    epoch: int
    at: datetime
    reason: str


def fold(now: Presence, word: Opened | Closed) -> Presence:
    """What is so after this word; the same object when it changes nothing."""
    if isinstance(word, Opened):
        return opened(now, word)
    return closed(now, word)


def opened(now: Presence, word: Opened) -> Presence:
    if word.epoch <= now.closed_epoch or word.epoch < now.epoch:
        return now
    if now.online and word.epoch == now.epoch:
        return now
    return replace(
        now, online=True, epoch=word.epoch, edge=word.edge, version=word.version, since=word.at
    )


def closed(now: Presence, word: Closed) -> Presence:
    if word.epoch <= now.closed_epoch:
        return now
    if word.epoch < now.epoch:
        return replace(now, closed_epoch=word.epoch)
    return replace(
        now,
        online=False,
        epoch=word.epoch,
        closed_epoch=word.epoch,
        since=word.at if now.online else now.since,
    )
