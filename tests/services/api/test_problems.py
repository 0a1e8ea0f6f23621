"""All that goes wrong is a problem detail: what, where and how to go on (RFC 9457)."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from libs.bus import (
    BusError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Unavailable,
)
from services.api.app import App
from services.api.bodies.stations import StationPut
from services.api.bodies.tokens import TokenPost
from services.api.problem import KINDS, Refusal
from services.api.strict import decode
from tests.services.api.conftest import calling
from tests.services.api.peer import Peer

Problem = Callable[[httpx.Response], dict[str, Any]]
JSON = {"Content-Type": "application/json"}


async def test_a_path_that_leads_nowhere(api: httpx.AsyncClient) -> None:
    answer = await api.get("statoins")
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (
        404,
        "application/problem+json",
        {
            "type": "/api/v1/problems/no_such_path",
            "title": "There is nothing here",
            "status": 404,
            "code": "no_such_path",
            "detail": "This path leads nowhere.",
            "hint": "The paths are in /api/v1/openapi.json.",
            "instance": "/api/v1/statoins",
        },
    )


async def test_a_method_that_is_not_known(api: httpx.AsyncClient, problem: Problem) -> None:
    answer = await api.patch("stations/CP-1", json={})
    assert problem(answer)["code"] == "method_not_allowed"
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "PUT", "DELETE", "OPTIONS"}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"{", "The body is not JSON: Input data was truncated."),
        (
            b'{"strict": tru}',
            "The body is not JSON: JSON is malformed: invalid character (byte 15).",
        ),
        (b'{"tenant": "\xff\xfe"}', None),
        (b'{"tenant": "\\ud800"}', None),
        (b"[" * 200_000, None),
    ],
)
async def test_a_body_that_is_not_json(
    api: httpx.AsyncClient, peer: Peer, problem: Problem, body: bytes, detail: str | None
) -> None:
    answer = await api.put("stations/CP-1", content=body, headers=JSON)
    found = problem(answer)
    assert answer.status_code in {400, 422}
    if detail is not None:
        assert found == {"status": 400, "code": "malformed_json", "detail": detail}
    assert peer.asked == []


async def test_a_body_that_is_not_declared_as_json(
    api: httpx.AsyncClient, problem: Problem
) -> None:
    text = {"Content-Type": "text/plain"}
    answer = await api.put("stations/CP-1", content=b"{}", headers=text)
    assert problem(answer) == {
        "status": 415,
        "code": "unsupported_media_type",
        "detail": "It is declared as `text/plain`.",
    }
    silent = await api.put("stations/CP-1", content=b"{}")
    assert silent.status_code == 415


@pytest.mark.parametrize(
    "media", ["application/json; charset=utf-8", "application/merge-patch+json"]
)
async def test_kinds_of_json_are_json(api: httpx.AsyncClient, peer: Peer, media: str) -> None:
    headers = {"Content-Type": media}
    assert (await api.put("stations/CP-1", content=b"{}", headers=headers)).status_code == 200


async def test_a_body_that_is_too_large(api: httpx.AsyncClient, problem: Problem) -> None:
    body = b'{"password": "' + b"x" * 1_100_000 + b'"}'
    answer = await api.put("stations/CP-1", content=body, headers=JSON)
    assert problem(answer)["code"] == "too_large"
    keyed = {**JSON, "Idempotency-Key": "large"}
    answer = await api.put("stations/CP-1", content=body, headers=keyed)
    assert problem(answer)["code"] == "too_large"


@pytest.mark.parametrize(
    ("body", "pointer", "detail", "hint"),
    [
        (
            {"registraton": "Accepted"},
            "/registraton",
            "Unknown field.",
            "Did you mean `registration`?",
        ),
        ({"x/y~z": 1}, "/x~1y~0z", "Unknown field.", None),
        ({"security_profile": 4}, "/security_profile", "Expected `int` <= 3.", None),
        ({"security_profile": "1"}, "/security_profile", "Expected `int`, got `str`.", None),
        ({"strict": 1}, "/strict", "Expected `bool`, got `int`.", None),
        (
            {"registration": "accepted"},
            "/registration",
            "Invalid enum value 'accepted'.",
            "One of: Accepted, Pending, Rejected.",
        ),
        ({"evses": [{"id": 1}, {}]}, "/evses/1/id", "Required, and not there.", "Add it."),
        (
            {"evses": [{"id": 1, "connectors": [{"id": 1, "typ": "x"}]}]},
            "/evses/0/connectors/0/typ",
            "Unknown field.",
            "Did you mean `type`?",
        ),
        ({"tenant": "a\x00b"}, "/tenant", "Holds the character NUL.", "Leave it out."),
        ([], "", "Expected `object`, got `array`.", None),
    ],
)
async def test_a_field_that_is_wrong_is_named(
    api: httpx.AsyncClient, peer: Peer, problem: Problem, body, pointer, detail, hint
) -> None:
    found = problem(await api.put("stations/CP-1", json=body))
    assert (found["status"], found["code"]) == (422, "invalid_body")
    [error] = found["errors"]
    assert (error["pointer"], error["detail"]) == (pointer, detail)
    if hint is not None:
        assert error["hint"] == hint
    assert peer.asked == []


async def test_a_time_without_a_zone_is_refused(api: httpx.AsyncClient, problem: Problem) -> None:
    found = problem(await api.put("tokens/AA11", json={"valid_to": "2026-11-22T12:00:00"}))
    assert [error["pointer"] for error in found["errors"]] == ["/valid_to"]


@pytest.mark.parametrize(
    ("query", "parameter", "hint"),
    [
        ("limit=0", "limit", None),
        ("limit=501", "limit", None),
        ("limit=ten", "limit", None),
        ("online=maybe", "online", "true or false."),
        ("protocol=1.6", "protocol", "One of: v16, v201, v21."),
        ("limt=5", "limt", "Did you mean `limit`?"),
        (f"tenant={'x' * 256}", "tenant", None),
        ("search=a%00b", "search", None),
    ],
)
async def test_a_parameter_that_is_wrong_is_named(
    api: httpx.AsyncClient,
    peer: Peer,
    problem: Problem,
    query: str,
    parameter: str,
    hint: str | None,
) -> None:
    found = problem(await api.get(f"stations?{query}"))
    assert (found["status"], found["code"]) == (422, "invalid_parameter")
    [error] = found["errors"]
    assert error["parameter"] == parameter
    assert hint is None or error["hint"] == hint
    assert peer.asked == []


@pytest.mark.parametrize(
    ("fault", "status", "code", "detail"),
    [
        (NotFound("there is none"), 404, "not_found", "there is none"),
        (Conflict("it is busy"), 409, "conflict", "it is busy"),
        (Forbidden("not yours"), 403, "forbidden", "not yours"),
        (Invalid("odd"), 422, "invalid_parameter", "odd"),
        (Unavailable("database away"), 503, "unavailable", "database away"),
        (BusError("odd", code="Odd"), 502, "bad_gateway", "The service that owns this failed."),
        (RuntimeError("secret"), 502, "bad_gateway", "The service that owns this failed."),
    ],
)
async def test_what_the_owner_says_is_passed_on(
    api: httpx.AsyncClient, peer: Peer, problem: Problem, fault, status, code, detail
) -> None:
    peer.fault = fault
    found = problem(await api.get("stations/CP-1"))
    assert found == {"status": status, "code": code, "detail": detail}


async def test_a_field_that_the_owner_refuses_is_named(
    api: httpx.AsyncClient, peer: Peer, problem: Problem
) -> None:
    peer.fault = Invalid("no such tenant", field="move_to")
    found = problem(await api.put("stations/CP-1", json={"tenant": "nowhere"}))
    assert found == {
        "status": 422,
        "code": "invalid_body",
        "detail": "no such tenant",
        "errors": [{"pointer": "/tenant", "detail": "no such tenant"}],
    }


async def test_an_owner_that_is_away_is_waited_for_and_then_unavailable(
    api: httpx.AsyncClient, problem: Problem
) -> None:
    answer = await api.get("stations/CP-1")
    assert problem(answer) == {
        "status": 503,
        "code": "unavailable",
        "detail": "Nobody serves this at the moment.",
    }
    assert answer.headers["retry-after"] == "2"


async def test_an_owner_that_is_too_slow_is_a_time_out(
    make_app: Callable[..., App], peer: Peer, tenant: str, problem: Problem, monkeypatch
) -> None:
    monkeypatch.setattr("services.api.app.COMMAND_MARGIN_SECONDS", 0.1)
    peer.slow = asyncio.Event()
    async with calling(make_app(), tenant) as api:
        found = problem(await api.post("stations/CP-1/reset?timeout=0.1"))
    assert (found["status"], found["code"]) == (504, "gateway_timeout")


async def test_what_we_did_not_expect_is_told_without_its_text(
    make_app: Callable[..., App], tenant: str, problem: Problem
) -> None:
    async with calling(make_app(), tenant) as api:
        api_app = make_app()
        broken = App(
            **{name: getattr(api_app, name) for name in App.__struct_fields__ if name != "bus"},
            bus=None,  # type: ignore[arg-type]
        )
    async with calling(broken, tenant) as api:
        answer = await api.get("stations/CP-1")
    assert problem(answer) == {
        "status": 500,
        "code": "internal_error",
        "detail": "The request could not be carried out.",
    }


async def test_each_kind_of_problem_is_described_where_its_type_points(
    api: httpx.AsyncClient, problem: Problem
) -> None:
    for code, kind in KINDS.items():
        described = (await api.get(f"problems/{code}")).json()
        assert described == {"code": code, **kind._asdict()}
    assert problem(await api.get("problems/made-up"))["status"] == 404


def test_every_body_that_is_decoded_keeps_what_was_not_given_apart() -> None:
    put = decode(StationPut, b"{}")
    assert put == StationPut()
    with pytest.raises(Refusal, match="/id is missing"):
        decode(TokenPost, b"")
