"""The independent client: PyPI ``ocpp`` over PyPI ``websockets``, compressed and not."""

import asyncio
from typing import Any

import ocpp.v16
import ocpp.v16.call
import ocpp.v16.call_result
import ocpp.v21
import ocpp.v21.call
import ocpp.v21.call_result
import ocpp.v201
import ocpp.v201.call
import ocpp.v201.call_result
import pytest
import websockets
from ocpp.routing import on

from libs.bus import Bus
from services.edge.edge import Edge
from tests.services.edge.platform import Platform
from tests.services.edge.wire import SUBPROTOCOLS

MODULES: dict[str, Any] = {"v16": ocpp.v16, "v201": ocpp.v201, "v21": ocpp.v21}


def station_class(version: str) -> Any:
    module = MODULES[version]

    class Station(module.ChargePoint):  # type: ignore[misc]
        @on("ClearCache")
        async def on_clear_cache(self, **_: Any) -> Any:
            return module.call_result.ClearCache(status="Accepted")

    return Station


def boot(version: str) -> Any:
    call = MODULES[version].call.BootNotification
    if version == "v16":
        return call(charge_point_vendor="Bare", charge_point_model="One")
    return call(charging_station={"vendorName": "Bare", "model": "One"}, reason="PowerUp")


@pytest.mark.parametrize("compression", [None, "deflate"])
async def test_the_independent_client_is_served(
    edge: Edge, platform: Platform, bus: Bus, version: str, compression: Any
) -> None:
    url = f"ws://127.0.0.1:{edge.port}/CP1"
    async with websockets.connect(
        url, subprotocols=[SUBPROTOCOLS[version]], compression=compression
    ) as socket:
        extensions = socket.response.headers.get("Sec-WebSocket-Extensions", "")
        assert ("permessage-deflate" in extensions) is (compression is not None)
        station = station_class(version)("CP1", socket)
        running = asyncio.create_task(station.start())
        answer = await station.call(boot(version))
        assert (answer.status, answer.interval) == ("Accepted", 300)
        assert (await station.call(MODULES[version].call.Heartbeat())).current_time
        data = "x" * 20_000
        transfer = MODULES[version].call.DataTransfer(vendor_id="me", data=data)
        assert (await station.call(transfer)).status == "Accepted"
        assert platform.calls[-1][1].data == data
        cleared = await bus.call_raw("default", "CP1", version, "ClearCache", b"{}")
        assert cleared == b'{"status":"Accepted"}'
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
