"""Whatever a station may answer by the schema and does not grant has a hint."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import inspect

from libs.contracts.command import CommandResult
from libs.ocpp.catalog import ACTIONS
from services.devices.faults import load
from services.devices.faults.explanation import GRANTED, explain

CATALOGUE = load()
STATUSES = {"status", "attributeStatus"}


def words(kind: inspect.Type) -> list[str]:
    """The values of an enumeration, also of one that may be absent."""
    match kind:
        case inspect.LiteralType():
            return [str(value) for value in kind.values]
        case inspect.UnionType():
            return [word for each in kind.types for word in words(each)]
        case _:
            return []


def answers(kind: inspect.Type) -> Iterator[dict[str, Any]]:
    """Payloads with one status each: of the answer itself, and of an item that it lists."""
    assert isinstance(kind, inspect.StructType)
    for field in kind.fields:
        if field.encode_name in STATUSES:
            yield from ({field.encode_name: word} for word in words(field.type))
        if isinstance(field.type, inspect.ListType) and isinstance(
            item := field.type.item_type, inspect.StructType
        ):
            yield from ({field.encode_name: [answer]} for answer in answers(item))


def refusals() -> Iterator[Any]:
    for version, actions in ACTIONS.items():
        for action, request in actions.items():
            if request.sender == "station":
                continue
            for payload in answers(inspect.type_info(request.response)):
                if not any(word in str(payload).split("'") for word in GRANTED):
                    result = CommandResult(
                        status="answered", version=version, action=action, payload=payload
                    )
                    yield pytest.param(result, id=f"{version} {action} {payload}")


REFUSALS = list(refusals())


@pytest.mark.parametrize("result", REFUSALS)
def test_a_refusal_has_a_hint(result: CommandResult) -> None:
    assert result.action is not None
    assert explain(CATALOGUE, result.action, result)


def test_there_are_refusals_in_lists_too() -> None:
    assert len(REFUSALS) > 100
    assert any("setVariableResult" in (each.values[0].payload or {}) for each in REFUSALS)
