from typing import Literal

from libs.ocpp.extensible import Extensible, Request, Response
from libs.ocpp.scalar import Natural, OneOrMore, Str36, Str60, Str255, Time
from libs.ocpp.v21.status import StatusInfo
from libs.ocpp.v21.tariff import Tariff


class CostUpdatedResponse(Response):
    pass


class CostUpdated(Request[CostUpdatedResponse]):
    sender = "csms"

    total_cost: float
    transaction_id: Str36


TariffSetStatus = Literal[
    "Accepted", "Rejected", "TooManyElements", "ConditionNotSupported", "DuplicateTariffId"
]


class SetDefaultTariffResponse(Response):
    status: TariffSetStatus
    status_info: StatusInfo | None = None


class SetDefaultTariff(Request[SetDefaultTariffResponse]):
    sender = "csms"

    evse_id: Natural
    tariff: Tariff


TariffGetStatus = Literal["Accepted", "Rejected", "NoTariff"]

TariffKind = Literal["DefaultTariff", "DriverTariff"]


class TariffAssignment(Extensible):
    tariff_id: Str60
    tariff_kind: TariffKind
    valid_from: Time | None = None
    evse_ids: OneOrMore[Natural] | None = None
    id_tokens: OneOrMore[Str255] | None = None


class GetTariffsResponse(Response):
    status: TariffGetStatus
    status_info: StatusInfo | None = None
    tariff_assignments: OneOrMore[TariffAssignment] | None = None


class GetTariffs(Request[GetTariffsResponse]):
    sender = "csms"

    evse_id: Natural


TariffClearStatus = Literal["Accepted", "Rejected", "NoTariff"]


class ClearTariffsResult(Extensible):
    status_info: StatusInfo | None = None
    tariff_id: Str60 | None = None
    status: TariffClearStatus


class ClearTariffsResponse(Response):
    clear_tariffs_result: OneOrMore[ClearTariffsResult]


class ClearTariffs(Request[ClearTariffsResponse]):
    sender = "csms"

    tariff_ids: OneOrMore[Str60] | None = None
    evse_id: Natural | None = None


TariffChangeStatus = Literal[
    "Accepted",
    "Rejected",
    "TooManyElements",
    "ConditionNotSupported",
    "TxNotFound",
    "NoCurrencyChange",
]


class ChangeTransactionTariffResponse(Response):
    status: TariffChangeStatus
    status_info: StatusInfo | None = None


class ChangeTransactionTariff(Request[ChangeTransactionTariffResponse]):
    sender = "csms"

    tariff: Tariff
    transaction_id: Str36
