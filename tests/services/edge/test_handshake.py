"""Handshakes as bytes, and what they come to (ocpp.md 2.5 and 2.6)."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.edge.handshake import Refused, Wanted, decide
from tests.services.edge.wire import KEY, SUBPROTOCOLS, request


def wanted(path: str = "/CP1", subprotocol: str | None = "ocpp1.6", **headers: str) -> Wanted:
    return decide(request(path, subprotocol, **headers).removesuffix(b"\r\n\r\n"))


def refused(path: str = "/CP1", subprotocol: str | None = "ocpp1.6", **headers: str) -> Refused:
    with pytest.raises(Refused) as caught:
        wanted(path, subprotocol, **headers)
    return caught.value


def basic(user: bytes, secret: bytes) -> str:
    return "Basic " + b64encode(user + b":" + secret).decode()


# -- path and identity -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "tenant", "station"),
    [
        ("/CP1", None, "CP1"),
        ("/ocpp/CP1", None, "CP1"),
        ("/ocpp/acme/CP1", "acme", "CP1"),
        ("/ocpp", None, "ocpp"),
        ("/ocpp/ocpp/ocpp", "ocpp", "ocpp"),
        ("/RDAM%20123", None, "RDAM 123"),
        ("/RDAM|123", None, "RDAM|123"),
        ("/a+b", None, "a+b"),
        ("/a%2Fb", None, "a/b"),
        ("/a%252Fb", None, "a%2Fb"),
        ("/caf%C3%A9", None, "café"),
        ("/ocpp/a%2Fb/c%2Fd", "a/b", "c/d"),
        ("//ocpp//CP1/", None, "CP1"),
        ("/CP1?token=x/y", None, "CP1"),
        ("/" + "x" * 255, None, "x" * 255),
    ],
)
def test_the_path_names_station_and_tenant(path: str, tenant: str | None, station: str) -> None:
    found = wanted(path)
    assert (found.tenant, found.station) == (tenant, station)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/a/b", 404),
        ("/ocpp/a/b/c", 404),
        ("/ocpp/" + "t" * 256 + "/CP1", 404),
        ("/CP%1", 400),
        ("/CP%zz", 400),
        ("/CP%00", 400),
        ("/CP%0d%0aX", 400),
        ("/CP%7f", 400),
        ("/CP%C2%85", 400),
        ("/CP%ff", 400),
        ("/" + "x" * 256, 400),
    ],
)
def test_other_paths_are_refused(path: str, status: int) -> None:
    assert refused(path).status == status


@pytest.mark.parametrize("version", ["v201", "v21"])
@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        ("/aZ09*-_=+|@.", True),
        ("/" + "x" * 48, True),
        ("/" + "x" * 49, False),
        ("/a:b", False),
        ("/a%20b", False),
        ("/caf%C3%A9", False),
        ("/a%2Fb", False),
    ],
)
def test_an_identity_of_2x_is_an_identifier_without_colon(
    version: str, path: str, accepted: bool
) -> None:
    if accepted:
        assert wanted(path, SUBPROTOCOLS[version]).version == version
    else:
        assert refused(path, SUBPROTOCOLS[version]).status == 400


# -- subprotocol -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offer", "version"),
    [
        ("ocpp1.6", "v16"),
        ("ocpp2.0.1", "v201"),
        ("ocpp2.1", "v21"),
        ("ocpp1.6, ocpp2.1", "v16"),
        ("ocpp2.1,ocpp1.6", "v21"),
        ("ocpp0.1, ocpp2.0 , ocpp2.0.1", "v201"),
    ],
)
def test_the_clients_order_among_ours_is_honoured(offer: str, version: str) -> None:
    assert wanted(subprotocol=offer).version == version


@pytest.mark.parametrize("offer", [None, "ocpp0.1", "OCPP1.6", "ocpp2.0, ocpp1.5", ","])
def test_without_a_common_subprotocol_the_handshake_is_refused(offer: str | None) -> None:
    """TC_B_58: not upgraded."""
    refusal = refused(subprotocol=offer)
    assert refusal.status == 400
    assert "ocpp2.1, ocpp2.0.1, ocpp1.6" in refusal.reason


# -- basic authentication --------------------------------------------------------------------------


def test_the_secret_is_bytes() -> None:
    """1.6-J: the key is 20 raw bytes, which are no text."""
    secret = bytes(range(236, 256))
    found = wanted("/AL1000", Authorization=basic(b"AL1000", secret))
    assert (found.user, found.secret) == (b"AL1000", secret)


def test_user_and_secret_are_split_at_the_first_colon() -> None:
    found = wanted("/CP1", Authorization=basic(b"CP1", b"a:b:c"))
    assert (found.user, found.secret) == (b"CP1", b"a:b:c")


def test_the_scheme_is_known_in_any_case() -> None:
    assert wanted(Authorization=basic(b"CP1", b"x").replace("Basic", "bAsIc")).secret == b"x"


def test_without_the_header_there_is_no_user() -> None:
    found = wanted()
    assert (found.user, found.secret) == (None, None)


@pytest.mark.parametrize("user", [b"CP2", b"cp1", b"", b"CP1 "])
def test_the_user_must_be_the_identity(user: bytes) -> None:
    refusal = refused(Authorization=basic(user, b"secret"))
    assert refusal.status == 401
    assert refusal.headers["WWW_Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Basic !!!", 400),
        ("Basic " + b64encode(b"no colon").decode(), 400),
        ("Basic", 400),
        ("Basic Q1Ax", 400),
        ("Bearer abc", 401),
    ],
)
def test_a_malformed_authorization_is_refused(header: str, status: int) -> None:
    assert refused(Authorization=header).status == status


# -- the upgrade -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upgrade": ""}, 426),
        ({"Upgrade": "h2c"}, 426),
        ({"Connection": ""}, 426),
        ({"Connection": "keep-alive"}, 426),
        ({"Sec_WebSocket_Version": "8"}, 426),
        ({"Sec_WebSocket_Version": ""}, 426),
        ({"Sec_WebSocket_Key": ""}, 400),
        ({"Sec_WebSocket_Key": "short"}, 400),
        ({"Sec_WebSocket_Key": "é" * 16}, 400),
        ({"Content_Length": "5"}, 400),
        ({"Transfer_Encoding": "chunked"}, 400),
    ],
)
def test_what_is_no_upgrade_is_refused(headers: dict[str, str], status: int) -> None:
    assert refused(**headers).status == status


def test_lists_and_case_do_not_matter_in_the_upgrade() -> None:
    assert wanted(Upgrade="WebSocket", Connection="keep-alive, UPGRADE").key == KEY


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"", 400),
        (b"GET /CP1", 400),
        (b"GET /CP1 HTTP/1.1 x", 400),
        (b"GET  /CP1 HTTP/1.1", 400),
        (b"GET http://csms/CP1 HTTP/1.1", 400),
        (b"GET /CP1 FTP/1.1", 400),
        (b"GET /CP1 HTTP/1.0", 400),
        (b"POST /CP1 HTTP/1.1", 405),
        (b"GET /CP1 HTTP/1.1\r\nno colon", 400),
        (b"GET /CP1 HTTP/1.1\r\n folded: x", 400),
        (b"GET /CP1 HTTP/1.1\r\nname : x", 400),
        (b"GET /CP1 HTTP/1.1\r\nname: \x00", 400),
        (b"GET /CP1 HTTP/1.1\r\nHost: a\r\nhost: b", 400),
        (b"GET /CP1 HTTP/1.1" + b"\r\nX: y" * 65, 431),
        (b"GET / HTTP/1.1\r\nHost: a", 426),
    ],
)
def test_broken_heads_are_refused(head: bytes, status: int) -> None:
    with pytest.raises(Refused) as caught:
        decide(head)
    assert caught.value.status == status


def test_a_refusal_is_a_whole_http_response() -> None:
    assert (
        Refused(503, "später", Retry_After="7").render()
        == (
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 8\r\nConnection: close\r\nRetry-After: 7\r\n\r\nspäter\n"
        ).encode()
    )


@given(st.binary(max_size=300))
def test_no_bytes_break_the_decision(noise: bytes) -> None:
    with pytest.raises(Refused):
        decide(noise)


@given(st.binary(max_size=60), st.integers(0, 150))
def test_no_change_of_a_good_head_breaks_the_decision(noise: bytes, at: int) -> None:
    good = request("/CP1", Authorization=basic(b"CP1", b"x")).removesuffix(b"\r\n\r\n")
    head = good[:at] + noise + good[at + len(noise) :]
    status = 101
    try:
        decide(head)
    except Refused as refusal:
        status = refusal.status
    assert status == 101 or 400 <= status < 500
