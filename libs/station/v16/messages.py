"""What a station says in OCPP 1.6."""

from datetime import datetime
from typing import Any, cast

from libs.ocpp import v16
from libs.ocpp.message import Request, Version
from libs.station import meter
from libs.station.dialect import Hardware
from libs.station.meter import MWH, REGISTER, Value
from libs.station.moment import Moment, Sample, Token, Verdict
from libs.station.table import REASONS, View

UNKNOWN_TRANSACTION = -1
"""The start was never answered, so there is no id (1.6 errata 3.18)."""


class Dialect16:
    version: Version = "v16"

    def boot(self, hardware: Hardware, reason: str) -> v16.BootNotification:  # noqa: ARG002 - 2.x tells it
        return v16.BootNotification(
            charge_point_vendor=hardware.vendor,
            charge_point_model=hardware.model,
            charge_point_serial_number=hardware.serial or None,
            firmware_version=hardware.firmware,
        )

    def heartbeat(self) -> v16.Heartbeat:
        return v16.Heartbeat()

    def status(
        self, evse: int, view: View, at: datetime, fault: str | None
    ) -> v16.StatusNotification:
        code = cast("v16.ChargePointErrorCode", fault or "NoError")
        return v16.StatusNotification(
            connector_id=evse, error_code=code, status=view.status, timestamp=at
        )

    def authorize(self, token: Token) -> v16.Authorize:
        return v16.Authorize(id_tag=token.id)

    def verdict(self, answer: Any) -> Verdict | None:
        info: v16.IdTagInfo | None = getattr(answer, "id_tag_info", None)
        if info is None:
            return None
        return Verdict(info.status, info.parent_id_tag, info.expiry_date)

    def tells(self, moment: Moment) -> bool:
        if moment.kind != "Updated":
            return True
        return any(True for s in moment.samples for _ in meter.values(s.reading, s.measurands))

    def transaction(self, moment: Moment, alias: int | None) -> Request[Any]:
        known = UNKNOWN_TRANSACTION if alias is None else alias
        match moment.kind:
            case "Started":
                return _start(moment)
            case "Updated":
                return v16.MeterValues(
                    connector_id=moment.evse,
                    transaction_id=known,
                    meter_value=_meter_values(moment.samples),
                )
            case "Ended":
                return _stop(moment, known)

    def meter(self, evse: int, samples: tuple[Sample, ...]) -> v16.MeterValues:
        return v16.MeterValues(connector_id=evse, meter_value=_meter_values(samples))

    def reservation(self, *_: object) -> None:
        """1.6 has no message for it."""


def _start(moment: Moment) -> v16.StartTransaction:
    return v16.StartTransaction(
        connector_id=moment.evse,
        id_tag=moment.token.id if moment.token else "",
        meter_start=moment.register_mwh // MWH,
        reservation_id=moment.reservation,
        timestamp=moment.at,
    )


def _stop(moment: Moment, transaction: int) -> v16.StopTransaction:
    reason = REASONS[moment.cause or "Local"].stopped16
    return v16.StopTransaction(
        id_tag=moment.token.id if moment.token else None,
        meter_stop=moment.register_mwh // MWH,
        timestamp=moment.at,
        transaction_id=transaction,
        reason=None if reason == "Local" else cast("v16.Reason", reason),
        transaction_data=_meter_values(moment.samples) or None,
    )


def _meter_values(samples: tuple[Sample, ...]) -> list[v16.MeterValue]:
    found: list[v16.MeterValue] = []
    for sample in samples:
        values = [
            _sampled(value, sample) for value in meter.values(sample.reading, sample.measurands)
        ]
        if values:
            found.append(v16.MeterValue(timestamp=sample.at, sampled_value=values))
    return found


def _sampled(value: Value, sample: Sample) -> v16.SampledValue:
    # Whole watt hours, as in meterStart and meterStop, so that all numbers of a session agree.
    amount = int(value.amount) // MWH if value.measurand == REGISTER else value.amount
    return v16.SampledValue(
        value=str(amount),
        context=sample.context,
        measurand=cast("v16.Measurand", value.measurand),
        phase=cast("v16.Phase | None", value.phase),
        location="EV" if value.measurand == "SoC" else None,
        unit=cast("v16.UnitOfMeasure", value.unit),
    )
