"""The smallest message of each kind that its schema allows."""

from typing import Any

import msgspec
from msgspec import inspect

from libs.ocpp.message import Request

MOMENT = "2026-05-01T12:00:00Z"


def smallest(kind: type[Request[Any]]) -> Request[Any]:
    """Only what is required, each as small as may be."""
    return msgspec.convert(value_of(inspect.type_info(kind)), type=kind)


def value_of(info: inspect.Type) -> Any:
    match info:
        case inspect.StructType():
            return {
                field.encode_name: value_of(field.type) for field in info.fields if field.required
            }
        case inspect.ListType():
            return [value_of(info.item_type)] * (info.min_length or 0)
        case inspect.LiteralType():
            return info.values[0]
        case inspect.StrType():
            return "x" * (info.min_length or 0)
        case inspect.DateTimeType():
            return MOMENT
        case inspect.BoolType():
            return False
        case inspect.IntType() | inspect.FloatType():
            return max(info.ge or 0, 0)
        case inspect.DictType():
            return {}
        case inspect.AnyType():
            return None
        case _:
            raise AssertionError(f"no value for {info}")
