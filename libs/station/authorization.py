"""Whether a token may charge: from memory, from the server, or by the rules for offline."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from libs.station import access
from libs.station.calls import Failure
from libs.station.moment import Token, Verdict

if TYPE_CHECKING:
    from libs.station.controller import Controller


def authorize(station: "Controller", token: Token, done: Callable[[Verdict], None]) -> None:
    """Find out, and say it once."""
    read, known = station.configuration.flag, None
    if read("AuthCacheCtrlr.Enabled"):
        known = access.recall(station.flash.cache, token, station.clock.now())
    rules = access.Rules(
        cache=read("AuthCacheCtrlr.Enabled"),
        pre_authorize=read("AuthCtrlr.LocalPreAuthorize"),
        offline=read("AuthCtrlr.LocalAuthorizeOffline"),
        offline_unknown=read("AuthCtrlr.OfflineTxForUnknownIdEnabled"),
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
