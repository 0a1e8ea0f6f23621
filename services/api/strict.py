"""Bodies are decoded strictly: no coercion, no unknown fields, errors that name the field."""

import re
from difflib import get_close_matches
from typing import Any, Generic, TypeVar, cast

import msgspec
from litestar.connection import ASGIConnection
from litestar.openapi.spec import OpenAPIType, Schema
from msgspec import Raw
from msgspec.inspect import (
    BoolType,
    DateTimeType,
    DictType,
    Field,
    ListType,
    LiteralType,
    StructType,
    Type,
    UnionType,
    type_info,
)

from services.api.plain import Plain
from services.api.problem import FieldError, Refusal

T = TypeVar("T")

JSON_MEDIA = re.compile(r"application/([\w.!#$&^-]+\+)?json", re.IGNORECASE)
WHERE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)
UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
NUL = b"\\u0000"


def decode(kind: Any, body: bytes) -> Any:
    """The body as a value of the type; an empty body is an object without fields."""
    try:
        value = msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise explain(kind, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal("malformed_json", f"The body is not JSON: {error}.") from error
    except RecursionError as error:
        raise Refusal("malformed_json", "The body is nested too deep.") from error
    if kind is Raw:  # passed on as it is: what it may hold is the protocol's business
        return value
    if NUL in body.lower() and (pointer := nul(msgspec.to_builtins(value))) is not None:
        # PostgreSQL has no text with a NUL, and neither has a name that a person gave.
        found = FieldError(pointer=pointer, detail="Holds the character NUL.", hint="Leave it out.")
        raise Refusal("invalid_body", f"{pointer} holds the character NUL.", errors=[found])
    return value


def nul(value: Any, pointer: str = "") -> str | None:
    """Where a text holds a NUL."""
    if isinstance(value, str):
        return pointer if "\x00" in value else None
    if isinstance(value, dict):
        inner = list(cast("dict[str, Any]", value).items())
        if bad := next((key for key, _ in inner if "\x00" in key), None):
            return f"{pointer}/{bad}"
    elif isinstance(value, list):
        inner = [(str(index), item) for index, item in enumerate(cast("list[Any]", value))]
    else:
        return None
    found = (nul(item, f"{pointer}/{key}") for key, item in inner)
    return next((place for place in found if place is not None), None)


def explain(kind: Any, message: str) -> Refusal:
    """A validation error of msgspec as a problem: which field, and what is expected there."""
    match = WHERE.match(message)
    what, path = (match["what"], match["path"] or "$") if match else (message, "$")
    steps = re.findall(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]", path)
    parts = [name or index for name, index in steps]
    place = follow(type_info(kind), parts)
    if unknown := UNKNOWN.match(what):
        return misspelled(unknown[1], parts, place)
    if missing := MISSING.match(what):
        pointer = "/".join(["", *parts, missing[1]])
        error = FieldError(pointer=pointer, detail="Required, and not there.", hint="Add it.")
        return Refusal("invalid_body", f"{pointer} is missing.", errors=[error])
    pointer = "/".join(["", *parts])
    error = FieldError(pointer=pointer, detail=f"{what}.", hint=expected(place))
    return Refusal("invalid_body", f"{pointer or 'The body'}: {what}.", errors=[error])


def misspelled(name: str, parts: list[str], place: Type | None) -> Refusal:
    known = [field.encode_name for field in fields(place)]
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"Did you mean `{near[0]}`?" if near else f"Known here: {', '.join(known) or 'nothing'}."
    pointer = "/".join(["", *parts, name.replace("~", "~0").replace("/", "~1")])
    error = FieldError(pointer=pointer, detail="Unknown field.", hint=hint)
    return Refusal("invalid_body", f"{pointer} is not a field here.", errors=[error])


def follow(place: Type | None, parts: list[str]) -> Type | None:
    """The type at the end of a path of field names and indexes."""
    for part in parts:
        if place is None:
            return None
        field = next((f for f in fields(place) if f.encode_name == part), None)
        place = field.type if field else inside(place)
    return place


def alternatives(place: Type | None) -> list[Type]:
    if place is None:
        return []
    return list(place.types) if isinstance(place, UnionType) else [place]


def fields(place: Type | None) -> list[Field]:
    return [f for t in alternatives(place) if isinstance(t, StructType) for f in t.fields]


def inside(place: Type) -> Type | None:
    """The type of the items of a list or of the values of an object."""
    for kind in alternatives(place):
        if isinstance(kind, ListType):
            return kind.item_type
        if isinstance(kind, DictType):
            return kind.value_type
    return None


def expected(place: Type | None) -> str | None:
    """A closed set is told in full; for most others the message of msgspec says what it expects."""
    for kind in alternatives(place):
        if isinstance(kind, LiteralType):
            return f"One of: {', '.join(str(value) for value in kind.values)}."
        if isinstance(kind, BoolType):
            return "true or false."
        if isinstance(kind, DateTimeType):
            return "With its zone, as 2026-01-31T12:00:00Z."
    return None


class Body(Plain[T], Generic[T]):
    """Makes the framework use :func:`decode` for a handler's ``data``: ``dto=Body[StationPut]``."""

    def __init__(self, asgi_connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        super().__init__(asgi_connection)
        self.media_type = asgi_connection.headers.get("content-type", "")

    def decode_bytes(self, value: bytes) -> Any:
        declared = self.media_type.split(";")[0].strip()
        if not JSON_MEDIA.fullmatch(declared) and (value or declared):
            raise Refusal("unsupported_media_type", f"It is declared as `{declared or 'nothing'}`.")
        return decode(self.model_type, value)


class PayloadBody(Body[Raw]):
    """A JSON object that is passed on as it came; its schema is the business of the handler."""

    def decode_bytes(self, value: bytes) -> Any:
        raw = super().decode_bytes(value)
        if not bytes(raw).lstrip().startswith(b"{"):
            error = FieldError(pointer="", detail="Expected an object.", hint="Send `{...}`.")
            raise Refusal("invalid_payload", "The payload is not an object.", errors=[error])
        return raw

    @classmethod
    def create_openapi_schema(cls, *_: Any, **__: Any) -> Any:
        return Schema(
            type=OpenAPIType.OBJECT,
            description="The payload of the OCPP action in the version of the station.",
        )
