"""What all bodies share."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeAlias

from msgspec import Meta, Struct

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255)]
Number: TypeAlias = Annotated[int, Meta(ge=0, le=2_147_483_647)]
EvseId: TypeAlias = Annotated[int, Meta(ge=1, le=2_147_483_647)]
Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]


class Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    example: ClassVar[dict[str, Any]] = {}
