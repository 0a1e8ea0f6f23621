"""A process that dies with its parent, even when the parent is killed."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.02
LOG_TAIL_BYTES = 4_000

LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class User:
    """The account that a child drops to; supplementary groups are dropped with it."""

    uid: int
    gid: int


class Child:
    """One process, which gets ``death_signal`` when its parent ends, in whatever way.

    It has a session of its own, so that Ctrl-C in a terminal reaches the parent only, which then
    stops its children in order. Output goes to ``log`` (appended), or nowhere. ``keep`` are file
    descriptors that it inherits.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        log: Path | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | str = "/",
        user: User | None = None,
        death_signal: signal.Signals = signal.SIGTERM,
        keep: Sequence[int] = (),
    ) -> None:
        self.argv = [str(part) for part in argv]
        self.log = log
        self.env = env
        self.cwd = cwd
        self.user = user
        self.death_signal = death_signal
        self.keep = tuple(keep)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; the process must have been started."""
        return self._started().pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return None if self._process is None else self._process.poll()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Fork and execute. OSError says when the program cannot be executed.

        Linux sends the death signal when the *thread* that forked ends: only the main one may.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(
                f"{self.argv[0]} must be started from the main thread: it would die with this one."
            )
        out = subprocess.DEVNULL if self.log is None else os.open(self.log, LOG_FLAGS, 0o600)
        user = self.user
        try:
            self._process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=None if self.env is None else dict(self.env),
                cwd=self.cwd,
                user=None if user is None else user.uid,
                group=None if user is None else user.gid,
                extra_groups=None if user is None else [],
                start_new_session=True,
                pass_fds=self.keep,
                preexec_fn=_die_with_parent(self.death_signal),  # noqa: PLW1509 - takes no lock
            )
        finally:
            if out >= 0:
                os.close(out)

    async def wait(self) -> int:
        """Wait until it ends; its return code."""
        process = self._started()
        if sys.platform == "linux":
            descriptor = os.pidfd_open(process.pid)
            ended = asyncio.Event()
            loop = asyncio.get_running_loop()
            loop.add_reader(descriptor, ended.set)
            try:
                await ended.wait()
            finally:
                loop.remove_reader(descriptor)
                os.close(descriptor)
            return process.wait()
        while (code := process.poll()) is None:  # noqa: ASYNC110 - nothing tells us here
            await asyncio.sleep(POLL_SECONDS)
        return code

    async def stop(self, ask: signal.Signals = signal.SIGTERM, grace: float = 10.0) -> int:
        """Ask it to end, kill it after ``grace`` seconds; its return code. Idempotent."""
        process = self._started()
        if process.poll() is None:
            process.send_signal(ask)
            try:
                return await asyncio.wait_for(self.wait(), grace)
            except TimeoutError:
                process.kill()
        return await self.wait() if process.poll() is None else process.wait()

    def tail(self) -> str:
        """The last lines of its log, for an error text."""
        if self.log is None or not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - LOG_TAIL_BYTES))
            return file.read().decode(errors="replace").strip()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.argv[0]} has not been started.")
        return self._process


LOG_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def prepare() -> None:
        if sys.platform != "linux":
            return
        # Who is started in the background of a shell ignores SIGINT, and so would its children.
        for each in (signal.SIGINT, signal.SIGQUIT, death_signal):
            signal.signal(each, signal.SIG_DFL)
        LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal))
        # The parent may have died between fork and prctl: then no signal would ever come.
        if os.getppid() != parent:
            os._exit(1)

    return prepare
