"""What a station says in OCPP 2.0.1 and 2.1: the messages of 2.0.1, which are valid in 2.1 as they
are.
"""

from datetime import datetime
from typing import Any, Literal, cast

from libs.ocpp import v21, v201
from libs.ocpp.message import Request, Version
from libs.station import meter
from libs.station.dialect import Hardware
from libs.station.meter import MWH, REGISTER, Value
from libs.station.moment import Moment, Sample, Token, Verdict
from libs.station.table import REASONS, View


class Dialect2:
    """``by_event``: tells statuses with NotifyEvent, as 2.1 prefers."""

    def __init__(self, version: Version, *, by_event: bool = False) -> None:
        self.version: Version = version
        self._by_event = by_event
        self._events = 0

    def boot(self, hardware: Hardware, reason: str) -> v201.BootNotification:
        return v201.BootNotification(
            charging_station=v201.ChargingStation(
                serial_number=hardware.serial or None,
                model=hardware.model,
                vendor_name=hardware.vendor,
                firmware_version=hardware.firmware,
            ),
            reason=cast("v201.BootReason", reason),
        )

    def heartbeat(self) -> v201.Heartbeat:
        return v201.Heartbeat()

    def status(self, evse: int, view: View, at: datetime, *_: object) -> Request[Any]:
        if self._by_event:
            return self._event(evse, view, at)
        return v201.StatusNotification(
            timestamp=at, connector_status=view.connector, evse_id=evse, connector_id=1
        )

    def authorize(self, token: Token) -> v201.Authorize:
        return v201.Authorize(id_token=_token(token))

    def verdict(self, answer: Any) -> Verdict | None:
        info: v201.IdTokenInfo | None = getattr(answer, "id_token_info", None)
        if info is None:
            return None
        group = info.group_id_token.id_token if info.group_id_token else None
        return Verdict(info.status, group, info.cache_expiry_date_time)

    def tells(self, *_: Moment) -> bool:
        return True

    def transaction(self, moment: Moment, *_: object) -> v201.TransactionEvent:
        reason = REASONS[moment.cause].stopped if moment.cause else None
        return v201.TransactionEvent(
            event_type=moment.kind,
            meter_value=_meter_values(moment.samples) or None,
            timestamp=moment.at,
            trigger_reason=moment.trigger,
            seq_no=moment.seq,
            offline=True if moment.offline else None,
            number_of_phases_used=moment.phases,
            reservation_id=moment.reservation,
            transaction_info=v201.Transaction(
                transaction_id=moment.transaction,
                charging_state=moment.charging,
                time_spent_charging=moment.charging_seconds,
                stopped_reason=cast("v201.Reason | None", reason),
                remote_start_id=moment.remote_start_id,
            ),
            evse=v201.EVSE(id=moment.evse, connector_id=1) if moment.introduces else None,
            id_token=_token(moment.token) if moment.token else None,
        )

    def meter(self, evse: int, samples: tuple[Sample, ...]) -> v201.MeterValues:
        return v201.MeterValues(evse_id=evse, meter_value=_meter_values(samples))

    def reservation(
        self, id: int, why: Literal["Expired", "Removed", "NoTransaction"]
    ) -> Request[Any] | None:
        if why == "NoTransaction":
            return self._unused(id) if self.version == "v21" else None
        return v201.ReservationStatusUpdate(reservation_id=id, reservation_update_status=why)

    def _unused(self, id: int) -> v21.ReservationStatusUpdate:
        return v21.ReservationStatusUpdate(
            reservation_id=id, reservation_update_status="NoTransaction"
        )

    def _event(self, evse: int, view: View, at: datetime) -> v201.NotifyEvent:
        self._events += 1
        return v201.NotifyEvent(
            generated_at=at,
            seq_no=0,
            event_data=[
                v201.EventData(
                    event_id=self._events,
                    timestamp=at,
                    trigger="Delta",
                    actual_value=view.connector,
                    event_notification_type="HardWiredNotification",
                    component=v201.Component(
                        name="Connector", evse=v201.EVSE(id=evse, connector_id=1)
                    ),
                    variable=v201.Variable(name="AvailabilityState"),
                )
            ],
        )


def _token(token: Token) -> v201.IdToken:
    return v201.IdToken(id_token=token.id, type=cast("v201.IdTokenEnum", token.type))


def _meter_values(samples: tuple[Sample, ...]) -> list[v201.MeterValue]:
    found: list[v201.MeterValue] = []
    for sample in samples:
        values = [
            _sampled(value, sample) for value in meter.values(sample.reading, sample.measurands)
        ]
        if values:
            found.append(v201.MeterValue(timestamp=sample.at, sampled_value=values))
    return found


def _sampled(value: Value, sample: Sample) -> v201.SampledValue:
    # Wh is the default unit and need not be told; the register keeps its milliwatt hours.
    register = value.measurand == REGISTER
    return v201.SampledValue(
        value=value.amount / MWH if register else value.amount,
        context=sample.context,
        measurand=cast("v201.Measurand", value.measurand),
        phase=cast("v201.Phase | None", value.phase),
        location="EV" if value.measurand == "SoC" else None,
        unit_of_measure=None if register else v201.UnitOfMeasure(unit=value.unit),
    )
