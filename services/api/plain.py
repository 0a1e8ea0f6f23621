"""The framework leaves bodies to us: types are used as they are, nothing is generated."""

from collections.abc import Generator
from typing import Any, Generic, TypeVar

from litestar import Response
from litestar.dto import AbstractDTO

T = TypeVar("T")


class Plain(AbstractDTO[T], Generic[T]):
    @classmethod
    def create_for_field_definition(cls, *_: Any, **__: Any) -> None:
        """Nothing to prepare."""

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[Any]:  # noqa: ARG003 - the framework's signature
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: Any) -> bool:  # noqa: ARG003 - as above
        return False

    @classmethod
    def create_openapi_schema(
        cls,
        field_definition: Any,
        handler_id: str,  # noqa: ARG003 - as above
        schema_creator: Any,
    ) -> Any:
        if field_definition.is_subclass_of(Response):
            field_definition = field_definition.inner_types[0]
        return schema_creator.for_field_definition(field_definition)
