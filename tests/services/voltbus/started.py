"""``voltbus run`` as a user runs it: a process with a home and ports of its own."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil

from tests.system import ROOT, free_port

T = TypeVar("T")
START_SECONDS_MAX = 40


def until(ask: Callable[[], T], seconds: float = 20) -> T:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
    return answer


class Started:
    def __init__(self, home: Path, **settings: object) -> None:
        self.home = home
        self.ports = {"OCPP_PORT": free_port(), "HTTP_PORT": free_port(), "NATS_PORT": free_port()}
        told = {"HOME": home, "SIMULATE": 3, **self.ports, **settings}
        clean = {k: v for k, v in os.environ.items() if not k.startswith("VOLTBUS_")}
        self.environment = {
            **clean,
            **{f"VOLTBUS_{key}": str(value) for key, value in told.items()},
        }
        self.output = home.with_suffix(".out")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.voltbus", "run"],
                env=self.environment,
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.family: list[psutil.Process] = []

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.ports['HTTP_PORT']}"

    @property
    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def until_up(self) -> None:
        until(lambda: "Ctrl-C" in self.said or self.process.poll() is not None, START_SECONDS_MAX)
        assert self.process.poll() is None, self.said
        self.look_at_family()

    def look_at_family(self) -> None:
        main = psutil.Process(self.process.pid)
        self.family = [main, *main.children(recursive=True)]

    def health(self) -> str:
        """What the API says of the platform: ok or degraded."""
        with suppress(urllib.error.HTTPError):
            return self.get("health")["status"]
        return "degraded"

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.api}/api/v1/{path}", timeout=10) as answer:
            return json.load(answer)

    def voltbus(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command, against this platform."""
        nats = f"nats://127.0.0.1:{self.ports['NATS_PORT']}"
        told = {"VOLTBUS_API_URL": self.api, "VOLTBUS_NATS_URL": nats}
        return voltbus(*arguments, **told)

    def end(self, how: signal.Signals = signal.SIGINT) -> float:
        """Seconds until the process and all its children are gone; fails when one stays."""
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(20)
        until(lambda: not self.left())
        return time.monotonic() - began

    def left(self) -> list[psutil.Process]:
        return [p for p in self.family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


@contextmanager
def started(home: Path, **settings: object) -> Iterator[Started]:
    platform = Started(home, **settings)
    try:
        platform.until_up()
        yield platform
    finally:
        platform.process.kill()
        platform.process.wait()
        for process in platform.left():
            process.kill()


def voltbus(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("VOLTBUS_")}
    return subprocess.run(
        [sys.executable, "-m", "services.voltbus", *arguments],
        env={**clean, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
