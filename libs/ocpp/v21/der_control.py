from typing import Literal

from msgspec import field

from libs.ocpp.extensible import Request, Response
from libs.ocpp.scalar import Int, Str36, Str200, Time, UpTo24
from libs.ocpp.v21.der_setting import (
    DERControl,
    DERCurve,
    DERCurveGet,
    EnterService,
    EnterServiceGet,
    FixedPF,
    FixedPFGet,
    FixedVar,
    FixedVarGet,
    FreqDroop,
    FreqDroopGet,
    Gradient,
    GradientGet,
    LimitMaxDischarge,
    LimitMaxDischargeGet,
)
from libs.ocpp.v21.status import StatusInfo

DERControlStatus = Literal["Accepted", "Rejected", "NotSupported", "NotFound"]


class SetDERControlResponse(Response):
    status: DERControlStatus
    status_info: StatusInfo | None = None
    superseded_ids: UpTo24[Str36] | None = None


class SetDERControl(Request[SetDERControlResponse]):
    sender = "csms"

    is_default: bool
    control_id: Str36
    control_type: DERControl
    curve: DERCurve | None = None
    enter_service: EnterService | None = None
    fixed_pf_absorb: FixedPF | None = field(default=None, name="fixedPFAbsorb")
    fixed_pf_inject: FixedPF | None = field(default=None, name="fixedPFInject")
    fixed_var: FixedVar | None = None
    freq_droop: FreqDroop | None = None
    gradient: Gradient | None = None
    limit_max_discharge: LimitMaxDischarge | None = None


class GetDERControlResponse(Response):
    status: DERControlStatus
    status_info: StatusInfo | None = None


class GetDERControl(Request[GetDERControlResponse]):
    sender = "csms"

    request_id: Int
    is_default: bool | None = None
    control_type: DERControl | None = None
    control_id: Str36 | None = None


class ClearDERControlResponse(Response):
    status: DERControlStatus
    status_info: StatusInfo | None = None


class ClearDERControl(Request[ClearDERControlResponse]):
    sender = "csms"

    is_default: bool
    control_type: DERControl | None = None
    control_id: Str36 | None = None


class ReportDERControlResponse(Response):
    pass


class ReportDERControl(Request[ReportDERControlResponse]):
    sender = "station"

    curve: UpTo24[DERCurveGet] | None = None
    enter_service: UpTo24[EnterServiceGet] | None = None
    fixed_pf_absorb: UpTo24[FixedPFGet] | None = field(default=None, name="fixedPFAbsorb")
    fixed_pf_inject: UpTo24[FixedPFGet] | None = field(default=None, name="fixedPFInject")
    fixed_var: UpTo24[FixedVarGet] | None = None
    freq_droop: UpTo24[FreqDroopGet] | None = None
    gradient: UpTo24[GradientGet] | None = None
    limit_max_discharge: UpTo24[LimitMaxDischargeGet] | None = None
    request_id: Int
    tbc: bool | None = None
    """To be continued; None is False. These parts have no ``seq_no``."""


GridEventFault = Literal[
    "CurrentImbalance",
    "LocalEmergency",
    "LowInputPower",
    "OverCurrent",
    "OverFrequency",
    "OverVoltage",
    "PhaseRotation",
    "RemoteEmergency",
    "UnderFrequency",
    "UnderVoltage",
    "VoltageImbalance",
]


class NotifyDERAlarmResponse(Response):
    pass


class NotifyDERAlarm(Request[NotifyDERAlarmResponse]):
    sender = "station"

    control_type: DERControl
    grid_event_fault: GridEventFault | None = None
    alarm_ended: bool | None = None
    timestamp: Time
    extra_info: Str200 | None = None


class NotifyDERStartStopResponse(Response):
    pass


class NotifyDERStartStop(Request[NotifyDERStartStopResponse]):
    sender = "station"

    control_id: Str36
    started: bool
    timestamp: Time
    superseded_ids: UpTo24[Str36] | None = None
