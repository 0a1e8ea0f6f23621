"""The servers that a one-process platform brings along, and the folder of their data."""

import fcntl
import os
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from libs.bus.embedded import NatsServer
from libs.postgres.embedded import PostgresServer
from libs.runtime.configuration import cannot_listen
from services.voltbus.guard import NOT_STARTED, guarded
from services.voltbus.sentence import Failure

LOOPBACK = "127.0.0.1"
PORT = Meta(ge=1, le=65_535)


class Settings(Struct, frozen=True, kw_only=True):
    """What ``voltbus run`` can be told; each service adds its own."""

    home: Annotated[Path, Meta(description="Data folder")] = Path("var")
    ocpp_host: Annotated[str, Meta(description="Where stations connect")] = LOOPBACK
    ocpp_port: Annotated[int, PORT, Meta(description="Port for stations")] = 9000
    http_host: Annotated[str, Meta(description="Where the API listens")] = LOOPBACK
    http_port: Annotated[int, PORT, Meta(description="Port of API and console")] = 8080
    nats_url: Annotated[str | None, Meta(description="Use this NATS")] = None
    nats_port: Annotated[int, PORT, Meta(description="Port of the own NATS")] = 4222
    postgres_dsn: Annotated[str | None, Meta(description="Use this PostgreSQL")] = None
    simulate: Annotated[int, Meta(ge=0, description="Simulated stations, busy ones")] = 5
    api_tokens_file: Annotated[
        Path | None, Meta(description="Who may call the API; without it, it is open on loopback")
    ] = None


class Servers(Struct, frozen=True, kw_only=True):
    nats_url: str
    postgres_dsn: str
    own_postgres: bool


def need_ports(settings: Settings) -> None:
    """Before anything is started: of a port that is taken, the variable that changes it is told."""
    wanted = [
        ("OCPP_PORT", settings.ocpp_host, settings.ocpp_port),
        ("HTTP_PORT", settings.http_host, settings.http_port),
    ]
    if settings.nats_url is None:
        wanted.append(("NATS_PORT", LOOPBACK, settings.nats_port))
    for variable, host, port in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise cannot_listen(host, port, error, variable) from error


@contextmanager
def held(home: Path) -> Generator[None]:
    """The data folder, for one platform at a time."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Failure(
            f"Cannot use {home} as data folder ({error.strerror}); set VOLTBUS_HOME."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Failure(f"Voltbus already runs in {home}; stop it, or set VOLTBUS_HOME.") from None
    finally:
        os.close(descriptor)


@asynccontextmanager
async def servers(settings: Settings) -> AsyncGenerator[Servers]:
    """NATS and PostgreSQL: those that are named, else own ones, which end with us."""
    nats = NatsServer(settings.home / "nats", settings.nats_port)
    postgres = PostgresServer(settings.home / "postgres")
    async with AsyncExitStack() as own:
        try:
            if settings.postgres_dsn is None:
                await own.enter_async_context(guarded("postgres", postgres))
            if settings.nats_url is None:
                await own.enter_async_context(guarded("nats", nats))
        except NOT_STARTED as error:
            raise Failure(str(error)) from error
        yield Servers(
            nats_url=settings.nats_url or nats.url,
            postgres_dsn=settings.postgres_dsn or postgres.dsn,
            own_postgres=settings.postgres_dsn is None,
        )
