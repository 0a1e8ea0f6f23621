"""What is wrong with a CALL is answered at once, with its code and a hint."""

import asyncio
from typing import Any

import pytest

from libs.bus import CallFault
from libs.contracts.stations import Admission
from services.edge.edge import Edge
from tests.services.edge.conftest import Connect
from tests.services.edge.messages import (
    AUTHORIZE,
    START,
    TRANSACTION,
    authorizes,
)
from tests.services.edge.platform import Platform, raises


@pytest.mark.parametrize(
    ("version", "action", "payload", "code"),
    [
        ("v16", "NoSuchAction", {}, "NotImplemented"),
        ("v201", "StartTransaction", START, "NotImplemented"),
        ("v16", "Reset", {"type": "Hard"}, "NotSupported"),
        ("v201", "Reset", {"type": "Immediate"}, "NotSupported"),
        ("v16", "Authorize", {}, "ProtocolError"),
        ("v201", "Authorize", {}, "OccurrenceConstraintViolation"),
        ("v16", "Authorize", {"idTag": {}}, "TypeConstraintViolation"),
        ("v201", "Authorize", {"idToken": 7}, "TypeConstraintViolation"),
        ("v16", "Authorize", {"idTag": "x" * 21}, "PropertyConstraintViolation"),
        ("v21", "DataTransfer", {"vendorId": "x" * 256}, "PropertyConstraintViolation"),
    ],
)
async def test_a_violation_is_answered_with_its_code_and_a_hint(
    edge: Edge,
    platform: Platform,
    connect: Connect,
    version: str,
    action: str,
    payload: Any,
    code: str,
) -> None:
    wire = await connect(edge, "CP1", version)
    kind, number, said, description, details = await wire.call(action, payload)
    assert (kind, number, said, details) == (4, "m1", code, {})
    assert 0 < len(description) <= 255
    assert platform.calls == []


async def test_1_6_spells_two_codes_in_its_own_way(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    platform.admissions["CP1"] = Admission(admitted=True, boot_status="Accepted", strict=True)
    wire = await connect(edge)
    assert (await wire.call("Authorize", {"idTag": "AA11", "extra": 1}))[2] == "FormationViolation"


@pytest.mark.parametrize(
    ("version", "text", "answer"),
    [
        ("v16", "not JSON", None),
        ("v201", "not JSON", ("-1", "RpcFrameworkError")),
        ("v21", "not JSON", ("-1", "RpcFrameworkError")),
        ("v16", '[2,"1","Authorize"]', ("1", "FormationViolation")),
        ("v201", '[2,"1","Authorize"]', ("1", "RpcFrameworkError")),
        ("v16", '[2,"1","Authorize",[]]', ("1", "FormationViolation")),
        ("v16", f'[2,"{"x" * 37}","Authorize",{{}}]', ("x" * 37, "FormationViolation")),
        ("v16", '[7,"1","Authorize",{}]', None),
        ("v201", '[7,"1","Authorize",{}]', ("1", "MessageTypeNotSupported")),
        ("v21", '[7,"1","Authorize",{}]', None),
        ("v16", '[5,"1","GenericError","",{}]', None),
        ("v201", '[6,"1","NotifyEvent",{}]', ("1", "MessageTypeNotSupported")),
        ("v16", '[3,"nobody asked",{}]', None),
        ("v16", '[4,"nobody asked","GenericError","",{}]', None),
        ("v21", '[5,"nobody asked","GenericError","",{}]', None),
    ],
)
async def test_a_broken_frame_is_answered_where_its_version_says_so(
    edge: Edge, platform: Platform, connect: Connect, version: str, text: str, answer: Any
) -> None:
    wire = await connect(edge, "CP1", version)
    wire.text(text)
    if answer is not None:
        kind, number, code, *_ = await wire.message()
        assert (kind, (number, code)) == (4, answer)
    assert (await wire.call("Heartbeat"))[0] == 3


async def test_a_quirk_is_mended_named_and_counted(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    authorizes(platform, "v16")
    wire = await connect(edge)
    assert (await wire.call("Authorize", {"idTag": "AA11", "extra": None, "more": 1}))[0] == 3
    station, _ = platform.calls[0]
    assert station.raw == b'{"idTag":"AA11"}'
    assert station.quirks == ["unknown property $.extra", "unknown property $.more"]
    held = edge.app.roster.find("default", "CP1")
    assert held is not None
    assert held.quirks == {"unknown property": 2}


@pytest.mark.parametrize("strict", [True, False])
async def test_a_transaction_message_that_fits_no_schema(
    edge: Edge, platform: Platform, connect: Connect, version: str, strict: bool
) -> None:
    """A tolerant station's is kept and answered normally; a strict one's is refused."""
    platform.admissions["CP1"] = Admission(admitted=True, boot_status="Accepted", strict=strict)
    action, payload = TRANSACTION[version]
    wire = await connect(edge, "CP1", version)
    answer = await wire.call(action, {**payload, "timestamp": "yesterday"})
    assert answer[0] == (4 if strict else 3)
    assert [(station.violation is not None, name) for station, name in platform.odd] == (
        [] if strict else [(True, action)]
    )


async def test_strictness_follows_the_registry_while_connected(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    held = await connect(edge)
    authorizes(platform, "v16")
    sloppy = {"idTag": "AA11", "extra": 1}
    assert (await held.call("Authorize", sloppy))[0] == 3
    await platform.change("CP1", strict=True)
    connection = edge.app.roster.find("default", "CP1")
    assert connection is not None
    while not connection.strict:
        await asyncio.sleep(0.01)
    assert (await held.call("Authorize", sloppy))[0] == 4


async def test_a_fault_of_the_owner_is_spelled_in_the_versions_dialect(
    edge: Edge, platform: Platform, connect: Connect, version: str
) -> None:
    fault = CallFault("OccurrenceConstraintViolation", "too many", {"most": 3})
    platform.handlers["Authorize"] = raises(fault)
    wire = await connect(edge, "CP1", version)
    spelled = (
        "OccurenceConstraintViolation" if version == "v16" else "OccurrenceConstraintViolation"
    )
    assert await wire.call("Authorize", AUTHORIZE[version]) == [
        4,
        "m1",
        spelled,
        "too many",
        {"most": 3},
    ]
