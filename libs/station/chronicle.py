"""The telling of an EVSE's transactions: numbers the moments, says each thing once, takes the
samples.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from libs.station.clock import Timer
from libs.station.host import Host
from libs.station.meter import Reading
from libs.station.moment import Context, Kind, Moment, Sample, Session, Token, Transaction
from libs.station.table import Cause, ChargingState, TriggerReason

SERIES_MAX = 100
"""Samples that are kept for the last message of a transaction."""


class Chronicle:
    """Of one EVSE. The running transaction itself lies in the flash memory and outlives a power
    cut.
    """

    __slots__ = ("_evse", "_gauge", "_host", "_next", "_sampling", "_series")

    def __init__(self, evse: int, host: Host, gauge: Callable[[], Reading]) -> None:
        self._evse = evse
        self._host = host
        self._gauge = gauge
        self._next: Permission | None = None
        self._sampling: Timer | None = None
        self._series: Timer | None = None

    @property
    def transaction(self) -> Transaction | None:
        return self._host.flash.open.get(self._evse)

    def permit(self, permission: "Permission") -> None:
        """To be told with the next moment."""
        self._next = permission

    def forget(self) -> None:
        """The permission was withdrawn before it was told, or lost with the power."""
        self._next = None

    def begin(self, trigger: TriggerReason, charging: ChargingState, phases: int | None) -> None:
        host, reading = self._host, self._gauge()
        host.flash.open[self._evse] = Transaction(
            id=str(uuid4()),
            evse=self._evse,
            started_at=host.clock.now(),
            begin_mwh=reading.register_mwh,
            phases=phases,
        )
        self.keep(self.sample("Transaction.Begin", "SampledDataCtrlr.TxEndedMeasurands"))
        samples = self.sample("Transaction.Begin", "SampledDataCtrlr.TxStartedMeasurands")
        self._tell("Started", trigger, charging=charging, samples=samples, phases=phases)
        self.pace()

    def update(self, trigger: TriggerReason, charging: ChargingState, phases: int | None) -> None:
        """The transaction goes on in another state."""
        transaction = self.transaction
        if transaction is None:
            return
        news = phases if phases is not None and phases != transaction.phases else None
        transaction.phases = phases if phases is not None else transaction.phases
        self._tell("Updated", trigger, charging=charging, phases=news)

    def end(self, trigger: TriggerReason, charging: ChargingState, cause: Cause) -> None:
        """The transaction is over; a cause that it already had before takes precedence."""
        transaction, host = self.transaction, self._host
        if transaction is None:
            return
        cause = transaction.cause or cause
        self.keep(self.sample("Transaction.End", "SampledDataCtrlr.TxEndedMeasurands"))
        samples = tuple(transaction.series)
        self._tell("Ended", trigger, charging=charging, cause=cause, samples=samples)
        self.rest()
        del host.flash.open[self._evse]
        host.ended(
            Session(
                transaction=transaction.id,
                evse=self._evse,
                token=transaction.token.id if transaction.token else None,
                started_at=transaction.started_at,
                ended_at=self._at(cause),
                begin_mwh=transaction.begin_mwh,
                end_mwh=self._gauge().register_mwh,
                cause=cause,
                moments=transaction.seq,
            )
        )

    def report(self, trigger: TriggerReason, samples: tuple[Sample, ...]) -> bool:
        """Tell these samples within the running transaction; False if there is none."""
        if self.transaction is None:
            return False
        if samples:
            self._tell("Updated", trigger, samples=samples)
        return True

    def sample(self, context: Context, setting: str) -> tuple[Sample, ...]:
        """A sample of the measurands that a setting lists; none if it lists none."""
        measurands = self._host.configuration.items(setting)
        if not measurands:
            return ()
        return (Sample(self._host.clock.now(), context, measurands, self._gauge()),)

    def keep(self, samples: tuple[Sample, ...]) -> None:
        """Keep samples for the last message; its beginning and end always find room."""
        transaction = self.transaction
        if transaction is None:
            return
        last = bool(samples) and samples[0].context == "Transaction.End"
        if last or len(transaction.series) < SERIES_MAX:
            transaction.series = [*transaction.series, *samples]

    def pace(self) -> None:
        """Sample as often as the settings say from now on."""
        self.rest()
        if self.transaction is None:
            return
        host = self._host
        if seconds := host.configuration.integer("SampledDataCtrlr.TxUpdatedInterval"):
            self._sampling = host.clock.after(seconds, self._sample_now)
        if seconds := host.configuration.integer("SampledDataCtrlr.TxEndedInterval"):
            self._series = host.clock.after(seconds, self._keep_now)

    def rest(self) -> None:
        for timer in (self._sampling, self._series):
            if timer is not None:
                timer.cancel()
        self._sampling = self._series = None

    def _sample_now(self) -> None:
        samples = self.sample("Sample.Periodic", "SampledDataCtrlr.TxUpdatedMeasurands")
        self.report("MeterValuePeriodic", samples)
        seconds = self._host.configuration.integer("SampledDataCtrlr.TxUpdatedInterval")
        self._sampling = self._host.clock.after(seconds, self._sample_now)

    def _keep_now(self) -> None:
        self.keep(self.sample("Sample.Periodic", "SampledDataCtrlr.TxEndedMeasurands"))
        seconds = self._host.configuration.integer("SampledDataCtrlr.TxEndedInterval")
        self._series = self._host.clock.after(seconds, self._keep_now)

    def _at(self, cause: Cause | None) -> datetime:
        """Now, but the end by a power cut was when the power went."""
        dark = self._host.flash.dark_since if cause == "PowerLoss" else None
        return dark or self._host.clock.now()

    def _tell(
        self,
        kind: Kind,
        trigger: TriggerReason,
        *,
        charging: ChargingState | None = None,
        samples: tuple[Sample, ...] = (),
        cause: Cause | None = None,
        phases: int | None = None,
    ) -> None:
        transaction, host = self.transaction, self._host
        if transaction is None:
            return
        told, self._next = self._next or Permission(), None
        transaction.token = transaction.token or told.token
        moment = Moment(
            transaction=transaction.id,
            seq=transaction.seq,
            kind=kind,
            trigger=trigger,
            at=self._at(cause),
            evse=self._evse,
            register_mwh=self._gauge().register_mwh,
            charging=charging,
            offline=not host.online or cause == "PowerLoss",
            introduces=transaction.seq == 0,
            token=told.token,
            samples=samples,
            cause=cause,
            remote_start_id=told.remote_start_id,
            reservation=told.reservation,
            phases=phases,
            charging_seconds=int(transaction.charging_seconds) if kind == "Ended" else None,
        )
        transaction.seq += 1
        host.tell(moment)


class Permission:
    """Who may charge and why: told once, with the first moment after it was given."""

    __slots__ = ("remote_start_id", "reservation", "token")

    def __init__(
        self,
        token: Token | None = None,
        remote_start_id: int | None = None,
        reservation: int | None = None,
    ) -> None:
        self.token = token
        self.remote_start_id = remote_start_id
        self.reservation = reservation
