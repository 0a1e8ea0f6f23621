"""The types of messages as plain data: what may stand where, to walk JSON beside its type.

msgspec decodes fast but says little about what is wrong, and takes nothing that is nearly right;
``check`` and ``repair`` walk these shapes where it gives up.
"""

from functools import cache
from typing import Any

from msgspec import Struct, inspect

VENDOR_ID_LENGTH_MAX = 255


class Text(Struct, frozen=True):
    length_max: int | None


class Whole(Struct, frozen=True):
    minimum: int | None
    maximum: int | None


class Real(Struct, frozen=True):
    minimum: float | None
    maximum: float | None
    tenths: bool = False
    """At most one decimal."""


class Flag(Struct, frozen=True):
    pass


class Choice(Struct, frozen=True):
    values: tuple[str, ...]


class Moment(Struct, frozen=True):
    pass


class Anything(Struct, frozen=True):
    pass


class Array(Struct, frozen=True):
    item: "Shape"
    count_min: int
    count_max: int | None


class Property(Struct, frozen=True):
    name: str
    """As on the wire."""
    attribute: str
    """As in Python."""
    shape: "Shape"
    required: bool


class Object(Struct, frozen=True):
    name: str
    properties: dict[str, Property]
    """By wire name, in the order of the type."""
    closed: bool = True
    """Holds nothing but its properties."""


Shape = Text | Whole | Real | Flag | Choice | Moment | Anything | Array | Object

TENTHS = Real(None, None, tenths=True)
"""The limits of charging in 1.6."""

VENDOR_DATA = Object(
    "CustomData",
    {"vendorId": Property("vendorId", "vendor_id", Text(VENDOR_ID_LENGTH_MAX), required=True)},
    closed=False,
)
"""``customData``, the one object of 2.x that is open."""


@cache
def shape(message_type: type) -> Object:
    """The shape of a message or of a data type."""
    return _object(inspect.type_info(message_type))


def _object(info: Any) -> Object:
    properties = {
        field.encode_name: Property(
            field.encode_name,
            field.name,
            VENDOR_DATA if field.encode_name == "customData" else _shape(field.type),
            field.required,
        )
        for field in info.fields
    }
    return Object(info.cls.__name__, properties)


def _shape(info: Any) -> Shape:
    match info:
        case inspect.UnionType(types=types):
            return _shape(next(each for each in types if not isinstance(each, inspect.NoneType)))
        case inspect.StructType():
            return _object(info)
        case inspect.ListType(item_type=item, min_length=low, max_length=high):
            return Array(_shape(item), low or 0, high)
        case inspect.StrType(max_length=length):
            return Text(length)
        case inspect.IntType(ge=low, le=high):
            return Whole(low, high)
        case inspect.FloatType(ge=low, le=high):
            return Real(low, high)
        case inspect.Metadata():  # the one thing that msgspec leaves to us
            return TENTHS
        case inspect.LiteralType(values=values):
            return Choice(tuple(map(str, values)))
        case inspect.BoolType():
            return Flag()
        case inspect.DateTimeType():
            return Moment()
        case inspect.AnyType():
            return Anything()
        case _:
            raise TypeError(f"no OCPP type: {info!r}")
