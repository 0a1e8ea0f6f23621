"""``voltbus healthcheck``: exit code 0 when the process at the health port may be sent work."""

import http.client
import json
from argparse import Namespace
from typing import Annotated

from msgspec import Meta, Struct

from libs.runtime import health, load
from services.voltbus.sentence import Failure


class Settings(Struct, frozen=True, kw_only=True):
    health_port: Annotated[int, Meta(description="Port of the health endpoint")] = 9100


def main(asked: Namespace) -> int:
    port: int = asked.port or load(Settings).health_port
    try:
        status, body = health.ask(port)
    except (OSError, http.client.HTTPException) as error:
        raise Failure(
            f"Nothing answers at 127.0.0.1:{port} ({error}); set VOLTBUS_HEALTH_PORT."
        ) from error
    missing = missing_of(body)
    if missing is None:
        raise Failure(f"What answers at 127.0.0.1:{port} is no health endpoint of Voltbus.")
    if status != http.HTTPStatus.OK:
        lacks = "; ".join(f"{name}: {', '.join(what)}" for name, what in missing.items() if what)
        raise Failure(f"Not ready: {lacks}.")
    print(f"Ready: {', '.join(missing)}.")
    return 0


def missing_of(body: str) -> dict[str, list[str]] | None:
    """What each service lacks; None when somebody else answered."""
    try:
        return json.loads(body)["missing"]
    except (ValueError, KeyError, TypeError):
        return None
