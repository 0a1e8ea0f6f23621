"""Whole sessions of every version over the bus: the ledger comes to what the station measured."""

import pytest

from libs.ocpp import v16
from services.transactions.app import App
from tests.services.transactions import traces
from tests.services.transactions.conftest import Desk
from tests.services.transactions.traces import Plan


async def charge(desk: Desk, station: str, plan: Plan) -> list[object]:
    """Report a whole session; 1.6 continues with the number that it is given."""
    trace = traces.make(plan)
    answers = [await desk.say(station, trace.messages[0])]
    if plan.version == "v16":
        trace = traces.renumbered(trace, answers[0].transaction_id)
    for message in trace.messages[1:]:
        answers.append(await desk.say(station, message))
    return answers


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_a_session_is_in_the_ledger_to_the_watt_hour(
    app: App, desk: Desk, version: str
) -> None:
    await charge(desk, "CP1", Plan(version=version, stop_token="TAG1"))
    session = await desk.session("CP1")
    assert (session.status, session.complete, session.flags) == ("ended", True, [])
    assert (session.energy_wh, session.meter_start_wh, session.meter_stop_wh) == (400, 123_456, 123_856)
    assert (session.duration_s, session.token, session.authorization) == (307, "TAG1", "Accepted")
    (record,) = await desk.cdrs("CP1")
    assert (record.energy_wh, record.transaction_id, record.corrects) == (400, session.id, None)
    assert session.cdr == record.id
