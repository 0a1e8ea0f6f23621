"""The command says what it understands, and what went wrong in sentences."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from libs.bus.embedded import NatsServer
from libs.runtime import describe
from services.simulator.__main__ import Config as SimulatorConfig
from services.voltbus.commands import call, healthcheck, migrate, run, serve, stations, tail
from services.voltbus.options import SERVICES, SIMULATOR_OPTIONS, parser
from services.voltbus.services import ALL, migrations
from services.voltbus.settings import settings_of
from services.voltbus.table import table
from tests.services.voltbus.started import until, voltbus
from tests.system import free_port

DEAD = {"VOLTBUS_API_URL": "http://127.0.0.1:9", "VOLTBUS_NATS_URL": "nats://127.0.0.1:9"}


def test_it_has_a_version() -> None:
    said = voltbus("--version")
    assert (said.returncode, said.stdout.split()[0]) == (0, "voltbus")


def test_it_lists_its_commands_each_with_a_text() -> None:
    said = voltbus("--help")
    for name in ("run", *SERVICES, "serve", "simulate", "stations", "call", "tail", "migrate"):
        assert f"    {name}" in said.stdout


@pytest.mark.parametrize("name", ["run", "simulate", "stations", "call", "tail", "serve"])
def test_the_help_of_a_command_has_an_example(name: str) -> None:
    said = voltbus(name, "--help")
    assert (said.returncode, f"  voltbus {name}" in said.stdout) == (0, True)


def test_the_help_of_a_service_lists_its_settings() -> None:
    said = voltbus("edge", "--help")
    assert "VOLTBUS_OCPP_PORT" in said.stdout
    assert "VOLTBUS_LOG_LEVEL" in said.stdout
    assert "VOLTBUS_OPEN_REGISTRATION" in voltbus("serve", "stations", "--help").stdout
    assert "voltbus serve stations" in voltbus("serve", "--help").stdout


def test_every_command_has_its_module() -> None:
    """They are imported by name, and only when asked for."""
    modules = {"run": run, "call": call, "stations": stations, "tail": tail, "serve": serve}
    modules |= {"migrate": migrate, "healthcheck": healthcheck}
    given = {"call": ["A", "Reset"], "serve": ["edge"]}
    for name, module in modules.items():
        asked = parser("0").parse_args([name, *given.get(name, [])])
        assert asked.command == name
        assert callable(module.main)


def test_the_settings_of_every_service_are_told() -> None:
    for name in ALL:
        assert "VOLTBUS_HEALTH_PORT" in settings_of(name)


def test_every_service_has_its_command() -> None:
    assert {*SERVICES, "stations"} == set(ALL)
    assert set(migrations()) == {*ALL} - {"edge", "simulator"}


def test_the_options_of_the_simulator_are_settings_of_it() -> None:
    known = {variable.name for variable in describe(SimulatorConfig)}
    assert {variable for variable, _ in SIMULATOR_OPTIONS.values()} <= known


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "sentence"),
    [
        (["stations"], DEAD, 1, "Is Voltbus running? VOLTBUS_API_URL says where."),
        (["stations"], {"VOLTBUS_API_URL": "ftp://x"}, 2, "VOLTBUS_API_URL must begin with http"),
        (["call", "A", "Reset"], DEAD, 1, "Is Voltbus running?"),
        (["call", "A", "Reset", "{"], DEAD, 2, "The payload is not JSON"),
        (["call", "A", "Reset", "[]"], DEAD, 2, "must be a JSON object"),
        (["tail"], DEAD, 1, "No NATS at nats://127.0.0.1:9; VOLTBUS_NATS_URL says where it is."),
        (["migrate"], {}, 2, "VOLTBUS_POSTGRES_DSN is not set"),
        (["healthcheck", "--port", "9"], {}, 1, "Nothing answers at 127.0.0.1:9"),
        (["api"], {"VOLTBUS_POSTGRES_DSN": "x"}, 2, "VOLTBUS_API_TOKENS_FILE"),
        (["run"], {"VOLTBUS_OCPP_PORT": "many"}, 2, "VOLTBUS_OCPP_PORT is 'many'"),
        (["run"], {"VOLTBUS_HOME": "/proc/nowhere"}, 1, "VOLTBUS_HOME"),
        (["serve", "nothing"], {}, 2, "invalid choice: 'nothing'"),
        (["tail", "--action", "reset"], DEAD, 2, "has an action reset. Near: Reset."),
        (["migrate"], {"VOLTBUS_POSTGRES_DSN": "x"}, 2, "VOLTBUS_POSTGRES_DSN does not serve"),
    ],
)
def test_what_goes_wrong_is_a_sentence(
    arguments: list[str], environment: dict[str, str], code: int, sentence: str
) -> None:
    free = {f"VOLTBUS_{name}": str(free_port()) for name in ("OCPP_PORT", "HTTP_PORT", "NATS_PORT")}
    said = voltbus(*arguments, **{**free, **environment})
    assert sentence in said.stderr
    assert "Traceback" not in said.stderr
    assert said.returncode == code


@pytest.mark.parametrize("service", ["edge", "api"])
def test_a_port_that_a_service_cannot_have_is_a_sentence(
    nats: NatsServer, database: str, service: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = {"OCPP_PORT": port, "HTTP_PORT": port, "OPEN_API": "true"}
        said = voltbus(
            "serve",
            service,
            VOLTBUS_NATS_URL=nats.url,
            VOLTBUS_POSTGRES_DSN=database,
            **{f"VOLTBUS_{name}": value for name, value in told.items()},
        )
    variable = {"edge": "VOLTBUS_OCPP_PORT", "api": "VOLTBUS_HTTP_PORT"}[service]
    sentence = f"Cannot listen on 127.0.0.1:{port} (Address already in use); set {variable} to"
    assert sentence in said.stderr
    assert "Traceback" not in said.stderr
    assert said.returncode == 2


def test_a_database_that_a_service_cannot_use_is_a_sentence(nats: NatsServer) -> None:
    said = voltbus("devices", VOLTBUS_NATS_URL=nats.url, VOLTBUS_POSTGRES_DSN="x")
    assert "voltbus devices cannot start:\nVOLTBUS_POSTGRES_DSN does not serve: " in said.stderr
    assert "Traceback" not in said.stderr
    assert said.returncode == 2


def test_who_answers_with_something_else_is_told(nats: NatsServer) -> None:
    """A nats-server greets whoever connects, before any question."""
    place = nats.url.removeprefix("nats://")
    said = voltbus("stations", VOLTBUS_API_URL=f"http://{place}")
    assert (said.returncode, "Is Voltbus running?" in said.stderr) == (1, True)
    assert "Traceback" not in said.stderr


async def test_migrations_of_all_services_are_applied_once(database: str) -> None:
    first = voltbus("migrate", VOLTBUS_POSTGRES_DSN=database)
    assert first.returncode == 0, first.stderr
    assert [line.split(":")[0] for line in first.stdout.splitlines()] == list(migrations())
    assert "0001_idempotency.sql" in first.stdout
    second = voltbus("migrate", VOLTBUS_POSTGRES_DSN=database)
    assert {line.split(": ")[1] for line in second.stdout.splitlines()} == {"up to date"}


def test_a_service_that_is_ready_is_healthy(nats: NatsServer, tmp_path: Path) -> None:
    port = free_port()
    told = {
        "VOLTBUS_NATS_URL": nats.url,
        "VOLTBUS_OCPP_PORT": str(free_port()),
        "VOLTBUS_HEALTH_PORT": str(port),
    }
    with (tmp_path / "edge.log").open("wb") as log:
        edge = subprocess.Popen(
            [sys.executable, "-m", "services.voltbus", "edge"],
            env={**os.environ, **told},
            stdout=log,
            stderr=log,
        )
    try:
        until(lambda: voltbus("healthcheck", VOLTBUS_HEALTH_PORT=str(port)).returncode == 0)
        assert voltbus("healthcheck", "--port", str(port)).stdout == "Ready: edge.\n"
    finally:
        edge.terminate()
    assert edge.wait(20) == 0


def test_a_table_is_as_wide_as_it_needs() -> None:
    assert table(["A", "LONG"], [["long cell", "x"], ["y", "z"]]) == (
        "A          LONG\nlong cell  x\ny          z"
    )
