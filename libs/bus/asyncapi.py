"""The bus described for others: AsyncAPI 3 with JSON Schemas, generated from the message types."""

from collections.abc import Sequence
from typing import Any

from msgspec.json import schema_components

from libs.bus import cloudevent
from libs.bus.message import Addressed, Ask, Event, fields

REF = "#/components/schemas/{name}"
JSON = "application/json"
CLOUD_EVENT = "application/cloudevents+json"


def document(
    events: Sequence[type[Event]],
    asks: Sequence[type[Ask[Any]]],
    *,
    title: str = "Voltbus",
    version: str = "1",
) -> dict[str, Any]:
    """Events that are announced and requests that are answered, each on its channel."""
    envelopes = [cloudevent.Envelope[kind] for kind in events]
    replies = [ask.reply for ask in asks]
    refs, schemas = schema_components([*envelopes, *asks, *replies], ref_template=REF)
    split = len(envelopes), len(envelopes) + len(asks)
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for kind, schema in zip(events, refs[: split[0]], strict=True):
        channels[kind.__name__] = channel(kind, message(kind.__name__, schema, CLOUD_EVENT))
        operations[f"announce{kind.__name__}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{kind.__name__}"},
            "summary": summary(kind),
        }
    for kind, schema, reply in zip(asks, refs[split[0] : split[1]], refs[split[1] :], strict=True):
        name = kind.__name__
        channels[name] = channel(kind, message(name, schema, JSON))
        answers = f"{name}Reply"
        channels[answers] = {
            "address": None,
            "messages": {answers: message(answers, reply, JSON)},
        }
        operations[f"answer{name}"] = {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": summary(kind),
            "reply": {
                "address": {"location": "$message.header#/reply"},
                "channel": {"$ref": f"#/channels/{answers}"},
            },
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": version},
        "defaultContentType": JSON,
        "channels": channels,
        "operations": operations,
        "components": {"schemas": schemas},
    }


def channel(kind: type[Addressed], content: dict[str, Any]) -> dict[str, Any]:
    """A NATS subject with its parameters, which are escaped to one token each."""
    return {
        "address": kind.subject,
        "parameters": {name: {"description": ESCAPE} for name in fields(kind.subject)},
        "messages": {kind.__name__: content},
    }


ESCAPE = (
    "One token: letters, digits, `_` and `-` stay; any other byte of the UTF-8 is written `=HH`."
)


def message(name: str, schema: dict[str, Any], content_type: str) -> dict[str, Any]:
    return {"name": name, "contentType": content_type, "payload": schema}


def summary(kind: type[Any]) -> str:
    """The first sentence of the type's documentation, or its name."""
    text = (kind.__doc__ or kind.__name__).strip()
    return text.split("\n\n", maxsplit=1)[0].replace("\n", " ")
