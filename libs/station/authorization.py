"""Whether a token may charge: from memory, from the server, or by the rules for offline."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from libs.station import access, local_list
from libs.station.calls import Failure
from libs.station.moment import Token, Verdict

if TYPE_CHECKING:
    from libs.station.controller import Controller


def authorize(station: "Controller", token: Token, done: Callable[[Verdict], None]) -> None:
    """Find out, and say it once."""
    read = station.configuration.flag
    known = listed = local_list.find(station, token)
    if listed is None and read("AuthCacheCtrlr.Enabled"):
        # The list beats the cache (1.6 3.5.3, C13).
        known = access.recall(station.flash.cache, token, station.clock.now())
    rules = access.Rules(
        pre_authorize=read("AuthCtrlr.LocalPreAuthorize"),
        offline=read("AuthCtrlr.LocalAuthorizeOffline"),
        offline_unknown=read("AuthCtrlr.OfflineTxForUnknownIdEnabled"),
        trust_refusals=listed is not None and read("LocalAuthListCtrlr.DisablePostAuthorize"),
    )
    decided = access.decide(rules, known, online=station.ready)
    if decided is not None:
        done(decided)
        return

    def answered(answer: Any) -> None:
        if isinstance(answer, Failure):
            done(access.decide(rules, known, online=False) or Verdict("Invalid"))
            return
        verdict = station.dialect.verdict(answer) or Verdict("Invalid")
        learn(station, token, verdict)
        done(verdict)

    station.say(station.dialect.authorize(token), answered)


def learn(station: "Controller", token: Token, verdict: Verdict) -> None:
    """What the server says of a token is remembered where there is a cache (C10)."""
    if station.configuration.flag("AuthCacheCtrlr.Enabled"):
        access.remember(station.flash.cache, token, verdict)
