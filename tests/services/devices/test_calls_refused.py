"""CALLERRORs to calls of other services are faults too, each once."""

from typing import Any

from msgspec import Raw

from libs.bus import Address, Bus, Reply
from libs.contracts import calling
from libs.contracts.devices import SendCall
from libs.contracts.faults import FaultPage, ListFaults, ListIncidents
from libs.ocpp import v201
from services.devices.faults.explanation import INVALID_ANSWER
from tests.services.service import Peer, eventually


def refused(reply: Reply) -> None:
    reply.error("NotSupported", "no such thing", {})


async def faults(bus: Bus, tenant: str, count: int) -> FaultPage:
    async def ask() -> FaultPage:
        return await bus.ask(ListFaults(tenant=tenant, station="CP1"))

    return await eventually(ask, lambda page: len(page.items) >= count)


async def test_a_callerror_to_a_call_of_another_service_is_kept(
    service: Any, bus: Bus, tenant: str
) -> None:
    to = Address(tenant, "CP1")
    peer = Peer(bus, to)
    peer.answer = refused
    await bus.barrier()
    for _ in range(2):
        result = await calling.call(bus, to, v201.Reset(type="OnIdle"), 5)
        assert (result.status, result.code) == ("error", "NotSupported")
    newest, _ = (await faults(bus, tenant, 2)).items
    assert (newest.source, newest.code, newest.said) == ("rpc", "rpc.NotSupported", "NotSupported")
    assert newest.info == "Reset: no such thing"
    [incident] = (await bus.ask(ListIncidents(tenant=tenant))).items
    assert incident.count == 2


async def test_a_callerror_to_a_call_of_devices_is_kept_once(
    service: Any, bus: Bus, tenant: str
) -> None:
    to = Address(tenant, "CP1")
    peer = Peer(bus, to)
    peer.answer = refused
    await bus.barrier()
    call = SendCall(
        tenant=tenant, station="CP1", version="v201", action="ClearCache", payload=Raw(b"{}"),
        by="ann", timeout_seconds=5,
    )  # fmt: skip
    await bus.ask(call)
    await calling.call(bus, to, v201.Reset(type="OnIdle"), 5)
    found = (await faults(bus, tenant, 2)).items
    assert [each.info for each in found] == ["Reset: no such thing", "ClearCache: no such thing"]


async def test_an_answer_and_silence_are_no_faults(service: Any, bus: Bus, tenant: str) -> None:
    to = Address(tenant, "CP1")
    peer = Peer(bus, to)
    await bus.barrier()
    await calling.call(bus, to, v201.Reset(type="OnIdle"), 5)
    await calling.call(bus, Address(tenant, "AWAY"), v201.Reset(type="OnIdle"), 5)
    peer.answer = lambda _: None
    await calling.call(bus, to, v201.ClearCache(), 0.05)
    peer.answer = refused
    await calling.call(bus, to, v201.GetLocalListVersion(), 5)
    [found] = (await faults(bus, tenant, 1)).items
    assert found.info == "GetLocalListVersion: no such thing"


async def test_an_answer_that_nobody_can_read_is_a_fault_of_who_gave_it(
    service: Any, bus: Bus, tenant: str
) -> None:
    to = Address(tenant, "CP1")
    peer = Peer(bus, to)
    peer.answer = lambda reply: reply.error("FormatViolation", f"{INVALID_ANSWER}: no status", {})
    await bus.barrier()
    await calling.call(bus, to, v201.Reset(type="OnIdle"), 5)
    [found] = (await faults(bus, tenant, 1)).items
    assert (found.code, found.said) == ("call.invalid_answer", "FormatViolation")
