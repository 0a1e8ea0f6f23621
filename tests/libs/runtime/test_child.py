import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from libs.runtime.child import Child

STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
PARENT = """
import os, signal, sys, time
from pathlib import Path
from libs.runtime.child import Child
if "deaf" in sys.argv:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
child = Child(["sleep", "60"], death_signal=signal.SIGINT)
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""


async def until_said(log: Path, text: str) -> None:
    async with asyncio.timeout(10):
        while not log.exists() or text not in log.read_text():
            await asyncio.sleep(0.01)


def ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_a_child_writes_its_log_and_tells_its_code(tmp_path: Path) -> None:
    child = Child(["sh", "-c", "echo out; echo err >&2; exit 3"], log=tmp_path / "log")
    child.start()
    assert await child.wait() == 3
    assert child.returncode == 3
    assert child.tail() == "out\nerr"
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


async def test_a_child_stops_when_asked() -> None:
    child = Child(["sleep", "60"])
    child.start()
    assert child.running
    assert await child.stop() == -signal.SIGTERM
    assert not child.running
    assert await child.stop() == -signal.SIGTERM


async def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    child = Child(["sh", "-c", STUBBORN], log=tmp_path / "log")
    child.start()
    await until_said(tmp_path / "log", "ready")
    assert await child.stop(grace=0.1) == -signal.SIGKILL


@pytest.mark.parametrize("ear", ["open", "deaf"])
def test_a_child_dies_with_a_parent_that_is_killed(ear: str) -> None:
    """A shell starts what it leaves in the background deaf to SIGINT, and that is inherited."""
    argv = [sys.executable, "-c", PARENT, ear]
    parent = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert not ended(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while not ended(pid):
        assert time.monotonic() < deadline, "the child outlived its parent"
        time.sleep(0.01)


async def test_ctrl_c_at_the_terminal_does_not_reach_a_child() -> None:
    """The terminal signals a whole process group: services would lose the database too soon."""
    child = Child(["sleep", "60"])
    child.start()
    assert os.getpgid(child.pid) != os.getpgid(0)
    await child.stop()


def test_only_the_main_thread_may_start_a_child() -> None:
    """Linux takes the end of the thread that forked for the end of the parent."""
    errors: list[Exception] = []

    def start() -> None:
        try:
            Child(["sleep", "60"]).start()
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "must be started from the main thread" in str(errors[0])


async def test_what_was_not_started_says_so() -> None:
    with pytest.raises(RuntimeError, match="sleep has not been started"):
        await Child(["sleep", "1"]).stop()


async def test_a_program_that_is_missing_is_an_oserror() -> None:
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        Child(["no-such-program"]).start()
