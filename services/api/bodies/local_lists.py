"""Local authorization lists as operators write them."""

from typing import Annotated, Literal

from msgspec import Meta

from libs.contracts.authorization import AuthorizationStatus
from services.api.bodies.base import Body, Moment, Name


class ListEntryBody(Body, frozen=True, kw_only=True):
    """An entry; what is absent is taken from the registered token, if there is one."""

    example = {"token": "04A2B3C4D5E6F7", "status": "Accepted"}

    token: Name
    type: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    """OCPP 2.x IdTokenEnumType."""
    status: AuthorizationStatus | None = None
    group: Name | None = None
    expires_at: Moment | None = None
    language: Annotated[str, Meta(max_length=8)] | None = None


class RuleBody(Body, frozen=True, kw_only=True):
    """Which tokens are on the list. `tenant`: all that may be used at the station; `groups`: those
    of them in one of `groups`; `station`: those that name the station.
    """

    example = {"tokens": "groups", "groups": ["fleet-7"]}

    tokens: Literal["tenant", "groups", "station"] = "tenant"
    groups: Annotated[list[Name], Meta(max_length=1000)] = []


class LocalListPut(Body, frozen=True, kw_only=True):
    """What is to be on the list of a station: either `entries` or a `rule`."""

    example = {"rule": {"tokens": "tenant"}}

    entries: Annotated[list[ListEntryBody], Meta(max_length=10_000)] | None = None
    rule: RuleBody | None = None


class LocalListSend(Body, frozen=True, kw_only=True):
    """`auto` sends what is needed, and a full list if the station refuses the difference."""

    example = {"type": "full"}

    type: Literal["auto", "full", "differential"] = "auto"


class LocalListSync(Body, frozen=True, kw_only=True):
    """Whether the list is kept in step with the tokens without being asked."""

    example = {"on": True}

    on: bool
