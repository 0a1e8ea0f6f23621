"""A: who may open a socket, and as whom (ocpp.md 2.5, 2.6)."""

import base64
from typing import Any

import httpx
import pytest
import websockets

from tests import bare
from tests.flows.messages import ALL
from tests.flows.station import booted, connected
from tests.system import System, eventually

SECRET = "correct-horse-42!"
KEY = bytes(range(130, 150))
"""Twenty bytes that are no UTF-8, as a 1.6 AuthorizationKey may be."""


def basic(user: str, secret: bytes) -> dict[str, str]:
    pair = base64.b64encode(user.encode() + b":" + secret).decode()
    return {"Authorization": f"Basic {pair}"}


async def refusal(system: System, path: str, version: str, headers: dict[str, str]) -> int:
    """The HTTP status of a handshake; 101 when it succeeds."""
    offer = [websockets.Subprotocol(bare.SUBPROTOCOLS.get(version, version))]
    try:
        async with websockets.connect(
            f"{system.ocpp_url}/{path}", subprotocols=offer, additional_headers=headers
        ):
            return 101
    except websockets.InvalidStatus as error:
        return error.response.status_code


@pytest.mark.certification("TC_A_01", "TC_A_02", "TC_A_03", "TC_085")
@pytest.mark.parametrize("version", ALL)
async def test_a_password_opens_the_door_and_a_wrong_one_does_not(
    system: System, identity: str, version: str
) -> None:
    """The user name is the identity, even where another station has that name and password."""
    other = f"{identity}-B"
    for name in (identity, other):
        await system.put(f"stations/{name}", {"security_profile": 1, "password": SECRET})
    right, wrong = basic(identity, SECRET.encode()), basic(identity, b"wrong-secret-here")
    assert await refusal(system, identity, version, wrong) == 401
    assert await refusal(system, identity, version, basic("SOMEBODY", SECRET.encode())) == 401
    assert await refusal(system, identity, version, basic(other, SECRET.encode())) == 401
    assert await refusal(system, identity, version, {}) == 401
    async with connected(system, identity, version, right) as station:
        booted_answer = await station.ask("BootNotification", bare.BOOTS[version])
    assert booted_answer["status"] == "Accepted"


async def test_a_16_key_is_accepted_as_bytes_and_as_hex(system: System, identity: str) -> None:
    await system.put(f"stations/{identity}", {"security_profile": 1, "password": KEY.hex()})
    assert await refusal(system, identity, "1.6", basic(identity, KEY)) == 101
    assert await refusal(system, identity, "1.6", basic(identity, KEY.hex().encode())) == 101
    assert await refusal(system, identity, "1.6", basic(identity, KEY[::-1])) == 401


@pytest.mark.certification("TC_B_58", "TC_088")
@pytest.mark.parametrize("version", ALL)
async def test_a_subprotocol_that_we_do_not_speak_is_not_upgraded(
    system: System, identity: str, version: str
) -> None:
    """Refused alone, passed over in a list."""
    spoken = bare.SUBPROTOCOLS[version]
    assert await refusal(system, identity, "ocpp0.1", {}) == 400
    offer = [websockets.Subprotocol("ocpp0.1"), websockets.Subprotocol(spoken)]
    async with websockets.connect(f"{system.ocpp_url}/{identity}", subprotocols=offer) as socket:
        assert socket.subprotocol == spoken


async def test_the_password_is_never_shown(system: System, identity: str) -> None:
    await system.put(f"stations/{identity}", {"security_profile": 1, "password": SECRET})
    shown = await system.http.get(f"stations/{identity}")
    assert shown.status_code == 200
    assert SECRET not in shown.text
    assert SECRET not in system.log("stations") + system.log("api") + system.log("edge")


async def test_a_plain_http_request_is_told_what_this_port_is_for(system: System) -> None:
    url = system.ocpp_url.replace("ws://", "http://")
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{url}/SOMEBODY")
    assert answer.status_code in {400, 426}
    assert "websocket" in answer.text.lower()


async def test_odd_identities_are_one_station(system: System) -> None:
    """Percent-encoded once, never taken apart: space, dot, slash, non-ASCII."""
    odd = "RDAM 1.2/é>*"
    path = "RDAM%201.2%2F%C3%A9%3E%2A"
    socket = await bare.boot(system.ocpp_url, path, "1.6")

    async def seen() -> tuple[str, bool]:
        station = await system.get(f"stations/{path}")
        return station["id"], station["online"]

    assert await eventually(seen, lambda now: now[1]) == (odd, True)
    socket.close()


NEW = "battery-staple-43!"
AUTHORIZATION_KEY = "0102030405060708090a0b0c0d0e0f1011121314"


def password_change(version: str, secret: str) -> tuple[str, dict[str, Any]]:
    """The call by which an operator gives a station another password."""
    if version == "1.6":
        return "ChangeConfiguration", {"key": "AuthorizationKey", "value": secret}
    where = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    return "SetVariables", {"setVariableData": [{**where, "attributeValue": secret}]}


def password_answer(version: str, word: str) -> dict[str, Any]:
    if version == "1.6":
        return {"status": word}
    where = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    return {"setVariableResult": [{**where, "attributeStatus": word}]}


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(
    ("word", "taken"),
    [
        pytest.param("Accepted", True, marks=pytest.mark.certification("TC_A_09", "TC_073")),
        pytest.param("Rejected", False, marks=pytest.mark.certification("TC_A_10")),
        ("RebootRequired", True),
        ("NotSupported", False),
    ],
)
async def test_a_password_is_changed_while_the_station_is_connected(
    system: System, identity: str, word: str, taken: bool, version: str
) -> None:
    """What the station took opens the door from now on and the old one no longer; else the old
    one goes on. The open socket stays: the station reconnects by itself.
    """
    if word == "NotSupported" and version != "1.6":
        word = "UnknownVariable"
    secret = AUTHORIZATION_KEY if version == "1.6" else NEW
    old = basic(identity, SECRET.encode())
    new = basic(identity, bytes.fromhex(secret) if version == "1.6" else secret.encode())
    await system.put(f"stations/{identity}", {"security_profile": 1, "password": SECRET})
    action, body = password_change(version, secret)
    async with booted(system, identity, version, old) as station:
        station.answers[action] = password_answer(version, word)
        told = await system.post(f"stations/{identity}/calls/{action}", body)
        assert "currentTime" in await station.ask("Heartbeat", {})
    good, bad = (new, old) if taken else (old, new)
    assert (told["status"], told["payload"]) == ("answered", password_answer(version, word))
    assert station.calls == [(action, body)]
    assert await refusal(system, identity, version, bad) == 401
    async with connected(system, identity, version, good) as station:
        again = await station.ask("BootNotification", bare.BOOTS[version])
    assert again["status"] == "Accepted"


@pytest.mark.parametrize("version", ALL)
async def test_a_password_that_was_sent_is_shown_nowhere(
    system: System, identity: str, version: str
) -> None:
    secret = AUTHORIZATION_KEY if version == "1.6" else NEW
    action, body = password_change(version, secret)
    async with booted(system, identity, version) as station:
        station.answers[action] = password_answer(version, "Accepted")
        told = await system.post(f"stations/{identity}/calls/{action}", body)

    async def logged() -> str:
        return (await system.http.get(f"stations/{identity}/log?action={action}")).text

    log = await eventually(logged, lambda text: action in text)
    asked = [
        (await system.http.get(f"stations/{identity}/{path}")).text
        for path in ("requests", f"requests/{told['request']}")
    ]
    assert all(action in text for text in asked)
    kept = "".join([log, *asked, *(system.log(name) for name in system.names)])
    assert secret not in kept


async def test_a_profile_that_needs_tls_is_not_opened_without(
    system: System, identity: str
) -> None:
    """TC_A_19 in small: once the profile is raised, the lower one is refused."""
    await system.put(f"stations/{identity}", {"security_profile": 2, "password": SECRET})
    assert await refusal(system, identity, "2.0.1", basic(identity, SECRET.encode())) == 403
    assert await refusal(system, identity, "2.0.1", {}) == 403


@pytest.mark.parametrize("version", ALL)
async def test_an_event_of_security_is_answered_and_kept(
    system: System, identity: str, version: str
) -> None:
    told = {"type": "InvalidMessages", "timestamp": "2026-11-22T10:00:00Z", "techInfo": "odd"}
    async with booted(system, identity, version) as station:
        assert await station.ask("SecurityEventNotification", told) == {}
    kept = await system.all(f"stations/{identity}/reports", action="SecurityEventNotification")
    assert [report["payload"] for report in kept] == [told]
