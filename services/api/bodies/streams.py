"""Periodic event streams as operators set them."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from services.api.bodies.base import Body, Number


class StreamPut(Body, frozen=True, kw_only=True):
    """How a station is to send a stream (AdjustPeriodicEventStream)."""

    example = {"interval_seconds": 30, "values": 20}

    interval_seconds: Number | None = None
    """After so long at the latest values are sent."""
    values: Number | None = None
    """So many values are sent together."""


class StreamSettingsPut(Body, frozen=True, kw_only=True):
    """What stations may stream; what is not given stays as it is."""

    example = {"accept": True, "streams_max": 20}

    accept: bool | UnsetType = UNSET
    """Whether streams may be opened."""
    streams_max: Annotated[int, Meta(ge=0, le=10_000)] | UnsetType = UNSET
    """Open streams of one station."""
    adjust: bool | UnsetType = UNSET
    """Whether a station that cannot keep up is asked to send more values at a time."""
