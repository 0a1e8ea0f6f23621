"""Configuration: a Struct filled from the environment, with errors that say what to type."""

import os
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta

from libs.runtime.log import HIDDEN, PASSWORD_IN_URL, SECRET

PREFIX = "VOLTBUS_"
ConfigT = TypeVar("ConfigT", bound=msgspec.Struct)
YES = frozenset({"true", "1", "yes", "on"})
NO = frozenset({"false", "0", "no", "off"})
EXAMPLES: Mapping[str, str] = {
    "nats_url": "nats://127.0.0.1:4222",
    "postgres_dsn": "postgresql://voltbus:password@127.0.0.1:5432/voltbus",
}


class CannotStart(Exception):
    """What somebody must mend before the process can start, in sentences: trying again is idle."""


class ConfigError(CannotStart):
    """What is wrong with the environment, one sentence per variable."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def cannot_listen(host: str, port: int, error: OSError, variable: str) -> ConfigError:
    """Of an address that cannot be had; ``variable`` (without prefix) is where the port is set."""
    number = error.errno or 0
    reason = os.strerror(number) if number > 0 else str(error)
    return ConfigError(
        [f"Cannot listen on {host}:{port} ({reason}); set {PREFIX}{variable} to a free port."]
    )


@dataclass(frozen=True)
class Variable:
    """One setting as its operator sees it."""

    name: str
    kind: str
    default: str | None
    """As it would be typed; None when it must be given."""
    help: str


def load(
    config_type: type[ConfigT], environment: Mapping[str, str] = os.environ, prefix: str = PREFIX
) -> ConfigT:
    """A config from ``{PREFIX}{FIELD}``, or from the file named by ``{PREFIX}{FIELD}_FILE``.

    An empty variable counts as not set. Lists are separated by commas. ConfigError names all faults
    at once.
    """
    values: dict[str, Any] = {}
    faults: list[str] = []
    for field in msgspec.structs.fields(config_type):
        variable = prefix + field.name.upper()
        try:
            text = _text(variable, environment)
            if text is not None:
                values[field.name] = _convert(variable, text, field)
            elif field.required:
                faults.append(
                    f"{variable} is not set; set it to {_kind(field.type)}, "
                    f"for example {_example(variable, field)}."
                )
        except Fault as fault:
            faults.append(str(fault))
    if faults:
        raise ConfigError(faults)
    try:
        return config_type(**values)
    except (ValueError, TypeError) as error:
        raise ConfigError([f"The settings do not fit together: {error}"]) from error


def describe(config_type: type[msgspec.Struct], prefix: str = PREFIX) -> list[Variable]:
    """The variables of a config, for help texts; a field's is its ``Meta(description=...)``."""
    return [
        Variable(
            name=prefix + field.name.upper(),
            kind=_kind(field.type),
            default=None if field.required else _default(field),
            help=_meta(field.type).description or "",
        )
        for field in msgspec.structs.fields(config_type)
    ]


class Fault(Exception):
    """What is wrong with one variable."""


def _text(variable: str, environment: Mapping[str, str]) -> str | None:
    text = environment.get(variable) or None
    path = environment.get(f"{variable}_FILE") or None
    if path is None:
        return text
    if text is not None:
        raise Fault(f"{variable} and {variable}_FILE are both set; set only one of them.")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Fault(f"{variable}_FILE names {path}, which cannot be read: {error}.") from error


def _convert(variable: str, text: str, field: msgspec.structs.FieldInfo) -> Any:
    kind = _plain(field.type)
    value: Any = text
    if kind is bool:
        value = True if text.lower() in YES else False if text.lower() in NO else text
    elif get_origin(kind) in {list, tuple, set, frozenset}:
        value = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return msgspec.convert(value, field.type, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        got = (
            HIDDEN if _is_secret(field.name) else repr(PASSWORD_IN_URL.sub(rf"\1:{HIDDEN}@", text))
        )
        raise Fault(
            f"{variable} is {got}, but must be {_kind(field.type)} ({error}); "
            f"for example {_example(variable, field)}."
        ) from error


def _path(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(f"A setting cannot be a {kind.__name__}.")


def _is_secret(name: str) -> bool:
    return SECRET.search(name) is not None


def _plain(kind: Any) -> Any:
    """A type without its annotations and without None."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    if get_origin(kind) in {Union, types.UnionType}:
        named = [each for each in get_args(kind) if each is not type(None)]
        return _plain(named[0]) if len(named) == 1 else kind
    return kind


def _meta(kind: Any) -> Meta:
    if get_origin(kind) is Annotated:
        return next((each for each in get_args(kind)[1:] if isinstance(each, Meta)), Meta())
    return Meta()


def _kind(kind: Any) -> str:
    plain = _plain(kind)
    if get_origin(plain) is Literal:
        return "one of " + ", ".join(str(each) for each in get_args(plain))
    if get_origin(plain) in {list, tuple, set, frozenset}:
        return "a list separated by commas"
    names = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "a text",
        Path: "a path",
    }
    return names.get(plain, str(plain))


def _example(variable: str, field: msgspec.structs.FieldInfo) -> str:
    plain = _plain(field.type)
    given = _meta(field.type).examples
    if given:
        value = str(given[0])
    elif field.name in EXAMPLES:
        value = EXAMPLES[field.name]
    elif not field.required and _default(field):
        value = _default(field)
    elif get_origin(plain) is Literal:
        value = str(get_args(plain)[0])
    else:
        value = {bool: "true", int: "10", float: "2.5", Path: "/run/secrets/file"}.get(
            plain, "text"
        )
    return f"{variable}={value}"


def _default(field: msgspec.structs.FieldInfo) -> str:
    value = field.default if field.default is not NODEFAULT else field.default_factory()
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(str(each) for each in cast("list[Any]", value))
    return str(value)
