"""Local lists over HTTP: what is asked of their owner, and what comes of it."""

import httpx
import pytest

from libs.contracts.local_lists import (
    CheckList,
    ClearCache,
    GetLocalList,
    GivenEntry,
    PutLocalList,
    Rule,
    SendList,
    SetListSync,
)
from tests.services.api.peer import Peer


async def test_a_list_is_shown_page_by_page(
    api: httpx.AsyncClient, peer: Peer, tenant: str
) -> None:
    page = await api.get("stations/CP-1/local-list?limit=1&after=a%0Ab")
    assert page.json()["items"][0]["state"] == "held"
    assert 'rel="next"' in page.headers["link"]
    assert peer.asked == [GetLocalList(tenant=tenant, station="CP-1", limit=1, after="a\nb")]
    assert (await api.get("stations/CP-9/local-list")).status_code == 404


async def test_a_list_is_written_as_entries_or_as_a_rule(
    api: httpx.AsyncClient, peer: Peer, tenant: str
) -> None:
    path = "stations/CP-1/local-list"
    entries = {"entries": [{"token": "AA11", "status": "Blocked"}]}
    assert (await api.put(path, json=entries)).status_code == 200
    rule = {"rule": {"tokens": "groups", "groups": ["G"]}}
    assert (await api.put(path, json=rule)).status_code == 200
    assert (await api.put(f"{path}/sync", json={"on": False})).json()["sync"] is False
    given = [GivenEntry(token="AA11", status="Blocked")]
    assert peer.asked == [
        PutLocalList(tenant=tenant, station="CP-1", entries=given),
        PutLocalList(tenant=tenant, station="CP-1", rule=Rule(tokens="groups", groups=["G"])),
        SetListSync(tenant=tenant, station="CP-1", on=False),
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"entries": [{"token": ""}]}, "/entries/0/token"),
        ({"entries": [{"token": "A", "colour": 1}]}, "/entries/0/colour"),
        ({"rule": {"tokens": "all"}}, "/rule/tokens"),
        ({"entries": [{"token": "A", "expires_at": "2027-01-01"}]}, "/entries/0/expires_at"),
    ],
)
async def test_what_is_wrong_is_named(
    api: httpx.AsyncClient, peer: Peer, body: object, pointer: str
) -> None:
    answer = await api.put("stations/CP-1/local-list", json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert peer.asked == []


async def test_a_list_is_sent_and_checked(api: httpx.AsyncClient, peer: Peer, tenant: str) -> None:
    sent = await api.post("stations/CP-1/local-list/send?timeout=3", json={"type": "full"})
    assert sent.json()["parts"][0]["result"]["payload"] == {"status": "Accepted"}
    assert (await api.post("stations/CP-1/local-list/send")).status_code == 200
    assert (await api.post("stations/CP-1/local-list/check")).json()["same"] is True
    assert peer.asked == [
        SendList(tenant=tenant, station="CP-1", type="full", timeout_seconds=3),
        SendList(tenant=tenant, station="CP-1"),
        CheckList(tenant=tenant, station="CP-1"),
    ]
    assert (await api.post("stations/EMPTY/local-list/send")).status_code == 409


async def test_a_cache_is_cleared(api: httpx.AsyncClient, peer: Peer, tenant: str) -> None:
    answer = await api.post("stations/CP-1/clear-cache")
    assert answer.json() == {"status": "answered", "payload": {"status": "Rejected"}}
    assert peer.asked == [ClearCache(tenant=tenant, station="CP-1")]
