"""``voltbus run``: the whole platform in one process."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from shutil import which
from typing import Any

import uvloop

from libs.runtime import Life, Surroundings, load, log, stop_on_signals, surround
from services.voltbus import services
from services.voltbus.home import Servers, Settings, held, need_ports, servers
from services.voltbus.sentence import Failure
from services.voltbus.supervisor import Supervised

COMMAND = "voltbus"
READY_SECONDS = 60.0
STOP_SECONDS = {"simulator": 2.0, "edge": 1.2, "api": 1.2}
"""After so long a service is cut off, lest all of it takes more than 5 s."""
STOP_SECONDS_ELSE = 1.0

DEFAULTS = {
    "VOLTBUS_OPEN_REGISTRATION": "true",
    "VOLTBUS_DEMO_TOKENS": "true",
    "VOLTBUS_SIMULATE_BUSY": "true",
    "VOLTBUS_DRAIN_SECONDS": "0.2",
    "VOLTBUS_FINISH_SECONDS": "0.5",
}
"""How a platform to try out differs from one in production, unless it is told otherwise."""


def main(_: Any) -> int:
    surroundings = load(Surroundings)
    settings = load(Settings)
    # The log would bury what is printed here: at a terminal only what is wrong is shown.
    quiet = "VOLTBUS_LOG_LEVEL" not in os.environ and sys.stderr.isatty()
    log.configure("warning" if quiet else surroundings.log_level, surroundings.log_format)
    need_ports(settings)
    with held(settings.home):
        uvloop.run(platform(settings, surroundings))
    return 0


async def platform(settings: Settings, surroundings: Surroundings) -> None:
    """From the first server to the last, until a signal."""
    life = Life("voltbus")
    stop_on_signals([life])
    print("Voltbus is starting ...", flush=True)
    async with servers(settings) as found:
        environment = environment_of(settings, found)
        core = [supervised(name, environment) for name in services.CORE]
        simulator = supervised(services.SIMULATOR, environment)
        health_port = int(environment.get("VOLTBUS_HEALTH_PORT", "0"))
        async with (
            surround("voltbus", [life], surroundings, health_port),
            ended(core, simulator),
        ):
            if await come_up(core, life):
                await stay(simulator, life, settings, found)
    print("Voltbus has stopped.", flush=True)


async def come_up(core: list[Supervised], life: Life) -> bool:
    """Start all; whether all serve, and nobody told us to stop meanwhile."""
    for each in core:
        life.check(each.service.name, each.serves)
        each.start()
    return await are_ready(core, life)


async def stay(simulator: Supervised, life: Life, settings: Settings, found: Servers) -> None:
    if settings.simulate:
        simulator.start()
    life.ready()
    print(banner(settings, found), flush=True)
    await life.stopping.wait()


def environment_of(settings: Settings, found: Servers) -> dict[str, str]:
    """What each service is told: what we were told, and where things are."""
    given = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("VOLTBUS_NATS_URL", "VOLTBUS_POSTGRES_DSN"))
    }
    host = f"[{settings.ocpp_host}]" if ":" in settings.ocpp_host else settings.ocpp_host
    near = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104 - is translated, not bound
    return {
        **DEFAULTS,
        "VOLTBUS_OPEN_API": str(settings.api_tokens_file is None).lower(),
        "VOLTBUS_SIMULATE_URL": f"ws://{near}:{settings.ocpp_port}/",
        **given,
        "VOLTBUS_NATS_URL": found.nats_url,
        "VOLTBUS_POSTGRES_DSN": found.postgres_dsn,
    }


def supervised(name: str, environment: Mapping[str, str]) -> Supervised:
    service = services.find(name)
    return Supervised(service, load(service.config, environment))


async def are_ready(core: list[Supervised], life: Life) -> bool:
    """Whether all serve; False when we are told to stop meanwhile. CannotStart: they never will."""
    serving = asyncio.create_task(all_ready(core))
    stopping = asyncio.create_task(life.stopping.wait())
    try:
        await asyncio.wait(
            {serving, stopping}, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if not serving.done() and not stopping.done():
            late = ", ".join(each.service.name for each in core if not each.ready.is_set())
            raise Failure(f"Not ready after {READY_SECONDS:.0f} s: {late}. The log above says why.")
        if serving.done():
            serving.result()
        return not life.stopping.is_set()
    finally:
        serving.cancel()
        stopping.cancel()


async def all_ready(core: list[Supervised]) -> None:
    await asyncio.gather(*(each.came_up() for each in core))


@asynccontextmanager
async def ended(core: list[Supervised], simulator: Supervised) -> AsyncGenerator[None]:
    """At the end they stop: first the stations, then what brings work, then those that do it."""
    try:
        yield
    finally:
        outer = [each for each in core if each.service.name in STOP_SECONDS]
        inner = [each for each in core if each not in outer]
        for wave in ([simulator], outer, inner):
            await asyncio.gather(*(each.stop(patience(each)) for each in wave))


def patience(each: Supervised) -> float:
    return STOP_SECONDS.get(each.service.name, STOP_SECONDS_ELSE)


def banner(settings: Settings, found: Servers) -> str:
    """Where everything listens, and what to try."""
    base = f"http://{settings.http_host}:{settings.http_port}"
    me = called()
    dsn = found.postgres_dsn
    if found.own_postgres:
        head, _, place = dsn.partition("@")
        dsn = f"{head.rpartition(':')[0]}@{place}   (password: {settings.home}/postgres/password)"
    elif "@" in dsn:
        dsn = dsn.partition("@")[2]
    return f"""\
Voltbus {version("voltbus")} is up.

  stations     ws://{settings.ocpp_host}:{settings.ocpp_port}/{{identity}}
  HTTP API     {base}/api/v1/   ({base}/api/v1/openapi.json)
  console      {base}/
  NATS         {found.nats_url}
  PostgreSQL   {dsn}
  data         {settings.home.absolute()}
  simulated    {settings.simulate} stations

Try:
{elsewhere(settings, found)}  {me} stations
  {me} call SIM-00001 Reset '{{"type":"Soft"}}'
  {me} tail
  curl -s {base}/api/v1/transactions

Ctrl-C stops all of it.
"""


def called() -> str:
    """How the user may call the command: as he did, unless it is in his path."""
    here = Path(sys.argv[0])
    if here.name != COMMAND or ((found := which(COMMAND)) and Path(found).samefile(here)):
        return COMMAND
    return sys.argv[0]


def elsewhere(settings: Settings, found: Servers) -> str:
    """What the command must be told when things are not where it looks for them."""
    usual = Settings()
    told: list[str] = []
    if settings.http_port != usual.http_port:
        told.append(f"VOLTBUS_API_URL=http://127.0.0.1:{settings.http_port}")
    if settings.nats_port != usual.nats_port or settings.nats_url is not None:
        told.append(f"VOLTBUS_NATS_URL={found.nats_url}")
    return f"  export {' '.join(told)}\n" if told else ""
