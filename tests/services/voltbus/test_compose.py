"""docker-compose.yml says what the command understands and what the services can be told."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from libs.ocpp import dialect
from libs.runtime import Surroundings, describe
from services.devices.faults import load
from services.voltbus.options import parser
from services.voltbus.services import ALL, find
from tests.system import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()


def known(service: str) -> set[str]:
    names = {each.name for kind in (find(service).config, Surroundings) for each in describe(kind)}
    return names | {f"{name}_FILE" for name in names}


@pytest.mark.parametrize("service", sorted(ALL))
def test_a_container_starts_the_service_of_its_name(service: str) -> None:
    """`stations` is a command of its own, which lists them and ends."""
    asked = parser("0").parse_args(COMPOSE[service]["command"])
    assert (asked.command, asked.service) == ("serve", service)


@pytest.mark.parametrize("service", sorted(ALL))
def test_a_container_is_told_only_what_its_service_understands(service: str) -> None:
    own = set(COMPOSE[service]["environment"])
    # What all are told, some do not need.
    shared = {"VOLTBUS_NATS_URL", "VOLTBUS_POSTGRES_DSN"}
    assert own - known(service) - shared == set()


def test_what_the_image_sets_is_understood() -> None:
    set_there = {word.split("=")[0] for word in DOCKERFILE.split() if word.startswith("VOLTBUS_")}
    assert set_there
    for service in ALL:
        assert set_there - known(service) == set()


def test_what_compose_asks_for_is_in_the_example_and_nothing_else() -> None:
    example = (ROOT / "deploy" / "example.env").read_text()
    text = (ROOT / "docker-compose.yml").read_text()
    asked = set(re.findall(r"\$\{(\w+):", text)) - {"VOLTBUS_TAG", "VOLTBUS_SIMULATE"}
    assert asked == set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_folders_that_are_mounted_by_default_are_there_and_load() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    mounted = re.findall(r":-(\./deploy/\w+)\}:", text)
    assert sorted(mounted) == ["./deploy/dialects", "./deploy/vendors"]
    assert dialect.load(ROOT / mounted[0]).dialects == dialect.bundled().dialects
    assert load(ROOT / mounted[1])


def test_migrate_and_healthcheck_are_commands() -> None:
    asked = parser("0").parse_args(COMPOSE["migrate"]["command"])
    assert asked.command == "migrate"
    assert 'CMD ["voltbus", "healthcheck"]' in DOCKERFILE


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    kept = (ROOT / ".dockerignore").read_text().split()
    for line in DOCKERFILE.splitlines():
        words = line.split()
        if words[:1] == ["COPY"] and not words[1].startswith("--"):
            for name in words[1:-1]:
                assert Path(ROOT / name).exists()
                assert f"!{name}" in kept
