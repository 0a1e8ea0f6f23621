"""A virtual charging station, for programs, tests and fleets."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from ssl import SSLContext
from types import TracebackType
from typing import Self

from libs.ocpp.message import SUBPROTOCOLS, Version
from libs.station import external, flash, local, needs
from libs.station.answer import answer
from libs.station.backoff import BackOff
from libs.station.battery import Car
from libs.station.clock import Clock
from libs.station.controller import Controller, Parts, Profile
from libs.station.der import DerControls
from libs.station.dialect import Dialect, Hardware
from libs.station.display import Display
from libs.station.dynamic import Pulling
from libs.station.evse import Evse
from libs.station.feature import Feature
from libs.station.firmware import Firmware
from libs.station.flash import Flash
from libs.station.habits import Habits
from libs.station.link import Address, Link
from libs.station.logs import Logs
from libs.station.moment import Session, Token, Told
from libs.station.monitoring import Monitoring
from libs.station.network import Network
from libs.station.observer import Frame, Witness
from libs.station.publication import Publisher
from libs.station.reporting import Reporting
from libs.station.reservations import Reservations
from libs.station.schedule import Unit
from libs.station.smart_charging import SmartCharging
from libs.station.streams import Streams
from libs.station.table import Status16
from libs.station.v2.answers import ANSWERS as ANSWERS_2
from libs.station.v2.messages import Dialect2
from libs.station.v16.answers import ANSWERS as ANSWERS_16
from libs.station.v16.messages import Dialect16
from libs.station.vendor import Vendors

WAIT_SECONDS = 30.0
"""How long a test waits for a station before it gives up."""

_SUBPROTOCOL: dict[Version, str] = {version: name for name, version in SUBPROTOCOLS.items()}
DIALECTS: dict[Version, Dialect] = {
    "v16": Dialect16(),
    "v201": Dialect2("v201"),
    "v21": Dialect2("v21"),
}
ANSWERS = {
    "v16": partial(answer, ANSWERS_16),
    "v201": partial(answer, ANSWERS_2),
    "v21": partial(answer, ANSWERS_2),
}


FEATURES: tuple[type[Feature], ...] = (
    DerControls,
    Display,
    Firmware,
    Logs,
    Publisher,
    Monitoring,
    Network,
    Pulling,
    Reporting,
    Reservations,
    SmartCharging,
    Streams,
    Vendors,
)
"""The functional blocks that hear what happens in a station."""


def assemble(profile: Profile, parts: Parts) -> Controller:
    """A station with its link, still without power; a fleet makes thousands of these."""
    controller = Controller(profile, parts)
    read = controller.configuration.integer

    def policy() -> BackOff:
        return BackOff(
            wait_minimum=read("OCPPCommCtrlr.RetryBackOffWaitMinimum"),
            random_range=read("OCPPCommCtrlr.RetryBackOffRandomRange"),
            repeat_times=read("OCPPCommCtrlr.RetryBackOffRepeatTimes"),
        )

    address = Address(
        url=profile.url,
        identity=profile.identity,
        subprotocol=_SUBPROTOCOL[profile.version],
        password=profile.password,
        hex_password=profile.version == "v16",
        tls=profile.tls,
    )
    controller.wire = Link(
        address,
        controller,
        clock=parts.clock,
        dice=parts.dice,
        policy=policy,
        ping_seconds=lambda: read("OCPPCommCtrlr.WebSocketPingInterval"),
    )
    return controller


class VirtualStation:
    """A complete charging station. Local actions are methods; ``async with`` gives it power and
    takes it.

    ``speed``: simulated seconds in a real one (meters, intervals, time stamps). ``link_speed``: how
    much shorter
    than configured the station waits for the network. ``file`` keeps its memory beyond the process.
    """

    def __init__(
        self,
        identity: str,
        url: str,
        version: Version = "v201",
        *,
        evses: int = 2,
        password: str | bytes | None = None,
        settings: Mapping[str, str] | None = None,
        hardware: Hardware | None = None,
        habits: Habits | None = None,
        same_id: bool = False,
        by_event: bool = False,
        tls: SSLContext | None = None,
        seed: int | None = None,
        clock: Clock | None = None,
        speed: float = 1.0,
        link_speed: float = 1.0,
        file: Path | None = None,
    ) -> None:
        self._waiters: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._checking = False
        self._file = file
        self.witness = Witness(heard=self._check_soon)
        profile = Profile(
            identity=identity,
            url=url,
            version=version,
            evses=evses,
            password=password,
            hardware=hardware or Hardware(serial=identity[:25]),
            settings=settings or {},
            habits=habits,
            same_id=same_id,
            tls=tls,
        )
        parts = Parts(
            clock=clock or Clock(speed=speed, link_speed=link_speed),
            dice=Random(seed),
            dialect=Dialect2(version, by_event=True) if by_event else DIALECTS[version],
            answer=ANSWERS[version],
            observer=self.witness,
            flash=flash.load(file) if file else Flash(),
            saved=self._save,
            features=FEATURES,
        )
        self.controller = assemble(profile, parts)

    async def __aenter__(self) -> Self:
        self.controller.power_on()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.controller.power_off()
        await self.controller.wire.stopped()

    # What people, cars and fate do

    async def plug_in(self, evse: int, car: Car | None = None) -> None:
        if not self._evse(evse).plug(car or Car()):
            raise ValueError(f"A car is plugged into EVSE {evse} already.")

    async def unplug(self, evse: int, *, car_side: bool = True) -> Car | None:
        """Pull the plug; returns the car with what it has in its battery now."""
        return self._evse(evse).unplug(car_side=car_side)

    async def present(self, token: str | Token, evse: int = 1) -> str:
        """Hold a card to the reader; returns what the display shows: ``Accepted``, ``Stopped`` or
        why not.
        """
        shown: list[str] = []
        self._evse(evse)
        local.present(self.controller, evse, _token(token), shown.append)
        await self.wait_for(lambda: bool(shown), "the display to show an answer")
        return shown[0]

    async def stop(self, evse: int, token: str | Token | None = None) -> bool:
        """End the session, by a card or by the button; True if there was one."""
        if token is None:
            return self._evse(evse).stop("Local")
        return await self.present(token, evse) == "Stopped"

    def offer(self, evse: int, watts: float | None) -> None:
        """Offer the car no more than so much power; 0 suspends, None is all there is."""
        self._evse(evse).offer(watts)

    def constrain(self, evse: int, limit: float, unit: Unit = "A", source: str = "EMS") -> None:
        """Somebody other than the server limits an EVSE, or the station (0)."""
        external.constrain(self.controller, evse, limit, unit, source)

    def release(self, evse: int, source: str = "EMS") -> bool:
        """The limit of that source is gone; False if there was none."""
        return external.release(self.controller, evse, source)

    def tell_needs(self, evse: int, energy_wh: int, departure: datetime | None = None) -> None:
        """The plugged car says by ISO 15118 what it wants (K15)."""
        if (told := needs.wanted(self.controller, evse, energy_wh, departure)) is not None:
            self.controller.say(told)

    def tell_plan(self, evse: int, seconds: int = 3600) -> None:
        """The car says how it will charge: as much as it may (K15)."""
        if (told := needs.planned(self.controller, evse, seconds)) is not None:
            self.controller.say(told)

    def fail(self, evse: int, code: str = "OtherError") -> None:
        """Break the EVSE; ``code`` is a ChargePointErrorCode of 1.6."""
        self._evse(evse).fail(code)

    def lose_parts(self, *numbers: int) -> None:
        """The parts of reports with these numbers (seqNo) will be lost on their way, each once."""
        self.controller.feature(Reporting).lost |= frozenset(numbers)

    def repair(self, evse: int) -> None:
        self._evse(evse).repair()

    def go_offline(self) -> None:
        """Lose the network, without goodbye."""
        self.controller.wire.abort()

    def go_online(self) -> None:
        self.controller.wire.open()

    def crash(self) -> None:
        """Lose the power: what is not in the flash memory is gone."""
        self.controller.power_off(abruptly=True)

    def resume(self) -> None:
        """Have power again."""
        self.controller.power_on()

    # What there is to see

    @property
    def online(self) -> bool:
        return self.controller.online

    @property
    def accepted(self) -> bool:
        """Connected, and its boot was accepted."""
        return self.controller.ready

    @property
    def trace(self) -> list[Frame]:
        """The frames in both directions, oldest first."""
        return list(self.witness.trace)

    @property
    def told(self) -> list[Told]:
        """Every transaction message and what became of it, oldest first."""
        return list(self.witness.told)

    @property
    def answered(self) -> list[Told]:
        """The transaction messages that the server answered: what its ledger must hold."""
        return [told for told in self.witness.told if told.outcome == "answered"]

    @property
    def sessions(self) -> list[Session]:
        """The truth about the transactions that ended."""
        return list(self.witness.sessions)

    def status(self, evse: int) -> Status16:
        """The status in the words of 1.6, which are the finest, whatever the version is."""
        self._evse(evse)
        return self.controller.view(evse).status

    def transaction(self, evse: int) -> str | None:
        """The id of the running transaction; for 1.6 the station's own."""
        running = self._evse(evse).transaction
        return running.id if running else None

    def register_mwh(self, evse: int) -> int:
        """What the meter shows."""
        return self._evse(evse).reading().register_mwh

    def setting(self, name: str) -> str:
        """The value of a setting: ``Component.Variable[Instance]``, or a key that only 1.6 has."""
        return self.controller.configuration.text(name)

    # What one can wait for

    async def booted(self, seconds: float = WAIT_SECONDS) -> None:
        await self.wait_for(lambda: self.accepted, "the boot to be accepted", seconds)

    async def until(self, evse: int, status: Status16, seconds: float = WAIT_SECONDS) -> None:
        await self.wait_for(
            lambda: self.status(evse) == status, f"EVSE {evse} to be {status}", seconds
        )

    async def delivered(self, seconds: float = WAIT_SECONDS) -> None:
        """Every transaction message was told or given up, and nothing else is on its way."""
        controller = self.controller
        await self.wait_for(
            lambda: not controller.delivery.queue and controller.calls.quiet,
            "all messages to be delivered",
            seconds,
        )

    async def elapse(self, seconds: float) -> None:
        """Let so many simulated seconds pass."""
        passed = asyncio.get_running_loop().create_future()
        timer = self.controller.clock.after(seconds, lambda: passed.set_result(None))
        try:
            await passed
        finally:
            timer.cancel()

    async def wait_for(
        self, condition: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS
    ) -> None:
        """Wait until something is true of this station; TimeoutError says for ``what`` it waited in
        vain.
        """
        if condition():
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = (condition, done)
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(seconds):
                await done
        except TimeoutError as error:
            name = self.controller.profile.identity
            raise TimeoutError(f"{name} waited {seconds} s for {what}.") from error
        finally:
            self._waiters.remove(waiter)

    def _evse(self, id: int) -> Evse:
        if id not in self.controller.evses:
            raise ValueError(f"There is no EVSE {id}; they are {list(self.controller.evses)}.")
        return self.controller.evses[id]

    def _save(self) -> None:
        if self._file is not None:
            flash.save(self.controller.flash, self._file)

    def _check_soon(self) -> None:
        """Something happened: look at the conditions when it is through."""
        if self._waiters and not self._checking:
            self._checking = True
            asyncio.get_running_loop().call_soon(self._check)

    def _check(self) -> None:
        self._checking = False
        for condition, done in self._waiters:
            if not done.done() and condition():
                done.set_result(None)


def _token(token: str | Token) -> Token:
    return Token(token) if isinstance(token, str) else token
