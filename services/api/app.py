"""What every handler has at hand."""

import asyncio
from typing import Annotated, TypeAlias, TypeVar

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Struct, field

from libs.bus import Bus
from libs.bus.message import Ask
from services.api.access import Gate
from services.api.files import Files
from services.api.hints import hinted
from services.api.store import Store
from services.api.vitals import Vitals

ReplyT = TypeVar("ReplyT")

STREAMS_MAX = 200
UPLOADS_MAX = 100
COMMAND_MARGIN_SECONDS = 5
TIMEOUT_SECONDS_MAX = 120


class App(Struct, frozen=True, kw_only=True, eq=False):
    bus: Bus
    store: Store
    gate: Gate
    vitals: Vitals
    files: Files
    """Where the files of stations are."""
    upload_url: str
    """Where stations reach us, without a slash at the end."""
    stopping: asyncio.Event
    """Set when the process is to end: open event streams end with it."""
    patience_seconds: float = 3
    """How long a request that may be done twice waits for an owner that is away."""
    repeat_patience_seconds: float = 30
    """How long a repeated request waits for the first one with its idempotency key."""
    heartbeat_seconds: float = 15
    streams: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(STREAMS_MAX))
    """Room for event streams."""
    uploads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(UPLOADS_MAX))
    """Room for files that arrive."""

    async def ask(self, request: Ask[ReplyT]) -> ReplyT:
        """Asks again while the owner is away: only for what may be done twice."""
        return await self.bus.ask_patiently(request, self.patience_seconds)

    async def command(self, request: Ask[ReplyT], seconds: float) -> ReplyT:
        """Asks once. The owner waits so many seconds for the station, we a little longer."""
        answer = await self.bus.ask(request, seconds + COMMAND_MARGIN_SECONDS)
        return await hinted(self.bus, getattr(request, "tenant", ""), answer)


Here: TypeAlias = NamedDependency[SkipValidation[App]]
Tenant: TypeAlias = NamedDependency[SkipValidation[str]]
StationId: TypeAlias = Annotated[
    str, PathParameter(description="Identity of the station, percent-encoded.")
]
TokenId: TypeAlias = Annotated[str, PathParameter(description="Id of the token, percent-encoded.")]
Action: TypeAlias = Annotated[str, PathParameter(description="OCPP action, as `GetVariables`.")]
Timeout: TypeAlias = Annotated[
    float,
    QueryParameter(
        name="timeout",
        gt=0,
        le=TIMEOUT_SECONDS_MAX,
        description="Seconds to wait for the station's answer.",
    ),
]
TIMEOUT_SECONDS = 30.0

PUBLIC = {"permission": None}
READ = {"permission": "read"}
COMMAND = {"permission": "command"}
TOKENS = {"permission": "tokens"}
STATIONS = {"permission": "stations"}
