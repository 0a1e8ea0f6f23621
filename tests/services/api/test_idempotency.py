"""A write that is repeated with its key has its effect once."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from libs.bus import Unavailable
from services.api.app import App
from services.api.store import Kept, Key, Store
from tests.services.api.conftest import calling, until
from tests.services.api.peer import Peer

Problem = Callable[[httpx.Response], dict[str, Any]]
KEY = {"Idempotency-Key": "order-4711"}


async def test_a_repeated_request_gets_the_same_answer_and_has_its_effect_once(
    api: httpx.AsyncClient, peer: Peer
) -> None:
    body = {"id": "AA11", "group": "fleet"}
    first = await api.post("tokens", json=body, headers=KEY)
    again = await api.post("tokens", json=body, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"] == "/api/v1/tokens/AA11"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len(peer.asked) == 1


async def test_concurrent_requests_with_one_key_run_once(
    api: httpx.AsyncClient, peer: Peer
) -> None:
    peer.slow = asyncio.Event()
    asking = [
        asyncio.create_task(api.post("stations/CP-1/start", json={"token": "AA11"}, headers=KEY))
        for _ in range(5)
    ]
    await until(lambda: peer.asked)
    await asyncio.wait(asking, timeout=0.3)
    peer.slow.set()
    answers = await asyncio.gather(*asking)
    assert [answer.status_code for answer in answers] == [200] * 5
    assert len({answer.content for answer in answers}) == 1
    assert sorted("idempotent-replayed" in answer.headers for answer in answers) == [
        False,
        True,
        True,
        True,
        True,
    ]
    assert len(peer.asked) == 1


async def test_a_request_that_takes_too_long_lets_its_repetition_go(
    make_app: Callable[..., App], peer: Peer, tenant: str, problem: Problem
) -> None:
    peer.slow = asyncio.Event()
    async with calling(make_app(repeat_patience_seconds=0.1), tenant) as api:
        asking = asyncio.create_task(api.post("stations/CP-1/reset", headers=KEY))
        await until(lambda: peer.asked)
        again = await api.post("stations/CP-1/reset", headers=KEY)
        assert problem(again) == {
            "status": 409,
            "code": "request_in_progress",
            "detail": "The request with the key `order-4711` is not finished.",
        }
        assert again.headers["retry-after"] == "5"
        peer.slow.set()
        assert (await asking).status_code == 200
    assert len(peer.asked) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "stations/CP-1/start", {"token": "BB22"}),
        ("POST", "stations/CP-2/start", {"token": "AA11"}),
        ("POST", "stations/CP-1/start?timeout=9", {"token": "AA11"}),
        ("DELETE", "tokens/AA11", None),
    ],
)
async def test_a_key_belongs_to_one_request(
    api: httpx.AsyncClient, peer: Peer, problem: Problem, method: str, path: str, body: Any
) -> None:
    await api.post("stations/CP-1/start", json={"token": "AA11"}, headers=KEY)
    other = await api.request(method, path, json=body, headers=KEY)
    assert problem(other) == {
        "status": 422,
        "code": "key_reused",
        "detail": "`order-4711` was used for another request.",
    }
    assert len(peer.asked) == 1


async def test_the_same_request_for_another_tenant_is_another(
    api: httpx.AsyncClient, peer: Peer, problem: Problem
) -> None:
    await api.put("tokens/AA11", json={}, headers=KEY)
    other = await api.put("tokens/AA11", json={}, headers={**KEY, "Voltbus-Tenant": "other"})
    assert problem(other)["code"] == "key_reused"


async def test_a_request_that_changed_nothing_leaves_its_key_free(
    api: httpx.AsyncClient, peer: Peer
) -> None:
    wrong = await api.put("tokens/AA11", json={"status": "accepted"}, headers=KEY)
    mended = await api.put("tokens/AA11", json={"status": "Accepted"}, headers=KEY)
    assert (wrong.status_code, mended.status_code) == (422, 200)


async def test_an_owner_that_was_away_is_asked_again(api: httpx.AsyncClient, peer: Peer) -> None:
    peer.fault = Unavailable("database away")
    away = await api.post("tokens", json={"id": "AA11"}, headers=KEY)
    peer.fault = None
    back = await api.post("tokens", json={"id": "AA11"}, headers=KEY)
    assert (away.status_code, back.status_code) == (503, 201)


async def test_a_command_of_unknown_outcome_is_not_done_again(
    api: httpx.AsyncClient, peer: Peer
) -> None:
    """Whoever repeats a start must not start two cars; a PUT may simply be done again."""
    peer.fault = RuntimeError("broke half-way")
    broken = await api.post("stations/CP-1/reset", headers=KEY)
    again = await api.post("stations/CP-1/reset", headers=KEY)
    assert (broken.status_code, again.status_code, len(peer.asked)) == (502, 502, 1)
    assert again.headers["idempotent-replayed"] == "true"
    put = {"Idempotency-Key": "put"}
    assert (await api.put("tokens/AA11", json={}, headers=put)).status_code == 502
    peer.fault = None
    assert (await api.put("tokens/AA11", json={}, headers=put)).status_code == 200


async def test_reading_takes_no_notice_of_a_key(api: httpx.AsyncClient, peer: Peer) -> None:
    for _ in range(2):
        assert (await api.get("stations", headers=KEY)).status_code == 200
    assert len(peer.asked) == 2


@pytest.mark.parametrize("key", ["", "two words", "x" * 256])
async def test_what_cannot_be_a_key_is_refused(
    api: httpx.AsyncClient, problem: Problem, key: str
) -> None:
    answer = await api.put("tokens/AA11", json={}, headers={"Idempotency-Key": key})
    assert problem(answer) == {
        "status": 422,
        "code": "invalid_parameter",
        "detail": "The idempotency key is not one.",
        "errors": [
            {"parameter": "Idempotency-Key", "detail": "1 to 255 printable ASCII characters."}
        ],
    }


async def test_without_its_database_a_keyed_write_is_refused_and_any_other_works(
    make_app: Callable[..., App], peer: Peer, store: Store, tenant: str, problem: Problem
) -> None:
    async with calling(make_app(), tenant) as api:
        await store.pool.close()
        keyed = await api.put("tokens/AA11", json={}, headers=KEY)
        plain = await api.put("tokens/AA11", json={})
    assert problem(keyed)["code"] == "unavailable"
    assert plain.status_code == 200
    assert len(peer.asked) == 1


@pytest.fixture
async def named(store: Store) -> Key:
    """A key of this test's own."""
    return Key(tenant="t", operator="o", key=f"k{id(store)}")


async def test_a_key_is_free_again_when_its_lease_has_ended(store: Store, named: Key) -> None:
    """A process that was killed half-way does not hold a key for ever."""
    hasty = Store(store.pool, lease=timedelta(0), keep=timedelta(days=1))
    lost = await hasty.claim(named, b"same")
    taken = await store.claim(named, b"same")
    assert (lost.state, taken.state) == ("ours", "ours")
    assert lost.attempt is not None
    assert taken.attempt is not None
    await store.keep(named, lost.attempt, Kept(200, [], b"late"))
    assert (await store.claim(named, b"same")).state == "at_work"
    await store.keep(named, taken.attempt, Kept(200, [("a", "b")], b"right"))
    assert (await store.claim(named, b"same")).kept == Kept(200, [("a", "b")], b"right")


async def test_answers_are_forgotten_after_their_retention(store: Store, named: Key) -> None:
    claim = await store.claim(named, b"one")
    assert claim.attempt is not None
    await store.keep(named, claim.attempt, Kept(204, [], b""))
    await store.forget()
    assert (await store.claim(named, b"one")).state == "answered"
    brief = Store(store.pool, lease=timedelta(seconds=60), keep=timedelta(0))
    await brief.forget()
    assert (await store.claim(named, b"another")).state == "ours"
