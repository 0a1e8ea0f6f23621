"""What the API says of itself, and the console's files."""

from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from libs import contracts
from libs.bus import asyncapi
from libs.bus.message import Ask, Event
from services.api.answers import Health
from services.api.app import PUBLIC, Here
from services.api.problem import KINDS

CONSOLE = Path(__file__).parent.parent / "console"
ASSETS = {
    "index.html": "text/html",
    "console.css": "text/css",
    "console.js": "text/javascript",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The console needs nothing from elsewhere, and nobody may frame it."""


@get("/health", opt=PUBLIC, tags=["platform"])
async def health(*, app: Here) -> Response[Health]:
    """Whether the API and what it needs are there: 200 when all is well, else 503."""
    state = await app.vitals.look()
    return Response(state, status_code=200 if state.status == "ok" else 503)


@get("/openapi.json", opt=PUBLIC, include_in_schema=False)
async def openapi_document(*, request: Request[Any, Any, Any]) -> Response[bytes]:
    return Response(request.app.state["openapi"], media_type="application/vnd.oai.openapi+json")


@get("/asyncapi.json", opt=PUBLIC, include_in_schema=False)
async def asyncapi_document() -> Response[bytes]:
    """What travels on the bus, for integrators."""
    return Response(described_bus(), media_type="application/vnd.aai.asyncapi+json")


@cache
def described_bus() -> bytes:
    whole = asyncapi.document(own(Event), own(Ask), version=version("voltbus"))
    return msgspec.json.encode(whole)


def own(base: type[Any]) -> list[type[Any]]:
    """The messages of the contracts, in the order of their names."""
    for module in iter_modules(contracts.__path__, f"{contracts.__name__}."):
        import_module(module.name)
    found = [k for k in base.__subclasses__() if k.__module__.startswith(contracts.__name__)]
    return sorted(found, key=lambda kind: kind.__name__)


@get("/problems/{code:str}", opt=PUBLIC, tags=["platform"])
async def describe_problem(*, code: FromPath[str]) -> dict[str, Any]:
    """What a kind of problem means: where its `type` points to."""
    if (kind := KINDS.get(code)) is None:
        raise NotFoundException
    return {"code": code, "status": kind.status, "title": kind.title, "hint": kind.hint}


def asset(name: str) -> Response[bytes]:
    return Response(
        (CONSOLE / name).read_bytes(),
        media_type=ASSETS[name],
        headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"},
    )


@get("/", opt=PUBLIC, include_in_schema=False)
async def console_page() -> Response[bytes]:
    return asset("index.html")


@get("/console/{name:str}", opt=PUBLIC, include_in_schema=False)
async def console_file(*, name: FromPath[str]) -> Response[bytes]:
    if name not in ASSETS:
        raise NotFoundException
    return asset(name)


HANDLERS = [health, openapi_document, asyncapi_document, describe_problem]
CONSOLE_HANDLERS = [console_page, console_file]
