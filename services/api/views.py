"""How answers look: every field is there, also when empty, and a decimal is an exact JSON number.

Only the outcome of a command says no more than there is.
"""

from decimal import Decimal
from typing import Any, Generic, TypeVar, cast

import msgspec
from litestar import Response
from litestar.plugins import OpenAPISchemaPlugin
from litestar.response import Stream
from msgspec import Raw, Struct

from libs.contracts.command import CommandResult
from services.api.answers import Sparse
from services.api.plain import Plain

T = TypeVar("T")


def spell_out(value: Any) -> Any:
    """A view as plain data for the JSON encoder."""
    if isinstance(value, CommandResult | Sparse):
        return value
    if isinstance(value, Struct):
        names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
        return {wire: spell_out(getattr(value, name)) for wire, name in names}
    if isinstance(value, list | tuple):
        return [spell_out(item) for item in cast("list[Any]", value)]
    if isinstance(value, Decimal):
        return Raw(format(value, "f").encode()) if value.is_finite() else None
    return value


def encode(value: Any) -> bytes:
    return msgspec.json.encode(spell_out(value))


class Named(OpenAPISchemaPlugin):
    """Structs are components by their names; :mod:`services.api.openapi` says what they hold."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        return isinstance(value, type) and issubclass(value, Struct)

    def is_plugin_supported_field(self, field_definition: Any) -> bool:
        return bool(field_definition.is_subclass_of(Struct))

    def to_openapi_schema(self, field_definition: Any, schema_creator: Any) -> Any:
        return schema_creator.create_component_schema(
            field_definition, required=[], property_fields={}
        )


class View(Plain[T], Generic[T]):
    """Makes the framework answer with :func:`spell_out`; set once, on the router."""

    def data_to_encodable_type(self, data: Any) -> Any:
        if isinstance(data, Response):
            response = cast("Response[Any]", data)
            response.content = spell_out(response.content)
            return response
        return spell_out(data)

    @classmethod
    def is_supported_model_type_field(cls, field_definition: Any) -> bool:
        return not field_definition.is_subclass_of(Stream)
