"""Stations written with the PyPI package ``ocpp``: an implementation that is not ours.

Its RPC layer runs handlers inside its receive loop, so they only note what was asked and answer.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v16 import call as call16
from ocpp.v16 import call_result as result16
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call as call201
from ocpp.v201 import call_result as result201

BEGIN = datetime.now(UTC).replace(microsecond=0)


def minute(number: int) -> str:
    """A time of a session, minute by minute."""
    return (BEGIN + timedelta(minutes=number)).isoformat().replace("+00:00", "Z")


class Station16(ChargePoint16):
    """OCPP 1.6: one connector, a configuration, a log of what the CSMS asked."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.asked: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self.keys = {"HeartbeatInterval": "300", "NumberOfConnectors": "1"}

    async def boot(self) -> str:
        answer = await self.call(
            call16.BootNotification(charge_point_model="Indie", charge_point_vendor="PyPI"),
            suppress=False,
        )
        for connector in (0, 1):
            await self.call(
                call16.StatusNotification(connector, "NoError", "Available"), suppress=False
            )
        return str(answer.status)

    async def authorize(self, token: str) -> str:
        answer = await self.call(call16.Authorize(id_tag=token), suppress=False)
        return str(answer.id_tag_info["status"])

    async def charge(self, token: str, registers: list[int]) -> str:
        """A session over these registers in Wh; the CSMS's name for it."""
        transaction = await self.begin(token, registers[0])
        for number, register in enumerate(registers[1:-1], 1):
            await self.sample(transaction, number, register)
        await self.finish(transaction, token, len(registers) - 1, registers[-1])
        return transaction

    async def begin(self, token: str, register: int) -> str:
        answer = await self.call(
            call16.StartTransaction(1, token, register, minute(0)), suppress=False
        )
        return str(answer.transaction_id)

    async def sample(self, transaction: str, number: int, register: int) -> None:
        sampled = [{"value": str(register), "measurand": "Energy.Active.Import.Register"}]
        values = [{"timestamp": minute(number), "sampled_value": sampled}]
        await self.call(call16.MeterValues(1, values, int(transaction)), suppress=False)

    async def finish(self, transaction: str, token: str, number: int, register: int) -> None:
        stop = call16.StopTransaction(register, minute(number), int(transaction), id_tag=token)
        await self.call(stop, suppress=False)

    @on("RemoteStartTransaction")
    async def on_remote_start(self, **payload: Any) -> Any:
        self.asked.put_nowait(("start", payload))
        return result16.RemoteStartTransaction("Accepted")

    @on("RemoteStopTransaction")
    async def on_remote_stop(self, **payload: Any) -> Any:
        self.asked.put_nowait(("stop", payload))
        return result16.RemoteStopTransaction("Accepted")

    @on("Reset")
    async def on_reset(self, **payload: Any) -> Any:
        self.asked.put_nowait(("reset", payload))
        return result16.Reset("Accepted")

    @on("ChangeConfiguration")
    async def on_change_configuration(self, key: str, value: str) -> Any:
        self.keys[key] = value
        return result16.ChangeConfiguration("Accepted")

    @on("GetConfiguration")
    async def on_get_configuration(self, key: list[str] | None = None) -> Any:
        wanted = key or list(self.keys)
        known = [
            {"key": k, "readonly": False, "value": self.keys[k]} for k in wanted if k in self.keys
        ]
        unknown = [k for k in wanted if k not in self.keys]
        return result16.GetConfiguration(configuration_key=known, unknown_key=unknown or None)


class Station201(ChargePoint201):
    """OCPP 2.0.1: one EVSE, a few variables, a log of what the CSMS asked."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.asked: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self.variables = {"OfflineThreshold": "60"}
        self.sessions = 0

    async def boot(self) -> str:
        answer = await self.call(
            call201.BootNotification({"model": "Indie", "vendor_name": "PyPI"}, "PowerUp"),
            suppress=False,
        )
        status = call201.StatusNotification(minute(0), "Available", 1, 1)
        await self.call(status, suppress=False)
        return str(answer.status)

    async def authorize(self, token: str) -> str:
        request = call201.Authorize(id_token={"id_token": token, "type": "ISO14443"})
        answer = await self.call(request, suppress=False)
        return str(answer.id_token_info["status"])

    async def event(self, kind: str, trigger: str, number: int, register: int, **more: Any) -> Any:
        info = {"transaction_id": self.transaction, **more.pop("info", {})}
        values = [{"timestamp": minute(number), "sampled_value": [{"value": float(register)}]}]
        request = call201.TransactionEvent(
            kind, minute(number), trigger, number, info, meter_value=values, **more
        )
        return await self.call(request, suppress=False)

    async def begin(self, token: str, register: int, **info: Any) -> str:
        self.sessions += 1
        self.transaction = f"{self.id}-tx-{self.sessions}"
        id_token = {"id_token": token, "type": "ISO14443"}
        await self.event(
            "Started", "Authorized", 0, register,
            id_token=id_token, evse={"id": 1, "connector_id": 1}, info=info,
        )  # fmt: skip
        return self.transaction

    async def sample(self, transaction: str, number: int, register: int) -> None:
        assert transaction == self.transaction
        await self.event("Updated", "MeterValuePeriodic", number, register)

    async def finish(self, transaction: str, token: str, number: int, register: int) -> None:
        assert transaction == self.transaction
        id_token = {"id_token": token, "type": "ISO14443"}
        info = {"stopped_reason": "Local"}
        await self.event("Ended", "StopAuthorized", number, register, id_token=id_token, info=info)

    async def charge(self, token: str, registers: list[int]) -> str:
        transaction = await self.begin(token, registers[0])
        for number, register in enumerate(registers[1:-1], 1):
            await self.sample(transaction, number, register)
        await self.finish(transaction, token, len(registers) - 1, registers[-1])
        return transaction

    @on("RequestStartTransaction")
    async def on_request_start(self, **payload: Any) -> Any:
        self.asked.put_nowait(("start", payload))
        return result201.RequestStartTransaction("Accepted")

    @on("RequestStopTransaction")
    async def on_request_stop(self, **payload: Any) -> Any:
        self.asked.put_nowait(("stop", payload))
        return result201.RequestStopTransaction("Accepted")

    @on("Reset")
    async def on_reset(self, **payload: Any) -> Any:
        self.asked.put_nowait(("reset", payload))
        return result201.Reset("Accepted")

    @on("GetBaseReport")
    async def on_get_base_report(self, **payload: Any) -> Any:
        self.asked.put_nowait(("base report", payload))
        return result201.GetBaseReport("Accepted")

    async def report(self, number: int, parts: list[int], count: int) -> None:
        """These parts of a report of so many, a variable in each."""
        for part in parts:
            data = {
                "component": {"name": "Indie"},
                "variable": {"name": f"Part{part}"},
                "variable_attribute": [{"value": str(part), "mutability": "ReadOnly"}],
                "variable_characteristics": {"data_type": "integer", "supports_monitoring": False},
            }
            request = call201.NotifyReport(
                number, minute(0), part, report_data=[data], tbc=part < count - 1
            )
            await self.call(request, suppress=False)

    @on("SetVariables")
    async def on_set_variables(self, set_variable_data: list[Any], **_: Any) -> Any:
        results = []
        for item in set_variable_data:
            self.variables[item["variable"]["name"]] = item["attribute_value"]
            same = {key: item[key] for key in ("component", "variable")}
            results.append({"attribute_status": "Accepted", **same})
        return result201.SetVariables(results)

    @on("GetVariables")
    async def on_get_variables(self, get_variable_data: list[Any], **_: Any) -> Any:
        results = []
        for item in get_variable_data:
            same = {key: item[key] for key in ("component", "variable")}
            value = self.variables.get(item["variable"]["name"])
            status = "UnknownVariable" if value is None else "Accepted"
            found = {} if value is None else {"attribute_value": value}
            results.append({"attribute_status": status, **found, **same})
        return result201.GetVariables(results)


STATIONS: dict[str, tuple[str, type[Station16 | Station201]]] = {
    "1.6": ("ocpp1.6", Station16),
    "2.0.1": ("ocpp2.0.1", Station201),
}


@asynccontextmanager
async def connected(url: str, identity: str, version: str) -> AsyncIterator[Station16 | Station201]:
    """An independent station, connected; its receive loop runs until the end of the block."""
    subprotocol, kind = STATIONS[version]
    async with websockets.connect(
        f"{url}/{identity}", subprotocols=[websockets.Subprotocol(subprotocol)]
    ) as socket:
        station = kind(identity, socket)
        loop = asyncio.create_task(station.start())
        try:
            yield station
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)
