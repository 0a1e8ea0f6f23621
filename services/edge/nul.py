"""U+0000 in a text: no station means it, and no database of ours (nor most others) can store it.
Pure.
"""

import json
from typing import Any, cast

ESCAPED = rb"\u0000"
"""How JSON writes it; also what a backslash and ``u0000`` look like, so it is only a suspicion."""
QUIRK = "NUL $"
COMPLAINT = "$ holds the character U+0000 in a text: leave it out"


def without(payload: bytes) -> bytes:
    """The JSON without the character in any text; the same bytes if there was none."""
    if ESCAPED not in payload:
        return payload
    try:
        value = json.loads(payload)
        clean = stripped(value)
    except (ValueError, RecursionError):
        return payload
    return payload if clean == value else json.dumps(clean).encode()


def stripped(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [stripped(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {name.replace("\0", ""): stripped(item) for name, item in items}
    return value
