"""Tokens, transactions, detail records, and what the API says of itself."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from libs.contracts.authorization import DeleteToken, GetToken, ListTokens, PutToken
from libs.contracts.transactions import GetTransaction, ListCdrs, ListTransactions
from services.api.app import App
from services.api.store import Store
from services.api.vitals import PROBES, Vitals
from tests.services.api.conftest import calling
from tests.services.api.peer import ROW, Peer

Problem = Callable[[httpx.Response], dict[str, Any]]


async def test_a_token_is_created_shown_changed_and_removed(
    api: httpx.AsyncClient, peer: Peer, tenant: str
) -> None:
    body = {
        "id": "04/A2",
        "type": "ISO14443",
        "status": "Accepted",
        "group": "fleet",
        "master_pass": False,
        "valid_to": "2027-01-01T00:00:00+01:00",
        "evse_types": ["cCCS2"],
        "stations": ["CP-1"],
        "concurrent_max": 2,
    }
    created = await api.post("tokens", json=body)
    shown = {
        **body,
        "tenant": tenant,
        "valid_to": "2027-01-01T00:00:00+01:00",
        "valid_from": None,
        "language": None,
        "created_at": None,
        "changed_at": None,
    }
    assert (created.status_code, created.json()) == (201, shown)
    assert created.headers["location"] == "/api/v1/tokens/04%2FA2"
    assert (await api.get("tokens/04%2FA2")).json() == shown
    changed = await api.put("tokens/04%2FA2", json={"status": "Blocked", "group": None})
    assert changed.json() == {**shown, "status": "Blocked", "group": None}
    listed = await api.get("tokens?group=fleet&status=Blocked&search=a2")
    assert listed.json() == {"items": [changed.json()], "next": None}
    assert (await api.delete("tokens/04%2FA2")).status_code == 204
    valid_to = datetime.fromisoformat("2026-12-31T23:00:00+00:00")
    given = {key: value for key, value in body.items() if key not in {"id", "valid_to"}}
    assert peer.asked == [
        PutToken(tenant=tenant, token="04/A2", create_only=True, valid_to=valid_to, **given),
        GetToken(tenant=tenant, token="04/A2"),
        PutToken(tenant=tenant, token="04/A2", status="Blocked", group=None),
        ListTokens(tenant=tenant, group="fleet", status="Blocked", search="a2"),
        DeleteToken(tenant=tenant, token="04/A2"),
    ]


async def test_a_token_that_is_there_is_not_created_again(
    api: httpx.AsyncClient, peer: Peer, problem: Problem
) -> None:
    assert (await api.post("tokens", json={"id": "AA11"})).status_code == 201
    assert problem(await api.post("tokens", json={"id": "AA11"})) == {
        "status": 409,
        "code": "conflict",
        "detail": "the token AA11 is there",
    }
    assert (await api.put("tokens/AA11", json={})).status_code == 200


async def test_sessions_are_listed_by_what_one_looks_for(
    api: httpx.AsyncClient, peer: Peer, tenant: str
) -> None:
    page = await api.get(
        "transactions?station=CP%2F1&status=ended&token=AA11&flag=offline&limit=1"
        "&started_after=2026-11-22T00:00:00Z&started_before=2026-11-23T00:00:00"
    )
    [item] = page.json()["items"]
    assert page.text.count('"energy_wh":11049.50,') == 1
    assert {name: item[name] for name in ("id", "status", "flags", "gaps", "soc_last")} == {
        "id": ROW,
        "status": "ended",
        "flags": ["offline"],
        "gaps": [],
        "soc_last": None,
    }
    assert page.json()["next"] == "1"
    assert peer.asked == [
        ListTransactions(
            tenant=tenant,
            station="CP/1",
            status="ended",
            token="AA11",
            flag="offline",
            started_after=datetime(2026, 11, 22, tzinfo=UTC),
            started_before=datetime(2026, 11, 23, tzinfo=UTC),
            limit=1,
        )
    ]


async def test_a_session_is_shown_with_its_meter_values(
    api: httpx.AsyncClient, peer: Peer, tenant: str
) -> None:
    answer = await api.get(f"transactions/{ROW}?limit=20")
    session = answer.json()
    assert (session["id"], session["next"], session["flags"]) == (ROW, None, ["offline"])
    assert session["meter_values"] == [
        {
            "at": "2026-11-22T12:00:00Z",
            "seq_no": 0,
            "samples": [
                {
                    "measurand": "Energy.Active.Import.Register",
                    "value": 120000.0,
                    "unit": "Wh",
                    "context": "Sample.Periodic",
                    "phase": None,
                    "location": "Outlet",
                    "signed": None,
                }
            ],
        }
    ]
    assert '"value":120000.0,' in answer.text
    assert peer.asked == [GetTransaction(tenant=tenant, id=ROW, limit=20)]
    assert (await api.get("transactions/other")).status_code == 404


async def test_detail_records_are_listed(api: httpx.AsyncClient, peer: Peer, tenant: str) -> None:
    page = await api.get(f"cdrs?station=CP-1&token=AA11&transaction_id={ROW}")
    assert [item["energy_wh"] for item in page.json()["items"]] == [12]
    assert peer.asked == [ListCdrs(tenant=tenant, station="CP-1", token="AA11", transaction_id=ROW)]


async def test_health_asks_every_owner(
    make_app: Callable[..., App], peer: Peer, store: Store
) -> None:
    services = dict.fromkeys(PROBES, True)
    app = make_app()
    async with calling(app, None) as api:
        well = await api.get("health")
        await store.pool.close()
        remembered = await api.get("health")
    assert well.status_code == remembered.status_code == 200
    body = well.json()
    assert body.pop("version")
    assert body == {"status": "ok", "nats": True, "database": True, "services": services}
    fresh = App(
        **{name: getattr(app, name) for name in App.__struct_fields__ if name != "vitals"},
        vitals=Vitals(app.bus, store),
    )
    async with calling(fresh, None) as api:
        ill = await api.get("health")
    assert ill.status_code == 503
    assert {name: ill.json()[name] for name in ("status", "database", "services")} == {
        "status": "degraded",
        "database": False,
        "services": services,
    }


async def test_health_tells_who_is_away(api: httpx.AsyncClient) -> None:
    answer = await api.get("health")
    assert answer.status_code == 503
    assert answer.json()["services"] == dict.fromkeys(PROBES, False)


async def test_the_console_loads_nothing_from_elsewhere(api: httpx.AsyncClient) -> None:
    page = await api.get(str(api.base_url.join("/")))
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "://" not in page.text
    for name in ("console.js", "console.css"):
        assert f"/console/{name}" in page.text
        assert (await api.get(str(api.base_url.join(f"/console/{name}")))).status_code == 200
    assert (await api.get(str(api.base_url.join("/console/secret.py")))).status_code == 404


async def test_the_bus_is_described_for_integrators(api: httpx.AsyncClient) -> None:
    answer = await api.get("asyncapi.json")
    described = answer.json()
    assert described["asyncapi"].startswith("3.")
    addresses = {channel["address"] for channel in described["channels"].values()}
    assert "event.{tenant}.transaction.ended.{station}" in addresses
    assert "api.{tenant}.stations.reset" in addresses
