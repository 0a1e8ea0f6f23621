"""A real PostgreSQL server of our own, for one machine, development and tests.

Loopback only, with a generated password; data are kept between runs; it stops with its parent,
even when that is killed.
"""

import asyncio
import fcntl
import os
import secrets
import shutil
import signal
import socket
from pathlib import Path
from urllib.parse import quote

import asyncpg

from libs.postgres import binaries, identity
from libs.postgres.fault import transient
from libs.runtime.child import Child

USER = "voltbus"
DATABASE = "voltbus"
HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.02
LOG_MAX_BYTES = 10_000_000
CONNECTIONS_MAX = 200
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": str(CONNECTIONS_MAX),
    "jit": "off",
    "log_checkpoints": "off",
    "log_connections": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class StartFailed(Exception):
    """PostgreSQL did not start; the text says why."""


class PostgresServer:
    """PostgreSQL on ``home/data``, on a free port, kept over restarts, unless one is given.

    ``durable=False`` trades crash safety for speed: tests only. ``home`` holds the data folder
    (0700), the password (0600) and ``postgres.log``.
    """

    def __init__(self, home: Path, port: int | None = None, *, durable: bool = True) -> None:
        self.home = home.absolute()
        self.data = self.home / "data"
        self.port = port or 0
        self._durable = durable
        self._password = ""
        self._lock = -1
        self._child: Child | None = None

    @property
    def dsn(self) -> str:
        """The connection string of the database ``voltbus``."""
        return self.dsn_of(DATABASE)

    @property
    def pid(self) -> int | None:
        """The process id of the server while it runs."""
        return self._child.pid if self._child is not None and self._child.running else None

    def dsn_of(self, database: str) -> str:
        """The connection string of another database on this server."""
        return f"postgresql://{USER}:{self._password}@{HOST}:{self.port}/{quote(database)}"

    async def start(self) -> None:
        """Make the data folder if there is none, start the server, wait until it answers.

        NoPostgres, NoIdentity or StartFailed say in a sentence what is wrong.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        programs = binaries.find()
        runs_as = identity.choose(programs, self.home, self.data)
        self._lock = await _lock(self.home / "lock")
        try:
            self._password = _password(self.home / "password")
            if not self.data.exists():
                await self._initialise(programs, runs_as)
            runs_as.own(self.data)
            _remove_stale_pid(self.data)
            await self._launch(programs, runs_as)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Fast shutdown: sessions are ended, data are safe. Idempotent."""
        child, self._child = self._child, None
        if child is not None and child.running:
            await child.stop(signal.SIGINT, STOP_SECONDS)
        if self._lock >= 0:
            # Of a server that crashed, parts may hold the lock yet: who comes next waits for them.
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = -1

    async def ended(self) -> int:
        """Wait until the server that was started ends by itself; its return code."""
        if self._child is None:
            raise RuntimeError("PostgreSQL has not been started.")
        return await self._child.wait()

    async def create_database(self, name: str, template: str = "template0") -> str:
        """Make a database, as for a test; its connection string."""
        connection = await asyncpg.connect(self.dsn_of("postgres"))
        try:
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        finally:
            await connection.close()
        return self.dsn_of(name)

    async def drop_database(self, name: str) -> None:
        """Drop a database together with its sessions."""
        connection = await asyncpg.connect(self.dsn_of("postgres"))
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await connection.close()

    async def _initialise(self, programs: Path, runs_as: identity.Identity) -> None:
        # In a folder aside, so that a crash in here never leaves half a data folder behind.
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password = self.home / "password.new"
        password.unlink(missing_ok=True)
        _write_secret(password, self._password)
        runs_as.own(fresh)
        runs_as.own(password)
        command = [programs / "initdb", "-D", fresh, "-U", USER, "--pwfile", password]
        command += ["-A", "scram-sha-256", "-E", "UTF8", *_locale(programs), "--no-instructions"]
        command += [] if self._durable else ["--no-sync"]
        child = self._command(runs_as, command)
        child.start()
        try:
            code = await child.wait()
        finally:
            await child.stop(signal.SIGKILL)
            password.unlink()
        if code != 0:
            raise StartFailed(f"initdb failed with exit code {code}:\n{child.tail()}")
        fresh.rename(self.data)

    async def _launch(self, programs: Path, runs_as: identity.Identity) -> None:
        self.port = self.port or _free_port()
        settings = SETTINGS | {"port": str(self.port)} | ({} if self._durable else NOT_DURABLE)
        command: list[str | Path] = [programs / "postgres", "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        _rotate(self.home / "postgres.log")
        self._child = self._command(runs_as, command)
        self._child.start()
        await self._until_it_answers(self._child)

    def _command(self, runs_as: identity.Identity, command: list[str | Path]) -> Child:
        return Child(
            [*runs_as.prefix, *command],
            log=self.home / "postgres.log",
            user=runs_as.user,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            # PostgreSQL takes SIGINT for a fast shutdown: sessions end, data are written.
            death_signal=signal.SIGINT,
            keep=[self._lock],
        )

    async def _until_it_answers(self, child: Child) -> None:
        answers = asyncio.create_task(self._answers())
        ended = asyncio.create_task(child.wait())
        try:
            async with asyncio.timeout(START_SECONDS):
                await asyncio.wait({answers, ended}, return_when=asyncio.FIRST_COMPLETED)
            # Somebody else may answer on a port that ours could not have: its end comes first.
            if not child.running:
                raise StartFailed(f"PostgreSQL ended as it started:\n{child.tail()}")
            await answers
        except TimeoutError:
            raise StartFailed(
                f"PostgreSQL did not answer within {START_SECONDS:.0f} s:\n{child.tail()}"
            ) from None
        finally:
            answers.cancel()
            ended.cancel()

    async def _answers(self) -> None:
        while True:
            try:
                connection = await asyncpg.connect(self.dsn_of("postgres"))
            except asyncpg.InvalidPasswordError as error:
                raise StartFailed(
                    f"PostgreSQL on port {self.port} refuses the password in {self.home}/password: "
                    "restore that file, or choose another port if another server has this one."
                ) from error
            except Exception as error:
                if not transient(error):
                    raise
                await asyncio.sleep(POLL_SECONDS)
            else:
                break
        try:
            known = "SELECT 1 FROM pg_database WHERE datname = $1"
            if await connection.fetchval(known, DATABASE) is None:
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()


async def _lock(path: Path) -> int:
    """Take the lock of a home; the server inherits it, so it is held as long as either lives."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = asyncio.get_running_loop().time() + STOP_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode().strip()
            # A server whose parent was killed shuts down by itself: worth waiting for.
            if _alive(holder) or asyncio.get_running_loop().time() > deadline:
                os.close(descriptor)
                raise StartFailed(
                    f"PostgreSQL already runs on {path.parent}, started by process {holder}. "
                    "Stop that process, or use another folder (VOLTBUS_HOME)."
                ) from None
            await asyncio.sleep(POLL_SECONDS)
        else:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            return descriptor


def _alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _remove_stale_pid(data: Path) -> None:
    """Remove what a crash left, for its number may be another process by now.

    We hold the lock, so no server of ours runs here; one that somebody started by hand may.
    """
    path = data / "postmaster.pid"
    if not path.exists():
        return
    pid = path.read_text().partition("\n")[0].strip()
    try:
        serves_us = Path(f"/proc/{pid}/cwd").readlink() == data
    except OSError:
        serves_us = False
    if serves_us and _alive(pid):
        raise StartFailed(f"PostgreSQL already runs on {data} as process {pid}. Stop it first.")
    path.unlink()


def _password(path: Path) -> str:
    if not path.exists():
        fresh = path.with_suffix(".tmp")
        fresh.unlink(missing_ok=True)
        _write_secret(fresh, secrets.token_urlsafe(24))
        fresh.rename(path)
    return path.read_text().strip()


def _write_secret(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _locale(programs: Path) -> list[str]:
    # The built-in collation (since 17) sorts alike everywhere and never changes under an index.
    if binaries.major_version(programs) >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_MAX_BYTES:
        log.replace(log.with_suffix(".log.1"))
