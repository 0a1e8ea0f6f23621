"""The OpenAPI document is valid, complete and true."""

import re
from collections.abc import Iterator
from typing import Any, cast

import httpx
import msgspec
import pytest
from jsonschema import Draft202012Validator
from litestar import Litestar
from litestar.routes import HTTPRoute

from services.api.bodies.base import Body
from services.api.examples import EXAMPLES
from services.api.openapi import bodies
from services.api.problem import KINDS
from services.api.strict import decode
from services.api.views import encode

METHODS = {"get", "put", "post", "delete"}


@pytest.fixture
async def document(api: httpx.AsyncClient) -> dict[str, Any]:
    answer = await api.get("openapi.json")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json"
    return answer.json()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def resolve(document: dict[str, Any], reference: str) -> Any:
    part: Any = document
    for step in reference.removeprefix("#/").split("/"):
        part = part[step]
    return part


async def test_it_says_which_openapi_it_is(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["info"]["title"] == "Voltbus"
    assert document["info"]["license"]["identifier"] == "Apache-2.0"
    assert set(document) == {"openapi", "info", "servers", "paths", "components", "tags"}


async def test_it_holds_every_route_of_section_8(document: dict[str, Any]) -> None:
    """What everything else may rely on (design section 8); services add their own."""
    promised = {
        ("get", "stations"),
        ("get", "stations/{station}"),
        ("put", "stations/{station}"),
        ("delete", "stations/{station}"),
        ("get", "stations/{station}/log"),
        ("get", "stations/{station}/status-history"),
        ("get", "stations/{station}/reports"),
        ("post", "stations/{station}/reports"),
        ("get", "stations/{station}/variables"),
        ("post", "stations/{station}/variables/get"),
        ("post", "stations/{station}/variables/set"),
        ("get", "stations/{station}/network-profiles"),
        ("put", "stations/{station}/network-profiles/{slot}"),
        ("put", "stations/{station}/network-priority"),
        ("post", "stations/{station}/calls/{action}"),
        ("get", "stations/{station}/requests"),
        ("get", "stations/{station}/requests/{id}"),
        ("post", "stations/{station}/start"),
        ("post", "stations/{station}/stop"),
        ("post", "stations/{station}/unlock"),
        ("post", "stations/{station}/reset"),
        ("post", "stations/{station}/availability"),
        ("post", "stations/{station}/trigger"),
        ("get", "tokens"),
        ("post", "tokens"),
        ("get", "tokens/{token}"),
        ("put", "tokens/{token}"),
        ("delete", "tokens/{token}"),
        ("get", "stations/{station}/local-list"),
        ("put", "stations/{station}/local-list"),
        ("put", "stations/{station}/local-list/sync"),
        ("post", "stations/{station}/local-list/send"),
        ("post", "stations/{station}/local-list/check"),
        ("post", "stations/{station}/clear-cache"),
        ("post", "stations/{station}/reservations"),
        ("get", "stations/{station}/reservations"),
        ("get", "reservations"),
        ("get", "reservations/{id}"),
        ("delete", "reservations/{id}"),
        ("get", "transactions"),
        ("get", "transactions/{id}"),
        ("get", "cdrs"),
        ("get", "events"),
        ("get", "health"),
        ("get", "problems/{code}"),
    }
    found = {(method, path.removeprefix("/api/v1/")) for method, path, _ in operations(document)}
    assert promised - found == set()


async def test_its_references_lead_somewhere_and_its_schemas_are_schemas(
    document: dict[str, Any],
) -> None:
    for reference in references(document):
        assert resolve(document, reference)
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    used = {ref.rpartition("/")[2] for ref in references(document) if "/schemas/" in ref}
    assert used == set(schemas)


async def test_every_operation_is_described(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for method, path, operation in operations(document):
        assert operation["summary"].endswith("."), path
        assert set(operation["tags"]) <= {tag["name"] for tag in document["tags"]}
        in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path))
        has_key = any(p["name"] == "Idempotency-Key" for p in operation["parameters"])
        assert has_key is (method != "get")
        success = [status for status in operation["responses"] if status.startswith("2")]
        assert len(success) == 1
        problems = {s for s in operation["responses"] if not s.startswith("2")}
        assert "500" in problems
        assert ("404" in problems) is ("{" in path)
        assert ("415" in problems) is ("requestBody" in operation)


async def test_every_status_of_a_problem_has_its_examples(document: dict[str, Any]) -> None:
    responses = document["components"]["responses"]
    shown: dict[str, int] = {}
    for name, response in responses.items():
        media = response["content"]["application/problem+json"]
        assert media["schema"] == {"$ref": "#/components/schemas/Problem"}
        for code, example in media["examples"].items():
            assert name == f"Problem{example['value']['status']}"
            shown[code] = example["value"]["status"]
    assert shown == {code: kind.status for code, kind in KINDS.items()}


async def test_examples_fit_their_schemas(document: dict[str, Any]) -> None:
    shown = 0
    for schema in document["components"]["schemas"].values():
        whole = {**schema, "components": document["components"]}
        for example in schema.get("examples", []):
            Draft202012Validator(whole).validate(example)
            shown += 1
    assert shown > 20


@pytest.mark.parametrize("kind", list(bodies(Body)), ids=lambda kind: kind.__name__)
def test_examples_of_bodies_are_accepted(kind: type[Body]) -> None:
    assert kind.example
    decode(kind, msgspec.json.encode(kind.example))


@pytest.mark.parametrize("kind", list(EXAMPLES), ids=lambda kind: kind.__name__)
def test_examples_of_answers_are_written(kind: type[msgspec.Struct]) -> None:
    assert msgspec.json.decode(encode(EXAMPLES[kind]))


async def test_fields_are_described_as_in_the_source(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    station = schemas["StationView"]
    assert station["properties"]["since"]["description"] == "When ``online`` last changed."
    assert set(station["required"]) == set(station["properties"])
    assert schemas["StationPut"]["additionalProperties"] is False
    assert schemas["StationPut"]["properties"]["security_profile"] == {
        "type": "integer",
        "minimum": 0,
        "maximum": 3,
        "description": "OCPP security profile: 0 none, 1 password, 2 password and TLS, "
        "3 client certificate.",
    }
    energy = schemas["TransactionView"]["properties"]["energy_wh"]
    assert {"type": "number"} in energy["anyOf"]


def test_every_route_names_its_permission(site: Litestar) -> None:
    """A route without one is shut; this test tells whoever forgot it."""
    for route in site.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith("/api/v1/openapi"):
            for method, (handler, _) in route.route_handler_map.items():
                assert method == "OPTIONS" or "permission" in handler.opt, (route.path, method)
    assert cast("Any", site.openapi_config).title == "Voltbus"
