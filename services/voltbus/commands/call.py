"""``voltbus call``: send a station an OCPP action, print what it answered."""

import json
import sys
from argparse import Namespace
from typing import Any

from services.voltbus.client import Client, part
from services.voltbus.sentence import MISUSED, Failure

EXITS = {"answered": 0, "error": 3, "timeout": 4, "offline": 5}
"""Exit codes by what became of the call; 1 is a failure of ours, 2 a call that makes no sense."""


def main(asked: Namespace) -> int:
    client = Client.configured(asked.tenant)
    path = f"stations/{part(asked.station)}/calls/{part(asked.action)}?timeout={asked.timeout:g}"
    answer = client.post(path, payload(asked.payload))
    status: str = answer["status"]
    if status == "answered":
        print(json.dumps(answer["payload"], indent=2, ensure_ascii=False))
    else:
        said = [status, answer.get("code"), answer.get("description")]
        print(": ".join(filter(None, said)), file=sys.stderr)
        if answer.get("details"):
            print(json.dumps(answer["details"], indent=2, ensure_ascii=False), file=sys.stderr)
    return EXITS[status]


def payload(text: str) -> dict[str, Any]:
    """From the command line, or with ``-`` from standard input."""
    source = sys.stdin.read() if text == "-" else text
    try:
        value = json.loads(source)
    except ValueError as error:
        raise Failure(f"The payload is not JSON: {error}.", MISUSED) from error
    if not isinstance(value, dict):
        raise Failure('The payload must be a JSON object, as {"type":"Soft"}.', MISUSED)
    return value  # pyright: ignore[reportUnknownVariableType]
