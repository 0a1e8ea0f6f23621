"""Why a call did not do what it was to do, and how to go on: one hint for an answer."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple, cast

from libs.contracts.command import INVALID_ANSWER, CommandResult
from libs.ocpp.message import Version
from services.devices import profile_rules
from services.devices.faults.catalogue import UNKNOWN, Catalogue, Entry, Maker
from services.devices.profile_rules import Plan

GRANTED = {
    "Accepted", "AcceptedCanceled", "Scheduled", "RebootRequired", "Unlocked", "Unpublished",
    "NoError", "Idle",
}  # fmt: skip
"""Statuses of answers that are no refusal."""

HINTS_MAX = 3


class Refused(NamedTuple):
    """A status in an answer that grants nothing, and the reason that came with it."""

    status: str
    reason: str | None = None


def explain(
    catalogue: Catalogue,
    action: str,
    result: CommandResult,
    request: dict[str, Any] | None = None,
    maker: Maker = UNKNOWN,
) -> str | None:
    """The hint for an outcome; None when there is nothing to explain.

    ``request`` is the payload that was sent, where it is known: it shows which rule a charging
    profile broke.
    """
    match result.status:
        case "offline" | "timeout":
            return sentence(catalogue.get(f"call.{result.status}"))
        case "error":
            return sentence(catalogue.get(code_of_error(catalogue, result)))
        case "answered":
            refusals = list(dict.fromkeys(refused(result.payload or {})))
            hints = [hint_of(catalogue, action, each, maker) for each in refusals]
            rules = rules_of(action, refusals, result, request)
            told = [*rules, *dict.fromkeys(hint for hint in hints if hint)]
            return " ".join(told[:HINTS_MAX]) or None


def code_of_error(catalogue: Catalogue, result: CommandResult) -> str:
    """Of a CALLERROR, or of an answer that nobody can read, which the station is to blame for."""
    if (result.description or "").startswith(INVALID_ANSWER):
        return "call.invalid_answer"
    return catalogue.rpc(result.code)


def hint_of_item(catalogue: Catalogue, action: str, status: str, reason: str | None) -> str | None:
    """The hint for one of many items, where each has its own status. ``Error``: ``reason`` is the
    code of the CALLERROR to the whole message.
    """
    if status in GRANTED or status == "NotSent":
        return None
    if status == "Error":
        return sentence(catalogue.get(catalogue.rpc(reason)))
    if status == "NotAnswered":
        return sentence(catalogue.get("call.timeout"))
    return hint_of(catalogue, action, Refused(status, reason), UNKNOWN)


def hint_of(catalogue: Catalogue, action: str, refusal: Refused, maker: Maker) -> str | None:
    if refusal.reason and refusal.reason not in {"NoError", "Unspecified"}:
        return sentence(catalogue.get(catalogue.reason(refusal.reason, maker)))
    code = catalogue.answer(action, refusal.status)
    return sentence(catalogue.get(code)) if code else None


def rules_of(
    action: str, refusals: list[Refused], result: CommandResult, request: dict[str, Any] | None
) -> list[str]:
    """Which rules the profile of a refused SetChargingProfile breaks, as far as it shows them."""
    if action != "SetChargingProfile" or not refusals or request is None:
        return []
    profile = request.get("csChargingProfiles") or request.get("chargingProfile")
    if profile is None or result.version is None:
        return []
    place = request.get("connectorId", request.get("evseId"))
    version = cast("Version", result.version)
    rules = profile_rules.broken(Plan(version, place, cast("dict[str, Any]", profile)))
    told = [f"{rule.detail} {rule.hint} ({rule.requirement})" for rule in rules[:HINTS_MAX]]
    return ["It breaks a rule: " + " ".join(told)] if told else []


def refused(payload: dict[str, Any]) -> Iterator[Refused]:
    """Every refusal in an answer: its own status, and those of the items that it lists."""
    lists = [cast("list[Any]", value) for value in payload.values() if isinstance(value, list)]
    for part in (payload, *chain.from_iterable(lists)):
        if isinstance(part, dict):
            yield from refusal_of(cast("dict[str, Any]", part))


def refusal_of(part: dict[str, Any]) -> Iterator[Refused]:
    for name in ("status", "attributeStatus"):
        status = part.get(name)
        if isinstance(status, str) and status not in GRANTED:
            info = part.get(f"{name}Info")
            reason = (
                cast("dict[str, Any]", info).get("reasonCode") if isinstance(info, dict) else None
            )
            yield Refused(status, reason if isinstance(reason, str) else None)


def sentence(entry: Entry | None) -> str | None:
    return None if entry is None else f"{entry.title}. {entry.hint}"
