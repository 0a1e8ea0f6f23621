"""Structured logs: a constant event and its fields, as JSON lines or for people at a terminal."""

import json
import logging
import re
import sys
import traceback
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal, LiteralString, TextIO, cast

Format = Literal["json", "human"]
Level = Literal["debug", "info", "warning", "error"]

ROOT = "voltbus"
TEXT_MAX = 4_000
"""Characters of one value; what is longer is cut."""
SECRET = re.compile(
    r"password|passwd|secret|authorization|credential|private_key|token$|api_key|cookie|dsn",
    re.IGNORECASE,
)
PASSWORD_IN_URL = re.compile(r"(\w://[^\s:/@]*):[^\s@/]+@")
HIDDEN = "***"

EMPTY: Mapping[str, Any] = MappingProxyType({})
_context: ContextVar[Mapping[str, Any]] = ContextVar("log context", default=EMPTY)


class Logger:
    """Writes events of one service or library: constants; what differs goes into fields."""

    __slots__ = ("_inner",)

    def __init__(self, name: str) -> None:
        self._inner = logging.getLogger(f"{ROOT}.{name}")

    def debug(self, event: LiteralString, **fields: Any) -> None:
        self._write(logging.DEBUG, event, fields)

    def info(self, event: LiteralString, **fields: Any) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: LiteralString, **fields: Any) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: LiteralString, **fields: Any) -> None:
        self._write(logging.ERROR, event, fields)

    def exception(self, event: LiteralString, **fields: Any) -> None:
        """An error with the traceback of the exception that is being handled."""
        self._write(logging.ERROR, event, fields, with_traceback=True)

    def _write(
        self, level: int, event: str, fields: dict[str, Any], *, with_traceback: bool = False
    ) -> None:
        if self._inner.isEnabledFor(level):
            extra = {"fields": {**_context.get(), **fields}}
            self._inner.log(level, event, extra=extra, exc_info=with_traceback)


def get(name: str) -> Logger:
    """The logger of a service or library."""
    return Logger(name)


@contextmanager
def context(**fields: Any) -> Generator[None]:
    """Fields that every event inside carries, in this task and the tasks it starts."""
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def configure(
    level: Level = "info", style: Format | None = None, stream: TextIO | None = None
) -> None:
    """Send all logs of the process to ``stream`` (standard error), at a terminal for people."""
    out = stream or sys.stderr
    chosen = style or ("human" if out.isatty() else "json")
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines() if chosen == "json" else Readable(colour=out.isatty()))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(ROOT).setLevel(level.upper())


class JsonLines(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": _name(record),
            "event": _safe_text(record.getMessage()),
            **_fields(record),
        }
        if record.exc_info:
            line["traceback"] = _traceback(record)
        return json.dumps(line, ensure_ascii=False, default=lambda value: _safe_text(str(value)))


class Readable(logging.Formatter):
    """One line per event for people; the traceback below it."""

    COLOURS: Mapping[str, str] = {
        "WARNING": "\x1b[33m",
        "ERROR": "\x1b[31m",
        "CRITICAL": "\x1b[31m",
    }

    def __init__(self, *, colour: bool) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={_readable(value)}" for name, value in _fields(record).items())
        event = _safe_text(record.getMessage())
        line = (
            f"{_time(record)[11:23]} {record.levelname[:4]:4} {_name(record):14} {event} {fields}"
        )
        if self._colour and record.levelname in self.COLOURS:
            line = f"{self.COLOURS[record.levelname]}{line}\x1b[0m"
        return f"{line.rstrip()}\n{_traceback(record)}" if record.exc_info else line.rstrip()


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _name(record: logging.LogRecord) -> str:
    return record.name.removeprefix(f"{ROOT}.")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = getattr(record, "fields", {})
    return {name: HIDDEN if SECRET.search(name) else _safe(value) for name, value in fields.items()}


def _safe(value: Any) -> Any:
    if isinstance(value, bool | int | float | None):
        return value
    if isinstance(value, bytes):
        return _safe_text(value.decode(errors="replace"))
    if isinstance(value, dict):
        pairs = cast("dict[Any, Any]", value).items()
        return {str(k): HIDDEN if SECRET.search(str(k)) else _safe(v) for k, v in pairs}
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe(each) for each in cast("list[Any]", value)]
    return _safe_text(str(value))


def _safe_text(text: str) -> str:
    text = PASSWORD_IN_URL.sub(rf"\1:{HIDDEN}@", text) if "://" in text else text
    return text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}… ({len(text)} characters)"


def _readable(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    plain = text and not any(c.isspace() or c in '"=' for c in text) and text.isprintable()
    return text if plain else json.dumps(text, ensure_ascii=False)


def _traceback(record: logging.LogRecord) -> str:
    assert record.exc_info is not None
    return _safe_text("".join(traceback.format_exception(*record.exc_info)).rstrip())
