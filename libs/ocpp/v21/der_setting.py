from typing import Literal

from msgspec import field

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Natural, Str36, Time, UpTo10

DERControl = Literal[
    "EnterService",
    "FreqDroop",
    "FreqWatt",
    "FixedPFAbsorb",
    "FixedPFInject",
    "FixedVar",
    "Gradients",
    "HFMustTrip",
    "HFMayTrip",
    "HVMustTrip",
    "HVMomCess",
    "HVMayTrip",
    "LimitMaxDischarge",
    "LFMustTrip",
    "LVMustTrip",
    "LVMomCess",
    "LVMayTrip",
    "PowerMonitoringMustTrip",
    "VoltVar",
    "VoltWatt",
    "WattPF",
    "WattVar",
]

DERUnit = Literal[
    "Not_Applicable", "PctMaxW", "PctMaxVar", "PctWAvail", "PctVarAvail", "PctEffectiveV"
]


class DERCurvePoints(Extensible):
    x: float
    y: float


class Hysteresis(Extensible):
    hysteresis_high: float | None = None
    hysteresis_low: float | None = None
    hysteresis_delay: float | None = None
    hysteresis_gradient: float | None = None


class ReactivePowerParams(Extensible):
    v_ref: float | None = None
    autonomous_v_ref_enable: bool | None = None
    autonomous_v_ref_time_constant: float | None = None


PowerDuringCessation = Literal["Active", "Reactive"]


class VoltageParams(Extensible):
    hv10_min_mean_value: float | None = None
    hv10_min_mean_trip_delay: float | None = None
    power_during_cessation: PowerDuringCessation | None = None


class DERCurve(Extensible):
    curve_data: UpTo10[DERCurvePoints]
    hysteresis: Hysteresis | None = None
    priority: Natural
    reactive_power_params: ReactivePowerParams | None = None
    voltage_params: VoltageParams | None = None
    y_unit: DERUnit
    response_time: float | None = None
    start_time: Time | None = None
    duration: float | None = None


class EnterService(Extensible):
    priority: Natural
    high_voltage: float
    low_voltage: float
    high_freq: float
    low_freq: float
    delay: float | None = None
    random_delay: float | None = None
    ramp_rate: float | None = None


class FixedPF(Extensible):
    priority: Natural
    displacement: float
    """Cosine of the angle between voltage and current."""
    excitation: bool
    start_time: Time | None = None
    duration: float | None = None


class FixedVar(Extensible):
    priority: Natural
    setpoint: float
    unit: DERUnit
    start_time: Time | None = None
    duration: float | None = None


class FreqDroop(Extensible):
    priority: Natural
    over_freq: float
    under_freq: float
    over_droop: float
    under_droop: float
    response_time: float
    start_time: Time | None = None
    duration: float | None = None


class Gradient(Extensible):
    priority: Natural
    gradient: float
    soft_gradient: float


class LimitMaxDischarge(Extensible):
    priority: Natural
    pct_max_discharge_power: float | None = None
    power_monitoring_must_trip: DERCurve | None = None
    start_time: Time | None = None
    duration: float | None = None


class DERCurveGet(Extensible):
    curve: DERCurve
    id: Str36
    curve_type: DERControl
    is_default: bool
    is_superseded: bool


class EnterServiceGet(Extensible):
    enter_service: EnterService
    id: Str36


class FixedPFGet(Extensible):
    fixed_pf: FixedPF = field(name="fixedPF")
    id: Str36
    is_default: bool
    is_superseded: bool


class FixedVarGet(Extensible):
    fixed_var: FixedVar
    id: Str36
    is_default: bool
    is_superseded: bool


class FreqDroopGet(Extensible):
    freq_droop: FreqDroop
    id: Str36
    is_default: bool
    is_superseded: bool


class GradientGet(Extensible):
    gradient: Gradient
    id: Str36


class LimitMaxDischargeGet(Extensible):
    id: Str36
    is_default: bool
    is_superseded: bool
    limit_max_discharge: LimitMaxDischarge
