"""Block S as 2.1 asks it of a station, and as it tells."""

from typing import Any

from libs.ocpp import v21
from libs.station import swap
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.flash import Battery
from libs.station.moment import Token
from libs.station.swap import Event, Slot

EMPTY = Battery(serial="RETURNED", soc=12)
"""What people bring who come by request."""


def request_battery_swap(station: Controller, call: v21.RequestBatterySwap) -> Reply:
    """S03: somebody stands there with an empty battery."""
    reason = swap.refusal(station)
    if reason is not None:
        info = v21.StatusInfo(reason_code=reason)
        return Reply(v21.RequestBatterySwapResponse(status="Rejected", status_info=info))
    token = Token(call.id_token.id_token, call.id_token.type)
    return Reply(
        v21.RequestBatterySwapResponse(status="Accepted"),
        lambda: exchange(station, token, call.request_id),
    )


def exchange(
    station: Controller, token: Token, number: int, brought: Battery = EMPTY, *, taken: bool = True
) -> None:
    """S01, S02, S04: a battery goes in, the fullest one comes out, unless nobody takes it."""
    slot = swap.put_in(station, brought)
    if slot is None:
        return
    tell(station, token, number, "BatteryIn", slot)
    full = swap.fullest(station) or slot
    if taken:
        swap.take_out(station, full)
    tell(station, token, number, "BatteryOut" if taken else "BatteryOutTimeout", full)


def tell(station: Controller, token: Token, number: int, event: Event, slot: Slot) -> None:
    battery = slot.battery
    station.say(
        v21.BatterySwap(
            event_type=event,
            id_token=v21.IdToken(id_token=token.id, type=token.type),
            request_id=number,
            battery_data=[
                v21.BatteryData(
                    evse_id=slot.evse,
                    serial_number=battery.serial,
                    soc=battery.soc,
                    soh=battery.soh,
                )
            ],
        )
    )


ANSWERS: dict[str, Handler[Any]] = {"RequestBatterySwap": request_battery_swap}
