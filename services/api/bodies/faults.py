"""What operators say of incidents."""

from typing import Annotated

from msgspec import Meta

from services.api.bodies.base import Body


class IncidentClose(Body, frozen=True, kw_only=True):
    """Why an incident is closed by hand."""

    example = {"note": "The seal was renewed."}

    note: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None
