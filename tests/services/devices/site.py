"""A registry with stations of 1.6 that keep what is set, and the ledger's word on sessions."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from msgspec import convert
from msgspec.structs import replace

from libs.bus import Address, Bus, NotFound, Router
from libs.contracts.command import CommandResult
from libs.contracts.stations import (
    GetStation,
    ListStations,
    PutStation,
    ResetStation,
    StationPage,
    StationView,
)
from libs.contracts.transactions import ListTransactions, TransactionPage, TransactionView
from tests.services.devices.box import Answer, Box

TRANSACTION = convert(
    {
        "id": "1", "tenant": "t", "station": "CP1", "transaction": "1", "version": "v16",
        "status": "active",
    },
    TransactionView,
)  # fmt: skip


class Site:
    def __init__(self, bus: Bus, tenant: str) -> None:
        self.bus = bus
        self.tenant = tenant
        self.boxes: dict[str, Charger] = {}
        self.resets: list[str] = []
        self.busy = False


class Charger(Box):
    def __init__(self, site: Site, name: str, **view: Any) -> None:
        super().__init__(site.bus, Address(site.tenant, name), "v16")
        self.view = replace(self.view, vendor="Volta", model="Duo", firmware="1", **view)
        self.values = {"HeartbeatInterval": "86400", "ConnectionTimeOut": "60"}
        self.manner = "Accepted"
        self.answers = {"GetConfiguration": self.read, "ChangeConfiguration": self.write}
        site.boxes[name] = self

    def read(self, payload: dict[str, Any]) -> Answer:
        if self.manner == "silent":
            return None
        keys = payload.get("key") or list(self.values)
        known = [key for key in keys if key in self.values]
        return {
            "configurationKey": [
                {"key": key, "readonly": False, "value": self.values[key]} for key in known
            ],
            "unknownKey": [key for key in keys if key not in self.values],
        }

    def write(self, payload: dict[str, Any]) -> Answer:
        if self.manner == "Accepted":
            self.values[payload["key"]] = payload["value"]
        return None if self.manner == "silent" else {"status": self.manner}

    @property
    def writes(self) -> list[dict[str, Any]]:
        return [payload for action, payload in self.calls if action == "ChangeConfiguration"]


registry = Router("site")


@registry.answers(GetStation)
async def get_station(app: Site, ask: GetStation) -> StationView:
    if ask.station not in app.boxes:
        raise NotFound("nobody")
    return app.boxes[ask.station].view


@registry.answers(PutStation)
async def put_station(app: Site, ask: PutStation) -> StationView:
    """The password that a station took."""
    return app.boxes[ask.station].view


@registry.answers(ListStations)
async def list_stations(app: Site, ask: ListStations) -> StationPage:
    names = sorted(name for name in app.boxes if name > (ask.after or ""))
    more = len(names) > ask.limit
    items = [app.boxes[name].view for name in names[: ask.limit]]
    return StationPage(items=items, next=items[-1].id if more else None)


@registry.answers(ListTransactions)
async def list_transactions(app: Site, ask: ListTransactions) -> TransactionPage:
    assert ask.status == "active"
    return TransactionPage(items=[TRANSACTION] if app.busy else [])


@registry.answers(ResetStation)
async def reset(app: Site, ask: ResetStation) -> CommandResult:
    app.resets.append(ask.station)
    return CommandResult(status="answered", payload={"status": "Accepted"})


@asynccontextmanager
async def connected(*chargers: Charger) -> AsyncGenerator[None]:
    lines = [box.bus.serve_station(box.to.tenant, box.to.station, box.take) for box in chargers]
    await chargers[0].bus.barrier()
    yield
    for line in lines:
        line.unsubscribe()
