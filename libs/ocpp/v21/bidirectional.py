from typing import Literal

from libs.ocpp.extensible import Request, Response
from libs.ocpp.scalar import Int, OneOrMore, Str36, Time
from libs.ocpp.v21.charging_needs import EnergyTransferMode
from libs.ocpp.v21.status import GenericStatus, StatusInfo

NotifyAllowedEnergyTransferStatus = Literal["Accepted", "Rejected"]


class NotifyAllowedEnergyTransferResponse(Response):
    status: NotifyAllowedEnergyTransferStatus
    status_info: StatusInfo | None = None


class NotifyAllowedEnergyTransfer(Request[NotifyAllowedEnergyTransferResponse]):
    sender = "csms"

    transaction_id: Str36
    allowed_energy_transfer: OneOrMore[EnergyTransferMode]


class AFRRSignalResponse(Response):
    status: GenericStatus
    status_info: StatusInfo | None = None


class AFRRSignal(Request[AFRRSignalResponse]):
    sender = "csms"

    timestamp: Time
    signal: Int
