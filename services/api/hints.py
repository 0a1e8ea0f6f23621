"""How to go on when a station did not do what it was asked to: in every answer, whoever asked."""

from typing import TypeVar

from msgspec.structs import replace

from libs.bus import Bus, BusError
from libs.contracts.command import CommandResult
from libs.contracts.faults import Explain
from libs.contracts.firmware import FirmwareSent
from libs.contracts.local_lists import ListChecked, ListSent
from libs.contracts.logs import LogSent
from libs.contracts.reservations import Reserved
from libs.contracts.transactions import RemoteStarted

PATIENCE_SECONDS = 1.0

AnswerT = TypeVar("AnswerT")


async def hinted(bus: Bus, tenant: str, answer: AnswerT) -> AnswerT:
    """The answer with a hint in its outcome, where there is something to explain.

    What ``devices`` asks itself comes with hints, but for stations that never connected.
    """
    if isinstance(answer, CommandResult):
        return replace(answer, hint=await hint_of(bus, tenant, answer))
    if isinstance(answer, Reserved | ListChecked | RemoteStarted | LogSent | FirmwareSent):
        result = await hinted(bus, tenant, answer.result)
        return replace(answer, result=result)
    if isinstance(answer, ListSent) and answer.parts:
        *before, last = answer.parts
        last = replace(last, result=await hinted(bus, tenant, last.result))
        return replace(answer, parts=[*before, last])
    return answer


async def hint_of(bus: Bus, tenant: str, result: CommandResult) -> str | None:
    """An answer without a hint is better than none."""
    if result.hint is not None or is_plain(result):
        return result.hint
    try:
        return (await bus.ask(Explain(tenant=tenant, result=result), PATIENCE_SECONDS)).hint
    except BusError:
        return None


def is_plain(result: CommandResult) -> bool:
    """Granted, or refused by ourselves, who said why."""
    if result.status == "answered":
        return (result.payload or {}).get("status", "Accepted") == "Accepted"
    return result.status == "error" and result.code is None
