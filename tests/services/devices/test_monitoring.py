"""Monitors: set and cleared in messages as large as the station takes; known in step (N02-N06)."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, json

from libs.bus import Address, Bus, Conflict, Router, cloudevent
from libs.contracts.device_model import Attribute
from libs.contracts.devices import SendCall
from libs.contracts.monitoring import (
    ClearMonitors,
    GetMonitoring,
    ListMonitors,
    MonitorSpec,
    MonitorView,
    ReportMonitors,
    SetMonitoring,
    SetMonitors,
)
from libs.contracts.stations import GetStation, StationRemoved, StationView
from libs.ocpp import v201
from services.devices import monitor
from services.devices.handlers.monitoring import add_part
from services.devices.monitor import Limits
from services.devices.store_monitoring import Parts
from tests.services.service import eventually, up

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Socket:
    """The station CP1 with its monitors; takes so many items in a message."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.items_max = 100
        self.next = 1
        self.status = "Accepted"
        self.version = "v201"

    def take(self, version: str, action: str, down: Any, reply: Any) -> None:
        payload = json.decode(down.payload)
        self.calls.append((action, payload))
        match action:
            case "SetVariableMonitoring":
                self._answer(reply, payload["setMonitoringData"], self._set)
            case "ClearVariableMonitoring":
                self._answer(reply, payload["id"], self._clear)
            case _:
                reply.result(json.encode({"status": self.status}))

    def _answer(self, reply: Any, items: list[Any], done: Any) -> None:
        if len(items) > self.items_max:
            reply.error("OccurrenceConstraintViolation", "too many", {})
        else:
            reply.result(json.encode(done(items)))

    def _set(self, items: list[Any]) -> dict[str, Any]:
        results = []
        for item in items:
            same = {name: item[name] for name in ("type", "severity", "variable")}
            known = item["component"]["name"] != "Nothing"
            found = {"id": self.next} if known else {}
            self.next += known
            status = "Accepted" if known else "UnknownComponent"
            results.append({**same, **found, "component": item["component"], "status": status})
        return {"setMonitoringResult": results[::-1]}

    def _clear(self, ids: list[int]) -> dict[str, Any]:
        results = [{"id": each, "status": "Accepted" if each < 100 else "NotFound"} for each in ids]
        return {"clearMonitoringResult": results[::-1]}


registry: Router = Router("stations")


@registry.answers(GetStation)
async def get_station(app: Socket, ask: GetStation) -> StationView:
    return StationView(tenant=ask.tenant, id=ask.station, protocol=app.version)  # type: ignore[arg-type]


@pytest_asyncio.fixture
async def socket(bus: Bus, tenant: str, service: Any) -> AsyncGenerator[Socket]:
    socket = Socket()
    serving = await bus.serve(registry, socket)
    subscription = bus.serve_station(tenant, "CP1", socket.take)
    await bus.barrier()
    yield socket
    subscription.unsubscribe()
    await serving.stop()


def spec(evse: int, **more: Any) -> MonitorSpec:
    given: dict[str, Any] = {
        "component": "EVSE", "evse": evse, "variable": "Power", "type": "UpperThreshold",
        "value": 11000.0, "severity": 5, **more,
    }  # fmt: skip
    return MonitorSpec(**given)


async def monitors(bus: Bus, tenant: str) -> list[MonitorView]:
    return (await bus.ask(ListMonitors(tenant=tenant, station="CP1"))).items


async def set_some(bus: Bus, tenant: str, *specs: MonitorSpec) -> Any:
    return await bus.ask(SetMonitors(tenant=tenant, station="CP1", monitors=list(specs)))


async def test_each_monitor_has_its_result_whatever_the_order(
    socket: Socket, bus: Bus, tenant: str
) -> None:
    done = await set_some(bus, tenant, spec(1), spec(2, component="Nothing"), spec(3, severity=9))
    assert done.status == "answered"
    assert [(each.component, each.evse, each.status, each.id) for each in done.items] == [
        ("EVSE", 1, "Accepted", 1), ("Nothing", 2, "UnknownComponent", None),
        ("EVSE", 3, "Accepted", 2),
    ]  # fmt: skip
    known = await monitors(bus, tenant)
    assert [(each.id, each.evse, each.severity, each.value) for each in known] == [
        (1, 1, 5, 11000.0), (2, 3, 9, 11000.0),
    ]  # fmt: skip
    assert {each.kind for each in known} == {"CustomMonitor"}


async def test_a_raw_call_keeps_the_store_in_step_as_well(
    socket: Socket, bus: Bus, tenant: str
) -> None:
    data = {"setMonitoringData": [monitor.wire(spec(1))]}
    await bus.ask(
        SendCall(
            tenant=tenant,
            station="CP1",
            version="v201",
            action="SetVariableMonitoring",
            payload=Raw(json.encode(data)),
        )
    )
    assert [each.id for each in await monitors(bus, tenant)] == [1]


async def test_no_more_ids_are_sent_than_the_device_model_allows(
    socket: Socket, bus: Bus, tenant: str
) -> None:
    await report_variable(bus, tenant, "ItemsPerMessage", "ClearVariableMonitoring", "2")
    await set_some(bus, tenant, *(spec(n) for n in range(1, 6)))
    done = await bus.ask(ClearMonitors(tenant=tenant, station="CP1", ids=[1, 2, 3, 4, 500]))
    sent = [payload["id"] for action, payload in socket.calls if action.startswith("Clear")]
    assert sent == [[1, 2], [3, 4], [500]]
    assert [(each.id, each.status) for each in done.items] == [
        (1, "Accepted"), (2, "Accepted"), (3, "Accepted"), (4, "Accepted"), (500, "NotFound"),
    ]  # fmt: skip
    assert [each.id for each in await monitors(bus, tenant)] == [5]


async def report_variable(bus: Bus, tenant: str, name: str, instance: str, value: str) -> None:
    actual: Attribute = "Actual"
    report = v201.NotifyReport(
        request_id=1,
        generated_at=NOW,
        seq_no=0,
        report_data=[
            v201.ReportData(
                component=v201.Component(name="MonitoringCtrlr"),
                variable=v201.Variable(name=name, instance=instance),
                variable_attribute=[v201.VariableAttribute(type=actual, value=value)],
            )
        ],
    )
    await up(bus, Address(tenant, "CP1"), report)


async def test_a_station_that_takes_fewer_than_it_says_is_asked_with_half(
    socket: Socket, bus: Bus, tenant: str
) -> None:
    socket.items_max = 3
    done = await set_some(bus, tenant, *(spec(n) for n in range(1, 11)))
    assert done.status == "answered"
    assert {each.status for each in done.items} == {"Accepted"}
    sizes = [len(payload["setMonitoringData"]) for _, payload in socket.calls]
    assert sizes == [10, 5, 3, 2, 5, 3, 2]


async def test_offline_is_an_outcome_and_no_error(socket: Socket, bus: Bus, tenant: str) -> None:
    done = await bus.ask(SetMonitors(tenant=tenant, station="CP9", monitors=[spec(1)]))
    assert done.status == "offline"
    assert [each.status for each in done.items] == ["NotAnswered"]


async def test_1_6_has_no_monitors(socket: Socket, bus: Bus, tenant: str) -> None:
    socket.version = "v16"
    with pytest.raises(Conflict):
        await set_some(bus, tenant, spec(1))


async def test_a_base_ends_what_operators_set(socket: Socket, bus: Bus, tenant: str) -> None:
    """N05."""
    await set_some(bus, tenant, spec(1))
    await tell(bus, tenant, 40, part=0, ids=[50], more=False)
    await bus.ask(SetMonitoring(tenant=tenant, station="CP1", base="HardWiredOnly", level=4))
    view = await bus.ask(GetMonitoring(tenant=tenant, station="CP1"))
    assert (view.base, view.level, view.monitors) == ("HardWiredOnly", 4, 1)
    assert [each.id for each in await monitors(bus, tenant)] == [50]


async def test_a_refused_level_changes_nothing(socket: Socket, bus: Bus, tenant: str) -> None:
    socket.status = "Rejected"
    done = await bus.ask(SetMonitoring(tenant=tenant, station="CP1", level=99))
    assert done.level is not None
    assert done.level.result.payload == {"status": "Rejected"}
    assert done.level.hint
    assert (await bus.ask(GetMonitoring(tenant=tenant, station="CP1"))).level is None


async def tell(
    bus: Bus, tenant: str, number: int, *, part: int, ids: list[int], more: bool
) -> None:
    call = v201.NotifyMonitoringReport(
        request_id=number,
        generated_at=NOW,
        seq_no=part,
        tbc=more,
        monitor=[
            v201.MonitoringData(
                component=v201.Component(name="EVSE", evse=v201.EVSE(id=each)),
                variable=v201.Variable(name="AvailabilityState"),
                variable_monitoring=[
                    v201.VariableMonitoring(
                        id=each, transaction=False, value=1.0, type="Delta", severity=8
                    )
                ],
            )
            for each in ids
        ],
    )
    await up(bus, Address(tenant, "CP1"), call)


async def asked_for(bus: Bus, tenant: str, socket: Socket, **more: Any) -> int:
    await bus.ask(ReportMonitors(tenant=tenant, station="CP1", **more))
    _, payload = socket.calls[-1]
    return int(payload["requestId"])


async def test_a_report_of_all_replaces_what_was_known(
    socket: Socket, bus: Bus, tenant: str
) -> None:
    """Ids may change over a boot."""
    await set_some(bus, tenant, spec(1), spec(2))
    number = await asked_for(bus, tenant, socket)
    assert set(socket.calls[-1][1]) == {"requestId"}
    await tell(bus, tenant, number, part=1, ids=[12], more=False)
    assert [each.id for each in await monitors(bus, tenant)] == [1, 2, 12]
    await tell(bus, tenant, number, part=0, ids=[11], more=True)
    assert [each.id for each in await monitors(bus, tenant)] == [11, 12]
    view = await bus.ask(GetMonitoring(tenant=tenant, station="CP1"))
    assert view.reported_at is not None


async def test_a_report_of_some_leaves_the_others(socket: Socket, bus: Bus, tenant: str) -> None:
    await set_some(bus, tenant, spec(1))
    number = await asked_for(bus, tenant, socket, criteria=["DeltaMonitoring"])
    assert socket.calls[-1][1]["monitoringCriteria"] == ["DeltaMonitoring"]
    await tell(bus, tenant, number, part=0, ids=[11], more=False)
    assert [each.id for each in await monitors(bus, tenant)] == [1, 11]


async def test_a_station_that_is_removed_takes_its_monitors_along(
    socket: Socket, bus: Bus, tenant: str
) -> None:
    await set_some(bus, tenant, spec(1))
    await bus.ask(SetMonitoring(tenant=tenant, station="CP1", level=4))
    gone = StationRemoved(tenant=tenant, at=datetime.now(UTC), station="CP1")
    said = cloudevent.announcement(gone, "stations")
    await bus.announce(said.subject, said.body, said.id)

    async def known() -> tuple[int, int | None]:
        view = await bus.ask(GetMonitoring(tenant=tenant, station="CP1"))
        return view.monitors, view.level

    await eventually(known, lambda found: found == (0, None))


async def test_a_monitor_that_is_set_again_under_another_id_is_one(
    socket: Socket, bus: Bus, tenant: str
) -> None:
    await set_some(bus, tenant, spec(1))
    await set_some(bus, tenant, spec(1, value=7.0))
    assert [(each.id, each.value) for each in await monitors(bus, tenant)] == [(2, 7.0)]


@given(st.permutations(range(5)))
def test_parts_of_a_report_come_in_any_order_and_again(order: list[int]) -> None:
    parts = Parts(None, [], None)
    for count, number in enumerate(order, 1):
        for _ in range(2):
            parts = add_part(parts, 7, number, more=number < 4)
        heard = order[:count]
        assert parts == Parts(7, sorted(heard), 4 if 4 in heard else None)
    assert add_part(parts, 8, 0, more=True) == Parts(8, [0], None)


@given(
    st.lists(st.text(max_size=40), max_size=30),
    st.integers(min_value=1, max_value=7),
    st.integers(min_value=50, max_value=300),
)
def test_batches_hold_all_in_order_and_stay_within_the_limits(
    items: list[str], most: int, size: int
) -> None:
    found = list(monitor.batches(items, Limits(most, size), 10))
    assert [item for batch in found for item in batch] == items
    for batch in found:
        assert 0 < len(batch) <= most
        assert len(batch) == 1 or len(json.encode(batch)) + 10 <= size + 1
