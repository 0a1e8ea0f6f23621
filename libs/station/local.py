"""What people do at a station: hold a card to it, press its button."""

from collections.abc import Callable

from libs.station import reservations
from libs.station.authorization import authorize
from libs.station.chronicle import Permission
from libs.station.controller import Controller
from libs.station.evse import Evse
from libs.station.moment import Token, Verdict

Shown = Callable[[str], None]
"""Gets what the display shows: ``Accepted``, ``Stopped``, or why not (a status of the token or of
the EVSE).
"""


def present(station: Controller, evse: int, token: Token, shown: Shown) -> None:
    """Hold a token to an EVSE: begins a session, or ends the one that this token or its group may
    end.
    """
    place = station.evses[evse]
    if not place.free:
        _present_to_stop(station, place, token, shown)
        return
    if place.fault is not None or not station.operative(evse):
        shown("Faulted" if place.fault else "Unavailable")
        return
    if station.on_idle is not None:
        shown("Unavailable")
        return

    def judged(verdict: Verdict) -> None:
        shown(begin(station, place, token, verdict) if verdict.accepted else verdict.status)

    authorize(station, token, judged)


def begin(station: Controller, place: Evse, token: Token, verdict: Verdict) -> str:
    """An accepted token begins a session, unless the place is taken or kept for somebody."""
    if not reservations.admits(station, place.id, token, verdict.group):
        return "Reserved"
    master = station.configuration.text("AuthCtrlr.MasterPassGroupId")
    if master and verdict.group == master:
        return "MasterPass"
    used = reservations.use(station, place.id, token, verdict.group)
    permission = Permission(token, reservation=used)
    return "Accepted" if place.allow(permission, group=verdict.group) else "Occupied"


def _present_to_stop(station: Controller, place: Evse, token: Token, shown: Shown) -> None:
    if place.fault is not None:
        shown("Faulted")
        return
    if place.token is not None and place.token.key == token.key:
        place.stop("Local", token)
        shown("Stopped")
        return

    def judged(verdict: Verdict) -> None:
        master = station.configuration.text("AuthCtrlr.MasterPassGroupId")
        if verdict.accepted and verdict.group is not None and verdict.group == master:
            place.stop("MasterPass", token)
            shown("Stopped")
        elif verdict.accepted and verdict.group is not None and verdict.group == place.group:
            place.stop("Local", token)
            shown("Stopped")
        else:
            shown("Occupied" if verdict.accepted else verdict.status)

    authorize(station, token, judged)
