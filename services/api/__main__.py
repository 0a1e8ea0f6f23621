"""The HTTP API: settings and wiring."""

import asyncio
from datetime import timedelta
from pathlib import Path
from socket import gethostname
from typing import Annotated

from msgspec import Meta, Struct

from libs.bus import Bus
from libs.postgres import connect, migrate, transient
from libs.runtime import log
from libs.runtime.life import Life
from libs.runtime.service import run
from services.api.access import Gate, is_loopback, read_tokens
from services.api.app import App
from services.api.cleaning import clean
from services.api.files import StoreSettings, opened
from services.api.server import Server, listen
from services.api.site import build
from services.api.store import Store
from services.api.vitals import Vitals

NAME = "api"
MIGRATIONS = Path(__file__).parent / "migrations"
SWEEP_SECONDS = 3600
LEASE = timedelta(seconds=180)
"""Longer than any command may take; after it a request that was lost in a crash may be repeated."""
RETENTION = timedelta(days=1)
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - is looked for, not bound

logger = log.get(NAME)


class Config(Struct, frozen=True, kw_only=True):
    nats_url: Annotated[str, Meta(description="where the bus is")] = "nats://127.0.0.1:4222"
    postgres_dsn: Annotated[str, Meta(description="database of the idempotency keys")]
    http_host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    http_port: Annotated[int, Meta(ge=0, le=65535, description="port to listen on")] = 8080
    api_tokens_file: Annotated[
        Path | None, Meta(description='JSON list of {"name", "sha256", "role", "tenant"}')
    ] = None
    open_api: Annotated[bool, Meta(description="no tokens; on loopback only")] = False
    upload_url: Annotated[
        str | None, Meta(description="where stations reach this API to upload files")
    ] = None
    file_store: Annotated[
        str,
        Meta(
            pattern="^(nats:[A-Za-z0-9_-]+|s3:[a-z0-9.-]+(/.*)?)$",
            description="where files are kept: nats:BUCKET or s3:BUCKET/PREFIX",
        ),
    ] = "nats:uploads"
    s3_endpoint: Annotated[str | None, Meta(description="of an S3 that is not of Amazon")] = None
    s3_region: Annotated[str | None, Meta(description="region of the bucket")] = None
    s3_access_key: Annotated[str | None, Meta(description="else that of the machine's role")] = None
    s3_secret_key: Annotated[str | None, Meta(description="belongs to the access key")] = None
    health_port: Annotated[int, Meta(description="port of health and metrics; 0: none")] = 0

    def __post_init__(self) -> None:
        """There is no way to be open to the network by oversight."""
        if self.open_api and self.api_tokens_file is not None:
            raise ValueError("set either VOLTBUS_API_TOKENS_FILE or VOLTBUS_OPEN_API.")
        if self.open_api and not is_loopback(self.http_host):
            raise ValueError(
                f"VOLTBUS_OPEN_API would open the API to everybody who reaches {self.http_host}, "
                "so it is allowed on loopback only; set VOLTBUS_API_TOKENS_FILE instead."
            )
        if not self.open_api and self.api_tokens_file is None:
            raise ValueError(
                "somebody must be allowed to call the API: set VOLTBUS_API_TOKENS_FILE, or to "
                "try it out on loopback VOLTBUS_OPEN_API=true."
            )
        if self.api_tokens_file is not None:
            read_tokens(self.api_tokens_file)


async def serve(config: Config, life: Life) -> None:
    gate = Gate(config.api_tokens_file, is_open=config.open_api)
    listening = listen(config.http_host, config.http_port)
    try:
        await migrate(config.postgres_dsn, NAME, MIGRATIONS)
        pool = await connect(config.postgres_dsn, NAME, size=5)
    except BaseException:
        listening.close()
        raise
    store = Store(pool, lease=LEASE, keep=RETENTION)
    async with pool, Bus.open(config.nats_url, name=NAME) as bus, asyncio.TaskGroup() as tasks:
        life.check("nats", lambda: bus.connected)
        app = App(
            bus=bus,
            store=store,
            gate=gate,
            vitals=Vitals(bus, store),
            files=opened(store_of(config), bus),
            upload_url=upload_url(config),
            stopping=life.stopping,
        )
        server = Server(build(app), listening)
        chores = [tasks.create_task(sweep(store)), tasks.create_task(clean(app))]
        serving = tasks.create_task(server.run_until(life.stopping))
        await server.up.wait()
        logger.info("api listens", url=server.url, open=config.open_api)
        life.ready()
        await serving
        for chore in chores:
            chore.cancel()


def upload_url(config: Config) -> str:
    """As configured; else where we listen, by the name of this machine if that is everywhere."""
    if config.upload_url is not None:
        return config.upload_url.rstrip("/")
    host = gethostname() if config.http_host in EVERYWHERE else config.http_host
    return (
        f"http://[{host}]:{config.http_port}"
        if ":" in host
        else f"http://{host}:{config.http_port}"
    )


def store_of(config: Config) -> StoreSettings:
    return StoreSettings(
        store=config.file_store,
        endpoint=config.s3_endpoint,
        region=config.s3_region,
        access_key=config.s3_access_key,
        secret_key=config.s3_secret_key,
    )


async def sweep(store: Store) -> None:
    """Forget old answers, now and each hour."""
    while True:
        try:
            await store.forget()
        except Exception as error:
            if not transient(error):
                raise
        await asyncio.sleep(SWEEP_SECONDS)


if __name__ == "__main__":
    run(NAME, Config, serve)
