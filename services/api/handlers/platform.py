"""What the API says of itself, and the console's files."""

from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from services.api.answers import Health
from services.api.app import PUBLIC, Here
from services.api.problem import KINDS

CONSOLE = Path(__file__).parent.parent / "console"
ASSETS = {
    "index.html": "text/html; charset=utf-8",
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
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


HANDLERS = [health, openapi_document, describe_problem]
CONSOLE_HANDLERS = [console_page, console_file]
