"""Many stations in one process: one wheel of timers, one tally, no task per station."""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from functools import partial
from random import Random

from libs.ocpp.message import Version
from libs.station import flash
from libs.station.clock import Clock
from libs.station.controller import Controller, Parts
from libs.station.dialect import Hardware
from libs.station.flash import Flash
from libs.station.moment import Token
from libs.station.profile import Profile
from libs.station.station import ANSWERS, DIALECTS, FEATURES, assemble
from services.simulator import day
from services.simulator.config import Config
from services.simulator.day import Visit
from services.simulator.driver import Driver
from services.simulator.tally import Tally

MODELS: dict[Version, str] = {"v16": "Legacy", "v201": "Modern", "v21": "Future"}

START_POINTS = ("PowerPathClosed", "EVConnected,Authorized", "Authorized", "EnergyTransfer")
"""Stations of 2.x differ in when their transactions start; a server must cope with all."""

BUSY_SAMPLE_SECONDS = "15"

POLL_SECONDS = 0.05
TICK_SECONDS = 0.02
GOODBYE_SECONDS, GOODBYE_SECONDS_MAX = 2.0, 8.0
"""How long a fleet that stops waits for its next message to be answered, and for all of them."""


Visits = Callable[[], Visit]


class Fleet:
    """``tally`` counts what all stations do."""

    def __init__(self, config: Config) -> None:
        self._config = config
        if config.simulate_home:
            config.simulate_home.mkdir(parents=True, exist_ok=True)
        self._clock = Clock(speed=config.simulate_speed)
        self._dice = Random(config.simulate_seed)
        self._tokens = tuple(Token(token) for token in config.simulate_tokens)
        self._settings = [_settings(config, start) for start in START_POINTS]
        self.tally = Tally()
        self.stations = [self._station(number) for number in range(1, config.simulate + 1)]
        self.drivers = [
            Driver(station, evse, self._visits(number, evse), self._tokens)
            for number, station in enumerate(self.stations, 1)
            for evse in station.evses
        ]

    async def start(self) -> None:
        """Give power to one station after the other, at the configured rate."""
        at_once = max(1, round(self._config.simulate_connects_per_second * TICK_SECONDS))
        pause = at_once / self._config.simulate_connects_per_second
        evses = self._config.simulate_evses
        for first in range(0, len(self.stations), at_once):
            for station in self.stations[first : first + at_once]:
                station.power_on()
            for driver in self.drivers[first * evses : (first + at_once) * evses]:
                driver.start()
            await asyncio.sleep(pause)

    async def stop(self) -> None:
        """End all sessions, give the server a moment to hear it, and close every socket."""
        for driver in self.drivers:
            driver.stop()
        await self._say_goodbye()
        for station in self.stations:
            station.power_off()
        for station in self.stations:
            await station.wire.stopped()

    def charging(self) -> int:
        """EVSEs where energy flows."""
        states = (evse.state for station in self.stations for evse in station.evses.values())
        return sum(state == "Charging" for state in states)

    async def _say_goodbye(self) -> None:
        """Until all is answered, or nothing is any more."""
        loop, left = asyncio.get_running_loop(), self._unheard()
        patience, end = loop.time() + GOODBYE_SECONDS, loop.time() + GOODBYE_SECONDS_MAX
        # A poll is enough here; an event would cost every message of every station.
        while left and loop.time() < min(patience, end):
            await asyncio.sleep(POLL_SECONDS)
            before, left = left, self._unheard()
            if left < before:
                patience = loop.time() + GOODBYE_SECONDS

    def _unheard(self) -> int:
        return sum(len(station.delivery.queue) for station in self.stations if station.ready)

    def waiting(self) -> int:
        """Transaction messages that are not answered yet."""
        return sum(len(station.delivery.queue) for station in self.stations)

    def _station(self, number: int) -> Controller:
        config = self._config
        version = config.simulate_versions[(number - 1) % len(config.simulate_versions)]
        identity = f"{config.simulate_prefix}{number:05d}"
        home = config.simulate_home
        path = home / f"{identity}.json" if home else None
        memory = flash.load(path) if path else Flash()
        profile = Profile(
            identity=identity,
            url=config.simulate_url,
            version=version,
            evses=config.simulate_evses,
            password=config.simulate_password,
            hardware=Hardware(model=MODELS[version], serial=identity[:25]),
            settings=self._settings[number % len(self._settings)],
        )
        parts = Parts(
            clock=self._clock,
            dice=self._dice,
            dialect=DIALECTS[version],
            answer=ANSWERS[version],
            observer=self.tally,
            flash=memory,
            saved=partial(flash.save, memory, path) if path else _forgotten,
            features=FEATURES,
        )
        return assemble(profile, parts)

    def _visits(self, number: int, evse: int) -> Visits:
        """The visits of one EVSE: the same for the same seed, whatever happens elsewhere."""
        config, count = self._config, itertools.count()

        def visit() -> Visit:
            dice = Random(f"{config.simulate_seed} {number} {evse} {next(count)}")
            if config.simulate_busy:
                return day.busy(dice, len(self._tokens))
            return day.usual(dice, self._clock.now(), len(self._tokens))

        return visit


def _settings(config: Config, start: str) -> Mapping[str, str]:
    sampling = {"SampledDataCtrlr.TxUpdatedInterval": BUSY_SAMPLE_SECONDS}
    return {"TxCtrlr.TxStartPoint": start, **(sampling if config.simulate_busy else {})}


def _forgotten() -> None:
    """Nothing outlives the process."""
