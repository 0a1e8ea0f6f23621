"""Who is let in, what each role may, and which tenant a request is for."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from libs.contracts.stations import ListStations
from libs.runtime.configuration import ConfigError, load
from services.api.__main__ import Config
from services.api.access import Gate, is_loopback, read_tokens
from services.api.app import App
from services.api.roles import ROLES, Operator, Role
from tests.services.api.conftest import calling
from tests.services.api.peer import Peer

Problem = Callable[[httpx.Response], dict[str, Any]]

PEOPLE = [
    ("vera", "viewer", "north"),
    ("olga", "operator", "north"),
    ("adam", "admin", "north"),
    ("staff", "admin", "*"),
]


def write(path: Path, people: list[tuple[str, str, str]]) -> Path:
    records = [
        {
            "name": name,
            "sha256": hashlib.sha256(f"{name}-token".encode()).hexdigest(),
            "role": role,
            "tenant": tenant,
        }
        for name, role, tenant in people
    ]
    path.write_text(json.dumps(records))
    return path


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return write(tmp_path / "tokens.json", PEOPLE)


@pytest.fixture
def closed(make_app: Callable[..., App], tokens: Path) -> App:
    return make_app(gate=Gate(tokens, is_open=False))


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}-token"}


@pytest.mark.parametrize(
    ("headers", "detail", "challenge"),
    [
        ({}, "There is no bearer token.", "Bearer"),
        ({"Authorization": "Basic dmVyYTp4"}, "There is no bearer token.", "Bearer"),
        ({"Authorization": "Bearer "}, "There is no bearer token.", "Bearer"),
        (bearer("nobody"), "This token is not known.", 'Bearer error="invalid_token"'),
    ],
)
async def test_without_a_known_token_nobody_is_let_in(
    closed: App, peer: Peer, problem: Problem, headers, detail, challenge
) -> None:
    async with calling(closed, None) as api:
        answer = await api.get("stations", headers=headers)
        assert problem(answer) == {"status": 401, "code": "unauthenticated", "detail": detail}
        assert answer.headers["www-authenticate"] == challenge
        written = await api.put("tokens/X", json={}, headers={**headers, "Idempotency-Key": "k"})
        assert written.status_code == 401
    assert peer.asked == []


async def test_what_is_public_needs_no_token(closed: App, peer: Peer) -> None:
    async with calling(closed, None) as api:
        for path in ("openapi.json", "problems/conflict", "health"):
            assert (await api.get(path)).status_code == 200
        assert (await api.get(str(api.base_url.join("/")))).status_code == 200


EVERYTHING = {
    "read": [
        ("GET", "stations", None),
        ("GET", "stations/CP-1", None),
        ("GET", "stations/CP-1/log", None),
        ("GET", "stations/CP-1/status-history", None),
        ("GET", "stations/CP-1/reports", None),
        ("GET", "tokens", None),
        ("GET", "tokens/AA11", None),
        ("GET", "transactions", None),
        ("GET", "transactions/0c9c1c53-7b8d-4b43-9d50-7d52ad3e1a55", None),
        ("GET", "cdrs", None),
    ],
    "command": [
        ("POST", "stations/CP-1/start", {"token": "AA11"}),
        ("POST", "stations/CP-1/stop", {}),
        ("POST", "stations/CP-1/unlock", {}),
        ("POST", "stations/CP-1/reset", {}),
        ("POST", "stations/CP-1/availability", {"operative": True}),
        ("POST", "stations/CP-1/trigger", {"message": "Heartbeat"}),
        ("POST", "stations/CP-1/calls/Reset", {"type": "Soft"}),
    ],
    "tokens": [
        ("PUT", "tokens/AA11", {}),
        ("POST", "tokens", {"id": "NEW"}),
        ("DELETE", "tokens/AA11", None),
    ],
    "stations": [("PUT", "stations/CP-1", {}), ("DELETE", "stations/CP-9", None)],
}


@pytest.mark.parametrize("role", get_args(Role))
async def test_each_role_may_what_the_table_says(closed: App, peer: Peer, role: Role) -> None:
    name = next(name for name, has, _ in PEOPLE if has == role)
    peer.add("north", "CP-1", protocol="v16")
    async with calling(closed, None, headers=bearer(name)) as api:
        for permission, requests in EVERYTHING.items():
            for method, path, body in requests:
                answer = await api.request(method, path, json=body)
                refused = answer.status_code == 403
                assert refused is (permission not in ROLES[role]), (role, method, path)


def test_the_table_of_roles() -> None:
    assert {
        "viewer": {"read"},
        "operator": {"read", "command", "tokens"},
        "admin": {"read", "command", "tokens", "stations", "tenants"},
    } == ROLES


async def test_a_role_that_is_refused_is_told_why(
    closed: App, peer: Peer, problem: Problem
) -> None:
    async with calling(closed, None, headers=bearer("vera")) as api:
        answer = await api.delete("stations/CP-1")
    assert problem(answer) == {
        "status": 403,
        "code": "forbidden",
        "detail": "The role `viewer` does not hold `stations`.",
    }
    assert peer.asked == []


@pytest.mark.parametrize(
    ("name", "query", "tenant"),
    [
        ("vera", "", "north"),
        ("vera", "?tenant=north", "north"),
        ("staff", "", "default"),
        ("staff", "?tenant=south", "south"),
    ],
)
async def test_the_tenant_comes_with_the_token(
    closed: App, peer: Peer, name: str, query: str, tenant: str
) -> None:
    async with calling(closed, None, headers=bearer(name)) as api:
        assert (await api.get(f"stations{query}")).status_code == 200
    assert peer.asked == [ListStations(tenant=tenant)]


@pytest.mark.parametrize("name", ["vera", "olga", "adam"])
async def test_another_tenant_is_out_of_reach(
    closed: App, peer: Peer, problem: Problem, name: str
) -> None:
    async with calling(closed, None, headers=bearer(name)) as api:
        by_query = await api.get("stations?tenant=south")
        by_header = await api.get("stations", headers={"Voltbus-Tenant": "south"})
    for answer in (by_query, by_header):
        assert problem(answer) == {
            "status": 403,
            "code": "forbidden",
            "detail": "Your token does not reach the tenant `south`.",
        }
    assert peer.asked == []


async def test_a_station_cannot_be_moved_where_the_token_does_not_reach(
    closed: App, peer: Peer
) -> None:
    async with calling(closed, None, headers=bearer("adam")) as api:
        away = await api.put("stations/CP-1", json={"tenant": "south"})
        home = await api.put("stations/CP-1", json={"tenant": "north"})
    assert (away.status_code, home.status_code) == (403, 200)
    assert len(peer.asked) == 1


async def test_a_key_is_each_operators_own(closed: App, peer: Peer) -> None:
    key = {"Idempotency-Key": "k"}
    async with calling(closed, None) as api:
        for name in ("olga", "adam"):
            answer = await api.put("tokens/AA11", json={}, headers={**bearer(name), **key})
            assert answer.status_code == 200
            assert "idempotent-replayed" not in answer.headers
    assert len(peer.asked) == 2


async def test_the_file_of_tokens_is_read_again_when_it_changes(
    closed: App, peer: Peer, tokens: Path
) -> None:
    async with calling(closed, None) as api:
        assert (await api.get("stations", headers=bearer("vera"))).status_code == 200
        write(tokens, [("nora", "viewer", "north")])
        assert (await api.get("stations", headers=bearer("vera"))).status_code == 401
        assert (await api.get("stations", headers=bearer("nora"))).status_code == 200
        tokens.write_text("half a fi")
        assert (await api.get("stations", headers=bearer("nora"))).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "voltbus.example"},
        {"Host": "evil.example:8080"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_the_open_api_is_not_reached_through_a_foreign_page(
    api: httpx.AsyncClient, peer: Peer, problem: Problem, headers: dict[str, str]
) -> None:
    """DNS rebinding, cross-site forms: a neighbour's browser must not become a remote control."""
    answer = await api.post("stations/CP-1/reset", headers=headers)
    assert problem(answer)["code"] == "foreign_host"
    assert peer.asked == []


@pytest.mark.parametrize(
    "headers",
    [{"Host": "localhost:8080"}, {"Host": "[::1]:8080"}, {"Origin": "http://127.0.0.1:8080"}],
)
async def test_the_open_api_is_reached_from_its_own_machine(
    api: httpx.AsyncClient, peer: Peer, headers: dict[str, str]
) -> None:
    assert (await api.post("stations/CP-1/reset", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_what_is_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


ENVIRONMENT = {"VOLTBUS_POSTGRES_DSN": "postgresql://x"}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "set VOLTBUS_API_TOKENS_FILE"),
        ({"VOLTBUS_OPEN_API": "true", "VOLTBUS_HTTP_HOST": "0.0.0.0"}, "on loopback only"),
        (
            {"VOLTBUS_OPEN_API": "true", "VOLTBUS_API_TOKENS_FILE": "/nowhere"},
            "either",
        ),
        ({"VOLTBUS_API_TOKENS_FILE": "/nowhere/tokens.json"}, "cannot read /nowhere/tokens.json"),
    ],
)
def test_an_api_that_anybody_could_call_does_not_start(
    settings: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        load(Config, {**ENVIRONMENT, **settings})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '[{"name": "x"}]',
        '[{"name": "x", "sha256": "00", "role": "viewer", "tenant": "t"}]',
        f'[{{"name": "x", "sha256": "{"0" * 64}", "role": "god", "tenant": "t"}}]',
    ],
)
def test_a_file_of_tokens_that_is_wrong_is_explained(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="VOLTBUS_API_TOKENS_FILE"):
        read_tokens(path)


def test_a_file_of_tokens_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "tokens.json", [("vera", "viewer", "north")])
    digest = hashlib.sha256(b"vera-token").hexdigest()
    assert read_tokens(path) == {digest: Operator("vera", "viewer", "north")}
