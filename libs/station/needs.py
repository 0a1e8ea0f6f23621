"""What a car that speaks ISO 15118 wants and plans, as its station tells it (K15, K17)."""

from datetime import datetime

from libs.ocpp import v201
from libs.station.clock import moment
from libs.station.controller import Controller
from libs.station.meter import NOMINAL_VOLTAGE
from libs.station.schedule import SECOND
from libs.station.smart_charging import SmartCharging
from libs.station.v2 import charging

MODES: dict[int, v201.EnergyTransferMode] = {
    1: "AC_single_phase",
    2: "AC_two_phase",
    3: "AC_three_phase",
}
AMPS_MIN, AMPS_MAX = 6, 32
TUPLES_MAX = 12
"""Periods that the car takes."""


def wanted(
    station: Controller, evse: int, energy_wh: int, departure: datetime | None
) -> v201.NotifyEVChargingNeeds | None:
    """The needs of the car that is plugged in there, None without a car or in 1.6."""
    car = station.evses[evse].car
    if car is None or station.profile.version == "v16":
        return None
    return v201.NotifyEVChargingNeeds(
        evse_id=evse,
        max_schedule_tuples=TUPLES_MAX,
        charging_needs=v201.ChargingNeeds(
            requested_energy_transfer=MODES[car.phases],
            departure_time=departure,
            ac_charging_parameters=v201.ACChargingParameters(
                energy_amount=energy_wh,
                ev_min_current=AMPS_MIN,
                ev_max_current=AMPS_MAX,
                ev_max_voltage=round(NOMINAL_VOLTAGE),
            ),
        ),
    )


def planned(station: Controller, evse: int, seconds: int) -> v201.NotifyEVChargingSchedule | None:
    """The schedule of a car that takes all it may have, None in 1.6."""
    if station.profile.version == "v16":
        return None
    begin, found = station.feature(SmartCharging).composite(evse, seconds, "A")
    composite = charging.schedule(evse, begin, found, "A")
    return v201.NotifyEVChargingSchedule(
        time_base=moment(begin / SECOND),
        evse_id=evse,
        charging_schedule=v201.ChargingSchedule(
            id=1,
            duration=composite.duration,
            charging_rate_unit="A",
            charging_schedule_period=composite.charging_schedule_period,
        ),
    )
