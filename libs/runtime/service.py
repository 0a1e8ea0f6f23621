"""A process around a service: event loop, signals, logs, health, telemetry, exit code."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, NoReturn, TypeVar, cast

import uvloop
from msgspec import Meta, Struct

from libs.runtime import log, process
from libs.runtime.configuration import CannotStart, load
from libs.runtime.health import LOOPBACK, HealthServer
from libs.runtime.life import Life

ConfigT = TypeVar("ConfigT", bound=Struct)

FAILED = 1
MISCONFIGURED = 2
FORCED = 130

logger = log.get("runtime")


class Surroundings(Struct, frozen=True, kw_only=True):
    """What every process can be told, whatever it serves."""

    log_level: Annotated[log.Level, Meta(description="The least level that is logged")] = "info"
    log_format: Annotated[
        log.Format | None, Meta(description="json or human; by default human at a terminal")
    ] = None
    health_host: Annotated[str, Meta(description="Where the health endpoint listens")] = LOOPBACK
    otlp_endpoint: Annotated[
        str | None, Meta(description="Base URL of an OpenTelemetry collector (OTLP over HTTP)")
    ] = None
    trace_ratio: Annotated[
        float, Meta(ge=0.0, le=1.0, description="The share of exchanges that are traced, 0 to 1")
    ] = 0.0


def run(
    name: str, config_type: type[ConfigT], serve: Callable[[ConfigT, Life], Awaitable[None]]
) -> NoReturn:
    """Run a service until SIGTERM or SIGINT, then let it finish; a second signal ends it at once.

    Exit codes: 0 it was told to stop and did, 1 it failed, 2 its configuration is wrong.
    """
    try:
        surroundings = load(Surroundings)
        config = load(config_type)
    except CannotStart as error:
        refuse(name, [error])
    log.configure(surroundings.log_level, surroundings.log_format)
    life = Life(name)

    async def main() -> None:
        stop_on_signals([life])
        async with surround(name, [life], surroundings, getattr(config, "health_port", 0)):
            await live(life, serve(config, life))

    try:
        uvloop.run(main())
    except Exception as error:
        if faults := list(refusals(error)):
            refuse(name, faults)
        logger.exception("service failed", service=name)
        sys.exit(FAILED)
    logger.info("service has stopped", service=name)
    sys.exit(0)


def refuse(name: str, faults: Sequence[CannotStart]) -> NoReturn:
    """End with sentences: what was asked for cannot be, whoever found it out."""
    told = "\n".join(str(fault) for fault in faults)
    sys.stderr.write(f"voltbus {name} cannot start:\n{told}\n")
    sys.exit(MISCONFIGURED)


def refusals(error: BaseException) -> Iterator[CannotStart]:
    """Those of which an error consists; none when there is anything else in it."""
    if isinstance(error, CannotStart):
        yield error
    elif isinstance(error, ExceptionGroup):
        found = [list(refusals(each)) for each in cast("Sequence[Exception]", error.exceptions)]
        if all(found):
            yield from (fault for faults in found for fault in faults)


async def live(life: Life, serving: Awaitable[None]) -> None:
    """Await a service; one that is told to stop while it still starts is cancelled."""
    task = asyncio.ensure_future(serving)
    stopping = asyncio.create_task(life.stopping.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not life.has_served and not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            return
        await task
    finally:
        stopping.cancel()
        task.cancel()


def stop_on_signals(lives: Sequence[Life]) -> None:
    """Stop all on SIGTERM or SIGINT; a second signal ends the process without waiting for them."""
    loop = asyncio.get_running_loop()
    told = False

    def stop(number: signal.Signals) -> None:
        nonlocal told
        if told:
            logger.warning("forced to stop", signal=number.name)
            os._exit(FORCED)
        told = True
        logger.info("told to stop", signal=number.name)
        for life in lives:
            life.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)


@asynccontextmanager
async def surround(
    name: str, lives: Sequence[Life], surroundings: Surroundings, port: int
) -> AsyncGenerator[None]:
    """Health endpoint (port 0: none), process metrics and telemetry around services."""
    process.measure()
    exporting = None
    if surroundings.otlp_endpoint is not None:
        from libs.runtime import telemetry  # noqa: PLC0415 - only who exports pays for it

        exporting = telemetry.start(name, surroundings.otlp_endpoint, surroundings.trace_ratio)
    health = HealthServer(lives, port, surroundings.health_host) if port else None
    try:
        if health is not None:
            await health.start()
        yield
    finally:
        if health is not None:
            await health.stop()
        if exporting is not None:
            await asyncio.to_thread(exporting.stop)
