"""What a CALL of a station must be before it goes up: an action that a station sends, with its
payload.

Pure. A strict station's payload is exactly the schema's; of any other what can be mended is
mended, and what the ledger is made of goes up even so, with what is wrong with it: stations drop a
transaction message for good after three failed attempts, and with it somebody's bill.
"""

from typing import Any

import msgspec
from msgspec import Struct

from libs.bus import CallFault
from libs.bus.envelope import ViolationInfo
from libs.ocpp import catalog, codec, frame
from libs.ocpp.fault import UNREADABLE, Violation
from libs.ocpp.frame import Call, FrameFault
from libs.ocpp.message import NAMES, Message, Request, Version
from services.edge.gate import is_transaction

NOTHING: frozenset[str] = frozenset()

ACTION_CHARS_MAX = 50
"""Of an unknown action, as much is repeated as helps to find it."""


class Inspected(Struct, frozen=True, gc=False):
    payload: bytes
    """As it came, or mended."""
    quirks: tuple[str, ...] = ()
    violation: ViolationInfo | None = None


def inspect(
    version: Version,
    action: str,
    payload: bytes,
    *,
    strict: bool,
    expects: frozenset[str] = NOTHING,
) -> Inspected:
    """The payload as it goes up. ``CallFault`` is the CALLERROR that the station gets instead."""
    kind = sent_by_stations(version, action)
    try:
        return conform(kind, payload, strict=strict, expects=expects)
    except Violation as violation:
        if strict or not quarantined(version, action, payload):
            raise CallFault(violation.code, violation.description) from None
        info = ViolationInfo(
            code=violation.code, description=violation.description, path=violation.path
        )
        return Inspected(payload, violation=info)


def conform(
    kind: type[Message], payload: bytes, *, strict: bool, expects: frozenset[str] = NOTHING
) -> Inspected:
    """As it came, or mended; ``Violation`` if neither is possible. From a strict station only what
    its dialect ``expects`` is mended.
    """
    if strict and not expects:
        codec.decode(kind, payload)
        return Inspected(payload)
    mended = codec.mend(kind, payload)
    if strict and not {kind_of(quirk) for quirk in mended.quirks} <= expects:
        codec.decode(kind, payload)
    return Inspected(mended.payload, mended.quirks)


def kind_of(quirk: str) -> str:
    """``time $.timestamp``: a time."""
    return quirk.partition(" $")[0]


def sent_by_stations(version: Version, action: str) -> type[Request[Any]]:
    kind = catalog.find(version, action)
    if kind is None:
        name = action[:ACTION_CHARS_MAX]
        raise CallFault("NotImplemented", f'OCPP {NAMES[version]} has no action "{name}"')
    if kind.sender == "csms":
        raise CallFault("NotSupported", f"{action} is sent by the CSMS, not by a station")
    return kind


def quarantined(version: Version, action: str, payload: bytes) -> bool:
    """Whether a payload that fits no schema goes up even so: JSON that belongs to the ledger."""
    try:
        msgspec.json.decode(payload)
    except UNREADABLE:
        return False
    return is_transaction(version, action, plain(payload))


def unwrapped(version: Version, call: Call) -> Call:
    """The CALL that a signed one of 2.x carries; others as they are. No signature is verified."""
    if version == "v16":
        return call
    try:
        inner = frame.unwrap(call)
    except FrameFault as fault:
        raise CallFault(fault.code, fault.description) from None
    return inner if isinstance(inner, Call) else call


def plain(payload: bytes) -> dict[str, Any]:
    """Any JSON object; empty if it is none."""
    try:
        return msgspec.json.decode(payload, type=dict[str, Any])
    except UNREADABLE:
        return {}
