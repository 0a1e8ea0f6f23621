from typing import Literal

from libs.ocpp.extensible import Extensible, Request, Response
from libs.ocpp.scalar import Int, OneOrMore, Str64, Str255, Str512, Time, UpTo3
from libs.ocpp.v201.certificate_hash import CertificateHashData
from libs.ocpp.v201.device_model import ComponentVariable, GenericDeviceModelStatus
from libs.ocpp.v201.id_token import IdToken
from libs.ocpp.v201.monitor import (
    ClearMonitoringResult,
    EventData,
    MonitoringData,
    SetMonitoringData,
    SetMonitoringResult,
)
from libs.ocpp.v201.status import GenericStatus, StatusInfo


class LogParameters(Extensible):
    remote_location: Str512
    oldest_timestamp: Time | None = None
    latest_timestamp: Time | None = None


Log = Literal["DiagnosticsLog", "SecurityLog"]

LogStatus = Literal["Accepted", "Rejected", "AcceptedCanceled"]


class GetLogResponse(Response):
    status: LogStatus
    status_info: StatusInfo | None = None
    filename: Str255 | None = None


class GetLog(Request[GetLogResponse]):
    sender = "csms"

    log: LogParameters
    log_type: Log
    request_id: Int
    retries: Int | None = None
    retry_interval: Int | None = None
    """Seconds."""


UploadLogStatus = Literal[
    "BadMessage",
    "Idle",
    "NotSupportedOperation",
    "PermissionDenied",
    "Uploaded",
    "UploadFailure",
    "Uploading",
    "AcceptedCanceled",
]


class LogStatusNotificationResponse(Response):
    pass


class LogStatusNotification(Request[LogStatusNotificationResponse]):
    sender = "station"

    status: UploadLogStatus
    request_id: Int | None = None


MonitoringCriterion = Literal["ThresholdMonitoring", "DeltaMonitoring", "PeriodicMonitoring"]


class GetMonitoringReportResponse(Response):
    status: GenericDeviceModelStatus
    status_info: StatusInfo | None = None


class GetMonitoringReport(Request[GetMonitoringReportResponse]):
    sender = "csms"

    component_variable: OneOrMore[ComponentVariable] | None = None
    request_id: Int
    monitoring_criteria: UpTo3[MonitoringCriterion] | None = None


class NotifyMonitoringReportResponse(Response):
    pass


class NotifyMonitoringReport(Request[NotifyMonitoringReportResponse]):
    sender = "station"

    monitor: OneOrMore[MonitoringData] | None = None
    request_id: Int
    tbc: bool | None = None
    """To be continued; None is False."""
    seq_no: Int
    generated_at: Time


MonitoringBase = Literal["All", "FactoryDefault", "HardWiredOnly"]


class SetMonitoringBaseResponse(Response):
    status: GenericDeviceModelStatus
    status_info: StatusInfo | None = None


class SetMonitoringBase(Request[SetMonitoringBaseResponse]):
    sender = "csms"

    monitoring_base: MonitoringBase


class SetVariableMonitoringResponse(Response):
    set_monitoring_result: OneOrMore[SetMonitoringResult]


class SetVariableMonitoring(Request[SetVariableMonitoringResponse]):
    sender = "csms"

    set_monitoring_data: OneOrMore[SetMonitoringData]


class SetMonitoringLevelResponse(Response):
    status: GenericStatus
    status_info: StatusInfo | None = None


class SetMonitoringLevel(Request[SetMonitoringLevelResponse]):
    sender = "csms"

    severity: Int
    """From 0, danger, to 9, debug: this and what is graver is reported."""


class ClearVariableMonitoringResponse(Response):
    clear_monitoring_result: OneOrMore[ClearMonitoringResult]


class ClearVariableMonitoring(Request[ClearVariableMonitoringResponse]):
    sender = "csms"

    id: OneOrMore[Int]
    """The ids of several monitors, whatever the name."""


class NotifyEventResponse(Response):
    pass


class NotifyEvent(Request[NotifyEventResponse]):
    sender = "station"

    generated_at: Time
    tbc: bool | None = None
    """To be continued; None is False."""
    seq_no: Int
    event_data: OneOrMore[EventData]


CustomerInformationStatus = Literal["Accepted", "Rejected", "Invalid"]


class CustomerInformationResponse(Response):
    status: CustomerInformationStatus
    status_info: StatusInfo | None = None


class CustomerInformation(Request[CustomerInformationResponse]):
    sender = "csms"

    customer_certificate: CertificateHashData | None = None
    id_token: IdToken | None = None
    request_id: Int
    report: bool
    clear: bool
    customer_identifier: Str64 | None = None


class NotifyCustomerInformationResponse(Response):
    pass


class NotifyCustomerInformation(Request[NotifyCustomerInformationResponse]):
    sender = "station"

    data: Str512
    tbc: bool | None = None
    """To be continued; None is False."""
    seq_no: Int
    generated_at: Time
    request_id: Int
