"""The official JSON schemas, from the PyPI package ``ocpp``, in a form that tests can walk.

A schema becomes a tree of ``Node``: references resolved, descriptions and defaults gone. Where the
package differs from the official files, or where we decide otherwise, ``DEVIATIONS`` says so.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import ocpp

from libs.ocpp import catalog
from libs.ocpp.message import Message, Version
from libs.ocpp.scalar import INT_MAX, INT_MIN
from libs.ocpp.shape import (
    Anything,
    Array,
    Choice,
    Flag,
    Moment,
    Object,
    Real,
    Shape,
    Text,
    Whole,
    shape,
)

FOLDER = Path(ocpp.__file__).parent


@dataclass(frozen=True)
class Deviation:
    version: Version
    message: str
    path: str
    """Keys of the schema, ``[]`` for the items of an array."""
    change: dict[str, Any]
    reason: str


DEVIATIONS = [
    Deviation(
        "v16",
        "MeterValues",
        "meterValue",
        {"minItems": 0},
        "the official schema has no lower bound, as those of the other lists of 1.6",
    ),
    Deviation(
        "v16",
        "MeterValues",
        "meterValue.[].sampledValue",
        {"minItems": 0},
        "the same",
    ),
    Deviation(
        "v16",
        "StopTransaction",
        "transactionData.[].sampledValue.[].unit",
        {"add": "Hertz"},
        "the specification gives frequencies in Hertz, the package allows it in MeterValues only",
    ),
]
"""Everything else is as the package has it. It differs from the official files in two more places,
where we stay with it: 1.6 accepts the unit Celsius beside Celcius, and the exiResponse of 2.0.1 has
room for 7,500 characters (5,600 officially)."""


@dataclass(frozen=True)
class Node:
    """One place in a message: ``kind`` is a JSON type, or enum, date-time, any."""

    kind: str
    properties: dict[str, "Node"] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    closed: bool = True
    items: "Node | None" = None
    low: float | None = None
    high: float | None = None
    """Bounds of a number, of a text's length or of the count of items."""
    step: float | None = None
    values: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Case:
    """A request or a response of one version: its type and its schema."""

    version: Version
    name: str

    def __str__(self) -> str:
        return f"{self.version}-{self.name}"

    @property
    def type(self) -> type[Message]:
        action = self.name.removesuffix("Response")
        request = catalog.ACTIONS[self.version][action]
        return request if self.name == action else request.response

    @property
    def node(self) -> Node:
        return node(self.version, self.name)


@cache
def files(version: Version) -> dict[str, Path]:
    """The schema of each message, by the name of our class."""
    return {
        path.stem.removesuffix("Request"): path
        for path in sorted((FOLDER / version / "schemas").glob("*.json"))
    }


CASES = [Case(version, name) for version in ("v16", "v201", "v21") for name in files(version)]


@cache
def raw(version: Version, name: str) -> dict[str, Any]:
    """The schema as the package has it, with the deviations applied."""
    schema = json.loads(files(version)[name].read_text("utf-8-sig"))
    for deviation in DEVIATIONS:
        if (deviation.version, deviation.message) == (version, name):
            place = _find(schema, deviation.path)
            if "add" in deviation.change:
                place["enum"].append(deviation.change["add"])
            else:
                place.update(deviation.change)
    return schema


def _find(schema: dict[str, Any], path: str) -> dict[str, Any]:
    for key in path.split("."):
        schema = schema["items"] if key == "[]" else schema["properties"][key]
    return schema


@cache
def node(version: Version, name: str) -> Node:
    schema = raw(version, name)
    return _node(schema, schema.get("definitions", {}))


def _node(schema: dict[str, Any], definitions: dict[str, Any]) -> Node:
    if "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/definitions/")]
    match schema.get("type"):
        case "object":
            return Node(
                "object",
                properties={
                    key: _node(each, definitions)
                    for key, each in schema.get("properties", {}).items()
                },
                required=frozenset(schema.get("required", ())),
                closed=not schema.get("additionalProperties", True),
            )
        case "array":
            items = _node(schema["items"], definitions)
            return Node(
                "array", items=items, low=schema.get("minItems", 0), high=schema.get("maxItems")
            )
        case "string" if "enum" in schema:
            return Node("enum", values=frozenset(schema["enum"]))
        case "string" if schema.get("format") == "date-time":
            return Node("date-time")
        case "string":
            return Node("string", high=schema.get("maxLength"))
        case "integer":
            # No schema says it, the specification does: 32 bit.
            low, high = schema.get("minimum", INT_MIN), schema.get("maximum", INT_MAX)
            return Node("integer", low=low, high=high)
        case "number":
            low, high = schema.get("minimum"), schema.get("maximum")
            return Node("number", low=low, high=high, step=schema.get("multipleOf"))
        case "boolean":
            return Node("boolean")
        case None:
            return Node("any")
        case other:
            raise NotImplementedError(other)


def of_type(message_type: type[Message]) -> Node:
    """The same tree, made from one of our types."""
    return _of_shape(shape(message_type))


def _of_shape(part: Shape) -> Node:
    match part:
        case Object(properties=properties, closed=closed):
            return Node(
                "object",
                properties={key: _of_shape(each.shape) for key, each in properties.items()},
                required=frozenset(key for key, each in properties.items() if each.required),
                closed=closed,
            )
        case Array(item=item, count_min=low, count_max=high):
            return Node("array", items=_of_shape(item), low=low, high=high)
        case Choice(values=values):
            return Node("enum", values=frozenset(values))
        case Moment():
            return Node("date-time")
        case Text(length_max=high):
            return Node("string", high=high)
        case Whole(minimum=low, maximum=high):
            return Node("integer", low=low, high=high)
        case Real(minimum=low, maximum=high, tenths=tenths):
            return Node("number", low=low, high=high, step=0.1 if tenths else None)
        case Flag():
            return Node("boolean")
        case Anything():
            return Node("any")


@dataclass(frozen=True)
class Place:
    """A value in a document: how to reach it, what it must be, whether it may be left out."""

    keys: tuple[str | int, ...]
    node: Node
    required: bool

    @property
    def path(self) -> str:
        return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.keys)

    @property
    def quirk_path(self) -> str:
        return "$" + "".join("[]" if isinstance(key, int) else f".{key}" for key in self.keys)


def places(root: Node, document: Any, keys: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """Every place in a document but its root, parents first."""
    if root.kind == "object":
        for key, child in root.properties.items():
            if key in document:
                yield Place((*keys, key), child, key in root.required)
                yield from places(child, document[key], (*keys, key))
    elif root.kind == "array" and root.items is not None:
        for index, item in enumerate(document):
            yield Place((*keys, index), root.items, required=True)
            yield from places(root.items, item, (*keys, index))
