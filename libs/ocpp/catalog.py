"""Every action of every version."""

from types import ModuleType
from typing import Any

from libs.ocpp import v16, v21, v201
from libs.ocpp.message import Request, Version


def _actions(package: ModuleType) -> dict[str, type[Request[Any]]]:
    members: dict[str, Any] = vars(package)
    return {
        name: member
        for name, member in sorted(members.items())
        if isinstance(member, type) and issubclass(member, Request) and name != "Request"
    }


ACTIONS: dict[Version, dict[str, type[Request[Any]]]] = {
    "v16": _actions(v16),
    "v201": _actions(v201),
    "v21": _actions(v21),
}


def find(version: Version, action: str) -> type[Request[Any]] | None:
    """The request type of an action, None if this version has no such action."""
    return ACTIONS[version].get(action)
