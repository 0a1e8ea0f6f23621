"""The document that describes the bus to others is generated, and true."""

import inspect

import pytest
from jsonschema import Draft202012Validator
from msgspec import json

from libs.bus import Ask, Event, asyncapi, cloudevent, envelope
from libs.contracts import (
    authorization,
    customers,
    der,
    devices,
    display,
    payments,
    stations,
    streams,
    transactions,
    vendors,
)
from tests.libs.bus.messages import Add, Painted, Stock, Sum, painted

MODULES = [
    authorization,
    customers,
    der,
    devices,
    display,
    payments,
    stations,
    streams,
    transactions,
    vendors,
]


def declared(base):
    found = {kind for module in MODULES for _, kind in inspect.getmembers(module, inspect.isclass)}
    return sorted(
        (kind for kind in found if issubclass(kind, base) and kind is not base),
        key=lambda kind: kind.__name__,
    )


@pytest.fixture(scope="module")
def document():
    return json.decode(json.encode(asyncapi.document([Painted], [Add, Stock])))


def validator(document, channel):
    (message,) = document["channels"][channel]["messages"].values()
    return Draft202012Validator({**message["payload"], "components": document["components"]})


def test_an_event_is_a_cloud_event_on_its_subject(document):
    channel = document["channels"]["Painted"]
    assert channel["address"] == "event.{tenant}.wall.painted.{station}"
    assert set(channel["parameters"]) == {"tenant", "station"}
    assert document["operations"]["announcePainted"]["action"] == "send"
    checks = validator(document, "Painted")
    checks.validate(json.decode(cloudevent.encode(painted("t"), "walls")))
    assert not checks.is_valid({"specversion": "1.0", "data": {}})


def test_a_request_and_its_reply_are_described(document):
    operation = document["operations"]["answerAdd"]
    assert operation["action"] == "receive"
    assert operation["reply"]["channel"] == {"$ref": "#/channels/AddReply"}
    validator(document, "Add").validate(json.decode(envelope.encode(Add(tenant="t", a=1, b=2))))
    assert not validator(document, "Add").is_valid({"tenant": "t", "a": "1"})
    validator(document, "AddReply").validate(json.decode(envelope.encode(Sum(3))))
    validator(document, "StockReply").validate(["nut"])


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_all_contracts_of_the_platform_are_described_without_a_dangling_reference():
    events, asks = declared(Event), declared(Ask)
    whole = json.decode(json.encode(asyncapi.document(events, asks)))
    assert len(whole["operations"]) == len(events) + len(asks) > 20
    for reference in references(whole):
        node = whole
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
    for schema in whole["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
