"""What travels between services: events, requests, notices. Each spells its own subject.

A subject is a template over the message's own fields
(``event.{tenant}.transaction.ended.{station}``); no other code spells one. Bodies are JSON that any
language reads; names are snake case.
"""

from datetime import datetime
from functools import lru_cache
from string import Formatter
from typing import Any, ClassVar, Generic, TypeVar, get_args

from msgspec import Struct

from libs.bus.token import escape
from libs.ocpp.message import KeywordOnly

PLATFORM = "_"
"""The tenant token of requests that concern no tenant, as an edge asking who a station is."""


class Addressed(Struct, metaclass=KeywordOnly, frozen=True, omit_defaults=True, gc=False):
    """A message that spells its subject from its fields."""

    subject: ClassVar[str]

    def address(self) -> str:
        """The subject of this message: every field in braces escaped to one token."""
        return "".join(
            literal + (escape(str(getattr(self, name))) if name else "")
            for literal, name in parts(self.subject)
        )

    @classmethod
    def pattern(cls, **fixed: str) -> str:
        """The subject with ``*`` for each field, but those given."""
        return cls.subject.format_map(
            {name: escape(fixed[name]) if name in fixed else "*" for name in fields(cls.subject)}
        )


@lru_cache(maxsize=1024)
def parts(template: str) -> tuple[tuple[str, str | None], ...]:
    """A subject template as literal text, each followed by the field that comes next."""
    return tuple((literal, name) for literal, name, _, _ in Formatter().parse(template))


def fields(template: str) -> list[str]:
    """The field names in a subject template, in order."""
    return [name for _, name in parts(template) if name]


class Event(Addressed):
    """A fact that its owner announces, kept in ``EVENTS``; each follower sees it at least once.

    ``subject`` is ``event.{tenant}.noun.verb.{station}`` (the last token is any one token that
    narrows the fact: the station, or for things that have none the token or the tenant itself). On
    the wire it is the ``data`` of a CloudEvents 1.0 JSON envelope whose ``type`` is ``noun.verb``.
    """

    tenant: str
    at: datetime
    """When it happened (not when it was heard of)."""

    def key(self) -> str:
        """What makes this fact itself: the stable part of the event id. Same content, same key."""
        raise NotImplementedError


ReplyT = TypeVar("ReplyT")


class Ask(Addressed, Generic[ReplyT]):
    """A request to the owning service; the reply's type is the type argument.

    ``subject`` is ``api.{tenant}.service.verb``; platform requests have a field ``tenant`` of
    ``_``.
    """

    reply: ClassVar[Any]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.reply = get_args(cls.__orig_bases__[0])[0]  # type: ignore[attr-defined]


class Notice(Addressed):
    """A core NATS message without storage: who listens now, hears it (presence)."""
