"""What the server may order, in words of no version; the answers of each version speak through
these.
"""

from collections.abc import Callable

from msgspec import Struct

from libs.station import reservations
from libs.station.authorization import authorize
from libs.station.chronicle import Permission
from libs.station.controller import Controller
from libs.station.evse import Evse
from libs.station.moment import Token, Verdict
from libs.station.table import Cause

FLUSH_SECONDS = 5.0
"""How long a reset waits for the last messages to be told."""

PARTING_SECONDS = 1.0
"""How long it stays after that, so that its answer arrives before it hangs up."""

REBOOT_SECONDS = 2.0
"""How long a reset keeps the station away."""

Then = Callable[[], None]


class Order(Struct, frozen=True):
    """The status of the answer, a reasonCode of 2.x, and what happens once the answer is sent."""

    status: str
    reason: str | None = None
    then: Then | None = None


def start(
    station: Controller,
    token: Token,
    evse: int | None,
    remote_start_id: int | None = None,
    granted: Callable[[int], None] | None = None,
) -> Order:
    """Begin a session (F01, F02, 1.6 RemoteStartTransaction); ``granted`` hears at which EVSE."""
    if not station.registration.accepted or station.on_idle is not None:
        return Order("Rejected", "CSNotAccepted")
    place = _place_for(station, token, evse)
    if place is None:
        return Order("Rejected", "TxInProgress" if evse in station.evses else "UnknownEvse")

    def allow(verdict: Verdict) -> None:
        if verdict.accepted and reservations.admits(station, place.id, token, verdict.group):
            used = reservations.use(station, place.id, token, verdict.group)
            if granted is not None:
                granted(place.id)
            permission = Permission(token, remote_start_id, used)
            place.allow(permission, group=verdict.group, remote=True)

    if station.configuration.flag("AuthCtrlr.AuthorizeRemoteStart"):
        return Order("Accepted", then=lambda: authorize(station, token, allow))
    return Order("Accepted", then=lambda: allow(Verdict("Accepted")))


def _place_for(station: Controller, token: Token, evse: int | None) -> Evse | None:
    """The EVSE that was asked for, else a free one, one with a car first."""
    if evse is None:
        wanted = sorted(station.evses.values(), key=lambda place: place.car is None)
    else:
        wanted = [station.evses[evse]] if evse in station.evses else []
    for place in wanted:
        usable = place.free and station.operative(place.id)
        if usable and reservations.admits(station, place.id, token, None):
            return place
    return None


def stop(station: Controller, transaction: str | None) -> Order:
    """End a running transaction (F03, 1.6 RemoteStopTransaction)."""
    known = any(running.id == transaction for running in station.flash.open.values())
    if not known:
        return Order("Rejected", "TxNotFound")
    return Order("Accepted", then=lambda: _stop(station, transaction))


def _stop(station: Controller, transaction: str | None) -> None:
    for place in station.evses.values():
        if place.transaction is not None and place.transaction.id == transaction:
            place.stop("Remote")


def availability(station: Controller, place: tuple[int, int], *, operative: bool) -> Order:
    """Switch the station (0, 0), an EVSE (n, 0) or a connector (n, 1) on or off, for good."""
    evse, connector = place
    if (evse != 0 and evse not in station.evses) or connector not in {0, 1}:
        return Order("Rejected", "UnknownEvse" if connector in {0, 1} else "UnknownConnectorId")
    touched = list(station.evses.values()) if evse == 0 else [station.evses[evse]]
    busy = not operative and any(not each.idle for each in touched)
    off = station.flash.inoperative
    if operative:
        # Connector 0 of 1.6 stands for all connectors; an EVSE of 2.x keeps its own state.
        legacy = evse == 0 and station.profile.version == "v16"
        off.intersection_update(() if legacy else off - {place})
    else:
        off.add(place)

    def tell() -> None:
        if evse == 0:
            station.report_station()
        station.feature(reservations.Reservations).settle()
        for each in touched:
            station.report(each.id)

    return Order("Scheduled" if busy else "Accepted", then=tell)


def reset(station: Controller, *, cause: Cause, boot_reason: str, flush: bool = True) -> Order:
    """End what is going on and start anew; ``flush`` gives the last messages a moment to be told
    first.
    """

    def begin() -> None:
        for place in station.evses.values():
            place.stop(cause)
        _reboot(station, boot_reason, flush=flush)

    return Order("Accepted", then=begin)


def reset_when_idle(station: Controller) -> Order:
    """B12: a busy station resets when the last session is over, and takes no new one until then."""

    def begin() -> None:
        _reboot(station, "ScheduledReset", flush=True)

    if station.idle:
        return Order("Accepted", then=begin)
    station.on_idle = begin
    return Order("Scheduled")


def _reboot(station: Controller, reason: str, *, flush: bool) -> None:
    def act() -> None:
        station.settled = None
        station.flash.boot_reason = reason
        station.power_off()
        station.restart = station.clock.after_patience(REBOOT_SECONDS, station.power_on)

    def settled() -> None:
        if station.restart is not None:
            station.restart.cancel()
        station.restart = station.clock.after_patience(PARTING_SECONDS, act)

    if flush and station.ready and station.delivery.queue:
        station.settled = settled
        station.restart = station.clock.after_patience(FLUSH_SECONDS, act)
    else:
        settled()


def reset_evse(station: Controller, evse: int, *, wait: bool) -> Order:
    """Restart one EVSE; no boot follows (B11, B12)."""
    place = station.evses.get(evse)
    if place is None:
        return Order("Rejected", "UnknownEvse")
    if wait and not place.idle:
        # Nothing of an EVSE outlives its session, so its end is the restart.
        return Order("Scheduled")
    return Order("Accepted", then=lambda: _restart(place))


def _restart(place: Evse) -> None:
    place.stop("HardReset")


def unlock(station: Controller, evse: int, *, stops: bool) -> Order:
    """Open the lock of a connector. 1.6 ends a session for it (``stops``), 2.x never does (F05)."""
    place = station.evses.get(evse)
    if place is None:
        return Order("UnknownConnector", "UnknownConnectorId")
    if not place.idle and not stops:
        return Order("OngoingAuthorizedTransaction")
    return Order("Unlocked", then=lambda: _unlock(place))


def _unlock(place: Evse) -> None:
    place.stop("UnlockCommand")


def clear_cache(station: Controller) -> Order:
    if not station.configuration.flag("AuthCacheCtrlr.Enabled"):
        return Order("Rejected", "NotEnabled")
    station.flash.cache.clear()
    return Order("Accepted")


def trigger(station: Controller, message: str, evse: int | None) -> Order:
    """Send a message now (F06); ``evse`` None is all of them."""
    if evse is not None and evse not in station.evses:
        return Order("Rejected", "UnknownEvse")
    places = [station.evses[evse]] if evse is not None else list(station.evses.values())
    match message:
        case "BootNotification" if station.registration.accepted:
            return Order("Rejected", "UnsupportedRequest")
        case "BootNotification":
            return Order("Accepted", then=lambda: station.registration.boot("Triggered"))
        case "Heartbeat":
            return Order("Accepted", then=station.registration.heartbeat)
        case "StatusNotification":
            return Order("Accepted", then=lambda: _tell_status(station, places, evse))
        case "MeterValues":
            return Order("Accepted", then=lambda: _tell_meters(station, places))
        case "TransactionEvent":
            running = [place for place in places if place.transaction is not None]
            return (
                Order("Accepted", then=lambda: _tell_transactions(running))
                if running
                else Order("Rejected", "TxNotFound")
            )
        case _:  # what the blocks know, or nobody here
            found = (feature.trigger(message) for feature in station.features.values())
            then = next((then for then in found if then is not None), None)
            return Order("Accepted", then=then) if then else Order("NotImplemented")


def _tell_status(station: Controller, places: list[Evse], evse: int | None) -> None:
    if evse is None:
        station.report_station()
    for place in places:
        station.report(place.id, again=True)


def _tell_meters(station: Controller, places: list[Evse]) -> None:
    legacy = station.profile.version == "v16"
    setting = "SampledDataCtrlr.TxUpdatedMeasurands" if legacy else "AlignedDataCtrlr.Measurands"
    for place in places:
        samples = place.chronicle.sample("Trigger", setting)
        if legacy and place.chronicle.report("Trigger", samples):
            continue
        if samples:
            station.say(station.dialect.meter(place.id, samples))


def _tell_transactions(places: list[Evse]) -> None:
    for place in places:
        samples = place.chronicle.sample("Trigger", "SampledDataCtrlr.TxUpdatedMeasurands")
        place.chronicle.report("Trigger", samples)
