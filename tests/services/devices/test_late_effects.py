"""What follows late from an answer (we ended meanwhile) never undoes what came after it."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio

from libs.bus import Address, Bus
from libs.bus.embedded import NatsServer
from libs.contracts.der import ListControls
from libs.contracts.display import ListDisplays
from libs.ocpp import v21
from libs.ocpp.message import Request
from services.devices.app import App, Config, opened
from services.devices.asking import Question, ask_station, catch_up
from services.devices.handlers.der_control import list_controls
from services.devices.handlers.display import list_displays
from tests.services.service import Peer


@pytest_asyncio.fixture
async def app(nats: NatsServer, database: str, bus: Bus) -> AsyncGenerator[App]:
    config = Config(nats_url=nats.url, postgres_dsn=database)
    async with opened(config, bus) as app:
        yield app


async def ask(app: App, tenant: str, call: Request[Any]) -> str:
    return (await ask_station(app, Question(Address(tenant, "CP1"), call, "tester"))).request


async def again(app: App, request: str) -> None:
    """As if its effects had not run yet."""
    await app.pool.execute("UPDATE devices.request SET followed = false WHERE id = $1", request)
    await catch_up(app, datetime.now(UTC) + timedelta(seconds=1))


def message(text: str) -> v21.SetDisplayMessage:
    content = v21.MessageContent(format="UTF8", content=text)
    info = v21.MessageInfo(id=1, priority="InFront", message=content)
    return v21.SetDisplayMessage(message=info)


async def shown(app: App, tenant: str) -> list[str]:
    page = await list_displays(app, ListDisplays(tenant=tenant, station="CP1"))
    return [view.message.content for view in page.items]


async def test_an_older_message_does_not_come_back(app: App, bus: Bus, tenant: str) -> None:
    peer = Peer(bus, Address(tenant, "CP1"))
    await bus.barrier()
    first = await ask(app, tenant, message("old"))
    second = await ask(app, tenant, message("new"))
    await again(app, first)
    assert await shown(app, tenant) == ["new"]
    await ask(app, tenant, v21.ClearDisplayMessage(id=1))
    third = await ask(app, tenant, message("newest"))
    for request in (second, third):
        await again(app, request)
    assert await shown(app, tenant) == ["newest"]
    peer.leave()


async def test_a_late_clear_leaves_what_was_set_since(app: App, bus: Bus, tenant: str) -> None:
    peer = Peer(bus, Address(tenant, "CP1"))
    await bus.barrier()
    fixed = v21.FixedVar(priority=1, setpoint=1.0, unit="PctMaxVar")
    control = v21.SetDERControl(
        is_default=True, control_id="c", control_type="FixedVar", fixed_var=fixed
    )
    await ask(app, tenant, control)
    await ask(app, tenant, message("old"))
    clears = [
        await ask(app, tenant, v21.ClearDERControl(is_default=True, control_id="c")),
        await ask(app, tenant, v21.ClearDisplayMessage(id=1)),
    ]
    await ask(app, tenant, control)
    await ask(app, tenant, message("new"))
    for request in clears:
        await again(app, request)
    page = await list_controls(app, ListControls(tenant=tenant, station="CP1"))
    assert [view.id for view in page.items] == ["c"]
    assert await shown(app, tenant) == ["new"]
    peer.leave()
