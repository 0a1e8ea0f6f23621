import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from libs.runtime import log

logger = log.get("edge")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def stream() -> io.StringIO:
    out = io.StringIO()
    log.configure("info", "json", out)
    return out


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line_with_its_fields(stream: io.StringIO) -> None:
    logger.info("station connected", station="CP 1", connections=3, versions=["v16"])
    (line,) = lines(stream)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "edge",
        "event": "station connected",
        "station": "CP 1",
        "connections": 3,
        "versions": ["v16"],
    }


def test_events_carry_the_context_they_happen_in(stream: io.StringIO) -> None:
    with log.context(tenant="acme"), log.context(station="CP1"):
        logger.info("call answered", action="Reset")
    logger.info("alone")
    inside, outside = lines(stream)
    assert (inside["tenant"], inside["station"], inside["action"]) == ("acme", "CP1", "Reset")
    assert "tenant" not in outside


def test_less_than_the_level_is_not_logged(stream: io.StringIO) -> None:
    logger.debug("frame received")
    assert lines(stream) == []


@pytest.mark.parametrize(
    "name", ["password", "auth_password", "postgres_dsn", "id_token", "Authorization", "secret"]
)
def test_secrets_are_hidden_by_the_name_of_their_field(stream: io.StringIO, name: str) -> None:
    logger.info("configured", **{name: "hunter2", "nested": {name: "hunter2"}})
    assert "hunter2" not in stream.getvalue()
    assert lines(stream)[0][name] == "***"


def test_passwords_in_urls_are_hidden_wherever_they_stand(stream: io.StringIO) -> None:
    try:
        raise ValueError("cannot reach nats://bus:hunter2@host:4222")
    except ValueError:
        logger.exception("connect failed", url="postgresql://u:hunter2@db/x")
    logging.getLogger("nats").warning("lost %s", "nats://bus:hunter2@host:4222")
    assert "hunter2" not in stream.getvalue()
    assert lines(stream)[0]["url"] == "postgresql://u:***@db/x"


def test_an_exception_brings_its_traceback(stream: io.StringIO) -> None:
    try:
        raise KeyError("seq_no")
    except KeyError:
        logger.exception("handler failed", action="Authorize")
    (line,) = lines(stream)
    assert line["level"] == "error"
    assert line["traceback"].startswith("Traceback")
    assert line["traceback"].endswith("KeyError: 'seq_no'")


def test_long_values_are_cut(stream: io.StringIO) -> None:
    logger.info("frame refused", payload="x" * 100_000)
    assert len(stream.getvalue()) < 5_000
    assert lines(stream)[0]["payload"].endswith("… (100000 characters)")


def test_other_libraries_log_warnings_in_the_same_shape(stream: io.StringIO) -> None:
    logging.getLogger("asyncio").info("chatter")
    logging.getLogger("asyncio").error("Task exception was never retrieved: %s", "x")
    (line,) = lines(stream)
    assert (line["logger"], line["event"]) == ("asyncio", "Task exception was never retrieved: x")


def test_people_read_one_line_per_event() -> None:
    out = io.StringIO()
    log.configure("info", "human", out)
    logger.warning("call timed out", action="Reset", reason="no answer", hostile="a\nb=c")
    assert out.getvalue()[13:] == (
        'WARN edge           call timed out action=Reset reason="no answer" hostile="a\\nb=c"\n'
    )


def test_people_are_chosen_at_a_terminal_and_json_elsewhere() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, pipe = Terminal(), io.StringIO()
    log.configure(stream=terminal)
    logger.info("here")
    log.configure(stream=pipe)
    logger.info("there")
    assert not terminal.getvalue().startswith("{")
    assert lines(pipe)[0]["event"] == "there"
