"""H: places that are kept for somebody, in every version (H01 to H04; 1.6 profile Reservation)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests import bare
from tests.flows.messages import ALL, TWO, authorize, event, info, start, status
from tests.flows.station import Station, booted
from tests.system import System, eventually

case = pytest.mark.certification
EVERY = pytest.mark.parametrize("version", ALL)
MODERN = pytest.mark.parametrize("version", TWO)


def soon(seconds: float = 600) -> str:
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def prepare(system: System, identity: str, **token: Any) -> str:
    """A station that hears only what its operator asks for, and a fresh token."""
    name = f"R-{uuid4().hex[:8]}".upper()
    await system.put(f"tokens/{name}", {"type": "ISO14443", **token})
    evses = [{"id": n, "connectors": [{"id": 1, "type": "cType2"}]} for n in (1, 2)]
    await system.put(f"stations/{identity}", {"automatic": False, "evses": evses})
    return name


async def reserve(system: System, identity: str, token: str, **more: Any) -> dict[str, Any]:
    body = {"token": token, "expires_at": soon(), **more}
    return await system.post(f"stations/{identity}/reservations", body)


async def until(system: System, id: str, wanted: str) -> dict[str, Any]:
    """The reservation once it is so."""
    return await eventually(
        lambda: system.get(f"reservations/{id}"), lambda seen: seen["status"] == wanted
    )


async def statuses(system: System, identity: str) -> dict[int, str]:
    """Of the first connector of each EVSE."""
    view = await system.get(f"stations/{identity}")
    return {evse["id"]: evse["connectors"][0]["status"] for evse in view["evses"]}


def number_of(payload: dict[str, Any]) -> int:
    return payload.get("reservationId", payload.get("id"))


async def use(station: Station, version: str, token: str, number: int) -> str:
    """Authorize, then begin a session that names the reservation; what the station calls it."""
    told = info(version, await station.ask(*authorize(version, token)))
    assert told["status"] == "Accepted"
    if version == "1.6":
        answer = await station.ask(*start(token, reservationId=number))
        assert answer["idTagInfo"]["status"] == "Accepted"
        return str(answer["transactionId"])
    name = uuid4().hex
    begun = event("Started", "Authorized", name, 0, evse={"id": 1, "connectorId": 1})
    await station.ask(*begun)
    used = event("Updated", "Authorized", name, 1, token=token, reservationId=number)
    answer = await station.ask(*used)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    return name


@case("TC_H_01", "TC_046")
@EVERY
async def test_a_reserved_evse_is_used(system: System, identity: str, version: str) -> None:
    """H01, H03."""
    token = await prepare(system, identity)
    async with booted(system, identity, version) as station:
        made = await reserve(system, identity, token, evse=1)
        assert made["result"]["payload"] == {"status": "Accepted"}
        action, asked = await station.call()
        assert action == "ReserveNow"
        assert asked.get("evseId", asked.get("connectorId")) == 1
        assert "connectorType" not in asked
        who = asked["idTag"] if version == "1.6" else asked["idToken"]["idToken"]
        assert who == token
        assert await station.ask(*status(version, "Reserved")) == {}
        await eventually(lambda: statuses(system, identity), lambda seen: seen[1] == "Reserved")
        name = await use(station, version, token, number_of(asked))
        used = await until(system, made["reservation"]["id"], "used")
    session = await system.get(f"transactions/{used['transaction']}")
    assert (session["transaction"], session["reservation"]) == (name, number_of(asked))


@case("TC_H_07", "TC_047")
@EVERY
async def test_a_reservation_that_nobody_uses_ends(
    system: System, identity: str, version: str
) -> None:
    """H04: 2.x says so, 1.6 only frees its connector."""
    token = await prepare(system, identity)
    async with booted(system, identity, version) as station:
        made = await reserve(system, identity, token, evse=1, expires_at=soon(2))
        _, asked = await station.call()
        await station.ask(*status(version, "Reserved"))
        if version != "1.6":
            update = {
                "reservationId": number_of(asked), "reservationUpdateStatus": "Expired",
            }  # fmt: skip
            assert await station.ask("ReservationStatusUpdate", update) == {}
        await until(system, made["reservation"]["id"], "expired")
        await station.ask(*status(version, "Available", at=soon(0)))
        await eventually(lambda: statuses(system, identity), lambda seen: seen[1] == "Available")
    assert station.strays == []


@case("TC_H_08", "TC_049")
@EVERY
async def test_any_evse_may_be_reserved(system: System, identity: str, version: str) -> None:
    token = await prepare(system, identity)
    async with booted(system, identity, version) as station:
        made = await reserve(system, identity, token)
        _, asked = await station.call()
        assert asked.get("connectorId") == (0 if version == "1.6" else None)
        assert "evseId" not in asked
        await station.ask(*status(version, "Reserved"))
        await use(station, version, token, number_of(asked))
        await until(system, made["reservation"]["id"], "used")


@case("TC_H_14")
@MODERN
async def test_as_many_may_be_reserved_as_there_are(
    system: System, identity: str, version: str
) -> None:
    """One more is told to the operator, and asked for only if he insists."""
    tokens = [await prepare(system, identity) for _ in range(3)]
    async with booted(system, identity, version) as station:
        for token in tokens[:2]:
            assert (await reserve(system, identity, token))["reservation"]["status"] == "active"
            assert "evseId" not in (await station.call())[1]
        for evse in (1, 2):
            await station.ask(*status(version, "Reserved", evse))
        body = {"token": tokens[2], "expires_at": soon()}
        path = f"stations/{identity}/reservations"
        refused = await system.http.post(path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
        assert station.asked.empty()
        station.answers["ReserveNow"] = {"status": "Occupied"}
        forced = await system.post(path, {**body, "force": True})
    assert forced["reservation"]["answer"] == "Occupied"
    kept = await system.all(f"stations/{identity}/reservations", open=True)
    assert [each["token"] for each in kept] == [tokens[1], tokens[0]]


@case("TC_H_15")
@MODERN
async def test_a_type_of_connector_may_be_reserved(
    system: System, identity: str, version: str
) -> None:
    token = await prepare(system, identity)
    async with booted(system, identity, version) as station:
        made = await reserve(system, identity, token, connector_type="cType2")
        _, asked = await station.call()
        assert asked["connectorType"] == "cType2"
        assert "evseId" not in asked
        assert made["result"]["payload"] == {"status": "Accepted"}
        await station.ask(*status(version, "Reserved"))
        await use(station, version, token, number_of(asked))
        await until(system, made["reservation"]["id"], "used")


@case("TC_H_17", "TC_051")
@EVERY
async def test_a_reservation_is_cancelled(system: System, identity: str, version: str) -> None:
    """H02: the same id, and once."""
    token = await prepare(system, identity)
    async with booted(system, identity, version) as station:
        made = await reserve(system, identity, token, evse=1)
        number = number_of((await station.call())[1])
        path = f"reservations/{made['reservation']['id']}"
        gone = await system.http.delete(path)
        assert await station.call() == ("CancelReservation", {"reservationId": number})
        assert gone.json()["result"]["payload"] == {"status": "Accepted"}
        assert gone.json()["reservation"]["status"] == "cancelled"
        assert (await system.http.delete(path)).status_code == 409
    await eventually(lambda: system.get(f"stations/{identity}"), lambda seen: not seen["online"])
    again = await system.http.delete(f"{path}?force=true")
    assert again.json()["result"]["status"] == "offline"


@case("TC_052")
@EVERY
async def test_a_rejected_cancellation_is_shown(
    system: System, identity: str, version: str
) -> None:
    token = await prepare(system, identity)
    async with booted(system, identity, version) as station:
        made = await reserve(system, identity, token, evse=1)
        station.answers["CancelReservation"] = {"status": "Rejected"}
        gone = (await system.http.delete(f"reservations/{made['reservation']['id']}")).json()
    assert gone["result"]["payload"] == {"status": "Rejected"}
    assert gone["reservation"]["status"] == "removed"
    assert gone["reservation"]["reason"]


@case("TC_H_19", "TC_053")
@EVERY
async def test_a_group_may_use_it(system: System, identity: str, version: str) -> None:
    """The group is told with the reservation, and with every answer about its tokens."""
    group = f"G-{uuid4().hex[:8]}"
    token = await prepare(system, identity, group=group)
    other = await prepare(system, identity, group=group)
    async with booted(system, identity, version) as station:
        made = await reserve(system, identity, token, evse=1)
        _, asked = await station.call()
        if version == "1.6":
            assert asked["parentIdTag"] == group
        else:
            assert asked["groupIdToken"]["idToken"] == group
        answer = await station.ask(*authorize(version, other))
        assert info(version, answer) == {"status": "Accepted", "group": group}
        await use(station, version, other, number_of(asked))
        await until(system, made["reservation"]["id"], "used")


@case("TC_H_20")
@MODERN
@pytest.mark.parametrize("state", ["Faulted", "Unavailable"])
async def test_a_fault_removes_it(system: System, identity: str, version: str, state: str) -> None:
    token = await prepare(system, identity)
    async with booted(system, identity, version) as station:
        made = await reserve(system, identity, token, evse=1)
        number = number_of((await station.call())[1])
        assert await station.ask(*status(version, state)) == {}
        update = {"reservationId": number, "reservationUpdateStatus": "Removed"}
        assert await station.ask("ReservationStatusUpdate", update) == {}
    assert (await until(system, made["reservation"]["id"], "removed"))["ended_at"]


@pytest.mark.parametrize("state", ["Faulted", "Unavailable"])
async def test_a_1_6_station_tells_that_by_its_status(
    system: System, identity: str, state: str
) -> None:
    token = await prepare(system, identity)
    async with booted(system, identity, "1.6") as station:
        made = await reserve(system, identity, token, evse=1)
        await station.ask(*status("1.6", "Reserved"))
        await station.ask(*status("1.6", state, at=soon(0)))
        ended = await until(system, made["reservation"]["id"], "removed")
    assert state in ended["reason"]


ANSWERS = [
    pytest.param("Faulted", marks=case("TC_048_1")),
    pytest.param("Occupied", marks=case("TC_048_2")),
    pytest.param("Unavailable", marks=case("TC_048_3")),
    pytest.param("Rejected", marks=case("TC_048_4", "TC_H_22")),
]


@pytest.mark.parametrize("answer", ANSWERS)
@EVERY
async def test_what_a_station_refuses_is_shown(
    system: System, identity: str, version: str, answer: str
) -> None:
    token = await prepare(system, identity)
    async with booted(system, identity, version) as station:
        station.answers["ReserveNow"] = {"status": answer}
        made = await reserve(system, identity, token, evse=1)
        assert made["result"]["payload"] == {"status": answer}
        assert made["result"]["hint"]
        kept = await system.get(f"reservations/{made['reservation']['id']}")
        assert (kept["status"], kept["answer"]) == ("refused", answer)
        station.answers["ReserveNow"] = bare.Refused("NotSupported", "no places", {})
        broken = await reserve(system, identity, token, evse=1)
        assert (broken["result"]["status"], broken["result"]["code"]) == ("error", "NotSupported")
        station.answers["ReserveNow"] = {"status": "Accepted"}
        assert (await reserve(system, identity, token, evse=1))["reservation"]["status"] == "active"


async def test_a_token_that_starts_nothing_wastes_it(system: System, identity: str) -> None:
    """2.1 NoTransaction."""
    token = await prepare(system, identity)
    async with booted(system, identity, "2.1") as station:
        made = await reserve(system, identity, token, evse=1)
        number = number_of((await station.call())[1])
        update = {"reservationId": number, "reservationUpdateStatus": "NoTransaction"}
        assert await station.ask("ReservationStatusUpdate", update) == {}
    await until(system, made["reservation"]["id"], "no_transaction")


@EVERY
async def test_raw_calls_lead_to_the_same_records(
    system: System, identity: str, version: str
) -> None:
    """Whatever an operator writes: an unknown token, a number of his own."""
    if version == "1.6":
        body: dict[str, Any] = {
            "connectorId": 2, "expiryDate": soon(), "idTag": "STRANGER", "reservationId": 815,
        }  # fmt: skip
    else:
        body = {
            "id": 815,
            "expiryDateTime": soon(),
            "idToken": {"idToken": "STRANGER", "type": "Central"},
            "evseId": 2,
        }
    await prepare(system, identity)
    async with booted(system, identity, version):
        asked = await system.post(f"stations/{identity}/calls/ReserveNow", body)
        assert asked["payload"] == {"status": "Accepted"}
        path = f"stations/{identity}/reservations"
        [kept] = await eventually(lambda: system.all(path, open=True))
        assert (kept["reservation"], kept["evse"], kept["token"]) == (815, 2, "STRANGER")
        assert (kept["status"], kept["request"]) == ("active", asked["request"])
        cancel = {"reservationId": 815}
        await system.post(f"stations/{identity}/calls/CancelReservation", cancel)
        await until(system, kept["id"], "cancelled")


async def test_what_speaks_against_it_is_told_before_anything_is_sent(
    system: System, identity: str
) -> None:
    token = await prepare(system, identity, status="Blocked")
    path = f"stations/{identity}/reservations"
    async with booted(system, identity, "2.0.1") as station:
        await station.ask(*status("2.0.1", "Faulted"))
        await eventually(lambda: statuses(system, identity), lambda seen: seen[1] == "Faulted")
        body = {"token": token, "evse": 1, "expires_at": soon(-60)}
        refused = await system.http.post(path, json=body)
        detail = refused.json()["detail"]
        assert refused.status_code == 409
        for reason in ("Blocked", "EVSE 1 is Faulted", "which is over"):
            assert reason in detail
        assert station.asked.empty()
        station.answers["ReserveNow"] = {"status": "Faulted"}
        forced = await system.post(path, {**body, "force": True})
    assert forced["reservation"]["answer"] == "Faulted"
