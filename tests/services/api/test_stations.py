"""The registry over HTTP."""

import httpx
import pytest

from libs.contracts.stations import (
    ConnectorSpec,
    DeleteStation,
    EvseSpec,
    GetStation,
    ListStations,
    PutStation,
)
from tests.services.api.peer import Peer

BARE = {
    "online": False,
    "since": None,
    "last_seen": None,
    "protocol": None,
    "edge": None,
    "vendor": None,
    "model": None,
    "serial_number": None,
    "firmware": None,
    "iccid": None,
    "imsi": None,
    "registration": "Accepted",
    "boot_status": None,
    "booted_at": None,
    "boot_reason": None,
    "security_profile": 0,
    "has_password": False,
    "strict": False,
    "automatic": True,
    "dialect": None,
    "labels": [],
    "status": None,
    "evses": [],
    "created_at": None,
}


def following(answer: httpx.Response) -> str:
    return str(answer.url.join(answer.links["next"]["url"]))


async def test_a_station_is_created_shown_changed_and_removed(
    api: httpx.AsyncClient, peer: Peer, tenant: str
) -> None:
    body = {
        "security_profile": 1,
        "password": "made-up-secret",
        "registration": "Pending",
        "strict": True,
        "evses": [{"id": 1, "connectors": [{"id": 1, "type": "cCCS2"}]}],
    }
    created = await api.put("stations/CP-1", json=body)
    connector = {
        "id": 1,
        "type": "cCCS2",
        "status": "Unknown",
        "error_code": None,
        "info": None,
        "vendor_error_code": None,
        "since": None,
    }
    shown = {
        **BARE,
        "tenant": tenant,
        "id": "CP-1",
        "security_profile": 1,
        "has_password": True,
        "registration": "Pending",
        "strict": True,
        "evses": [{"id": 1, "status": None, "connectors": [connector]}],
    }
    assert (created.status_code, created.json()) == (200, shown)
    assert (await api.get("stations/CP-1")).json() == shown
    changed = await api.put("stations/CP-1", json={"registration": "Accepted", "password": None})
    assert changed.json() == {**shown, "registration": "Accepted", "has_password": False}
    removed = await api.delete("stations/CP-1")
    assert (removed.status_code, removed.content) == (204, b"")
    assert (await api.get("stations/CP-1")).status_code == 404
    assert peer.asked == [
        PutStation(
            tenant=tenant,
            station="CP-1",
            security_profile=1,
            password="made-up-secret",
            registration="Pending",
            strict=True,
            evses=[EvseSpec(id=1, connectors=[ConnectorSpec(id=1, type="cCCS2")])],
        ),
        GetStation(tenant=tenant, station="CP-1"),
        PutStation(tenant=tenant, station="CP-1", registration="Accepted", password=None),
        DeleteStation(tenant=tenant, station="CP-1"),
        GetStation(tenant=tenant, station="CP-1"),
    ]


async def test_a_list_is_filtered_by_its_owner(
    api: httpx.AsyncClient, peer: Peer, tenant: str
) -> None:
    peer.add(tenant, "CP-1", online=True, protocol="v16")
    peer.add(tenant, "CP-2", online=True, protocol="v201")
    peer.add("another", "CP-3", online=True, protocol="v201")
    page = await api.get("stations?online=true&protocol=v201&search=cp")
    assert page.json() == {
        "items": [{**BARE, "tenant": tenant, "id": "CP-2", "online": True, "protocol": "v201"}],
        "next": None,
    }
    assert peer.asked == [
        ListStations(tenant=tenant, limit=50, online=True, protocol="v201", search="cp")
    ]


async def test_pages_follow_each_other_by_cursor_and_by_link(
    api: httpx.AsyncClient, peer: Peer, tenant: str
) -> None:
    for number in range(5):
        peer.add(tenant, f"CP-{number}", online=True)
    first = await api.get("stations?limit=2&online=true")
    assert [item["id"] for item in first.json()["items"]] == ["CP-0", "CP-1"]
    assert first.json()["next"] == "2"
    assert first.headers["link"] == '</api/v1/stations?limit=2&online=true&after=2>; rel="next"'
    second = await api.get(following(first))
    assert [item["id"] for item in second.json()["items"]] == ["CP-2", "CP-3"]
    third = await api.get(following(second))
    assert ([item["id"] for item in third.json()["items"]], third.json()["next"]) == (
        ["CP-4"],
        None,
    )
    assert "link" not in third.headers


async def test_a_cursor_of_somebody_else_is_refused(
    api: httpx.AsyncClient, peer: Peer, problem
) -> None:
    answer = await api.get("stations?after=made-up")
    assert problem(answer) == {
        "status": 422,
        "code": "invalid_parameter",
        "detail": "this is no cursor of ours",
        "errors": [{"parameter": "after", "detail": "this is no cursor of ours"}],
    }


@pytest.mark.parametrize(
    "name",
    ["a/b", "a b", "a.b", "Zähler*", "桩>1", "a%2Fb", "a?b#c", "..", "+", "=", "log"],
)
async def test_a_station_may_be_called_anything(
    api: httpx.AsyncClient, peer: Peer, tenant: str, name: str
) -> None:
    """Identities are percent-encoded in paths, whatever they hold (part 4, 3.1.1)."""
    encoded = "".join(f"%{byte:02X}" for byte in name.encode())
    peer.add(tenant, name)
    assert (await api.get(f"stations/{encoded}")).json() == {**BARE, "tenant": tenant, "id": name}
    history = await api.get(f"stations/{encoded}/status-history?limit=1")
    assert history.json()["items"][0]["status"] == "Faulted"
    assert history.links["next"]["url"].endswith("/status-history?limit=1&after=1")
    assert (await api.get(following(history))).status_code == 200
    assert [ask.station for ask in peer.asked] == [name] * 3


@pytest.mark.parametrize("encoded", ["%FF", "a%00b", "x" * 256, "%0A"])
async def test_what_cannot_be_a_name_is_refused(
    api: httpx.AsyncClient, peer: Peer, problem, encoded: str
) -> None:
    answer = await api.get(f"stations/{encoded}")
    assert problem(answer) == {
        "status": 422,
        "code": "invalid_parameter",
        "detail": "`station` cannot be a name.",
        "errors": [
            {
                "parameter": "station",
                "detail": "1 to 255 bytes of UTF-8 without control characters.",
            }
        ],
    }
    assert peer.asked == []


async def test_a_station_moves_to_another_tenant(
    api: httpx.AsyncClient, peer: Peer, tenant: str
) -> None:
    peer.add(tenant, "CP-1")
    moved = await api.put("stations/CP-1", json={"tenant": "elsewhere"})
    assert moved.json()["tenant"] == "elsewhere"
    assert peer.asked == [PutStation(tenant=tenant, station="CP-1", move_to="elsewhere")]


async def test_the_history_and_the_reports_of_a_station(api: httpx.AsyncClient, peer: Peer) -> None:
    history = await api.get("stations/CP-1/status-history?limit=1&after=2")
    assert history.json() == {
        "items": [
            {
                "at": "2026-11-22T12:00:00Z",
                "evse": 2,
                "connector": 1,
                "status": "Faulted",
                "error_code": None,
                "info": None,
            }
        ],
        "next": None,
    }
    reports = await api.get("stations/CP-1/reports?action=NotifyReport")
    assert reports.json() == {
        "items": [
            {
                "id": 7,
                "at": "2026-11-22T12:00:00Z",
                "station": "CP-1",
                "version": "v201",
                "action": "NotifyReport",
                "payload": {"seqNo": 0},
                "request": None,
            }
        ],
        "next": None,
    }
