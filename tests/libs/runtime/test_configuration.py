from pathlib import Path
from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct

from libs.runtime.configuration import ConfigError, Variable, describe, load


class Config(Struct, frozen=True, kw_only=True):
    postgres_dsn: str
    nats_url: str = "nats://127.0.0.1:4222"
    health_port: Annotated[int, Meta(ge=0, le=65_535, description="0: none")] = 0
    call_timeout_seconds: float = 30
    demo_tokens: bool = False
    mode: Literal["open", "closed"] = "closed"
    certificate: Path | None = None
    origins: tuple[str, ...] = ()


DSN = "postgresql://u:secret@db/x"


def faults(**environment: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(Config, {"VOLTBUS_POSTGRES_DSN": DSN} | environment)
    return raised.value.faults


def test_fields_come_from_prefixed_variables() -> None:
    environment = {
        "VOLTBUS_POSTGRES_DSN": DSN,
        "VOLTBUS_HEALTH_PORT": "9100",
        "VOLTBUS_CALL_TIMEOUT_SECONDS": "2.5",
        "VOLTBUS_DEMO_TOKENS": "yes",
        "VOLTBUS_MODE": "open",
        "VOLTBUS_CERTIFICATE": "/tls/cert.pem",
        "VOLTBUS_ORIGINS": "https://a, https://b,",
        "OTHER_NATS_URL": "ignored",
    }
    assert load(Config, environment) == Config(
        postgres_dsn=DSN,
        health_port=9100,
        call_timeout_seconds=2.5,
        demo_tokens=True,
        mode="open",
        certificate=Path("/tls/cert.pem"),
        origins=("https://a", "https://b"),
    )


def test_an_empty_variable_counts_as_not_set() -> None:
    """Compose passes ``${NAME:-}`` on as an empty text."""
    environment = {"VOLTBUS_POSTGRES_DSN": DSN, "VOLTBUS_HEALTH_PORT": "", "VOLTBUS_NATS_URL": ""}
    assert load(Config, environment) == Config(postgres_dsn=DSN)


def test_a_secret_is_the_text_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text(f"{DSN}\n")
    assert load(Config, {"VOLTBUS_POSTGRES_DSN_FILE": str(tmp_path / "dsn")}).postgres_dsn == DSN


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match="VOLTBUS_POSTGRES_DSN_FILE names /nowhere, which cannot"):
        load(Config, {"VOLTBUS_POSTGRES_DSN_FILE": "/nowhere"})


def test_a_variable_and_its_file_exclude_each_other() -> None:
    assert faults(VOLTBUS_POSTGRES_DSN_FILE="/x") == [
        "VOLTBUS_POSTGRES_DSN and VOLTBUS_POSTGRES_DSN_FILE are both set; set only one of them."
    ]


def test_all_faults_are_told_at_once_with_what_to_type() -> None:
    with pytest.raises(ConfigError) as raised:
        load(Config, {"VOLTBUS_HEALTH_PORT": "http", "VOLTBUS_MODE": "ajar"})
    assert str(raised.value) == (
        "VOLTBUS_POSTGRES_DSN is not set; set it to a text, for example "
        "VOLTBUS_POSTGRES_DSN=postgresql://voltbus:password@127.0.0.1:5432/voltbus.\n"
        "VOLTBUS_HEALTH_PORT is 'http', but must be a whole number (Expected `int`, got `str`); "
        "for example VOLTBUS_HEALTH_PORT=0.\n"
        "VOLTBUS_MODE is 'ajar', but must be one of open, closed (Invalid enum value 'ajar'); "
        "for example VOLTBUS_MODE=closed."
    )


def test_a_number_out_of_range_is_refused() -> None:
    (fault,) = faults(VOLTBUS_HEALTH_PORT="70000")
    assert "VOLTBUS_HEALTH_PORT is '70000', but must be a whole number" in fault
    assert "65535" in fault


def test_a_word_that_is_neither_yes_nor_no_is_refused() -> None:
    assert "must be true or false" in faults(VOLTBUS_DEMO_TOKENS="maybe")[0]


def test_a_fault_never_shows_a_secret() -> None:
    class Secrets(Struct, frozen=True, kw_only=True):
        admin_password: Annotated[str, Meta(min_length=40)]
        upstream_url: Annotated[str, Meta(max_length=5)]

    environment = {
        "VOLTBUS_ADMIN_PASSWORD": "hunter2",
        "VOLTBUS_UPSTREAM_URL": "https://user:hunter2@host/",
    }
    with pytest.raises(ConfigError) as raised:
        load(Secrets, environment)
    assert "hunter2" not in str(raised.value)
    assert "https://user:***@host/" in str(raised.value)


def test_what_does_not_fit_together_is_told() -> None:
    class Pair(Struct, frozen=True):
        low: int = 0
        high: int = 10

        def __post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError("low is above high")

    with pytest.raises(ConfigError, match=r"do not fit together: low is above high"):
        load(Pair, {"VOLTBUS_LOW": "20"})


def test_variables_are_described_for_help_texts() -> None:
    listed = {variable.name: variable for variable in describe(Config)}
    assert listed["VOLTBUS_POSTGRES_DSN"].default is None
    assert listed["VOLTBUS_HEALTH_PORT"] == Variable(
        name="VOLTBUS_HEALTH_PORT", kind="a whole number", default="0", help="0: none"
    )
    assert listed["VOLTBUS_DEMO_TOKENS"].default == "false"
    assert listed["VOLTBUS_CERTIFICATE"].default == ""
