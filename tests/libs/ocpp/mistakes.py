"""Every way in which a document can break its schema, one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from libs.ocpp.fault import Code
from libs.ocpp.message import Version
from libs.ocpp.scalar import INT_MAX
from tests.libs.ocpp.documents import ABSENT, change, get
from tests.libs.ocpp.schemas import Case, Node, Place, places

IMPROPER: Code = "PropertyConstraintViolation"
COUNT: Code = "OccurrenceConstraintViolation"
TYPE: Code = "TypeConstraintViolation"
FORM: Code = "FormatViolation"


@dataclass(frozen=True)
class Mistake:
    document: Any
    code: Code
    path: str

    def __str__(self) -> str:
        return f"{self.code} at {self.path}"


def mistakes(case: Case, document: Any) -> Iterator[Mistake]:
    """For each place in a proper document, each rule that holds there, broken."""
    yield Mistake(document | {"surprise": 1}, FORM, "$.surprise")
    for place in places(case.node, document):
        for value, code, below in _wrong_values(place, get(document, place.keys)):
            yield Mistake(change(document, place.keys, value), code, place.path + below)
        if place.required and isinstance(place.keys[-1], str):
            yield Mistake(change(document, place.keys, ABSENT), missing(case.version), place.path)


def missing(version: Version) -> Code:
    return "ProtocolError" if version == "v16" else COUNT


def _wrong_values(place: Place, value: Any) -> Iterator[tuple[Any, Code, str]]:
    node = place.node
    if node.kind == "any":
        return
    yield None, TYPE, ""
    for other in (5, 5.5, "x", True, ["x"], {"x": 1}):
        if not _is_of(node, other):
            yield other, TYPE, ""
    match node.kind:
        case "object" if node.closed:
            yield value | {"surprise": 1}, FORM, ".surprise"
        case "array":
            if node.low:
                yield [], COUNT, ""
            if node.high is not None:
                yield value * (int(node.high) + 1), COUNT, ""
        case "string" if node.high is not None:
            yield "ä" * (int(node.high) + 1), IMPROPER, ""
        case "enum":
            yield "Nonsense", IMPROPER, ""
        case "date-time":
            yield "yesterday", IMPROPER, ""
            yield "2026-01-31T12:00:00", IMPROPER, ""
            yield "2026-02-31T12:00:00Z", IMPROPER, ""
        case "integer" | "number":
            yield from _out_of_range(node)
        case _:
            pass


def _out_of_range(node: Node) -> Iterator[tuple[Any, Code, str]]:
    if node.low is not None:
        yield int(node.low) - 1, IMPROPER, ""
    if node.high is not None:
        yield int(node.high) + 1, IMPROPER, ""
    if node.kind == "integer":
        yield INT_MAX * 10**20, IMPROPER, ""
    if node.step:
        yield 21.45, IMPROPER, ""


def _is_of(node: Node, value: Any) -> bool:
    kinds = {
        bool: {"boolean"},
        int: {"integer", "number"},
        float: {"number"},
        str: {"string", "enum", "date-time"},
        list: {"array"},
        dict: {"object"},
    }
    return node.kind in kinds[type(value)]
