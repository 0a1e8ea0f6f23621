"""The ledger tells once which reservation a session uses up, whenever it becomes known."""

from datetime import UTC, datetime

from libs.bus import Bus
from libs.contracts.transactions import ReservationUsed, TransactionEnded
from libs.ocpp import v16, v201
from services.transactions.app import App
from tests.services.service import Ear
from tests.services.transactions.conftest import Desk

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


async def test_a_1_6_start_names_it(app: App, desk: Desk, bus: Bus, tenant: str) -> None:
    async with Ear(bus, tenant, ReservationUsed) as ear:
        start = v16.StartTransaction(
            connector_id=1, id_tag="TAG1", meter_start=0, timestamp=NOON, reservation_id=5
        )
        await desk.say("CP1", start)
        [used] = await ear.heard(1)
    session = await desk.session("CP1")
    assert (used.id, used.reservation, used.station, used.token) == (session.id, 5, "CP1", "TAG1")
    assert session.reservation == 5


async def test_a_later_event_of_2_x_names_it_and_it_is_told_once(
    app: App, desk: Desk, bus: Bus, tenant: str
) -> None:
    """H03: a session may begin with the cable, before the token is shown."""

    def event(number: int, kind: str, reservation: int | None = None) -> v201.TransactionEvent:
        return v201.TransactionEvent(
            event_type=kind,  # type: ignore[arg-type]
            timestamp=NOON,
            trigger_reason="Authorized",
            seq_no=number,
            transaction_info=v201.Transaction(transaction_id="tx"),
            reservation_id=reservation,
        )

    async with Ear(bus, tenant, ReservationUsed, TransactionEnded) as ear:
        await desk.say("CP1", event(0, "Started"))
        await desk.say("CP1", event(1, "Updated", 9))
        await desk.say("CP1", event(2, "Updated", 9))
        await desk.say("CP1", event(3, "Ended"))
        facts = await ear.until(TransactionEnded)
    used = [fact for fact in facts if isinstance(fact, ReservationUsed)]
    assert [(fact.reservation, fact.transaction) for fact in used] == [(9, "tx")]
