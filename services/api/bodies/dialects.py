"""What is asked about dialects."""

from typing import Annotated

from msgspec import Meta

from services.api.bodies.base import Body


class ProbeBody(Body, frozen=True, kw_only=True):
    """Ask a station harmless things and conclude how it speaks."""

    example = {"apply": False, "seconds": 10}

    apply: bool = False
    """Hold what is found to be so from now on."""
    seconds: Annotated[float, Meta(gt=0, le=30)] = 10
    """How long each of up to 15 calls waits for its answer."""


class ProbeApply(Body, frozen=True, kw_only=True):
    """Decide about what the last probe found."""

    example = {"forget": False}

    forget: bool = False
    """Take back all that probes taught."""
