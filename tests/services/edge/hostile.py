"""What a hostile or broken station sends: mutated frames, broken websockets, broken handshakes.

Made from a seed, in any number. ``assault`` runs them against any edge and says what was not as it
must be; the expectations are written down from the tables of the protocol, not taken from the edge.
"""

import asyncio
import copy
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.services.edge.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    SUBPROTOCOLS,
    TEXT,
    Closed,
    Wire,
    frame,
    request,
)

ID_MAX = 36
DESCRIPTION_MAX = 255
FRAMES_PER_SOCKET = 500
TOO_BIG = 300_000

CODES_V16 = {
    "NotImplemented",
    "NotSupported",
    "InternalError",
    "ProtocolError",
    "SecurityError",
    "FormationViolation",
    "PropertyConstraintViolation",
    "OccurenceConstraintViolation",
    "TypeConstraintViolation",
    "GenericError",
}
CODES_V2 = CODES_V16 - {"FormationViolation", "OccurenceConstraintViolation"} | {
    "FormatViolation",
    "OccurrenceConstraintViolation",
    "RpcFrameworkError",
    "MessageTypeNotSupported",
}
CODES = {"v16": CODES_V16, "v201": CODES_V2, "v21": CODES_V2}

SAMPLE: dict[str, Any] = {
    "timestamp": "2026-01-31T12:00:00Z",
    "sampledValue": [{"value": 1.5, "measurand": "SoC"}],
}
GOOD: dict[str, dict[str, Any]] = {
    "v16": {
        "Authorize": {"idTag": "AA11"},
        "DataTransfer": {"vendorId": "me", "messageId": "m", "data": "d"},
        "StatusNotification": {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
        "StartTransaction": {
            "connectorId": 1,
            "idTag": "AA11",
            "meterStart": 5,
            "timestamp": "2026-01-31T12:00:00Z",
        },
        "MeterValues": {
            "connectorId": 1,
            "transactionId": 7,
            "meterValue": [
                {"timestamp": "2026-01-31T12:00:00Z", "sampledValue": [{"value": "1.5"}]}
            ],
        },
        "Heartbeat": {},
    },
    "v201": {
        "Authorize": {"idToken": {"idToken": "AA11", "type": "ISO14443"}},
        "DataTransfer": {"vendorId": "me", "messageId": "m", "data": {"any": [1, None]}},
        "MeterValues": {"evseId": 1, "meterValue": [SAMPLE]},
        "TransactionEvent": {
            "eventType": "Updated",
            "timestamp": "2026-01-31T12:00:00Z",
            "triggerReason": "MeterValuePeriodic",
            "seqNo": 1,
            "transactionInfo": {"transactionId": "t1"},
            "meterValue": [SAMPLE],
        },
        "Heartbeat": {},
    },
}
GOOD["v21"] = GOOD["v201"]
UNSUPPORTED = ["Reset", "GetConfiguration", "NoSuchAction", "authorize", "", "Ü", "A" * 2_000]
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    2**70,
    "",
    "x" * 5_000,
    "\u0000",
    [],
    [[]],
    {},
    {"a": {}},
]


@dataclass
class Text:
    """A text message, and what must come back: an answer under ``id``, or nothing."""

    text: str
    id: str | None
    codes: set[str] | None = None
    """The codes that it may have when it is a CALLERROR; ``None``: it may be a CALLRESULT too."""


def texts(version: str, count: int, seed: int) -> Iterator[Text]:
    """Messages that are mostly wrong."""
    dice = random.Random(f"{version}{seed}")
    kinds = [noise, no_array, wrong_type, wrong_id, wrong_action, wrong_payload, wrong_field, cut]
    for number in range(count):
        yield dice.choice(kinds)(dice, version, f"h{number}")


def unreadable(version: str, text: str) -> Text:
    return Text(text, None if version == "v16" else "-1", {"RpcFrameworkError"})


def malformed(version: str, text: str, id: str) -> Text:
    codes = {"FormationViolation"} if version == "v16" else {"RpcFrameworkError", "FormatViolation"}
    return Text(text, id, codes)


def noise(dice: random.Random, version: str, id: str) -> Text:
    text = "".join(
        chr(dice.choice([dice.randrange(32, 127), dice.randrange(0xA0, 0x2FFF)])) for _ in range(20)
    )
    return unreadable(version, f"\\{text}")


def no_array(dice: random.Random, version: str, id: str) -> Text:
    value = dice.choice(
        [{}, {"2": id}, "text", 7, None, True, [], [None], ["2", id], [[2]], "[" * 5_000]
    )
    return unreadable(version, value if value == "[" * 5_000 else json.dumps(value))


def wrong_type(dice: random.Random, version: str, id: str) -> Text:
    number = dice.choice([0, 1, 7, 99, -2, 3, 4] if version == "v21" else [0, 1, 5, 6, 7, 99, 3, 4])
    text = json.dumps([number, id, "Authorize", {}])
    if version == "v201" and number not in {3, 4}:
        return Text(text, id, {"MessageTypeNotSupported"})
    return Text(text, None)


def wrong_id(dice: random.Random, version: str, id: str) -> Text:
    given = dice.choice([None, 7, [], {}, "x" * (ID_MAX + 1), "y" * 500])
    text = json.dumps([2, given, "Authorize", {}])
    return malformed(version, text, given) if isinstance(given, str) else unreadable(version, text)


def wrong_action(dice: random.Random, version: str, id: str) -> Text:
    action = dice.choice([*UNSUPPORTED, None, 7, []])
    text = json.dumps([2, id, action, {}])
    if isinstance(action, str):
        return Text(text, id, {"NotImplemented", "NotSupported"})
    return malformed(version, text, id)


def wrong_payload(dice: random.Random, version: str, id: str) -> Text:
    action = dice.choice([name for name in GOOD[version] if name != "Heartbeat"])
    shape = dice.randrange(4)
    if shape == 0:
        return malformed(version, json.dumps([2, id, action]), id)
    if shape == 1:
        return malformed(version, json.dumps([2, id, action, {}, "more"]), id)
    if shape == 2:
        payload = dice.choice([True, 0, "text", [], [{}]])
        return malformed(version, json.dumps([2, id, action, payload]), id)
    deep = '{"a":' * 200 + "1" + "}" * 200
    return Text(f'[2,"{id}","{action}",{deep}]', id)


def wrong_field(dice: random.Random, version: str, id: str) -> Text:
    action = dice.choice(list(GOOD[version]))
    payload = json.loads(json.dumps(GOOD[version][action]))
    for _ in range(dice.randrange(1, 3)):
        twist(dice, payload)
    return Text(json.dumps([2, id, action, payload]), id)


def odd(dice: random.Random) -> Any:
    return copy.deepcopy(dice.choice(ODD))


def twist(dice: random.Random, node: Any) -> None:
    """Change something somewhere in a JSON value."""
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys or dice.random() < 0.2:
            if isinstance(node, dict):
                node[dice.choice(["extra", "customData", "ID", "é", ""])] = odd(dice)
            return
        key = dice.choice(keys)
        if isinstance(node[key], dict | list) and dice.random() < 0.6:
            node = node[key]
            continue
        if isinstance(node, dict) and dice.random() < 0.4:
            del node[key]
        else:
            node[key] = odd(dice)
        return


def cut(dice: random.Random, version: str, id: str) -> Text:
    action = dice.choice(list(GOOD[version]))
    text = json.dumps([2, id, action, GOOD[version][action]])
    return unreadable(version, text[: dice.randrange(len(text))] or "[")


BROKEN: list[tuple[bytes, int]] = [
    (frame(TEXT, b"x", mask=False), 1002),
    (frame(TEXT, b"x", rsv=4), 1002),
    (frame(TEXT, b"x", rsv=1), 1002),
    (frame(0xB, b"x"), 1002),
    (frame(0x3, b"x"), 1002),
    (frame(CONTINUATION, b"x"), 1002),
    (frame(TEXT, b"x", fin=False) + frame(TEXT, b"x"), 1002),
    (frame(PING, b"x" * 126), 1002),
    (frame(PING, b"x", fin=False), 1002),
    (frame(CLOSE, b"\x03"), 1002),
    (frame(CLOSE, b"\x03\xee"), 1002),
    (frame(CLOSE, b"\x03\xe8\xff"), 1007),
    (frame(BINARY, b"[2]"), 1003),
    (frame(TEXT, b"\xff\xfe"), 1007),
    (frame(TEXT, b"[2,\xc3", fin=False) + frame(CONTINUATION, b"\x28"), 1007),
    (frame(TEXT, b"x" * TOO_BIG)[:200], 1009),
    (
        frame(TEXT, b"x" * 60_000, fin=False) + frame(CONTINUATION, b"x" * 60_000, fin=False) * 5,
        1009,
    ),
]
"""Frames that end a websocket, and the code they end it with."""


def heads(count: int, seed: int) -> Iterator[bytes]:
    """Requests that are mostly no handshake."""
    dice = random.Random(f"heads{seed}")
    for number in range(count):
        good = bytearray(
            request(f"/BROKEN-{seed}-{number}", dice.choice(list(SUBPROTOCOLS.values())))
        )
        match dice.randrange(6):
            case 0:
                yield bytes(dice.randrange(256) for _ in range(dice.randrange(1, 300)))
            case 1:
                yield bytes(good[: dice.randrange(1, len(good))])
            case 2:
                lines = bytes(good).split(b"\r\n")
                lines.pop(dice.randrange(len(lines) - 2))
                yield b"\r\n".join(lines)
            case 3:
                lines = bytes(good).split(b"\r\n")
                lines.insert(1, dice.choice([lines[1], b"A" * 9_000 + b": b", b"\x00: x", b": x"]))
                yield b"\r\n".join(lines)
            case 4:
                yield request(dice.choice(["/%", "/%00", "/a/b/c", "/", "/" + "x" * 300, "*"]))
            case _:
                for _ in range(dice.randrange(1, 6)):
                    good[dice.randrange(len(good) - 4)] = dice.randrange(256)
                yield bytes(good)


REFUSALS = {101, 400, 401, 404, 405, 408, 426, 431}


@dataclass
class Report:
    """What came back, counted, and everything that was not as it must be."""

    seen: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def check(self, good: object, what: str) -> None:
        if not good:
            self.wrong.append(what)


async def assault(port: int, *, messages: int, handshakes: int, seed: int = 0) -> Report:
    """All of it at once: mutated messages of all versions, broken websockets, broken handshakes."""
    report = Report()
    batches = [
        (version, number)
        for version in SUBPROTOCOLS
        for number in range(max(1, messages // len(SUBPROTOCOLS) // FRAMES_PER_SOCKET))
    ]
    gate = asyncio.Semaphore(10)

    async def within(attack: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        async with gate:
            try:
                await attack(*arguments, report)
            except (Closed, TimeoutError, AssertionError, OSError) as error:
                report.check(False, f"{attack.__name__} {arguments}: {error!r}")

    async with asyncio.TaskGroup() as group:
        for version, number in batches:
            group.create_task(within(talk, port, version, seed * 1_000_000 + number))
        for number, (data, code) in enumerate(BROKEN):
            group.create_task(within(breaks, port, f"BROKEN-{seed}-W{number}", data, code))
        for head in heads(handshakes, seed):
            group.create_task(within(knock, port, head))
    return report


async def talk(port: int, version: str, seed: int, report: Report) -> None:
    """One socket's worth of messages, a Heartbeat behind each: what comes unasked shows."""
    station = f"HOSTILE-{version}-{seed}"
    wire = await Wire.open(port, f"/{station}", SUBPROTOCOLS[version])
    for number, message in enumerate(texts(version, FRAMES_PER_SOCKET, seed)):
        wire.text(message.text)
        beat = wire.start("Heartbeat", id=f"b{number}")
        try:
            answers = [await wire.message() for _ in range(1 if message.id is None else 2)]
        except (Closed, TimeoutError) as error:
            report.check(False, f"{version} {message}: {error!r}")
            break
        others = [answer for answer in answers if answer[1] != beat]
        if message.id is None:
            report.seen["silence"] += 1
            report.check(not others, f"{version} {message}: {others}")
        elif others:
            judge(others[0], message, version, report)
        else:
            report.check(False, f"{version} {message}: not answered")
    wire.send(frame(CLOSE, b"\x03\xe8"))
    await wire.gone()


def judge(answer: Any, message: Text, version: str, report: Report) -> None:
    kind, number = answer[0], answer[1]
    report.check(number == message.id, f"{version} {message}: {answer}")
    if kind == 3:
        report.seen["result"] += 1
        report.check(message.codes is None, f"{version} {message}: {answer}")
        return
    code, description = answer[2], answer[3]
    report.seen[code] += 1
    report.check(kind == 4, f"{version} {message}: {answer}")
    report.check(code in (message.codes or CODES[version]), f"{version} {message}: {answer}")
    report.check(0 < len(description) <= DESCRIPTION_MAX, f"{version} {message}: {answer}")


async def breaks(port: int, station: str, data: bytes, code: int, report: Report) -> None:
    wire = await Wire.open(port, f"/{station}")
    wire.send(data)
    closed = await wire.closing()
    report.seen[str(closed.code)] += 1
    report.check(closed.code == code, f"{data[:40]!r}: {closed.code}, not {code}")


async def knock(port: int, head: bytes, report: Report) -> None:
    """Send a head and hang up behind it: a refusal, nothing, or by luck a websocket."""
    wire = await Wire.connect(port)
    wire.send(head)
    wire.writer.write_eof()
    raw = b""
    try:
        async with asyncio.timeout(30):
            raw = await wire.reader.read(100)
    except (ConnectionError, TimeoutError) as error:
        report.seen[type(error).__name__] += 1
        report.check(isinstance(error, ConnectionError), f"{head!r}: {error!r}")
    wire.cut()
    if raw:
        status = int(raw.split(b" ")[1])
        report.seen[f"HTTP {status}"] += 1
        report.check(status in REFUSALS, f"{head!r}: {status}")
