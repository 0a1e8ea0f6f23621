"""Whatever is sent, the answer is never a 500, and everything refused is a problem detail."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.app import App
from tests.services.api.conftest import calling
from tests.services.api.peer import Peer

EXAMPLES = 60

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
)
fields = st.sampled_from([
    "id", "token", "type", "status", "group", "evse", "evses", "connector", "connectors", "hard",
    "operative", "message", "transaction", "tenant", "password", "strict", "registration",
    "valid_to", "security_profile", "evse_types", "stations", "charging_profile",
    "concurrent_max", "language",
])  # fmt: skip
likely = st.sampled_from([
    1, 0, -1, 2**31, 2**63, "1", "Accepted", "ISO14443", "", "x" * 300, True, None, ["CP-1"],
    "2026-11-22T12:00:00Z", "2026-11-22", [{"id": 1}], [{"id": 1, "connectors": [{"id": 1}]}],
])  # fmt: skip
bodies = st.dictionaries(fields, likely | json_values, max_size=6) | json_values
paths = st.sampled_from([
    ("PUT", "stations/{}"), ("POST", "stations/{}/start"), ("POST", "stations/{}/stop"),
    ("POST", "stations/{}/unlock"), ("POST", "stations/{}/reset"),
    ("POST", "stations/{}/availability"), ("POST", "stations/{}/trigger"),
    ("POST", "stations/{}/calls/Reset"), ("POST", "stations/{}/calls/SetVariables"),
    ("POST", "stations/CP-1/calls/{}"), ("POST", "tokens"), ("PUT", "tokens/{}"),
])  # fmt: skip
names = st.just("CP-1") | st.text(max_size=30)
parameters = st.sampled_from([
    "limit", "after", "timeout", "online", "status", "started_after", "types", "flag", "x",
])  # fmt: skip
queries = st.dictionaries(parameters, st.text(max_size=12) | st.integers().map(str), max_size=3)
lists = st.sampled_from([
    "stations", "stations/{}", "stations/{}/log", "stations/{}/status-history",
    "stations/{}/reports", "tokens", "tokens/{}", "transactions", "transactions/{}", "cdrs",
    "problems/{}", "health",
])  # fmt: skip


def complaint(answer: httpx.Response) -> str | None:
    """What is wrong with an answer."""
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"a crash: {answer.text}"
    if answer.status_code < 400:
        return None
    if answer.headers["content-type"] != "application/problem+json":
        return f"no problem detail: {answer.text}"
    missing = [name for name in ("code", "detail", "hint") if not answer.json().get(name)]
    return f"a problem without {missing}" if missing else None


def address(template: str, name: str) -> str:
    return template.format(quote(name.encode("utf-8", "replace"), safe=""))


@pytest.fixture
async def ask(make_app: Callable[..., App], peer: Peer, tenant: str) -> Any:
    peer.add(tenant, "CP-1", protocol="v201")
    async with calling(make_app(), tenant) as api:
        yield api.request


@settings(max_examples=EXAMPLES)
@given(route=paths, name=names, body=bodies)
async def test_any_json_is_answered(ask: Any, route: tuple[str, str], name: str, body: Any) -> None:
    method, template = route
    assert complaint(await ask(method, address(template, name), json=body)) is None


@settings(max_examples=EXAMPLES)
@given(
    route=paths,
    body=st.binary(max_size=60),
    media=st.sampled_from(["application/json", "text/x", ""]),
)
async def test_any_bytes_are_answered(
    ask: Any, route: tuple[str, str], body: bytes, media: str
) -> None:
    method, template = route
    headers = {"Content-Type": media} if media else {}
    answer = await ask(method, address(template, "CP-1"), content=body, headers=headers)
    assert complaint(answer) is None


@settings(max_examples=EXAMPLES)
@given(template=lists, name=names, query=queries)
async def test_any_query_is_answered(
    ask: Any, template: str, name: str, query: dict[str, str]
) -> None:
    assert complaint(await ask("GET", address(template, name), params=query)) is None
