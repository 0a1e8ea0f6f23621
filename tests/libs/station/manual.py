"""A station without a socket or a loop: a test turns the wheel, a paper server answers."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

from libs.station.clock import Clock, ManualWheel
from libs.station.controller import Controller, Parts
from libs.station.flash import Flash
from libs.station.observer import Witness
from libs.station.profile import Profile
from libs.station.station import ANSWERS, DIALECTS, FEATURES

NOW = "2026-01-01T00:00:00Z"


class PaperServer:
    """The other end of a wire: answers each CALL after ``delay``, unless it is ``silent``."""

    def __init__(self, wheel: ManualWheel) -> None:
        self.wheel = wheel
        self.controller: Controller
        self.up = False
        self.reachable = True
        self.silent: Callable[[str], bool] = lambda _action: False
        self.delay = 0.01
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[Any] = []
        self._connection = 0

    # As the controller sees it

    def open(self) -> None:
        if self.reachable and not self.up:
            self.up = True
            self._connection += 1
            self.controller.opened()

    def close(self) -> None:
        if self.up:
            self.up = False
            self.controller.closed()

    abort = close

    async def stopped(self) -> None:
        """Nothing is under way."""

    def password(self, _secret: str) -> None:
        """There is none."""

    def send(self, data: bytes) -> None:
        frame = json.loads(data)
        if frame[0] != 2:
            self.answers.append(frame)
            return
        _, number, action, payload = frame
        self.calls.append((action, payload))
        if not self.silent(action):
            connection = self._connection
            self.wheel.after(self.delay, lambda: self._answer(connection, number, action, payload))

    # As the test sees it

    def said(self, action: str) -> list[dict[str, Any]]:
        return [payload for name, payload in self.calls if name == action]

    def ask(self, action: str, payload: dict[str, Any]) -> Any:
        """Send a CALL; the frame of the answer, None if there was none."""
        self.answers.clear()
        self.controller.heard(json.dumps([2, f"ask-{len(self.calls)}", action, payload]).encode())
        return self.answers[0] if self.answers else None

    def _answer(self, connection: int, id: str, action: str, payload: dict[str, Any]) -> None:
        if self.up and connection == self._connection:
            answer = self.usual(action, payload)
            self.controller.heard(json.dumps([3, id, answer]).encode())

    def usual(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        match action:
            case "BootNotification":
                return {"currentTime": NOW, "interval": 300, "status": "Accepted"}
            case "Heartbeat":
                return {"currentTime": NOW}
            case "Authorize" | "StartTransaction" | "TransactionEvent":
                return self._judge(action, payload)
            case _:
                return {}

    def _judge(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        if "idTag" in payload:
            start = {"transactionId": len(self.calls)} if action == "StartTransaction" else {}
            return {"idTagInfo": {"status": "Accepted"}, **start}
        return {"idTokenInfo": {"status": "Accepted"}} if "idToken" in payload else {}


class Bench:
    """A controller, its paper server and its witness, at simulated second 0."""

    def __init__(self, version: str = "v201", seed: int = 1, **settings: str) -> None:
        self.wheel = ManualWheel()
        self.server = PaperServer(self.wheel)
        self.witness = Witness(heard=lambda: None)
        names = {name.replace("__", "."): value for name, value in settings.items()}
        self.controller = Controller(
            Profile(identity="BENCH", url="ws://nowhere/", version=version, settings=names),  # type: ignore[arg-type]
            Parts(
                clock=Clock(self.wheel),
                dice=Random(seed),
                dialect=DIALECTS[version],  # type: ignore[index]
                answer=ANSWERS[version],  # type: ignore[index]
                observer=self.witness,
                flash=Flash(),
                saved=lambda: None,
                features=FEATURES,
            ),
        )
        self.controller.wire = self.server
        self.server.controller = self.controller

    def boot(self) -> "Bench":
        self.controller.power_on()
        self.wheel.turn(1)
        return self
