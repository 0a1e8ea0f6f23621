"""Tokens of sessions: asked about after the commit, answered, recorded; no session is refused."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from libs.bus import BusError, Unavailable
from libs.contracts.authorization import Decision
from libs.ocpp import v16, v21, v201
from services.transactions import answers
from services.transactions.app import App
from tests.services.transactions import traces
from tests.services.transactions.conftest import Desk, Peers, eventually
from tests.services.transactions.traces import Plan

EXPIRES = datetime(2030, 1, 1, tzinfo=UTC)
INVALID = Decision(status="Invalid", reason="unknown")
MEMBER = Decision(status="Accepted", reason="known", group="FLEET", expires_at=EXPIRES)


async def start(desk: Desk, plan: Plan) -> tuple[Any, Any]:
    """Report the start of a session: its trace and the answer."""
    trace = traces.make(plan)
    answer = await desk.say("CP1", trace.messages[0])
    if plan.version == "v16":
        trace = traces.renumbered(trace, answer.transaction_id)
    return trace, answer


def info(answer: Any) -> Any:
    return answer.id_tag_info if hasattr(answer, "id_tag_info") else answer.id_token_info


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_an_unknown_token_is_told_and_its_session_kept(
    app: App, desk: Desk, version: str
) -> None:
    desk.peers.decisions["TAG1"] = INVALID
    trace, answer = await start(desk, Plan(version=version))
    assert info(answer).status == "Invalid"
    for message in trace.messages[1:]:
        await desk.say("CP1", message)
    session = await desk.session("CP1")
    assert (session.energy_wh, session.authorization, session.token) == (400, "Invalid", "TAG1")
    assert {"unknown_token", "token_refused"} <= set(session.flags)
    (record,) = await desk.cdrs("CP1")
    assert {"unknown_token", "token_refused"} <= set(record.flags)


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_the_question_names_session_place_and_time(
    app: App, desk: Desk, version: str
) -> None:
    trace, _ = await start(desk, Plan(version=version, evse=2, offline=True))
    session = await desk.session("CP1")
    (ask,) = desk.peers.asked
    assert (ask.purpose, ask.token, ask.evse, ask.transaction) == ("start", "TAG1", 2, session.id)
    assert ask.at == trace.plan.begin


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_group_and_expiry_are_part_of_the_answer(app: App, desk: Desk, version: str) -> None:
    desk.peers.decisions["TAG1"] = MEMBER
    _, answer = await start(desk, Plan(version=version))
    if version == "v16":
        assert info(answer) == v16.IdTagInfo(
            status="Accepted", parent_id_tag="FLEET", expiry_date=EXPIRES
        )
    else:
        found = info(answer)
        assert found.group_id_token.id_token == "FLEET"
        assert found.cache_expiry_date_time == EXPIRES
    assert (await desk.session("CP1")).group == "FLEET"


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_a_member_of_the_group_stops(app: App, desk: Desk, version: str) -> None:
    desk.peers.decisions |= {"TAG1": MEMBER, "TAG2": MEMBER}
    trace, _ = await start(desk, Plan(version=version, stop_token="TAG2"))
    answer = await desk.say("CP1", trace.messages[-1])
    assert info(answer).status == "Accepted"
    ask = desk.peers.asked[-1]
    assert (ask.purpose, ask.started_by, ask.started_group) == ("stop", "TAG1", "FLEET")
    session = await desk.session("CP1")
    assert (session.token, session.stop_token, session.stop_authorization) == (
        "TAG1",
        "TAG2",
        "Accepted",
    )
    assert session.group == "FLEET"


@pytest.mark.parametrize("version", ["v201", "v21"])
async def test_a_master_pass_stops_and_is_recorded(app: App, desk: Desk, version: str) -> None:
    """C16: the pass ends the session, which stays the one of who charged."""
    desk.peers.decisions["MASTER"] = Decision(
        status="Accepted", reason="master pass", group="MASTERS", master_pass=True
    )
    trace, _ = await start(desk, Plan(version=version, stop_token="MASTER"))
    answer = await desk.say("CP1", trace.messages[-1])
    assert info(answer).group_id_token.id_token == "MASTERS"
    session = await desk.session("CP1")
    assert (session.token, session.group, session.stop_token) == ("TAG1", None, "MASTER")


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_a_refused_stop_is_told_and_the_end_kept(app: App, desk: Desk, version: str) -> None:
    desk.peers.decisions["TAG2"] = INVALID
    trace, _ = await start(desk, Plan(version=version, stop_token="TAG2", updates=0))
    answer = await desk.say("CP1", trace.messages[-1])
    assert info(answer).status == "Invalid"
    session = await desk.session("CP1")
    assert (session.status, session.authorization, session.flags) == ("ended", "Accepted", [])
    assert session.stop_authorization == "Invalid"


@pytest.mark.parametrize("module", [v201, v21])
async def test_charging_without_authorization_is_accepted_unasked(
    app: App, desk: Desk, module: Any
) -> None:
    """C02: an empty token of type NoAuthorization."""
    trace = traces.make(Plan(version=module.__name__.rpartition(".")[2]))
    token = module.IdToken(id_token="", type="NoAuthorization")
    answer = await desk.say("CP1", structs.replace(trace.messages[0], id_token=token))
    assert answer.id_token_info.status == "Accepted"
    assert desk.peers.asked == []
    session = await desk.session("CP1")
    assert (session.token, session.token_type) == (None, "NoAuthorization")
    await desk.say("CP1", trace.messages[-1])
    assert "never_identified" not in (await desk.session("CP1")).flags


async def test_a_session_without_a_token_is_flagged_at_its_end(app: App, desk: Desk) -> None:
    trace, answer = await start(desk, Plan(version="v201", token=None))
    assert answer == v201.TransactionEventResponse()
    assert "never_identified" not in (await desk.session("CP1")).flags
    await desk.say("CP1", trace.messages[-1])
    assert "never_identified" in (await desk.session("CP1")).flags


async def test_a_token_may_come_long_after_the_start(app: App, desk: Desk) -> None:
    trace, _ = await start(desk, Plan(version="v21", token=None))
    token = v21.IdToken(id_token="TAG9", type="ISO14443")
    update = structs.replace(trace.messages[1], id_token=token, trigger_reason="Authorized")
    answer = await desk.say("CP1", update)
    assert answer.id_token_info.status == "Accepted"
    assert (await desk.session("CP1")).token == "TAG9"


async def test_who_is_only_known_to_have_stopped_has_charged(app: App, desk: Desk) -> None:
    desk.peers.decisions["TAG2"] = MEMBER
    trace = traces.make(Plan(version="v201", stop_token="TAG2"))
    await desk.say("CP1", trace.messages[-1])
    session = await desk.session("CP1")
    assert (session.token, session.group, session.authorization) == ("TAG2", "FLEET", "Accepted")
    assert desk.peers.asked[-1].purpose == "start"


async def test_while_nobody_decides_the_message_is_kept_and_the_station_not_answered(
    app: App, bus: Any, tenant: str
) -> None:
    """The station retries; then it is the same session, and decided."""
    desk = Desk(bus, tenant, Peers())
    trace = traces.make(Plan(version="v16"))
    with pytest.raises(BusError) as refusal:
        await desk.say("CP1", trace.messages[0])
    assert isinstance(refusal.value, Unavailable)
    session = await desk.session("CP1")
    assert (session.status, session.authorization) == ("active", None)


async def test_a_decision_that_comes_within_our_patience_is_waited_for(
    app: App, bus: Any, tenant: str
) -> None:
    desk = Desk(bus, tenant, Peers())
    trace = traces.make(Plan(version="v16"))
    asking = asyncio.create_task(desk.say("CP1", trace.messages[0]))
    await eventually(lambda: desk.sessions("CP1"))
    serving = await bus.serve(desk.peers.router(tenant), None)
    answer = await asking
    await serving.stop()
    assert answer.id_tag_info.status == "Accepted"
    assert (await desk.session("CP1")).authorization == "Accepted"


def test_every_status_has_its_word_in_1_6() -> None:
    said = {status: answers.STATUS_16[status] for status in ("NoCredit", "Unknown", "Expired")}
    assert said == {"NoCredit": "Invalid", "Unknown": "Invalid", "Expired": "Expired"}


def test_groups_that_a_version_cannot_spell_are_left_out() -> None:
    long = Decision(status="Accepted", reason="", group="G" * 40, evses=[])
    assert answers.id_tag_info(long).parent_id_tag is None
    assert answers.id_token_info_201(long).group_id_token is None
    found = answers.id_token_info_21(structs.replace(long, evses=[2]))
    assert found.group_id_token == v21.IdToken(id_token="G" * 40, type="Central")
    assert found.evse_id == [2]
