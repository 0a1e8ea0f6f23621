"""Reading and writing many variables: one message after the other, within what a station takes."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, cast

from msgspec import json
from msgspec.structs import replace

from libs.bus import Address, Conflict
from libs.contracts import calling
from libs.contracts.command import CommandResult
from libs.contracts.device_model import (
    BatchView,
    Flag,
    Item,
    ItemResult,
    ItemStatus,
    VariableResults,
)
from libs.ocpp import codec
from libs.ocpp.fault import Violation
from libs.ocpp.message import Request, Version
from services.devices import batch, manner, model, replies, store_variables, wording
from services.devices.app import App
from services.devices.asking import Question, ask_station
from services.devices.batch import HOPELESS, TOO_LARGE, Limits, Sizes
from services.devices.faults.explanation import hint_of_item
from services.devices.wording import Wanted

ONE = Limits(items=1)
UNANSWERED = {"Error", "NotAnswered", "NotSent"}


class Purpose(NamedTuple):
    """What is done with the items, in each version."""

    write: bool
    action_2: Literal["GetVariables", "SetVariables"]
    action_16: Literal["GetConfiguration", "ChangeConfiguration"]

    def action(self, version: Version) -> str:
        return self.action_16 if version == "v16" else self.action_2


READING = Purpose(False, "GetVariables", "GetConfiguration")
WRITING = Purpose(True, "SetVariables", "ChangeConfiguration")


class Errand(NamedTuple):
    to: Address
    purpose: Purpose
    items: list[Item]
    by: str
    seconds: float


class Talk:
    """An errand under way: what is to be sent, what was answered."""

    def __init__(self, app: App, errand: Errand, version: Version) -> None:
        self.app = app
        self.errand = errand
        self.version: Version = version
        self.action = errand.purpose.action(version)
        self.results: dict[int, ItemResult] = {}
        self.calls: list[BatchView] = []
        self.flags: set[str] = set()
        self.sizes = Sizes()
        self._ends = asyncio.get_running_loop().time() + errand.seconds

    @property
    def seconds_left(self) -> float:
        return self._ends - asyncio.get_running_loop().time()

    def note(
        self, items: Sequence[Wanted], status: ItemStatus, reason: str | None, info: str | None
    ) -> None:
        for item in items:
            self.results[item.position] = replies.of(item, status, reason=reason, info=info)

    def hinted(self, result: ItemResult) -> ItemResult:
        hint = hint_of_item(self.app.catalogue, self.action, result.status, result.reason)
        return replace(result, hint=hint)

    def outcome(self, wanted: Sequence[Wanted]) -> VariableResults:
        self.note([w for w in wanted if w.position not in self.results], "NotSent", None, None)
        answered = [self.results[w.position].status not in UNANSWERED for w in wanted]
        status = "answered" if all(answered) else "partial" if any(answered) else None
        return VariableResults(
            status=status or self.calls[-1].status,
            items=[self.hinted(self.results[item.position]) for item in wanted],
            calls=self.calls,
            flags=cast("list[Flag]", sorted(self.flags)),
        )


async def run(app: App, errand: Errand) -> VariableResults:
    """Say and hear it all. What fails on the way leaves what was done before as it is."""
    version = await calling.protocol(app.bus, errand.to)
    if version is None:
        raise Conflict(f"{errand.to.station} never connected, so nobody knows how it speaks.")
    talk = Talk(app, errand, version)
    wanted = wording.wanted(version, errand.items, write=errand.purpose.write)
    batches = batch.split(wanted, await limits(talk))
    queue = deque((each, message(talk, each)) for each in batches)
    while queue:
        items, call = queue.popleft()
        sent = await ask_station(
            app, Question(errand.to, call, errand.by, max(talk.seconds_left, 0.1))
        )
        result = sent.result
        view = BatchView(
            request=sent.request, items=len(items), status=result.status, code=result.code
        )
        talk.calls.append(view)
        if result.status == "error" and result.code in TOO_LARGE and len(items) > 1:
            talk.flags.add("smaller_batches")
            talk.sizes.refused(len(items))
            queue.extendleft((half, message(talk, half)) for half in batch.halves(items)[::-1])
        elif not hear(talk, items, call, result):
            break
    await remember(talk)
    return talk.outcome(wanted)


def hear(talk: Talk, items: list[Wanted], call: Request[Any], result: CommandResult) -> bool:
    """Note what became of a message; False when the next would fare no better."""
    match result.status:
        case "answered":
            talk.sizes.took(len(items))
            listen(talk, items, call, result)
            return talk.seconds_left > 0
        case "error":
            talk.sizes.refused(len(items))
            talk.note(items, "Error", result.code, result.description)
            return result.code not in HOPELESS and talk.seconds_left > 0
        case "timeout":
            talk.note(items, "NotAnswered", "timeout", "The station did not answer in time.")
            return False
        case "offline":
            talk.note(items, "NotSent", "offline", "The station is not connected.")
            return False


def listen(talk: Talk, items: list[Wanted], call: Request[Any], result: CommandResult) -> None:
    """Give each item its answer."""
    try:
        answer = codec.decode(call.response, json.encode(result.payload or {}))
    except Violation as violation:
        talk.note(items, "NotAnswered", violation.code, violation.description)
        return
    found = replies.read(items, call, answer)
    talk.flags |= found.flags
    talk.results |= found.answers
    left = [item for item in items if item.position not in found.answers]
    talk.note(left, "NotAnswered", None, "The station's answer left it out.")


def message(talk: Talk, items: list[Wanted]) -> Request[Any]:
    wires = [item.wire for item in items]
    match talk.action:
        case "GetVariables":
            fields = {"getVariableData": wires}
        case "SetVariables":
            fields = {"setVariableData": wires}
        case "GetConfiguration":
            fields = {"key": wires}
        case _:  # ChangeConfiguration, which takes one
            fields = {"key": items[0].key, "value": items[0].value}
    return calling.message(talk.version, talk.action, fields)


async def limits(talk: Talk) -> Limits:
    """What it says it takes, and what it was found to take (B05, B06)."""
    if talk.action == "ChangeConfiguration":
        return ONE
    to, app = talk.errand.to, talk.app
    name = talk.errand.purpose.action_2
    names = [f"DeviceDataCtrlr.{limit}PerMessage[{name}]" for limit in ("Items", "Bytes")]
    said = await model.values(app, to, names)
    items, octets = (positive(said.get(name)) for name in names)
    learned = await store_variables.learned(app.pool, to, talk.action)
    told = await manner.items_max(app, to, talk.action)
    least = min(each for each in (items or batch.ITEMS_UNKNOWN, learned, told) if each is not None)
    return Limits(least, octets if talk.version != "v16" else None)


def positive(value: str | None) -> int | None:
    return int(value) if value is not None and value.isdecimal() and int(value) > 0 else None


async def remember(talk: Talk) -> None:
    if (learned := talk.sizes.learned) is not None:
        to = talk.errand.to
        await store_variables.learn(talk.app.pool, to, talk.action, learned)
