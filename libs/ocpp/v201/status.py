from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Str20, Str512


class StatusInfo(Extensible):
    reason_code: Str20
    additional_info: Str512 | None = None


GenericStatus = Literal["Accepted", "Rejected"]
