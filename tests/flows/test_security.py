"""A: who may open a socket, and as whom (ocpp.md 2.5, 2.6)."""

import base64

import httpx
import pytest
import websockets

from tests import bare
from tests.flows.messages import ALL
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


@pytest.mark.parametrize("version", ALL)
async def test_a_password_opens_the_door_and_a_wrong_one_does_not(
    system: System, identity: str, version: str
) -> None:
    """TC_A_01, TC_A_02, TC_A_03; 1.6 TC_085."""
    await system.put(f"stations/{identity}", {"security_profile": 1, "password": SECRET})
    right, wrong = basic(identity, SECRET.encode()), basic(identity, b"wrong-secret-here")
    assert await refusal(system, identity, version, right) == 101
    assert await refusal(system, identity, version, wrong) == 401
    assert await refusal(system, identity, version, basic("SOMEBODY", SECRET.encode())) == 401
    assert await refusal(system, identity, version, {}) == 401


async def test_a_16_key_is_accepted_as_bytes_and_as_hex(system: System, identity: str) -> None:
    await system.put(f"stations/{identity}", {"security_profile": 1, "password": KEY.hex()})
    assert await refusal(system, identity, "1.6", basic(identity, KEY)) == 101
    assert await refusal(system, identity, "1.6", basic(identity, KEY.hex().encode())) == 101
    assert await refusal(system, identity, "1.6", basic(identity, KEY[::-1])) == 401


async def test_a_subprotocol_that_we_do_not_speak_is_not_upgraded(
    system: System, identity: str
) -> None:
    """TC_B_58, TC_088: refused alone, passed over in a list."""
    assert await refusal(system, identity, "ocpp0.1", {}) == 400
    offer = [websockets.Subprotocol("ocpp0.1"), websockets.Subprotocol("ocpp2.0.1")]
    async with websockets.connect(f"{system.ocpp_url}/{identity}", subprotocols=offer) as socket:
        assert socket.subprotocol == "ocpp2.0.1"


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
