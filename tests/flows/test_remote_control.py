"""F: remote start and stop, unlock, trigger; what the station refuses is shown (ocpp.md 5.2)."""

from typing import Any

import pytest

from tests import bare
from tests.flows.messages import ALL, TWO, event, info, minute, start, status, stop
from tests.flows.station import Station, booted
from tests.system import System

TOKEN = "DEMO0004"


async def begin(station: Station, version: str, asked: dict[str, Any]) -> str:
    """Start the session that was asked for; the name of the transaction."""
    if version == "1.6":
        answer = await station.ask(*start(asked["idTag"]))
        return str(answer["transactionId"])
    remote = {"remoteStartId": asked["remoteStartId"], "chargingState": "EVConnected"}
    begun = event("Started", "RemoteStart", "tx", 0, info=remote, register=1_000)
    await station.ask(begun[0], {**begun[1], "idToken": asked["idToken"], "evse": {"id": 1}})
    return "tx"


async def finish(station: Station, version: str, transaction: str) -> dict[str, Any]:
    if version == "1.6":
        return await station.ask(*stop(int(transaction), reason="Remote"))
    over = {"stoppedReason": "Remote", "chargingState": "EVConnected"}
    return await station.ask(*event("Ended", "RemoteStop", "tx", 1, info=over, register=1_450))


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(
    "first",
    [
        pytest.param("cable", marks=pytest.mark.certification("TC_F_01", "TC_010")),
        pytest.param("authorize", marks=pytest.mark.certification("TC_F_02", "TC_011_1")),
        pytest.param("remote", marks=pytest.mark.certification("TC_F_03", "TC_E_21", "TC_012")),
    ],
)
async def test_an_operator_starts_and_stops(
    system: System, identity: str, first: str, version: str
) -> None:
    """F01 to F03: plug first, or card of the operator first, asked for again or not."""
    plugged = "Preparing" if version == "1.6" else "Occupied"
    path = f"stations/{identity}"
    async with booted(system, identity, version) as station:
        if first == "cable":
            await station.ask(*status(version, plugged))
        started = await system.post(f"{path}/start", {"token": TOKEN, "evse": 1})
        action, asked = await station.call()
        if first == "authorize":
            body = {"idTag": asked["idTag"]} if version == "1.6" else {"idToken": asked["idToken"]}
            allowed = await station.ask("Authorize", body)
            assert info(version, allowed) == {"status": "Accepted"}
        transaction = await begin(station, version, asked)
        running = (await system.get("transactions", station=identity))["items"][0]
        stopped = await system.post(f"{path}/stop", {"transaction": running["id"]})
        stopping = await station.call()
        ended = await finish(station, version, transaction)
    record = (await system.get("transactions", station=identity))["items"][0]
    assert started["payload"] == stopped["payload"] == {"status": "Accepted"}
    if version == "1.6":
        assert (action, asked) == ("RemoteStartTransaction", {"idTag": TOKEN, "connectorId": 1})
        assert stopping == ("RemoteStopTransaction", {"transactionId": int(transaction)})
    else:
        assert action == "RequestStartTransaction"
        assert asked == {
            "idToken": {"idToken": TOKEN, "type": "Central"},
            "remoteStartId": started["remote_start_id"],
            "evseId": 1,
        }
        assert stopping == ("RequestStopTransaction", {"transactionId": "tx"})
    assert ended == {}
    assert running["remote_start_id"] == started["remote_start_id"] > 0
    assert (record["status"], record["stop_reason"], record["token"], record["energy_wh"]) == (
        "ended", "Remote", TOKEN, 450,
    )  # fmt: skip


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize("kind", ["ISO14443", "ISO15693", "KeyCode", "Local", "Central"])
async def test_a_remote_start_says_the_type_that_the_operator_chose(
    system: System, identity: str, kind: str, version: str
) -> None:
    """PICS C-32 to C-38: the type goes out as given."""
    token = f"{identity}-{kind}"
    await system.put(f"tokens/{token}", {"type": kind})
    async with booted(system, identity, version) as station:
        await system.post(f"stations/{identity}/start", {"token": token, "type": kind})
        _, asked = await station.call()
    assert asked["idToken"] == {"idToken": token, "type": kind}
    assert "evseId" not in asked


@pytest.mark.parametrize("version", TWO)
async def test_no_authorization_can_be_started_remotely(
    system: System, identity: str, version: str
) -> None:
    """PICS C-39: an empty token of the type NoAuthorization, here by the generic call."""
    request = {"idToken": {"idToken": "", "type": "NoAuthorization"}, "remoteStartId": 77}
    async with booted(system, identity, version) as station:
        done = await system.post(f"stations/{identity}/calls/RequestStartTransaction", request)
        _, asked = await station.call()
        begun = event("Started", "RemoteStart", "tx", 0, info={"remoteStartId": 77})
        told = await station.ask(begun[0], {**begun[1], "idToken": asked["idToken"]})
    assert done["payload"] == {"status": "Accepted"}
    assert asked == request
    assert info(version, told) == {"status": "Accepted"}


@pytest.mark.parametrize("version", TWO)
async def test_a_remote_start_tells_the_group(system: System, identity: str, version: str) -> None:
    """F01: groupIdToken, so that another token of the group may stop it."""
    await system.put(f"tokens/{identity}-T", {"group": f"{identity}-G"})
    async with booted(system, identity, version) as station:
        await system.post(f"stations/{identity}/start", {"token": f"{identity}-T"})
        _, asked = await station.call()
    assert asked["groupIdToken"] == {"idToken": f"{identity}-G", "type": "Central"}


@pytest.mark.certification("TC_026")
@pytest.mark.parametrize("version", ALL)
async def test_a_remote_start_that_the_station_rejects_is_shown(
    system: System, identity: str, version: str
) -> None:
    name = "RemoteStartTransaction" if version == "1.6" else "RequestStartTransaction"
    async with booted(system, identity, version) as station:
        station.answers[name] = {"status": "Rejected"}
        told = await system.post(f"stations/{identity}/start", {"token": TOKEN, "evse": 1})
    assert [action for action, _ in station.calls] == [name]
    assert (told["status"], told["payload"]) == ("answered", {"status": "Rejected"})
    assert await system.all("transactions", station=identity) == []


@pytest.mark.certification("TC_F_04", "TC_011_2")
@pytest.mark.parametrize("version", ALL)
async def test_a_plug_that_does_not_come_after_a_remote_start(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        told = await system.post(f"stations/{identity}/start", {"token": TOKEN, "evse": 1})
        _, asked = await station.call()
        if version == "1.6":
            for number, state in enumerate(("Preparing", "Available")):
                assert await station.ask(*status(version, state, at=minute(number))) == {}
        else:
            await begin(station, version, asked)
            late = {"stoppedReason": "Timeout", "chargingState": "Idle"}
            ended = event("Ended", "EVConnectTimeout", "tx", 1, info=late, register=1_000)
            assert await station.ask(*ended) == {}
    records = await system.all("transactions", station=identity)
    found = [(r["stop_reason"], r["energy_wh"], r["remote_start_id"]) for r in records]
    assert (told["status"], told["payload"]) == ("answered", {"status": "Accepted"})
    assert found == ([] if version == "1.6" else [("Timeout", 0, told["remote_start_id"])])


@pytest.mark.parametrize("version", ALL)
async def test_a_token_that_may_not_start_is_refused_before_the_station_is_asked(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        refused = await system.post(f"stations/{identity}/start", {"token": "NOBODY", "evse": 1})
        await station.told()
    assert (refused["status"], refused["code"]) == ("error", "Unknown")
    assert refused["refused"]
    assert station.calls == []


@pytest.mark.certification("TC_028")
@pytest.mark.parametrize("version", ALL)
async def test_a_stop_goes_out_even_for_a_transaction_that_nobody_knows(
    system: System, identity: str, version: str
) -> None:
    """No opinion of ours beforehand, the station's Rejected is shown."""
    one = version == "1.6"
    name = "RemoteStopTransaction" if one else "RequestStopTransaction"
    async with booted(system, identity, version) as station:
        station.answers[name] = {"status": "Rejected"}
        answer = await system.post(f"stations/{identity}/stop", {"transaction": "424242"})
        called = await station.call()
    assert called == (name, {"transactionId": 424242 if one else "424242"})
    assert (answer["status"], answer["payload"]) == ("answered", {"status": "Rejected"})


@pytest.mark.parametrize("version", ALL)
async def test_a_pending_station_is_not_told_to_charge_where_the_version_forbids_it(
    system: System, identity: str, version: str
) -> None:
    """1.6 4.2: no RemoteStart and no RemoteStop while Pending; 2.x stations reject it (B02)."""
    await system.put(f"stations/{identity}", {"registration": "Pending"})
    station = await bare.connect(system.ocpp_url, identity, version)
    await station.ask("BootNotification", bare.BOOTS[version])
    one = version == "1.6"
    token = {"idToken": TOKEN, "type": "Central"}
    calls: dict[str, dict[str, Any]] = (
        {"RemoteStartTransaction": {"idTag": TOKEN}, "RemoteStopTransaction": {"transactionId": 1}}
        if one
        else {"RequestStartTransaction": {"idToken": token, "remoteStartId": 5}}
    )
    found = [
        (await system.http.post(f"stations/{identity}/calls/{name}", json=body)).status_code
        for name, body in calls.items()
    ]
    heard = [name for name, _ in station.calls]
    station.close()
    assert found == ([409, 409] if one else [200])
    assert heard == ([] if one else ["RequestStartTransaction"])
