"""Commands: neutral for operators, in the words of the station's version on the wire."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from libs.bus import Address, Bus, Invalid, NotFound, TimedOut
from libs.contracts.command import CommandResult
from libs.contracts.stations import (
    ChangeAvailability,
    Connected,
    GetStation,
    PutStation,
    ResetStation,
    TriggerMessage,
    UnlockConnector,
)
from libs.ocpp.message import Version
from tests.services.service import Peer, eventually

VERSIONS: list[Version] = ["v16", "v201", "v21"]


async def station_of(bus: Bus, tenant: str, version: Version) -> Address:
    """Registered, and known to be connected with that version."""
    await bus.ask(PutStation(tenant=tenant, station="CP1"))
    bus.tell(
        Connected(
            tenant=tenant,
            station="CP1",
            edge="e1",
            epoch=1,
            version=version,
            remote="",
            at=datetime.now(UTC),
        )
    )
    await eventually(
        lambda: bus.ask(GetStation(tenant=tenant, station="CP1")),
        lambda view: view.protocol == version,
    )
    return Address(tenant, "CP1")


CASES: list[tuple[Callable[[str], Any], dict[Version, tuple[str, dict[str, Any]]]]] = [
    (
        lambda t: ResetStation(tenant=t, station="CP1", hard=True),
        {
            "v16": ("Reset", {"type": "Hard"}),
            "v201": ("Reset", {"type": "Immediate"}),
            "v21": ("Reset", {"type": "Immediate"}),
        },
    ),
    (
        lambda t: ResetStation(tenant=t, station="CP1"),
        {"v16": ("Reset", {"type": "Soft"}), "v201": ("Reset", {"type": "OnIdle"})},
    ),
    (
        lambda t: ResetStation(tenant=t, station="CP1", evse=2),
        {
            "v201": ("Reset", {"type": "OnIdle", "evseId": 2}),
            "v21": ("Reset", {"type": "OnIdle", "evseId": 2}),
        },
    ),
    (
        lambda t: ChangeAvailability(tenant=t, station="CP1", operative=False),
        {
            "v16": ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}),
            "v201": ("ChangeAvailability", {"operationalStatus": "Inoperative"}),
            "v21": ("ChangeAvailability", {"operationalStatus": "Inoperative"}),
        },
    ),
    (
        lambda t: ChangeAvailability(tenant=t, station="CP1", operative=True, evse=2, connector=1),
        {
            "v16": ("ChangeAvailability", {"connectorId": 2, "type": "Operative"}),
            "v201": (
                "ChangeAvailability",
                {"operationalStatus": "Operative", "evse": {"id": 2, "connectorId": 1}},
            ),
        },
    ),
    (
        lambda t: ChangeAvailability(tenant=t, station="CP1", operative=True, evse=2),
        {"v21": ("ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 2}})},
    ),
    (
        lambda t: UnlockConnector(tenant=t, station="CP1", evse=2),
        {
            "v16": ("UnlockConnector", {"connectorId": 2}),
            "v201": ("UnlockConnector", {"evseId": 2, "connectorId": 1}),
            "v21": ("UnlockConnector", {"evseId": 2, "connectorId": 1}),
        },
    ),
    (
        lambda t: TriggerMessage(tenant=t, station="CP1", message="MeterValues", evse=1),
        {
            "v16": ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1}),
            "v201": ("TriggerMessage", {"requestedMessage": "MeterValues", "evse": {"id": 1}}),
        },
    ),
    (
        lambda t: TriggerMessage(tenant=t, station="CP1", message="StatusNotification", evse=1),
        {
            "v16": ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1}),
            "v21": (
                "TriggerMessage",
                {
                    "requestedMessage": "StatusNotification",
                    "evse": {"id": 1, "connectorId": 1},
                },
            ),
        },
    ),
    (
        lambda t: TriggerMessage(tenant=t, station="CP1", message="SignChargePointCertificate"),
        {
            "v16": (
                "ExtendedTriggerMessage",
                {"requestedMessage": "SignChargePointCertificate"},
            )
        },
    ),
    (
        lambda t: TriggerMessage(tenant=t, station="CP1", message="LogStatusNotification"),
        {
            "v16": ("ExtendedTriggerMessage", {"requestedMessage": "LogStatusNotification"}),
            "v201": ("TriggerMessage", {"requestedMessage": "LogStatusNotification"}),
        },
    ),
]


@pytest.mark.parametrize("version", VERSIONS)
async def test_each_command_is_spelled_as_the_version_spells_it(
    service: Any, bus: Bus, tenant: str, version: Version
) -> None:
    station = await station_of(bus, tenant, version)
    peer = Peer(bus, station)
    for command, spelled in CASES:
        if version not in spelled:
            continue
        action, payload = spelled[version]
        result = await bus.ask(command(tenant))
        assert peer.calls[-1] == (version, action, payload)
        assert result == CommandResult(
            status="answered", version=version, action=action, payload={"status": "Accepted"}
        )
    peer.leave()


@pytest.mark.parametrize(
    ("version", "command", "field"),
    [
        ("v16", ResetStation(tenant="", station="CP1", evse=1), "evse"),
        ("v16", UnlockConnector(tenant="", station="CP1", evse=1, connector=2), "connector"),
        ("v201", ChangeAvailability(tenant="", station="CP1", operative=True, connector=1), "evse"),
        ("v201", TriggerMessage(tenant="", station="CP1", message="StatusNotification"), "evse"),
        ("v16", TriggerMessage(tenant="", station="CP1", message="TransactionEvent"), "message"),
        ("v201", TriggerMessage(tenant="", station="CP1", message="nonsense"), "message"),
        ("v21", TriggerMessage(tenant="", station="CP1", message="CustomTrigger"), "message"),
        ("v21", ResetStation(tenant="", station="CP1", timeout_seconds=0), "timeout_seconds"),
    ],
)
async def test_what_the_version_cannot_say_is_refused_by_the_name_of_its_field(
    service: Any, bus: Bus, tenant: str, version: Version, command: Any, field: str
) -> None:
    station = await station_of(bus, tenant, version)
    peer = Peer(bus, station)
    fields = {name: getattr(command, name) for name in command.__struct_fields__}
    with pytest.raises(Invalid) as caught:
        await bus.ask(type(command)(**{**fields, "tenant": tenant}))
    assert caught.value.details["field"] == field
    assert peer.calls == []
    peer.leave()


async def test_a_number_beyond_the_schema_is_refused(service: Any, bus: Bus, tenant: str) -> None:
    await station_of(bus, tenant, "v21")
    for command in (
        ChangeAvailability(tenant=tenant, station="CP1", operative=True, evse=2**40),
        UnlockConnector(tenant=tenant, station="CP1", evse=-1),
        ResetStation(tenant=tenant, station="CP1", evse=2**31),
    ):
        with pytest.raises(Invalid):
            await bus.ask(command)


async def test_an_unknown_station_is_not_found(service: Any, bus: Bus, tenant: str) -> None:
    with pytest.raises(NotFound):
        await bus.ask(ResetStation(tenant=tenant, station="NONE"))


async def test_a_station_that_is_not_there_is_offline_at_once(
    service: Any, bus: Bus, tenant: str
) -> None:
    await bus.ask(PutStation(tenant=tenant, station="CP1"))
    never = await bus.ask(ResetStation(tenant=tenant, station="CP1"))
    assert never == CommandResult(status="offline")
    await station_of(bus, tenant, "v201")
    gone = await bus.ask(ResetStation(tenant=tenant, station="CP1"))
    assert gone == CommandResult(status="offline", version="v201", action="Reset")


async def test_what_the_station_says_is_what_the_operator_sees(
    service: Any, bus: Bus, tenant: str
) -> None:
    peer = Peer(bus, await station_of(bus, tenant, "v201"))
    peer.answer = {"status": "Rejected", "statusInfo": {"reasonCode": "TxInProgress"}}
    rejected = await bus.ask(ResetStation(tenant=tenant, station="CP1"))
    assert (rejected.status, rejected.payload) == ("answered", peer.answer)
    peer.answer = lambda reply: reply.error("NotSupported", "no such thing", {"hint": 1})
    failed = await bus.ask(UnlockConnector(tenant=tenant, station="CP1"))
    assert failed == CommandResult(
        status="error",
        version="v201",
        action="UnlockConnector",
        code="NotSupported",
        description="no such thing",
        details={"hint": 1},
    )
    peer.answer = lambda reply: reply.fail(TimedOut("no answer"))
    silent = await bus.ask(UnlockConnector(tenant=tenant, station="CP1", timeout_seconds=1))
    assert silent.status == "timeout"
    peer.leave()
