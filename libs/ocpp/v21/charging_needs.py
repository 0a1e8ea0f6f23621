from typing import Literal

from msgspec import field

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Int, OneOrMore, Percent, Str3, Str50, Str2000, Time, UpTo8, UpTo1024
from libs.ocpp.v21.der_setting import DERControl

EnergyTransferMode = Literal[
    "AC_single_phase",
    "AC_two_phase",
    "AC_three_phase",
    "DC",
    "AC_BPT",
    "AC_BPT_DER",
    "AC_DER",
    "DC_BPT",
    "DC_ACDP",
    "DC_ACDP_BPT",
    "WPT",
]


class ACChargingParameters(Extensible):
    energy_amount: float
    """Wh."""
    ev_min_current: float
    """A per phase."""
    ev_max_current: float
    """A per phase."""
    ev_max_voltage: float


class DCChargingParameters(Extensible):
    ev_max_current: float
    ev_max_voltage: float
    ev_max_power: float | None = None
    """W."""
    ev_energy_capacity: float | None = None
    """Wh."""
    energy_amount: float | None = None
    """Wh."""
    state_of_charge: Percent | None = None
    full_soc: Percent | None = field(default=None, name="fullSoC")
    bulk_soc: Percent | None = field(default=None, name="bulkSoC")


class V2XChargingParameters(Extensible):
    min_charge_power: float | None = None
    min_charge_power_l2: float | None = field(default=None, name="minChargePower_L2")
    min_charge_power_l3: float | None = field(default=None, name="minChargePower_L3")
    max_charge_power: float | None = None
    max_charge_power_l2: float | None = field(default=None, name="maxChargePower_L2")
    max_charge_power_l3: float | None = field(default=None, name="maxChargePower_L3")
    min_discharge_power: float | None = None
    min_discharge_power_l2: float | None = field(default=None, name="minDischargePower_L2")
    min_discharge_power_l3: float | None = field(default=None, name="minDischargePower_L3")
    max_discharge_power: float | None = None
    max_discharge_power_l2: float | None = field(default=None, name="maxDischargePower_L2")
    max_discharge_power_l3: float | None = field(default=None, name="maxDischargePower_L3")
    min_charge_current: float | None = None
    max_charge_current: float | None = None
    min_discharge_current: float | None = None
    max_discharge_current: float | None = None
    min_voltage: float | None = None
    max_voltage: float | None = None
    ev_target_energy_request: float | None = None
    ev_min_energy_request: float | None = None
    ev_max_energy_request: float | None = None
    ev_min_v2x_energy_request: float | None = None
    ev_max_v2x_energy_request: float | None = None
    target_soc: Percent | None = field(default=None, name="targetSoC")


IslandingDetection = Literal[
    "NoAntiIslandingSupport",
    "RoCoF",
    "UVP_OVP",
    "UFP_OFP",
    "VoltageVectorShift",
    "ZeroCrossingDetection",
    "OtherPassive",
    "ImpedanceMeasurement",
    "ImpedanceAtFrequency",
    "SlipModeFrequencyShift",
    "SandiaFrequencyShift",
    "SandiaVoltageShift",
    "FrequencyJump",
    "RCLQFactor",
    "OtherActive",
]


class DERChargingParameters(Extensible):
    ev_supported_der_control: OneOrMore[DERControl] | None = field(
        default=None, name="evSupportedDERControl"
    )
    ev_over_excited_max_discharge_power: float | None = None
    ev_over_excited_power_factor: float | None = None
    ev_under_excited_max_discharge_power: float | None = None
    ev_under_excited_power_factor: float | None = None
    max_apparent_power: float | None = None
    max_charge_apparent_power: float | None = None
    max_charge_apparent_power_l2: float | None = field(
        default=None, name="maxChargeApparentPower_L2"
    )
    max_charge_apparent_power_l3: float | None = field(
        default=None, name="maxChargeApparentPower_L3"
    )
    max_discharge_apparent_power: float | None = None
    max_discharge_apparent_power_l2: float | None = field(
        default=None, name="maxDischargeApparentPower_L2"
    )
    max_discharge_apparent_power_l3: float | None = field(
        default=None, name="maxDischargeApparentPower_L3"
    )
    max_charge_reactive_power: float | None = None
    max_charge_reactive_power_l2: float | None = field(
        default=None, name="maxChargeReactivePower_L2"
    )
    max_charge_reactive_power_l3: float | None = field(
        default=None, name="maxChargeReactivePower_L3"
    )
    min_charge_reactive_power: float | None = None
    min_charge_reactive_power_l2: float | None = field(
        default=None, name="minChargeReactivePower_L2"
    )
    min_charge_reactive_power_l3: float | None = field(
        default=None, name="minChargeReactivePower_L3"
    )
    max_discharge_reactive_power: float | None = None
    max_discharge_reactive_power_l2: float | None = field(
        default=None, name="maxDischargeReactivePower_L2"
    )
    max_discharge_reactive_power_l3: float | None = field(
        default=None, name="maxDischargeReactivePower_L3"
    )
    min_discharge_reactive_power: float | None = None
    min_discharge_reactive_power_l2: float | None = field(
        default=None, name="minDischargeReactivePower_L2"
    )
    min_discharge_reactive_power_l3: float | None = field(
        default=None, name="minDischargeReactivePower_L3"
    )
    nominal_voltage: float | None = None
    nominal_voltage_offset: float | None = None
    max_nominal_voltage: float | None = None
    min_nominal_voltage: float | None = None
    ev_inverter_manufacturer: Str50 | None = None
    ev_inverter_model: Str50 | None = None
    ev_inverter_serial_number: Str50 | None = None
    ev_inverter_sw_version: Str50 | None = None
    ev_inverter_hw_version: Str50 | None = None
    ev_islanding_detection_method: OneOrMore[IslandingDetection] | None = None
    ev_islanding_trip_time: float | None = None
    ev_maximum_level1_dc_injection: float | None = field(
        default=None, name="evMaximumLevel1DCInjection"
    )
    ev_duration_level1_dc_injection: float | None = field(
        default=None, name="evDurationLevel1DCInjection"
    )
    ev_maximum_level2_dc_injection: float | None = field(
        default=None, name="evMaximumLevel2DCInjection"
    )
    ev_duration_level2_dc_injection: float | None = field(
        default=None, name="evDurationLevel2DCInjection"
    )
    ev_reactive_susceptance: float | None = None
    ev_session_total_discharge_energy_available: float | None = None


class EVPriceRule(Extensible):
    energy_fee: float
    power_range_start: float


class EVAbsolutePriceScheduleEntry(Extensible):
    duration: Int
    ev_price_rule: UpTo8[EVPriceRule]


class EVAbsolutePriceSchedule(Extensible):
    time_anchor: Time
    currency: Str3
    ev_absolute_price_schedule_entries: UpTo1024[EVAbsolutePriceScheduleEntry]
    price_algorithm: Str2000


class EVPowerScheduleEntry(Extensible):
    duration: Int
    power: float


class EVPowerSchedule(Extensible):
    ev_power_schedule_entries: UpTo1024[EVPowerScheduleEntry]
    time_anchor: Time


class EVEnergyOffer(Extensible):
    ev_absolute_price_schedule: EVAbsolutePriceSchedule | None = None
    ev_power_schedule: EVPowerSchedule


ControlMode = Literal["ScheduledControl", "DynamicControl"]

MobilityNeedsMode = Literal["EVCC", "EVCC_SECC"]


class ChargingNeeds(Extensible):
    ac_charging_parameters: ACChargingParameters | None = None
    der_charging_parameters: DERChargingParameters | None = None
    ev_energy_offer: EVEnergyOffer | None = None
    requested_energy_transfer: EnergyTransferMode
    dc_charging_parameters: DCChargingParameters | None = None
    v2x_charging_parameters: V2XChargingParameters | None = None
    available_energy_transfer: OneOrMore[EnergyTransferMode] | None = None
    control_mode: ControlMode | None = None
    mobility_needs_mode: MobilityNeedsMode | None = None
    departure_time: Time | None = None
