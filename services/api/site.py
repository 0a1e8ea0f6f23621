"""All routes in one application: access, idempotency keys, the handler; and one shape of error."""

import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote, unquote_to_bytes

import msgspec
from litestar import Litestar, Request, Router
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import License, Tag
from litestar.params import HeaderParameter, QueryParameter

from libs.runtime import log, metrics
from services.api.access import Access
from services.api.app import App
from services.api.faults import answer
from services.api.handlers import (
    calls,
    charging_profiles,
    commands,
    customers,
    der,
    dialects,
    display,
    events,
    faults,
    firmware,
    local_lists,
    logs_of_stations,
    monitoring,
    network_profiles,
    payments,
    platform,
    reservations,
    stations,
    streams,
    templates,
    tokens,
    transactions,
    uploads,
    variables,
    vendors,
)
from services.api.handlers import (
    log as exchanges,
)
from services.api.idempotency import BODY_BYTES_MAX, Idempotency
from services.api.openapi import document, queries
from services.api.problem import Refusal
from services.api.roles import Operator
from services.api.views import Named, View

logger = log.get("api")

ASGI: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

DESCRIPTION = """\
The HTTP API of Voltbus. Every error is a problem detail (RFC 9457) with a `code` for programs and a
`hint` for people. Lists are paged by `limit` and `after`; the header `Link` names the next page.
Writes may carry an `Idempotency-Key`. Names in paths are percent-encoded: a station called `a/b` is
`/stations/a%2Fb`.
"""
TAGS = [
    Tag("stations", "The registry: who a station is, whether it is there, how its connectors are."),
    Tag(
        "commands", "Asking a station for something; the answer carries what the station answered."
    ),
    Tag("device model", "What is known of stations' configuration; reading, setting, reports."),
    Tag("dialects", "How stations speak, where it is not as the specification has it."),
    Tag("templates", "What should be set at stations, and how far they are from it."),
    Tag("tokens", "Who may charge."),
    Tag("local lists", "Tokens that stations know by themselves: lists and caches."),
    Tag("reservations", "Places that are kept for somebody."),
    Tag("displays", "What stations show."),
    Tag("customers", "What stations know of customers, and that they forget it."),
    Tag("vendors", "Vendors' own messages, both ways."),
    Tag("energy", "OCPP 2.1: DER controls, priority charging, battery swaps."),
    Tag("streams", "OCPP 2.1: values that stations send without being answered."),
    Tag("payments", "Payments at stations, and cost on their displays."),
    Tag("logs", "Logs and diagnostics that stations upload."),
    Tag("monitoring", "OCPP 2.x: monitors of variables, and the events that stations tell."),
    Tag("faults", "What is wrong with stations: explained, and grouped into incidents."),
    Tag("firmware", "Updates of stations, publication by local controllers."),
    Tag("charging profiles", "Smart charging: profiles, schedules, needs, limits of others."),
    Tag("transactions", "The ledger: sessions and charge detail records."),
    Tag("events", "What happens, as it happens."),
    Tag("platform", "The API itself."),
]
HANDLERS = [
    *stations.HANDLERS,
    *dialects.HANDLERS,
    *templates.HANDLERS,
    *exchanges.HANDLERS,
    *commands.HANDLERS,
    *calls.HANDLERS,
    *variables.HANDLERS,
    *network_profiles.HANDLERS,
    *tokens.HANDLERS,
    *local_lists.HANDLERS,
    *reservations.HANDLERS,
    *display.HANDLERS,
    *customers.HANDLERS,
    *vendors.HANDLERS,
    *der.HANDLERS,
    *streams.HANDLERS,
    *payments.HANDLERS,
    *logs_of_stations.HANDLERS,
    *monitoring.HANDLERS,
    *faults.HANDLERS,
    *firmware.HANDLERS,
    *charging_profiles.HANDLERS,
    *transactions.HANDLERS,
    *events.HANDLERS,
    *platform.HANDLERS,
]
UNRESERVED = "!$&'()*+,;=:@"
"""What stands for itself in a part of a path, besides letters, digits and ``-._~`` (RFC 3986)."""

requests_served = metrics.counter("api_requests", "HTTP requests answered")
requests_failed = metrics.counter("api_requests_failed", "HTTP requests answered with 5xx")
request_seconds = metrics.histogram(
    "api_request_duration", "from the request to the start of its answer"
)


def build(app: App) -> ASGI:
    """The application as a server runs it."""
    return uploads.door(app, entrance(routes(app)))


def routes(app: App) -> Litestar:
    """All handlers; which query parameters each knows is read from the document made of them."""
    known: dict[tuple[str, str], frozenset[str]] = {}
    whole = Litestar(
        [
            Router(
                "/api/v1",
                route_handlers=HANDLERS,
                return_dto=View,
                dependencies={
                    "app": Provide(lambda: app, sync_to_thread=False),
                    "tenant": Provide(tenant_of, sync_to_thread=False),
                },
            ),
            *platform.CONSOLE_HANDLERS,
        ],
        middleware=[
            Access(app.gate, known),
            Idempotency(app.store, patience_seconds=app.repeat_patience_seconds),
        ],
        exception_handlers={Exception: answer},
        openapi_config=OpenAPIConfig(
            title="Voltbus",
            version=version("voltbus"),
            description=DESCRIPTION,
            license=License(name="Apache-2.0", identifier="Apache-2.0"),
            tags=TAGS,
            use_handler_docstrings=True,
            operation_id_creator=operation_id,
            path="/api/v1/openapi",
        ),
        plugins=[Named()],
        logging_config=None,
        request_max_body_size=BODY_BYTES_MAX,
    )
    described = document(whole, is_open=app.gate.is_open)
    known.update(queries(described))
    whole.state["openapi"] = msgspec.json.encode(described)
    return whole


def operation_id(handler: HTTPRouteHandler, *_: Any) -> str:
    """``list_stations`` as ``listStations``."""
    first, *rest = handler.handler_name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def tenant_of(
    request: Request[Any, Any, Any],
    tenant_query: Annotated[
        str | None,
        QueryParameter(
            name="tenant", max_length=255, description="The tenant, where you have several."
        ),
    ] = None,
    tenant_header: Annotated[
        str | None,
        HeaderParameter(name="Voltbus-Tenant", max_length=255, description="The same as `tenant`."),
    ] = None,
) -> str:
    """The tenant that a request is for."""
    operator: Operator = request.user
    tenant = tenant_query or tenant_header or operator.home
    if not operator.may_act_for(tenant):
        raise Refusal("forbidden", f"Your token does not reach the tenant `{tenant}`.")
    return tenant


def entrance(inside: ASGI) -> ASGI:
    """Routes by the path as it was sent, for a name may hold a slash; counts; guards answers."""

    async def enter(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await inside(scope, receive, send)
        scope = {**scope, "path": normal(scope.get("raw_path") or quote(scope["path"]).encode())}
        began = time.perf_counter()

        async def watch(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *guards(scope["path"])]}
                count(scope, message["status"], time.perf_counter() - began)
            await send(message)

        return await inside(scope, receive, watch)

    return enter


def normal(raw: bytes) -> str:
    """The path with each part percent-encoded in the one normal way."""
    parts = raw.partition(b"?")[0].split(b"/")
    return "/".join(quote(unquote_to_bytes(part), safe=UNRESERVED) for part in parts)


def guards(path: str) -> list[tuple[bytes, bytes]]:
    found = [(b"x-content-type-options", b"nosniff")]
    return [*found, (b"cache-control", b"no-store")] if path.startswith("/api/") else found


def count(scope: Any, status: int, seconds: float) -> None:
    requests_served.value += 1
    request_seconds.observe(seconds)
    if status >= 500:
        requests_failed.value += 1
    if scope["method"] in {"POST", "PUT", "DELETE"}:
        operator = scope.get("user")
        logger.info(
            "write answered",
            operator=operator.name if operator else None,
            method=scope["method"],
            path=scope["path"],
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )
