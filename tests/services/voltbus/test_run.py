"""`make run`: the platform comes up, charges, stops in time, and finds yesterday's data."""

import asyncio
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from libs.postgres.embedded import PostgresServer
from tests.services.voltbus.started import Started, free_port, started, until, voltbus

STOP_SECONDS_MAX = 5


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with started(tmp_path_factory.mktemp("run") / "home") as platform:
        yield platform


def test_it_prints_where_everything_listens(platform: Started) -> None:
    for told in (
        f"ws://127.0.0.1:{platform.ports['OCPP_PORT']}/{{identity}}",
        f"{platform.api}/api/v1/",
        f"nats://127.0.0.1:{platform.ports['NATS_PORT']}",
        f"data         {platform.home}",
        "voltbus call SIM-",
        f"export VOLTBUS_API_URL={platform.api} VOLTBUS_NATS_URL=nats://",
        "Ctrl-C",
    ):
        assert told in platform.said
    password = (platform.home / "postgres" / "password").read_text().strip()
    assert password not in platform.said


def test_simulated_stations_charge(platform: Started) -> None:
    """The station of each version is online, and its sessions appear in the ledger."""
    stations = until(lambda: [s for s in platform.get("stations")["items"] if s["online"]])
    until(lambda: len(platform.get("stations?online=true")["items"]) == 3)
    assert all(station["id"].startswith("SIM-") for station in stations)

    def versions() -> bool:
        sessions = platform.get("transactions")["items"]
        return {s["version"] for s in sessions} == {"v16", "v201", "v21"}

    assert until(versions, 30)
    assert platform.get("health")["status"] == "ok"


def test_nothing_listens_beyond_loopback(platform: Started) -> None:
    listening = [
        connection.laddr.ip
        for process in platform.family
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 4
    assert {ip for ip in listening if ip not in {"127.0.0.1", "::1"}} == set()


def test_a_password_is_readable_by_its_owner_only(platform: Started) -> None:
    assert (platform.home / "postgres" / "password").stat().st_mode & 0o077 == 0


def test_the_commands_speak_to_it(platform: Started) -> None:
    until(lambda: len(platform.get("stations?online=true")["items"]) == 3)
    listed = platform.voltbus("stations")
    assert listed.returncode == 0
    head, *rows = listed.stdout.splitlines()
    assert head.split() == ["STATION", "ONLINE", "OCPP", "MODEL", "FIRMWARE", "CONNECTORS"]
    assert [row.split()[:3] for row in rows] == [
        ["SIM-00001", "online", "1.6"],
        ["SIM-00002", "online", "2.0.1"],
        ["SIM-00003", "online", "2.1"],
    ]
    called = platform.voltbus(
        "call", "SIM-00001", "GetConfiguration", '{"key":["HeartbeatInterval"]}'
    )
    assert (called.returncode, '"HeartbeatInterval"' in called.stdout) == (0, True)
    wrong = platform.voltbus("call", "SIM-00002", "Reset", '{"type":"Hard"}')
    assert wrong.returncode == 2
    assert "/type" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_a_port_that_is_taken_is_named_with_its_variable(platform: Started, tmp_path: Path) -> None:
    taken = str(platform.ports["HTTP_PORT"])
    others = {f"VOLTBUS_{name}": str(free_port()) for name in platform.ports}
    ports = others | {"VOLTBUS_HTTP_PORT": taken}
    second = voltbus("run", VOLTBUS_HOME=str(tmp_path), **ports)
    assert second.returncode == 2
    assert second.stderr.strip().endswith("set VOLTBUS_HTTP_PORT to a free port.")
    assert "Traceback" not in second.stderr


def test_a_home_is_for_one_platform(platform: Started) -> None:
    ports = {f"VOLTBUS_{name}": "0" for name in platform.ports}
    free = {name: str(29_990 + place) for place, name in enumerate(ports)}
    second = voltbus("run", VOLTBUS_HOME=str(platform.home), **free)
    assert (second.returncode, second.stderr) == (
        1,
        f"Voltbus already runs in {platform.home}; stop it, or set VOLTBUS_HOME.\n",
    )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_in_time_and_finds_its_data_again(tmp_path: Path, how: signal.Signals) -> None:
    home = tmp_path / "home"
    with started(home) as first:
        until(lambda: first.get("transactions")["items"], 30)
        before = {session["id"] for session in first.get("transactions")["items"]}
        assert first.end(how) < STOP_SECONDS_MAX
        assert first.process.returncode == 0
        assert first.said.endswith("Voltbus has stopped.\n")
    with started(home, SIMULATE=0) as second:
        sessions: list[dict[str, Any]] = second.get("transactions?limit=500")["items"]
        assert before <= {session["id"] for session in sessions}
        assert len(second.get("stations")["items"]) == 3
        assert second.end(how) < STOP_SECONDS_MAX


def test_killed_it_leaves_no_server_behind_and_loses_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with started(home) as first:
        until(lambda: first.get("transactions")["items"], 30)
        before = {session["id"] for session in first.get("transactions")["items"]}
        servers = [process.name() for process in first.family[1:]]
        assert any("postgres" in name for name in servers)
        assert any("nats-server" in name for name in servers)
        first.end(signal.SIGKILL)
    with started(home, SIMULATE=0) as second:
        sessions = second.get("transactions?limit=500")["items"]
        assert before <= {session["id"] for session in sessions}


def test_data_of_another_version_are_refused_at_once(tmp_path: Path) -> None:
    """And not tried for a minute: neither the files nor the data will change by themselves."""
    home = tmp_path / "home"
    with started(home, SIMULATE=0) as first:
        first.end()
    asyncio.run(forge_a_migration(home / "postgres"))
    second = Started(home, SIMULATE=0)
    assert second.process.wait(20) == 2, second.said
    assert "voltbus cannot start:\nMigration 0001_" in second.said
    assert "Traceback" not in second.said


async def forge_a_migration(home: Path) -> None:
    server = PostgresServer(home)
    await server.start()
    try:
        connection = await asyncpg.connect(server.dsn)
        await connection.execute("UPDATE devices.migration SET sha256 = repeat('0', 64)")
        await connection.close()
    finally:
        await server.stop()


@pytest.mark.parametrize("server", ["nats-server", "postgres"])
def test_a_server_that_dies_is_started_again(tmp_path: Path, server: str) -> None:
    """On its port, with its data; the services connect again by themselves."""
    with started(tmp_path / "home") as platform:
        until(lambda: platform.get("transactions")["items"], 30)
        before = {session["id"] for session in platform.get("transactions?limit=500")["items"]}
        [victim] = [p for p in platform.family[1:] if is_first(p, server)]
        victim.kill()
        until(lambda: "server is back" in platform.said)
        until(lambda: platform.health() == "ok")

        def more() -> bool:
            sessions = platform.get("transactions?limit=500")["items"]
            return before < {session["id"] for session in sessions}

        assert until(more, 60)
        assert "service failed" not in platform.said
        platform.look_at_family()
        assert platform.end() < STOP_SECONDS_MAX
        assert platform.process.returncode == 0


def is_first(process: psutil.Process, name: str) -> bool:
    """Not one that PostgreSQL started."""
    parent = process.parent()
    return process.name() == name and (parent is None or parent.name() != name)


def test_told_to_stop_while_it_starts_it_stops(tmp_path: Path) -> None:
    early = Started(tmp_path / "home")
    until(lambda: "is starting" in early.said)
    time.sleep(0.3)
    early.process.send_signal(signal.SIGINT)
    assert early.process.wait(10) == 0, early.said
    assert "Traceback" not in early.said
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", early.ports["NATS_PORT"])) != 0
