"""Asking a station for something that an operator wants, in the version that it speaks."""

from typing import Any, Protocol

from libs.bus import Address
from libs.contracts import calling
from libs.contracts.command import CommandResult
from libs.contracts.devices import CallSent
from services.devices.app import App
from services.devices.asking import Question, ask_station

NEVER = CallSent(
    request="", result=CommandResult(status="offline", description="The station never connected.")
)
"""Nobody knows what it speaks, so there is nothing that could be sent, and no request."""


class Wanted(Protocol):
    """What each resource that asks a station has in common."""

    @property
    def tenant(self) -> str: ...
    @property
    def station(self) -> str: ...
    @property
    def by(self) -> str: ...
    @property
    def timeout_seconds(self) -> float: ...


async def order(app: App, wanted: Wanted, action: str, fields: dict[str, Any]) -> CallSent:
    """``fields`` by their wire names; ``None`` is absent. ``Invalid`` when the version does not
    allow them, ``NotFound`` when there is no such station.
    """
    to = Address(wanted.tenant, wanted.station)
    version = await calling.protocol(app.bus, to)
    if version is None:
        return NEVER
    call = calling.message(version, action, fields)
    return await ask_station(app, Question(to, call, wanted.by, wanted.timeout_seconds))


def given(**fields: Any) -> dict[str, Any]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}
