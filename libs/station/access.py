"""Who may charge when the server is not asked: list, cache, offline rules. Pure."""

from datetime import datetime

from msgspec import Struct

from libs.station.flash import Known
from libs.station.moment import Token, Verdict

CACHE_MAX = 1_000
"""Tokens in the cache; the one that was learned first goes first."""


class Rules(Struct, frozen=True, kw_only=True):
    """The settings that decide."""

    pre_authorize: bool
    offline: bool
    offline_unknown: bool
    trust_refusals: bool = False
    """What is known of a token is all that counts, also when it is refused
    (DisablePostAuthorize).
    """


def remember(cache: dict[str, Known], token: Token, verdict: Verdict) -> None:
    """Learn what the server said; every status is worth knowing (C10)."""
    cache.pop(token.key, None)
    cache[token.key] = Known(verdict, verdict.expires)
    while len(cache) > CACHE_MAX:
        del cache[next(iter(cache))]


def recall(cache: dict[str, Known], token: Token, now: datetime) -> Verdict | None:
    known = cache.get(token.key)
    if known is None or (known.kept_until is not None and known.kept_until <= now):
        return None
    return known.verdict


def decide(rules: Rules, known: Verdict | None, *, online: bool) -> Verdict | None:
    """What the station decides alone; None if it has to ask the server (C10 to C15)."""
    trusted = known if known is not None and known.accepted else None
    if online:
        given = known if rules.trust_refusals else trusted
        return given if rules.pre_authorize else None
    if trusted is not None and rules.offline:
        return trusted
    if known is None and rules.offline_unknown:
        return Verdict("Accepted")
    return Verdict("Invalid")
