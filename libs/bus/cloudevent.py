"""The envelope of events: CloudEvents 1.0, JSON, structured mode."""

import re
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Generic, TypeVar

from msgspec import Struct, json

from libs.bus import subject
from libs.bus.message import Event
from libs.bus.token import escape

EventT = TypeVar("EventT", bound=Event)
DataT = TypeVar("DataT")

KEY = re.compile(r"[A-Za-z0-9_:/.+|-]{1,128}")
"""What of an event's key is fit for a header as it is."""
SOURCE = "/voltbus/"


class Meta(Struct, frozen=True, kw_only=True, rename={"event_type": "type"}):
    """The context of an event. ``tenant`` is an extension attribute."""

    id: str
    source: str
    event_type: str
    subject: str
    """Whom the fact concerns: the station, or what the last token of its NATS subject names."""
    time: datetime
    tenant: str
    specversion: str = "1.0"
    datacontenttype: str = "application/json"


class Envelope(Meta, Generic[DataT], frozen=True, kw_only=True):
    """A structured-mode CloudEvent."""

    data: DataT


class Announcement(Struct, frozen=True):
    """An event ready to be stored in the stream ``EVENTS``: what an outbox keeps."""

    id: str
    """``Nats-Msg-Id``: storing it twice within the duplicate window stores it once."""
    subject: str
    body: bytes


encoder = json.Encoder()


def type_of(kind: type[Event]) -> str:
    """``noun.verb``."""
    return subject.event_type(kind.subject)


def event_id(event: Event) -> str:
    """``{type}:{tenant}:{key}``: the same for the same content; a long or odd key is hashed."""
    key = event.key()
    if not KEY.fullmatch(key):
        key = sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{type_of(type(event))}:{escape(event.tenant)}:{key}"


def encode(event: Event, source: str) -> bytes:
    """The envelope; ``source`` is the announcing service's name."""
    return envelope(event, source, event.address())


def announcement(event: Event, source: str) -> Announcement:
    """The envelope with its id and NATS subject."""
    address = event.address()
    return Announcement(event_id(event), address, envelope(event, source, address))


def envelope(event: Event, source: str, address: str) -> bytes:
    return encoder.encode(
        Envelope(
            id=event_id(event),
            source=SOURCE + source,
            event_type=type_of(type(event)),
            subject=subject.unescape(address.rpartition(".")[2]),
            time=event.at,
            tenant=event.tenant,
            data=event,
        )
    )


def decode(kind: type[EventT], body: bytes) -> tuple[Meta, EventT]:
    """The context and the event; raises ``msgspec.ValidationError`` when it is no such event."""
    whole = decoder(kind).decode(body)
    return whole, whole.data


@lru_cache(maxsize=512)
def decoder(kind: Any) -> "json.Decoder[Envelope[Any]]":
    return json.Decoder(Envelope[kind])
