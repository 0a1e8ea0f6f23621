"""The OpenAPI 3.1 document: paths from the framework, schemas from msgspec, what all share.

The framework's own schemas lose ``minimum: 0`` and do not say that unknown fields are refused, so
all components are msgspec's; descriptions of fields are read from the sources that declare them.
"""

import ast
import inspect
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, cast

import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute
from msgspec import Struct

from libs.contracts.command import CommandResult
from services.api.answers import Sparse
from services.api.bodies.base import Body
from services.api.examples import EXAMPLES
from services.api.problem import KINDS, MEDIA_TYPE, FieldError, Problem
from services.api.views import encode

REF = "#/components/schemas/{name}"
SUCCESS = re.compile(r"2\d\d")
WRITES = {"post", "put", "delete"}

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A name of your own for this request. Repeated within a day, the request has "
    "its effect once and gets the same answer, with the header `Idempotent-Replayed`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "7f6f3c1e-order-4711",
}

SPARSE = (Body, Sparse, CommandResult, Problem, FieldError)
"""What these do not need to say is absent; every other schema is an answer with all its fields."""


def document(app: Litestar, *, is_open: bool) -> dict[str, Any]:
    """The whole document, as it is served."""
    whole: dict[str, Any] = app.openapi_schema.to_schema()
    open_to_all = public(app)
    for path, method, operation in operations(whole):
        anybody = (path, method) in open_to_all
        operation["parameters"] = parameters(operation, method)
        operation["responses"] = responses(operation, path, method, anybody=anybody)
        operation["summary"] = operation["description"].partition("\n")[0]
        operation["security"] = [] if anybody or is_open else [{"token": []}]
    whole["components"]["schemas"] = components(named(whole))
    whole["components"]["responses"] = problem_responses()
    whole["components"]["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of `VOLTBUS_API_TOKENS_FILE`; its role says what it may do.",
        }
    }
    return whole


def public(app: Litestar) -> set[tuple[str, str]]:
    """The paths and methods that need no token."""
    return {
        (route.path_format, method.lower())
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if handler.opt.get("permission", "") is None
    }


def operations(whole: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in whole["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def queries(whole: Mapping[str, Any]) -> dict[tuple[str, str], frozenset[str]]:
    """The query parameters that each path and method knows."""
    return {
        (path, method.upper()): frozenset(
            parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"
        )
        for path, method, operation in operations(whole)
    }


def parameters(operation: Mapping[str, Any], method: str) -> list[dict[str, Any]]:
    found = [plain(parameter) for parameter in operation.get("parameters", [])]
    return [*found, IDEMPOTENCY_KEY] if method in WRITES else found


def plain(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """Without what says nothing: nobody can send ``null`` in an address."""
    said = {key: value for key, value in parameter.items() if value is not False}
    schema = {k: v for k, v in said["schema"].items() if k not in {"oneOf", "description"}}
    for choice in said["schema"].get("oneOf", []):
        if choice != {"type": "null"}:
            schema = {**choice, **schema}
    if isinstance(schema.get("type"), list):
        schema["type"] = next(kind for kind in schema["type"] if kind != "null")
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    return {**said, "schema": schema}


def responses(
    operation: Mapping[str, Any], path: str, method: str, *, anybody: bool
) -> dict[str, Any]:
    """What the handler declares, and the problems that its path and method may end in."""
    declared = {k: typed(v) for k, v in operation["responses"].items() if SUCCESS.fullmatch(k)}
    statuses = {500}
    if not anybody:
        statuses |= {401, 403, 422, 502, 503, 504}
    if "{" in path:
        # A name may hold what no name can: control characters.
        statuses |= {404, 422}
    if method in WRITES:
        statuses |= {409}
    if "text/event-stream" in str(declared):
        statuses = statuses - {502, 504} | {429}
    if "requestBody" in operation:
        statuses |= {400, 413, 415}
    problems = {str(s): {"$ref": f"#/components/responses/Problem{s}"} for s in sorted(statuses)}
    return {**declared, **problems}


def typed(response: Mapping[str, Any]) -> dict[str, Any]:
    """The framework does not know the media type of a response object."""
    content = {
        kind or "application/json": what for kind, what in response.get("content", {}).items()
    }
    return {**response, **({"content": content} if content else {})}


def problem_responses() -> dict[str, Any]:
    """One response for each status, with the kinds of problem that have it."""
    statuses = sorted({kind.status for kind in KINDS.values()})
    return {f"Problem{status}": problem_response(status) for status in statuses}


def problem_response(status: int) -> dict[str, Any]:
    kinds = {code: kind for code, kind in KINDS.items() if kind.status == status}
    examples = {
        code: {
            "value": msgspec.to_builtins(
                Problem(
                    type=f"/api/v1/problems/{code}",
                    title=kind.title,
                    status=status,
                    code=code,
                    detail=kind.title + ".",
                    hint=kind.hint,
                    instance="/api/v1/stations/CP-1",
                )
            )
        }
        for code, kind in kinds.items()
    }
    return {
        "description": " / ".join(kind.title for kind in kinds.values()),
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": REF.format(name="Problem")}, "examples": examples}
        },
    }


def named(whole: Mapping[str, Any]) -> list[type[Struct]]:
    """The types that the paths refer to, and the problem."""
    wanted = set(re.findall(r"#/components/schemas/(\w+)", str(whole["paths"])))
    known = {kind.__name__: kind for kind in [*EXAMPLES, *bodies(Body), Problem]}
    return [known[name] for name in sorted(wanted | {"Problem"})]


def bodies(base: type[Struct]) -> Iterator[type[Struct]]:
    for kind in base.__subclasses__():
        yield kind
        yield from bodies(kind)


def components(kinds: Iterable[type[Struct]]) -> dict[str, Any]:
    kinds = list(kinds)
    _, schemas = msgspec.json.schema_components(kinds, ref_template=REF)
    by_name = {kind.__name__: kind for kind in everything(kinds)}
    for name, schema in schemas.items():
        kind = by_name[name]
        describe(schema, kind)
        if issubclass(kind, Body):
            schema["examples"] = [kind.example]
        elif example := EXAMPLES.get(kind):
            schema["examples"] = [msgspec.json.decode(encode(example))]
        if not issubclass(kind, SPARSE):
            complete(schema)
    return {name: exact(schema) for name, schema in sorted(schemas.items())}


def everything(kinds: Iterable[Any]) -> Iterator[type[Struct]]:
    """The types and all that they hold."""
    for info in msgspec.inspect.multi_type_info(list(kinds)):
        yield from inner(info)


def inner(info: Any) -> Iterator[type[Struct]]:
    if isinstance(info, msgspec.inspect.StructType):
        yield info.cls
        for field in info.fields:
            yield from inner(field.type)
    elif isinstance(info, msgspec.inspect.UnionType):
        for each in info.types:
            yield from inner(each)
    elif isinstance(info, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
        yield from inner(info.item_type)


def describe(schema: dict[str, Any], kind: type[Struct]) -> None:
    """The text below each field in its source."""
    texts = {
        name: text for base in reversed(kind.__mro__) for name, text in field_texts(base).items()
    }
    for name, field in schema.get("properties", {}).items():
        if name in texts and "description" not in field:
            field["description"] = texts[name]


def complete(schema: dict[str, Any]) -> None:
    """Every field is there."""
    schema["required"] = sorted(schema.get("properties", {}))
    for field in schema.get("properties", {}).values():
        field.pop("default", None)


@cache
def field_texts(kind: type) -> dict[str, str]:
    """``field: type`` followed by a text: the text by the name of the field."""
    if kind.__module__.partition(".")[0] not in {"libs", "services"}:
        return {}
    tree = ast.parse(inspect.getsource(inspect.getmodule(kind) or kind))
    body = next(
        n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == kind.__name__
    )
    texts: dict[str, str] = {}
    for field, text in itertools.pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            texts[field.target.id] = inspect.cleandoc(str(text.value.value)).replace("\n", " ")
    return texts


def exact(schema: Any) -> Any:
    """Decimals are JSON numbers here."""
    if isinstance(schema, list):
        return [exact(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    schema = cast("dict[str, Any]", schema)
    if schema.get("format") == "decimal":
        return {**{k: v for k, v in schema.items() if k != "format"}, "type": "number"}
    return {key: exact(value) for key, value in schema.items()}
