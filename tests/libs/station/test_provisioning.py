"""Block B and G: boot, back-off, status, heartbeat, reconnecting (every version)."""

import base64

import pytest

from libs.station import VirtualStation
from tests.libs.station.conftest import ONLY_2
from tests.libs.station.csms import Csms, Silence, now

OFFLINE_LONG = {"OCPPCommCtrlr.OfflineThreshold": "0"}


def connectors(csms: Csms) -> list[int]:
    key = "connectorId" if csms.version == "v16" else "evseId"
    return [status[key] for status in csms.said("StatusNotification")]


async def test_an_accepted_station_tells_its_connectors_and_beats(csms, station):
    """B01, G01, G02; 1.6 tells of the station itself as connector 0."""
    csms.answers["BootNotification"] = {
        "status": "Accepted", "interval": 600, "current_time": now()
    }  # fmt: skip
    async with station(speed=6_000) as made:
        await made.booted()
        await csms.heard("Heartbeat", 2)
        expected = [0, 1, 2] if csms.version == "v16" else [1, 2]
        assert connectors(csms)[:3] == expected
        assert csms.actions()[0] == "BootNotification"
        assert made.setting("OCPPCommCtrlr.HeartbeatInterval") == "600"


async def test_the_boot_says_what_and_why(csms, station):
    async with station() as made:
        await made.booted()
    (boot,) = csms.said("BootNotification")
    if csms.version == "v16":
        assert boot["chargePointVendor"] == "Voltbus"
    else:
        assert boot["reason"] == "PowerUp"
        assert boot["chargingStation"]["vendorName"] == "Voltbus"


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
async def test_a_station_that_is_not_accepted_only_boots_again(csms, station, status):
    """B02, B03: nothing but BootNotification, after the interval."""
    csms.answers["BootNotification"] = {"status": status, "interval": 2, "current_time": now()}
    async with station() as made:
        await csms.heard("BootNotification", 3)
        assert set(csms.actions()) == {"BootNotification"}
        assert not made.accepted
        del csms.answers["BootNotification"]
        await made.booted()
        await csms.heard("StatusNotification", 2)


async def test_an_interval_of_zero_leaves_the_wait_to_the_station(csms, station):
    csms.answers["BootNotification"] = {"status": "Pending", "interval": 0, "current_time": now()}
    async with station(link_speed=200):
        await csms.heard("BootNotification", 2)
        assert len(csms.said("BootNotification")) == 2


async def test_a_boot_without_an_answer_is_repeated(csms, station):
    csms.answers["BootNotification"] = Silence
    async with station(link_speed=200) as made:
        await csms.heard("BootNotification", 2)
        del csms.answers["BootNotification"]
        await made.booted()


async def test_a_pending_station_boots_when_it_is_triggered(csms, station):
    """TC_B_31: the trigger is how a server takes a station out of Pending."""
    csms.answers["BootNotification"] = {
        "status": "Pending", "interval": 9999, "current_time": now()
    }  # fmt: skip
    async with station() as made:
        await csms.heard("BootNotification")
        await made.wait_for(lambda: made.controller.registration.standing == "Pending", "Pending")
        del csms.answers["BootNotification"]
        answer = await csms.call("TriggerMessage", requested_message="BootNotification")
        assert answer.status == "Accepted"
        await made.booted()
        if csms.version != "v16":
            assert csms.said("BootNotification")[-1]["reason"] == "Triggered"


async def test_an_accepted_station_refuses_to_boot_again(csms, station):
    """F06.FR.17."""
    async with station() as made:
        await made.booted()
        answer = await csms.call("TriggerMessage", requested_message="BootNotification")
        assert answer.status == "Rejected"


async def test_after_a_broken_connection_there_is_no_boot_and_only_news_are_told(csms, station):
    """B04: within OfflineThreshold."""
    settings = {"OCPPCommCtrlr.OfflineThreshold": "9999"}
    async with station(settings=settings) as made:
        await made.booted()
        await made.delivered()
        told = len(csms.said("StatusNotification"))
        await csms.cut()
        await made.wait_for(lambda: not made.online, "the link to break")
        await made.plug_in(2)
        await made.wait_for(lambda: made.accepted, "the link to come back")
        await csms.heard("StatusNotification", told + 1)
        await made.delivered()
        assert connectors(csms)[told:] == [2]
        assert len(csms.said("BootNotification")) == 1


async def test_after_a_long_silence_all_connectors_are_told(csms, station):
    async with station(settings=OFFLINE_LONG) as made:
        await made.booted()
        await made.delivered()
        told = len(csms.said("StatusNotification"))
        await csms.cut()
        await csms.heard("StatusNotification", told + 2)
        assert connectors(csms)[told:] == [1, 2]


async def test_a_closed_door_is_knocked_at_ever_more_slowly(csms, station):
    """2.x part 4, 5.3: the wait doubles after each failure."""
    csms.open = False
    settings = {
        "OCPPCommCtrlr.RetryBackOffWaitMinimum": "1",
        "OCPPCommCtrlr.RetryBackOffRandomRange": "0",
        "OCPPCommCtrlr.RetryBackOffRepeatTimes": "2",
    }
    async with station(settings=settings, link_speed=50) as made:
        waits = []
        again = made.controller.clock.wheel.after

        def after(seconds, callback):
            waits.append(round(seconds * 50))
            return again(seconds, callback)

        made.controller.clock.wheel.after = after
        await csms.until(lambda: len(csms.refused) >= 5, "five knocks")
        csms.open = True
        await made.booted()
    assert waits[:5] == [1, 2, 4, 4, 4]


async def test_a_server_that_chooses_another_protocol_is_left(csms):
    other = "v201" if csms.version == "v16" else "v16"
    async with VirtualStation("CP1", csms.url, other, link_speed=200) as made:
        with pytest.raises(TimeoutError, match="CP1 waited"):
            await made.booted(0.3)


async def test_identity_and_password_are_in_the_handshake(csms, station):
    async with station(password="a secret of 16 b") as made:
        await made.booted()
    kind, _, credentials = csms.headers[0]["Authorization"].partition(" ")
    assert kind == "Basic"
    assert base64.b64decode(credentials) == b"CP 1:a secret of 16 b"
    assert csms.points[0]._connection.request.path == "/CP%201"


async def test_a_peer_that_is_silent_on_pings_is_dead(csms, station):
    """2.7: pings find out, without any OCPP message."""
    settings = {"OCPPCommCtrlr.WebSocketPingInterval": "1", "OCPPCommCtrlr.OfflineThreshold": "0"}
    async with station(settings=settings) as made:
        await made.booted()
        csms.points[-1].transport.pause_reading()
        await csms.until(lambda: len(csms.points) == 2, "a second connection")
        await made.wait_for(lambda: made.accepted, "the station to be back")
        assert len(csms.said("BootNotification")) == 1


async def test_a_fragmented_message_is_put_together(csms, station):
    async with station() as made:
        await made.booted()
        frame = '[2,"frag-1","NoSuchAction",{}]'
        await csms.points[-1]._connection.send([frame[:7], frame[7:19], frame[19:]])
        await made.wait_for(
            lambda: any(b"frag-1" in f.data for f in made.trace if f.direction == "out"),
            "an answer",
        )
        answer = next(f.data for f in made.trace if f.direction == "out" and b"frag-1" in f.data)
        assert b'"NotImplemented"' in answer


@ONLY_2
async def test_statuses_may_be_told_as_events(station):
    """2.1 prefers NotifyEvent for AvailabilityState."""
    async with station(by_event=True) as made:
        await made.booted()
        await made.delivered()
        await made.plug_in(1)
        await made.delivered()
        events = [f.data for f in made.trace if b'"NotifyEvent"' in f.data]
        assert len(events) == 3
        assert b'"actualValue":"Occupied"' in events[-1]
