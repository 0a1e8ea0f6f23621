"""Block F, G, H and B11/B12: what the server orders, and what becomes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.station import Car, VirtualStation
from tests.libs.station.conftest import ONLY_2
from tests.libs.station.csms import Csms

CAR = Car(soc=20)


async def start(csms: Csms, token: str = "DEMO0003", evse: int | None = 1) -> Any:
    if csms.version == "v16":
        return await csms.call("RemoteStartTransaction", id_tag=token, connector_id=evse)
    return await csms.call(
        "RequestStartTransaction",
        id_token={"id_token": token, "type": "Central"},
        remote_start_id=4711,
        **({"evse_id": evse} if evse else {}),
    )


async def stop(csms: Csms, made: VirtualStation) -> Any:
    if csms.version == "v16":
        return await csms.call("RemoteStopTransaction", transaction_id=made.told[0].alias)
    return await csms.call("RequestStopTransaction", transaction_id=made.transaction(1))


async def availability(csms: Csms, evse: int, *, operative: bool) -> str:
    word = "Operative" if operative else "Inoperative"
    if csms.version == "v16":
        answer = await csms.call("ChangeAvailability", connector_id=evse, type=word)
    else:
        place = {"evse": {"id": evse}} if evse else {}
        answer = await csms.call("ChangeAvailability", operational_status=word, **place)
    return answer.status


async def charge(made: VirtualStation, evse: int = 1) -> None:
    await made.plug_in(evse, CAR)
    assert await made.present("DEMO0001", evse) == "Accepted"
    await made.until(evse, "Charging")
    await made.delivered()


def last_of(csms: Csms) -> dict[str, Any]:
    return csms.said("StopTransaction" if csms.version == "v16" else "TransactionEvent")[-1]


async def test_remote_start_and_stop(csms, station):
    """F02, F03."""
    async with station() as made:
        await made.booted()
        await made.plug_in(1, CAR)
        assert (await start(csms)).status == "Accepted"
        await made.until(1, "Charging")
        await made.delivered()
        assert csms.said("Authorize") == []
        if csms.version != "v16":
            first = csms.said("TransactionEvent")[0]
            assert first["triggerReason"] == "RemoteStart"
            assert first["transactionInfo"]["remoteStartId"] == 4711
            assert first["idToken"] == {"idToken": "DEMO0003", "type": "Central"}
        assert (await stop(csms, made)).status == "Accepted"
        await made.until(1, "Finishing")
        await made.delivered()
        if csms.version == "v16":
            assert last_of(csms)["reason"] == "Remote"
        else:
            assert last_of(csms)["triggerReason"] == "RemoteStop"
            assert last_of(csms)["transactionInfo"]["stoppedReason"] == "Remote"


async def test_remote_start_may_have_to_ask_first(csms, station):
    """AuthorizeRemoteStart; 1.6 AuthorizeRemoteTxRequests."""
    async with station(settings={"AuthCtrlr.AuthorizeRemoteStart": "true"}) as made:
        await made.booted()
        await made.plug_in(1, CAR)
        assert (await start(csms, "NOBODY")).status == "Accepted"
        await csms.heard("Authorize")
        await made.delivered()
        assert made.transaction(1) is None
        await start(csms, "DEMO0001")
        await made.until(1, "Charging")


async def test_remote_start_waits_for_a_car_only_so_long(csms, station):
    settings = {"TxCtrlr.TxStartPoint": "Authorized", "TxCtrlr.EVConnectionTimeOut": "60"}
    async with station(speed=100, settings=settings) as made:
        await made.booted()
        assert (await start(csms, evse=None)).status == "Accepted"
        await made.until(1, "Preparing")
        await made.until(1, "Available")
        await made.delivered()
        if csms.version == "v16":
            assert csms.said("StartTransaction") == []
        else:
            assert last_of(csms)["triggerReason"] == "EVConnectTimeout"


async def test_remote_start_is_rejected_where_nobody_can_charge(csms, station):
    async with station() as made:
        await made.booted()
        assert (await start(csms, evse=9)).status == "Rejected"
        await charge(made)
        assert (await start(csms)).status == "Rejected"
        await availability(csms, 2, operative=False)
        assert (await start(csms, evse=None)).status == "Rejected"


async def test_remote_stop_of_an_unknown_transaction_is_rejected(csms, station):
    async with station() as made:
        await made.booted()
        if csms.version == "v16":
            answer = await csms.call("RemoteStopTransaction", transaction_id=99)
        else:
            answer = await csms.call("RequestStopTransaction", transaction_id="nothing")
        assert answer.status == "Rejected"


@ONLY_2
async def test_remote_start_names_the_transaction_that_the_cable_began(csms, station):
    """F01: plugged in, not authorized, TxStartPoint EVConnected."""
    async with station(settings={"TxCtrlr.TxStartPoint": "EVConnected"}) as made:
        await made.booted()
        await made.plug_in(1, CAR)
        answer = await start(csms)
        assert answer.transaction_id == made.transaction(1)
        await made.until(1, "Charging")
        await made.delivered()
        reasons = [event["triggerReason"] for event in csms.said("TransactionEvent")]
        assert reasons == ["CablePluggedIn", "RemoteStart", "ChargingStateChanged"]


async def test_a_place_is_switched_off_and_on(csms, station):
    """G03."""
    async with station() as made:
        await made.booted()
        assert await availability(csms, 2, operative=False) == "Accepted"
        await made.delivered()
        assert made.status(2) == "Unavailable"
        assert await made.present("DEMO0001", 2) == "Unavailable"
        key = "status" if csms.version == "v16" else "connectorStatus"
        assert csms.said("StatusNotification")[-1][key] == "Unavailable"
        assert await availability(csms, 2, operative=True) == "Accepted"
        await made.delivered()
        assert csms.said("StatusNotification")[-1][key] == "Available"


async def test_the_whole_station_is_switched_off_and_on(csms, station):
    async with station() as made:
        await made.booted()
        assert await availability(csms, 0, operative=False) == "Accepted"
        assert {made.status(1), made.status(2)} == {"Unavailable"}
        assert await availability(csms, 0, operative=True) == "Accepted"
        assert {made.status(1), made.status(2)} == {"Available"}


async def test_switching_off_waits_for_the_session(csms, station):
    """Scheduled (G03.FR.05)."""
    async with station() as made:
        await made.booted()
        await charge(made)
        assert await availability(csms, 1, operative=False) == "Scheduled"
        assert made.status(1) == "Charging"
        await made.stop(1)
        assert made.status(1) == "Unavailable"


async def test_an_unknown_place_cannot_be_switched(csms, station):
    async with station() as made:
        await made.booted()
        assert await availability(csms, 7, operative=False) == "Rejected"


async def reset(csms: Csms, hard: bool, **more: Any) -> str:
    kind = ("Hard" if hard else "Soft") if csms.version == "v16" else None
    kind = kind or ("Immediate" if hard else "OnIdle")
    return (await csms.call("Reset", type=kind, **more)).status


async def test_a_reset_ends_the_session_tells_it_and_boots_again(csms, station):
    """B11, B12; 1.6 Hard and Soft."""
    async with station() as made:
        await made.booted()
        await charge(made)
        assert await reset(csms, hard=True) == "Accepted"
        await csms.heard("BootNotification", 2)
        await made.booted()
        await made.delivered()
        assert len(csms.points) == 2
        (session,) = made.sessions
        assert session.cause == "HardReset"
        if csms.version == "v16":
            assert last_of(csms)["reason"] == "HardReset"
        else:
            ended = [e for e in csms.said("TransactionEvent") if e["eventType"] == "Ended"]
            assert ended[0]["triggerReason"] == "ResetCommand"
            assert ended[0]["transactionInfo"]["stoppedReason"] == "ImmediateReset"
            assert csms.said("BootNotification")[1]["reason"] == "RemoteReset"


async def test_a_gentle_reset_tells_the_end_before_it_goes(csms, station):
    async with station() as made:
        await made.booted()
        await charge(made)
        if csms.version == "v16":
            assert await reset(csms, hard=False) == "Accepted"
        else:
            assert await reset(csms, hard=False) == "Scheduled"
            assert await made.present("DEMO0002", 2) == "Unavailable"
            await made.stop(1)
        await csms.heard("BootNotification", 2)
        actions = csms.actions()
        ended = "StopTransaction" if csms.version == "v16" else "TransactionEvent"
        assert actions.index("BootNotification", 1) > len(actions) - 1 - actions[::-1].index(ended)
        if csms.version == "v16":
            assert last_of(csms)["reason"] == "SoftReset"
        else:
            assert csms.said("BootNotification")[1]["reason"] == "ScheduledReset"


async def test_an_idle_station_resets_at_once(csms, station):
    async with station() as made:
        await made.booted()
        assert await reset(csms, hard=False) == "Accepted"
        await csms.heard("BootNotification", 2)
        await made.booted()


@ONLY_2
async def test_one_evse_is_reset_without_a_boot(csms, station):
    async with station() as made:
        await made.booted()
        await charge(made)
        assert await reset(csms, hard=True, evse_id=9) == "Rejected"
        assert await reset(csms, hard=False, evse_id=1) == "Scheduled"
        assert made.status(1) == "Charging"
        assert await reset(csms, hard=True, evse_id=1) == "Accepted"
        await made.delivered()
        assert made.sessions[0].cause == "HardReset"
        assert len(csms.said("BootNotification")) == 1


async def unlock(csms: Csms, evse: int) -> str:
    if csms.version == "v16":
        return (await csms.call("UnlockConnector", connector_id=evse)).status
    return (await csms.call("UnlockConnector", evse_id=evse, connector_id=1)).status


async def test_unlocking_ends_a_session_in_1_6_and_never_in_2(csms, station):
    """F05."""
    async with station() as made:
        await made.booted()
        assert await unlock(csms, 1) == "Unlocked"
        await charge(made)
        if csms.version == "v16":
            assert await unlock(csms, 1) == "Unlocked"
            await made.delivered()
            assert last_of(csms)["reason"] == "UnlockCommand"
            assert await unlock(csms, 9) == "NotSupported"
        else:
            assert await unlock(csms, 1) == "OngoingAuthorizedTransaction"
            assert made.status(1) == "Charging"
            assert await unlock(csms, 9) == "UnknownConnector"


async def test_messages_are_sent_when_they_are_triggered(csms, station):
    """F06."""
    async with station() as made:
        await made.booted()
        await charge(made)
        for message in ("Heartbeat", "StatusNotification", "MeterValues"):
            before = len(csms.said(message))
            answer = await csms.call("TriggerMessage", requested_message=message)
            assert answer.status == "Accepted"
            await csms.heard(message, before + 1)
        context = csms.said("MeterValues")[-1]["meterValue"][0]["sampledValue"][0]["context"]
        assert context == "Trigger"
        if csms.version != "v16":
            answer = await csms.call("TriggerMessage", requested_message="SignV2GCertificate")
            assert answer.status == "NotImplemented"


@ONLY_2
async def test_the_running_transaction_is_told_when_it_is_triggered(csms, station):
    async with station() as made:
        await made.booted()
        idle = await csms.call("TriggerMessage", requested_message="TransactionEvent")
        assert idle.status == "Rejected"
        await charge(made)
        await csms.call("TriggerMessage", requested_message="TransactionEvent")
        await made.delivered()
        assert last_of(csms)["triggerReason"] == "Trigger"


@pytest.mark.parametrize("version", ["v16"])
async def test_the_extended_trigger_of_1_6_works_alike(csms, station):
    async with station() as made:
        await made.booted()
        answer = await csms.call("ExtendedTriggerMessage", requested_message="Heartbeat")
        assert answer.status == "Accepted"
        await csms.heard("Heartbeat")
        assert csms.said("Heartbeat") == [{}]


async def test_the_cache_is_cleared(csms, station):
    async with station() as made:
        await made.booted()
        await made.present("DEMO0001", 1)
        assert made.controller.flash.cache
        assert (await csms.call("ClearCache")).status == "Accepted"
        assert made.controller.flash.cache == {}


async def test_without_a_cache_there_is_nothing_to_clear(csms, station):
    async with station(settings={"AuthCacheCtrlr.Enabled": "false"}) as made:
        await made.booted()
        assert (await csms.call("ClearCache")).status == "Rejected"


@ONLY_2
async def test_the_state_of_a_transaction_is_told(csms, station):
    """E14."""
    async with station() as made:
        await made.booted()
        await charge(made)
        answer = await csms.call("GetTransactionStatus", transaction_id=made.transaction(1))
        assert (answer.ongoing_indicator, answer.messages_in_queue) == (True, False)
        answer = await csms.call("GetTransactionStatus", transaction_id="other")
        assert (answer.ongoing_indicator, answer.messages_in_queue) == (False, False)


async def reserve(csms: Csms, id: int, token: str, seconds: float, evse: int = 1) -> str:
    until = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    if csms.version == "v16":
        answer = await csms.call(
            "ReserveNow", connector_id=evse, expiry_date=until, id_tag=token, reservation_id=id
        )
    else:
        answer = await csms.call(
            "ReserveNow",
            id=id,
            expiry_date_time=until,
            id_token={"id_token": token, "type": "Central"},
            evse_id=evse,
        )
    return answer.status


async def test_a_reserved_place_is_for_its_token_only(csms, station):
    """H01, H03."""
    async with station() as made:
        await made.booted()
        assert await reserve(csms, 5, "DEMO0005", 3600) == "Accepted"
        assert made.status(1) == "Reserved"
        assert await made.present("DEMO0001", 1) == "Reserved"
        assert await reserve(csms, 6, "DEMO0006", 3600) == "Occupied"
        await made.plug_in(1, CAR)
        assert made.status(1) == "Reserved"
        assert await made.present("DEMO0005", 1) == "Accepted"
        await made.until(1, "Charging")
        await made.delivered()
        if csms.version == "v16":
            assert csms.said("StartTransaction")[0]["reservationId"] == 5
        else:
            assert csms.said("TransactionEvent")[0]["reservationId"] == 5


async def test_a_reservation_is_cancelled_or_expires(csms, station):
    """H02, H04."""
    async with station() as made:
        await made.booted()
        await reserve(csms, 5, "DEMO0005", 3600)
        assert (await csms.call("CancelReservation", reservation_id=5)).status == "Accepted"
        assert (await csms.call("CancelReservation", reservation_id=5)).status == "Rejected"
        assert made.status(1) == "Available"
        await reserve(csms, 6, "DEMO0005", 0.3)
        await made.until(1, "Reserved")
        await made.until(1, "Available")
        await made.delivered()
        if csms.version != "v16":
            assert csms.said("ReservationStatusUpdate") == [
                {"reservationId": 6, "reservationUpdateStatus": "Expired"}
            ]
