"""What can be wrong with a message, in one vocabulary, and how each version spells it."""

from typing import Literal, get_args

import msgspec

from libs.ocpp.message import Version

Code = Literal[
    "NotImplemented",
    "NotSupported",
    "InternalError",
    "ProtocolError",
    "SecurityError",
    "FormatViolation",
    "PropertyConstraintViolation",
    "OccurrenceConstraintViolation",
    "TypeConstraintViolation",
    "GenericError",
    "RpcFrameworkError",
    "MessageTypeNotSupported",
]
"""The codes of a CALLERROR, spelled as 2.x does. What a peer sends may be any text."""

CODES: frozenset[str] = frozenset(get_args(Code))

DESCRIPTION_LENGTH_MAX = 255

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises on bytes of strangers."""

# 1.6 spells two of them its own way, and has no word for a broken frame or an unknown type.
_V16: dict[Code, str] = {
    "FormatViolation": "FormationViolation",
    "OccurrenceConstraintViolation": "OccurenceConstraintViolation",
    "RpcFrameworkError": "FormationViolation",
    "MessageTypeNotSupported": "GenericError",
}


def spell(code: Code, version: Version) -> str:
    """The code as it is written in a CALLERROR of this version."""
    return _V16.get(code, code) if version == "v16" else code


class Violation(Exception):
    """A payload that does not conform to its message.

    ``path`` is where (``$.meterValue[0].sampledValue[2].unit``), ``what`` says what is wrong there
    and ``hint`` how to mend it.
    """

    def __init__(self, code: Code, path: str, what: str, hint: str) -> None:
        super().__init__(code, path, what, hint)
        self.code: Code = code
        self.path = path
        self.what = what
        self.hint = hint

    @property
    def description(self) -> str:
        """What, where and how to mend it, in the 255 characters that a CALLERROR has room for."""
        return shorten(f"{self.path} {self.what}: {self.hint}")


def shorten(text: str) -> str:
    """The text, cut to what fits into the description of a CALLERROR."""
    if len(text) <= DESCRIPTION_LENGTH_MAX:
        return text
    return text[: DESCRIPTION_LENGTH_MAX - 1] + "…"
