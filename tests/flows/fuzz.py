"""Requests made from the OpenAPI document of a running platform, and what its answers break.

Each operation is called with what its schema allows and with what it forbids. What lists show is
used as names in later paths, so that requests reach things that exist.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

load_all_checks()

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
ORDER = ("get", "post", "put", "get", "delete")
"""Lists first, whose items are names for the others."""
SECONDS_MAX = 20
TENANT = {"tenant", "Voltbus-Tenant"}
REGISTRY = "/api/v1/stations/{station}"
MEMBERS = ("type", "title", "code", "hint", "detail")
USUAL = {"action": "ClearCache", "code": "not_found", "token": "DEMO0001"}
PROBLEM = "application/problem+json"


class Finding(NamedTuple):
    operation: str
    what: str
    how: str
    """The request again, for a shell."""

    def __str__(self) -> str:
        return f"{self.operation}: {self.what}\n    {self.how}"


class Fuzz:
    """``stations`` are there and answer; ``spare`` may be changed and removed."""

    def __init__(self, document: dict[str, Any], url: str, stations: list[str]) -> None:
        self.document = document
        self.url = url
        self.stations = stations
        self.known: dict[str, list[dict[str, Any]]] = defaultdict(list)
        """By the path of a list, its items."""
        self.findings: dict[tuple[str, str], Finding] = {}
        self.codes: set[str] = set()
        self.calls = 0
        self.answered: dict[str, set[int]] = defaultdict(set)
        """By operation, the statuses that it answered."""

    def run(self, examples: int) -> None:
        own = schemathesis.openapi.from_dict(without_tenant(self.document))
        whole = schemathesis.openapi.from_dict(self.document)
        for method in ORDER:
            for schema, mode in ((own, GenerationMode.POSITIVE), (whole, GenerationMode.NEGATIVE)):
                for operation in operations(schema, method):
                    self.examine(operation, mode, examples)

    def examine(self, operation: Any, mode: GenerationMode, examples: int) -> None:
        every = list(self.names(operation))
        # What is forbidden is refused before anybody asks which station it is for.
        for names in every if mode is GenerationMode.POSITIVE else every[-1:]:
            strategy = operation.as_strategy(mode, path_parameters=names)

            @settings(
                max_examples=examples,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(strategy)
            def each(case: Any) -> None:
                self.call(case)

            # There is nothing to be forbidden in an operation without parameters.
            with suppress(Unsatisfiable):
                each()

    def names(self, operation: Any) -> Iterator[dict[str, Any]]:
        """Values for the names in a path: any, and those of things that exist."""
        yield {}
        parameters = re.findall(r"{(\w+)}", operation.path)
        known = {name: self.value(operation.path, name) for name in parameters}
        chosen = {name: value for name, value in known.items() if value is not None}
        stations = ["SPARE"] if operation.path == REGISTRY else self.stations
        if "station" in parameters:
            yield from ({**chosen, "station": station} for station in stations)
        elif chosen:
            yield chosen

    def value(self, path: str, name: str) -> str | None:
        collection = path.partition("/{" + name + "}")[0]
        for item in reversed(self.known.get(collection, [])):
            if isinstance(given := item.get(name, item.get("id")), str | int):
                return str(given)
        return USUAL.get(name)

    def call(self, case: Any) -> None:
        self.calls += 1
        try:
            response = case.call(base_url=self.url, timeout=SECONDS_MAX)
        except requests.Timeout:
            self.find(case, f"no answer within {SECONDS_MAX} s")
            return
        self.answered[case.operation.label].add(response.status_code)
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                self.find(case, f"{response.status_code} {failure}")
        if response.status_code >= 400:
            self.problem(case, response)
        else:
            self.learn(case.operation.path, response)

    def problem(self, case: Any, response: Any) -> None:
        """Every error says its code and how to go on (RFC 9457)."""
        kind = response.headers.get("content-type", [""])[0]
        body = response.json() if kind == PROBLEM else {}
        missing = [name for name in MEMBERS if not body.get(name)]
        if missing or body["status"] != response.status_code:
            self.find(case, f"{response.status_code} is no problem ({kind}): {missing}")
        else:
            self.codes.add(body["code"])

    def learn(self, path: str, response: Any) -> None:
        if "json" not in response.headers.get("content-type", [""])[0]:
            return
        body = response.json()
        items = body.get("items", []) if isinstance(body, dict) else []
        if isinstance(items, list):
            self.known[path] += [item for item in items if isinstance(item, dict)]

    def find(self, case: Any, what: str) -> None:
        label = case.operation.label
        how = case.as_curl_command()
        self.findings.setdefault((label, what[:60]), Finding(label, what, how[:1000]))


def operations(schema: Any, method: str) -> Iterator[Any]:
    for result in schema.get_all_operations():
        operation = result.ok()
        streams = "text/event-stream" in str(operation.definition.raw.get("responses"))
        if operation.method.lower() == method and not streams:
            yield operation


def without_tenant(document: dict[str, Any]) -> dict[str, Any]:
    """Where everybody is of one tenant, requests meet what is there."""
    paths = {
        path: {
            method: {
                **operation,
                "parameters": [p for p in operation["parameters"] if p["name"] not in TENANT],
            }
            for method, operation in item.items()
        }
        for path, item in document["paths"].items()
    }
    return {**document, "paths": paths}
