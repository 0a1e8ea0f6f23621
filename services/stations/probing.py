"""What a station is asked to find out how it speaks, and what follows from its answers. Pure.

Nothing of it changes anything: known and unknown settings are read, in growing numbers; a report of
nothing and messages that any station may send at any time are asked for.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from msgspec import convert, json, to_builtins
from msgspec.structs import replace

from libs.bus.log import LogRecord
from libs.contracts.command import CommandResult
from libs.contracts.dialects import Fact
from libs.ocpp.dialect import Dialect, merged
from libs.ocpp.message import Version
from services.stations.habit import LEARNED

SIZES = (1, 4, 12)
"""Items in one message."""
SLOW_SECONDS = 5.0
SCHEDULE_SECONDS = 60
NOBODY = "NoSuchThing"
REFUSALS = frozenset({"Rejected", "NotSupported", "NotImplemented"})

KEYS = (
    "HeartbeatInterval", "MeterValueSampleInterval", "MeterValuesSampledData", "NumberOfConnectors",
    "SupportedFeatureProfiles", "ClockAlignedDataInterval", "ConnectionTimeOut",
    "GetConfigurationMaxKeys", "LocalAuthorizeOffline", "LocalPreAuthorize", "ResetRetries",
    "TransactionMessageAttempts",
)  # fmt: skip
VARIABLES = (
    ("OCPPCommCtrlr", "HeartbeatInterval"), ("OCPPCommCtrlr", "OfflineThreshold"),
    ("OCPPCommCtrlr", "NetworkConfigurationPriority"), ("OCPPCommCtrlr", "ResetRetries"),
    ("AuthCtrlr", "AuthorizeRemoteStart"), ("AuthCtrlr", "LocalAuthorizeOffline"),
    ("TxCtrlr", "EVConnectionTimeOut"), ("TxCtrlr", "StopTxOnInvalidId"),
    ("TxCtrlr", "TxStartPoint"), ("TxCtrlr", "TxStopPoint"),
    ("SampledDataCtrlr", "TxUpdatedInterval"), ("ClockCtrlr", "DateTime"),
)  # fmt: skip


class Step(NamedTuple):
    """One call; ``name`` is what it is to find out."""

    name: str
    action: str
    payload: dict[str, Any]


class Answer(NamedTuple):
    step: Step
    result: CommandResult
    seconds: float

    @property
    def status(self) -> str | None:
        return (self.result.payload or {}).get("status")

    @property
    def fine(self) -> bool:
        """The station knew what it was asked, and did it."""
        return self.result.status == "answered" and self.status not in REFUSALS


def plan(version: Version) -> list[Step]:
    """The calls, in order."""
    return [*(of_16() if version == "v16" else of_2()), *schedules(version)]


def of_16() -> Iterator[Step]:
    for size in SIZES:
        yield Step(f"keys {size}", "GetConfiguration", {"key": list(KEYS[:size])})
    yield Step("keys all", "GetConfiguration", {})
    yield Step("key unknown", "GetConfiguration", {"key": [NOBODY]})
    beat = {"requestedMessage": "Heartbeat"}
    yield Step("trigger", "TriggerMessage", beat)
    yield Step("trigger extended", "ExtendedTriggerMessage", beat)
    status = {"requestedMessage": "StatusNotification", "connectorId": 1}
    yield Step("trigger status", "TriggerMessage", status)


def of_2() -> Iterator[Step]:
    for size in SIZES:
        asked = [variable(*names) for names in VARIABLES[:size]]
        yield Step(f"variables {size}", "GetVariables", {"getVariableData": asked})
    nobody = variable(NOBODY, NOBODY)
    yield Step("variable unknown", "GetVariables", {"getVariableData": [nobody]})
    # An empty result needs no number that somebody else's report could have.
    report = {"requestId": 2**31 - 1, "componentVariable": [nobody]}
    yield Step("report of nothing", "GetReport", report)
    yield Step("trigger", "TriggerMessage", {"requestedMessage": "Heartbeat"})
    place = {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}
    yield Step("trigger status", "TriggerMessage", place)


def schedules(version: Version) -> Iterator[Step]:
    place = "connectorId" if version == "v16" else "evseId"
    for unit in ("A", "W"):
        payload = {place: 1, "duration": SCHEDULE_SECONDS, "chargingRateUnit": unit}
        yield Step(f"schedule {unit}", "GetCompositeSchedule", payload)


def variable(component: str, name: str) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": name}}


# -- what follows -------------------------------------------------------------------------------


class Conclusion(NamedTuple):
    facts: list[Fact]
    quirks: dict[str, int]
    proposed: Dialect | None


def conclude(
    answers: Sequence[Answer], records: Sequence[LogRecord], dialect: Dialect | None
) -> Conclusion:
    """Facts with their evidence, and what in the dialect would have to be otherwise."""
    by_name = {answer.step.name: answer for answer in answers}
    expected = frozenset(dialect.expects.quirks if dialect else ())
    told = [
        *sizes(by_name, "keys", "limits.get_configuration_keys"),
        *sizes(by_name, "variables", "limits.get_variables"),
        *whole_configuration(by_name),
        *triggers(by_name),
        *rate_unit(by_name),
        *slowness(answers),
        *imperfections(records, expected),
    ]
    evidence = shown(answers, records)
    facts = [
        Fact(
            fact=fact.fact,
            field=fact.field,
            value=fact.value,
            evidence=[one for name in fact.evidence for one in evidence.get(name, [name])],
        )
        for fact in told
    ]
    counted = Counter(kind_of(quirk) for record in records for quirk in record.quirks)
    return Conclusion(facts, dict(counted), proposal(facts, dialect))


def sizes(by_name: dict[str, Answer], what: str, field: str) -> Iterator[Fact]:
    """Up to how many it answers; what is not even answered for one item says nothing."""
    tried = [(size, by_name[f"{what} {size}"]) for size in SIZES if f"{what} {size}" in by_name]
    if not tried or not tried[0][1].fine:
        return
    for (fits, good), (_, bad) in pairwise(tried):
        if not bad.fine:
            text = f"{bad.step.action} is answered for {fits} of its items, and not for more."
            shows = [good.step.name, bad.step.name]
            yield Fact(fact=text, field=field, value=fits, evidence=shows)
            return


def whole_configuration(by_name: dict[str, Answer]) -> Iterator[Fact]:
    every, one = by_name.get("keys all"), by_name.get("keys 1")
    if every is not None and one is not None and one.fine and not every.fine:
        text = "GetConfiguration without keys is not answered."
        field = "limits.get_configuration_all"
        yield Fact(fact=text, field=field, value=False, evidence=["keys all"])


def triggers(by_name: dict[str, Answer]) -> Iterator[Fact]:
    plain, extended = by_name.get("trigger"), by_name.get("trigger extended")
    if plain is None or plain.fine or plain.result.status in {"timeout", "offline"}:
        return
    if extended is not None and extended.fine:
        text, value = "Only ExtendedTriggerMessage is known.", "extended"
    else:
        text, value = "No trigger is known.", "none"
    shows = ["trigger", "trigger extended"]
    yield Fact(fact=text, field="commands.trigger", value=value, evidence=shows)


def rate_unit(by_name: dict[str, Answer]) -> Iterator[Fact]:
    in_a, in_w = by_name.get("schedule A"), by_name.get("schedule W")
    if in_a is None or in_w is None or in_a.fine == in_w.fine:
        return
    unit = "A" if in_a.fine else "W"
    text = f"Charging schedules are known in {unit} only."
    shows = ["schedule A", "schedule W"]
    yield Fact(fact=text, field="units.charging_rate", value=unit, evidence=shows)


def slowness(answers: Iterable[Answer]) -> Iterator[Fact]:
    slow = [a for a in answers if a.result.status == "answered" and a.seconds > SLOW_SECONDS]
    if slow:
        worst = max(answer.seconds for answer in slow)
        seconds = float(math.ceil(worst * 2))
        text = f"Answers take up to {worst:.0f} s."
        shows = [answer.step.name for answer in slow]
        yield Fact(fact=text, field="timing.answer_seconds", value=seconds, evidence=shows)


def imperfections(records: Sequence[LogRecord], expected: frozenset[str]) -> Iterator[Fact]:
    """What is wrong with its messages and was mended; of each kind the first few places."""
    places: dict[str, list[tuple[str, str]]] = {}
    for record in records:
        for quirk in record.quirks:
            places.setdefault(kind_of(quirk), []).append((quirk, record.id))
    if not places:
        return
    field, kinds = "expects.quirks", [*sorted(expected | places.keys())]
    for kind, seen in sorted(places.items()):
        where = sorted({quirk.partition(" $.")[2] or "a frame" for quirk, _ in seen})[:3]
        ids = list(dict.fromkeys(message for _, message in seen))[:3]
        text = f"Imperfect, and mended: {kind} ({', '.join(where)})."
        yield Fact(fact=text, field=field, value=kinds, evidence=ids)


def kind_of(quirk: str) -> str:
    return quirk.partition(" $")[0]


def shown(answers: Sequence[Answer], records: Sequence[LogRecord]) -> dict[str, list[str]]:
    """The ids of the messages by the names of steps: the log knows them by what was said."""
    left = [record for record in records if record.direction == "down"]
    found: dict[str, list[str]] = {}
    for answer in answers:
        step = answer.step
        for record in left:
            same = record.action == step.action and json.decode(record.request) == step.payload
            if same:
                found[step.name] = [record.id]
                left.remove(record)
                break
        else:
            found[step.name] = []
    return found


def proposal(facts: Iterable[Fact], dialect: Dialect | None) -> Dialect | None:
    """The dialect that it has, with what was found over it; ``None`` when nothing is new."""
    told: dict[str, Any] = {"name": LEARNED, "title": "Learned by a probe."}
    for fact in facts:
        if fact.field is not None:
            table, _, name = fact.field.partition(".")
            told.setdefault(table, {})[name] = fact.value
    learned = convert(told, Dialect)
    if set(to_builtins(learned)) <= {"name", "title"}:
        return None
    if dialect is not None:
        whole = merged(dialect, learned)
        if replace(whole, title=dialect.title, name=dialect.name, match=dialect.match) == dialect:
            return None
    return learned
