"""Sessions as other services see them: views, charge detail records, events."""

from datetime import datetime

from msgspec import structs

from libs.contracts.transactions import (
    CdrCreated,
    CdrView,
    PhasePower,
    ReservationUsed,
    TransactionEnded,
    TransactionStarted,
    TransactionUpdated,
    TransactionView,
)
from services.transactions import bill, flags, gaps
from services.transactions.measure import TOTAL, plain
from services.transactions.record import Session
from services.transactions.session import State

BESIDE_THE_BILL = flags.LATE_EVENTS | flags.CORRECTED_AFTER_END
"""Flags that tell how a bill came about, not what is billed: they alone need no correction."""


def transaction(session: Session, updated_at: datetime | None = None) -> TransactionView:
    """All that is known of a session."""
    state, history = session.state, session.history
    imported, exported = bill.energy(state, "import"), bill.energy(state, "export")
    times = bill.times(state, session.ended_at, imported.moving_s)
    return TransactionView(
        id=session.id,
        tenant=session.tenant,
        station=session.station,
        transaction=session.transaction,
        version=session.version,
        status="ended" if session.ended else "active",
        evse=state.evse,
        connector=state.connector,
        token=session.token or None,
        token_type=session.token_type,
        group=history.group,
        authorization=history.authorization,
        stop_authorization=history.stop_authorization,
        remote_start_id=state.remote_start_id or history.remote_start_id,
        reservation=state.reservation,
        charging_state=state.charging_state,
        started_at=session.started_at,
        ended_at=session.ended_at,
        start_trigger=state.start_trigger,
        stop_trigger=state.stop_trigger,
        stop_reason=state.stop_reason,
        stop_token=state.stop_token or None,
        meter_start_wh=plain(imported.start),
        meter_stop_wh=plain(imported.stop),
        energy_wh=plain(imported.energy),
        exported_wh=plain(exported.energy),
        duration_s=times.duration_s,
        charging_s=times.charging_s,
        idle_s=times.idle_s,
        power=[
            PhasePower(phase=phase, max_w=highest, last_w=last)
            for phase, (highest, last) in sorted(state.power.items())
        ],
        soc_start=state.soc_start,
        soc_last=state.soc_last,
        events=state.count,
        complete=bill.complete(state),
        gaps=gaps.missing(state.seqs) if state.seqs else [],
        flags=flags.names(session.flags),
        revision=history.revision,
        updated_at=updated_at,
        cdr=history.cdr,
    )


def cdr(session: Session, id: str, created_at: datetime) -> CdrView:
    """The charge detail record of an ended session, correcting the one that it has."""
    state, history = session.state, session.history
    imported = bill.energy(state, "import")
    times = bill.times(state, session.ended_at, imported.moving_s)
    return CdrView(
        id=id,
        tenant=session.tenant,
        transaction_id=session.id,
        revision=history.revision,
        corrects=history.cdr,
        created_at=created_at,
        station=session.station,
        evse=state.evse,
        connector=state.connector,
        token=session.token or None,
        group=history.group,
        started_at=session.started_at,
        ended_at=session.ended_at or state.at,
        energy_wh=plain(imported.energy),
        meter_start_wh=plain(imported.start),
        meter_stop_wh=plain(imported.stop),
        charging_s=times.charging_s,
        idle_s=times.idle_s,
        stop_reason=state.stop_reason,
        complete=bill.complete(state),
        flags=flags.names(session.flags & ~BESIDE_THE_BILL),
    )


def same_bill(one: CdrView, other: CdrView) -> bool:
    """Do two records say the same of a session?"""
    return (
        structs.replace(
            one,
            id=other.id,
            revision=other.revision,
            corrects=other.corrects,
            created_at=other.created_at,
        )
        == other
    )


def started(session: Session) -> TransactionStarted:
    state = session.state
    return TransactionStarted(
        tenant=session.tenant,
        at=session.started_at,
        station=session.station,
        id=session.id,
        transaction=session.transaction,
        evse=state.evse,
        connector=state.connector,
        token=session.token or None,
        started_at=session.started_at,
    )


def reservation_used(session: Session, reservation: int) -> ReservationUsed:
    state = session.state
    return ReservationUsed(
        tenant=session.tenant,
        at=state.at,
        station=session.station,
        id=session.id,
        transaction=session.transaction,
        reservation=reservation,
        evse=state.evse,
        token=session.token or None,
    )


def updated(session: Session) -> TransactionUpdated:
    state = session.state
    return TransactionUpdated(
        tenant=session.tenant,
        at=state.at,
        station=session.station,
        id=session.id,
        transaction=session.transaction,
        seq_no=state.seqs[-1] if state.seqs else None,
        evse=state.evse,
        token=session.token or None,
        charging_state=state.charging_state,
        energy_wh=plain(bill.energy_so_far(state)),
        power_w=power_w(state),
        soc=state.soc_last,
        revision=session.history.revision,
    )


def ended(session: Session) -> TransactionEnded:
    state = session.state
    ended_at = session.ended_at or state.at
    return TransactionEnded(
        tenant=session.tenant,
        at=ended_at,
        station=session.station,
        id=session.id,
        transaction=session.transaction,
        evse=state.evse,
        token=session.token or None,
        started_at=session.started_at,
        ended_at=ended_at,
        energy_wh=plain(bill.energy_so_far(state)),
        stop_reason=state.stop_reason,
        flags=flags.names(session.flags),
        revision=session.history.revision,
    )


def cdr_created(record: CdrView) -> CdrCreated:
    return CdrCreated(
        tenant=record.tenant, at=record.created_at, station=record.station, cdr=record
    )


def power_w(state: State) -> float | None:
    """What it draws now: the total, else the sum of its phases."""
    power = state.power
    if not power:
        return None
    if TOTAL in power:
        return power[TOTAL][1]
    return sum(last for _, last in power.values())
