"""Many items for one station, in as many messages as it takes, one after the other."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from libs.bus import Address
from libs.contracts import calling
from libs.contracts.command import CommandResult
from libs.contracts.monitoring import Batch, Sum
from libs.ocpp.fault import spell
from libs.ocpp.message import Version
from services.devices import model, monitor
from services.devices.app import App
from services.devices.asking import Question, ask_station
from services.devices.monitor import Limits

ITEMS_UNKNOWN = 20
"""Of a station that never said how many items it takes; one that takes fewer is asked with half."""
BYTES_UNKNOWN = 16_000
OVERHEAD_BYTES = 60

TOO_LARGE = {
    spell(code, version)
    for code in ("OccurrenceConstraintViolation", "FormatViolation")
    for version in ("v16", "v201")
}
"""With these a station refuses a message that has too many items."""


class Task(NamedTuple):
    """What is to be done with each item. ``fields`` makes a message of some of them."""

    to: Address
    version: Version
    action: str
    by: str
    seconds: float
    fields: Callable[[list[Any]], dict[str, Any]]


class Told(NamedTuple):
    """What became of one message, and of which items it was."""

    items: list[Any]
    result: CommandResult


async def limits(app: App, to: Address, action: str) -> Limits:
    """What the station takes in one message, as its device model says."""
    items, size = (
        f"MonitoringCtrlr.{limit}[{action}]" for limit in ("ItemsPerMessage", "BytesPerMessage")
    )
    known = await model.values(app, to, [items, size])
    return Limits(
        positive(known.get(items)) or ITEMS_UNKNOWN, positive(known.get(size)) or BYTES_UNKNOWN
    )


def positive(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() and int(text) > 0 else None


async def run(app: App, task: Task, items: list[Any]) -> tuple[list[Told], list[Batch]]:
    """Send it all; after a message without answer, or out of time, the rest is not sent."""
    found = await limits(app, task.to, task.action)
    waiting = deque(monitor.batches(items, found, OVERHEAD_BYTES))
    told: list[Told] = []
    calls: list[Batch] = []
    ends = asyncio.get_running_loop().time() + task.seconds
    while waiting:
        left = ends - asyncio.get_running_loop().time()
        if left <= 0:
            break
        batch = waiting.popleft()
        call = calling.message(task.version, task.action, task.fields(batch))
        sent = await ask_station(app, Question(task.to, call, task.by, left))
        result = sent.result
        calls.append(
            Batch(request=sent.request, items=len(batch), status=result.status, code=result.code)
        )
        if result.status == "error" and result.code in TOO_LARGE and len(batch) > 1:
            half = (len(batch) + 1) // 2
            waiting.extendleft([batch[half:], batch[:half]])
            continue
        told.append(Told(batch, result))
        if result.status in {"offline", "timeout"}:
            break
    return told, calls


def sum_of(told: list[Told], items: int) -> Sum:
    """What became of all messages together."""
    answered = sum(len(each.items) for each in told if each.result.status == "answered")
    if answered == items:
        return "answered"
    if answered:
        return "partial"
    return told[0].result.status if told else "timeout"
