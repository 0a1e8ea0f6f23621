"""Everything that stations tell is kept before it is answered, and what nobody does yet is
refused."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from libs.bus import Address, Bus, Invalid
from libs.contracts.devices import AvailabilityReported, ListReports
from libs.ocpp import catalog, codec, v16, v21, v201
from libs.ocpp.message import Request, Version
from libs.ocpp.secret import hide
from libs.postgres import migrate, weeks
from services.authorization.__main__ import router as authorization
from services.devices import availability, store
from services.devices.__main__ import router
from services.devices.app import MIGRATIONS
from services.reservations.__main__ import router as reservations
from services.stations.__main__ import router as stations
from tests.services.devices.messages import smallest
from tests.services.service import Ear, up

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)

REFUSALS: dict[tuple[Version, str], dict[str, Any]] = {
    ("v16", "DataTransfer"): {"status": "UnknownVendorId"},
    ("v16", "SignCertificate"): {"status": "Rejected"},
    ("v201", "DataTransfer"): {"status": "UnknownVendorId"},
    ("v201", "SignCertificate"): {"status": "Rejected"},
    ("v201", "Get15118EVCertificate"): {"status": "Failed", "exiResponse": ""},
    ("v201", "GetCertificateStatus"): {"status": "Failed"},
    ("v201", "NotifyEVChargingNeeds"): {"status": "Processing"},
    ("v201", "NotifyEVChargingSchedule"): {"status": "Accepted"},
    ("v21", "DataTransfer"): {"status": "UnknownVendorId"},
    ("v21", "SignCertificate"): {"status": "Rejected"},
    ("v21", "Get15118EVCertificate"): {"status": "Failed", "exiResponse": ""},
    ("v21", "GetCertificateStatus"): {"status": "Failed"},
    ("v21", "NotifyEVChargingNeeds"): {"status": "NoChargingProfile"},
    ("v21", "NotifyEVChargingSchedule"): {"status": "Accepted"},
    ("v21", "OpenPeriodicEventStream"): {"status": "Accepted"},
    ("v21", "PullDynamicScheduleUpdate"): {"status": "Rejected"},
}
"""Beside a statusInfo; what is not listed is answered with an empty object."""


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
async def test_every_message_is_kept_as_it_came_and_answered_by_its_schema(
    service: Any, bus: Bus, tenant: str, version: Version
) -> None:
    """``up`` holds each answer to its type."""
    station = Address(tenant, "CP1")
    kinds = [kind for kind in router.calls if kind.version == version]
    for kind in kinds:
        call = smallest(kind)
        answer = msgspec.to_builtins(await up(bus, station, call))
        answer.pop("statusInfo", None)
        page = await bus.ask(ListReports(tenant=tenant, station="CP1", action=kind.action))
        assert [(each.action, each.payload) for each in page.items] == [
            (kind.action, msgspec.json.decode(hide(kind.action, codec.encode(call))))
        ]
        if (version, kind.action) not in {
            ("v21", "VatNumberValidation"),
            ("v21", "GetCertificateChainStatus"),
        }:
            assert answer == REFUSALS.get((version, kind.action), {}), kind.action
    everything = await bus.ask(ListReports(tenant=tenant, station="CP1", limit=500))
    assert len(everything.items) == len(kinds)


async def test_a_vat_number_is_not_vouched_for(service: Any, bus: Bus, tenant: str) -> None:
    call = v21.VatNumberValidation(vat_number="NL001", evse_id=2)
    answer = await up(bus, Address(tenant, "CP1"), call)
    assert (answer.vat_number, answer.evse_id, answer.status) == ("NL001", 2, "Rejected")


async def test_each_certificate_of_a_chain_gets_its_answer(
    service: Any, bus: Bus, tenant: str
) -> None:
    """M07."""
    data = [
        v21.CertificateHashData(
            hash_algorithm="SHA256", issuer_name_hash="a", issuer_key_hash="b", serial_number=serial
        )
        for serial in ("1", "2")
    ]
    call = v21.GetCertificateChainStatus(
        certificate_status_requests=[
            v21.CertificateStatusRequestInfo(
                certificate_hash_data=each, source="OCSP", urls=["http://ocsp.example"]
            )
            for each in data
        ]
    )
    answer = await up(bus, Address(tenant, "CP1"), call)
    assert [each.certificate_hash_data for each in answer.certificate_status] == data
    assert {each.status for each in answer.certificate_status} == {"Failed"}


async def test_reports_are_read_newest_first_and_page_by_page(
    service: Any, bus: Bus, tenant: str
) -> None:
    station = Address(tenant, "CP 1.*")
    begin = datetime.now(UTC)
    for n in range(7):
        call = v16.FirmwareStatusNotification(status="Idle" if n % 2 else "Downloading")
        await up(bus, station, call, received_at=begin + timedelta(seconds=n))
    seen: list[Any] = []
    after: str | None = None
    while True:
        ask = ListReports(tenant=tenant, station="CP 1.*", after=after, limit=3)
        page = await bus.ask(ask)
        seen += page.items
        after = page.next
        if after is None:
            break
    assert [each.at for each in seen] == [begin + timedelta(seconds=n) for n in reversed(range(7))]
    assert len({each.id for each in seen}) == 7
    with pytest.raises(Invalid):
        await bus.ask(ListReports(tenant=tenant, station="CP1", after="nonsense"))


async def test_a_message_that_the_edge_sends_again_is_kept_once(
    service: Any, bus: Bus, tenant: str
) -> None:
    station, at = Address(tenant, "CP1"), datetime.now(UTC)
    call = v201.NotifyReport(request_id=1, generated_at=at, seq_no=0)
    for _ in range(2):
        assert await up(bus, station, call, received_at=at) == v201.NotifyReportResponse()
    assert len((await bus.ask(ListReports(tenant=tenant, station="CP1"))).items) == 1


async def test_odd_texts_are_kept_as_they_are(service: Any, bus: Bus, tenant: str) -> None:
    call = v201.DataTransfer(vendor_id="\u0000 ü \U0001f600", data={"a": [1, None, "\u0000"]})
    await up(bus, Address(tenant, "CP1"), call)
    page = await bus.ask(ListReports(tenant=tenant, station="CP1"))
    assert page.items[0].payload == msgspec.to_builtins(call)


async def test_a_thousand_messages_at_once_are_all_kept(
    service: Any, bus: Bus, tenant: str
) -> None:
    call = v16.FirmwareStatusNotification(status="Installed")
    at = datetime.now(UTC)
    await asyncio.gather(
        *(
            up(bus, Address(tenant, f"S{n % 100}"), call, received_at=at + timedelta(seconds=n))
            for n in range(1000)
        )
    )
    page = await bus.ask(ListReports(tenant=tenant, station="S7", limit=100))
    assert len(page.items) == 10


# -- availability --------------------------------------------------------------------------------


def event(
    version: Version, component: str, value: str, variable: str = "AvailabilityState", **evse: int
) -> Any:
    package = v201 if version == "v201" else v21
    return package.EventData(
        event_id=1,
        timestamp=NOW,
        trigger="Delta",
        actual_value=value,
        event_notification_type="HardWiredNotification",
        component=package.Component(name=component, evse=package.EVSE(**evse) if evse else None),
        variable=package.Variable(name=variable),
    )


@pytest.mark.parametrize("version", ["v201", "v21"])
async def test_a_notify_event_of_availability_is_announced(
    service: Any, bus: Bus, tenant: str, version: Version
) -> None:
    """G01, TC_G_20: other events are kept only."""
    kind = v201.NotifyEvent if version == "v201" else v21.NotifyEvent
    call = kind(
        generated_at=NOW,
        seq_no=0,
        event_data=[
            event(version, "Connector", "Occupied", id=1, connector_id=2),
            event(version, "ConnectorPlugRetentionLock", "true", "Problem", id=1, connector_id=2),
            event(version, "evse", "Available", "availabilitystate", id=1),
            event(version, "ChargingStation", "Unavailable"),
        ],
    )
    received_at = datetime.now(UTC)
    async with Ear(bus, tenant, AvailabilityReported) as ear:
        await up(bus, Address(tenant, "CP1"), call, received_at=received_at)
        events = await ear.heard(3)
    assert {(e.evse, e.connector, e.state) for e in events} == {
        (1, 2, "Occupied"),
        (1, None, "Available"),
        (None, None, "Unavailable"),
    }
    assert {(e.at, e.received_at) for e in events} == {(NOW, received_at)}


def test_availability_of_nobody_knows_which_connector_is_no_news() -> None:
    assert availability.place_of(event("v201", "Connector", "Available")) is None
    assert availability.place_of(event("v21", "EVSE", "Available")) is None
    assert availability.place_of(event("v21", "Connector", "Available", id=3)) == (3, 1)


# -- the whole -----------------------------------------------------------------------------------


def test_each_message_of_a_station_is_answered_by_one_service() -> None:
    """Beside Heartbeat, which the edge answers, and the messages of the ledger."""
    elsewhere = {
        "Heartbeat",
        "StartTransaction",
        "StopTransaction",
        "MeterValues",
        "TransactionEvent",
    }
    wanted = {
        kind
        for actions in catalog.ACTIONS.values()
        for kind in actions.values()
        if kind.sender != "csms" and kind.action not in elsewhere
    }
    answered: list[type[Request[Any]]] = [
        kind for each in (router, authorization, reservations, stations) for kind in each.calls
    ]
    assert len(answered) == len(set(answered))
    assert set(answered) == wanted


async def test_partitions_are_made_ahead_and_dropped_when_old(database: str) -> None:
    await migrate(database, "devices", MIGRATIONS)
    async with asyncpg.create_pool(database, min_size=1) as pool:
        await pool.execute(
            "CREATE TABLE devices.report_20200106 PARTITION OF devices.report"
            " FOR VALUES FROM ('2020-01-06') TO ('2020-01-13')"
        )
        await store.keep_reports(pool, 90)
        names = await weeks.partitions(pool, "devices.report")
        assert "report_20200106" not in names
        assert weeks.name_of("devices.report", weeks.week_of(datetime.now(UTC).date())) in names
