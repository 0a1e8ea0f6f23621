"""Tracing that costs nothing unless sampled: toss the coin first, make spans only then.

A frame costs less than an unsampled OpenTelemetry span, so that sampling must come before. Where a
trace begins: ``if trace.sampled(): with trace.root("..."): ...``. Everywhere else ``trace.span``,
which is nothing when no sampled trace is under way.
"""

import random
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from libs.bus.trace import TRACEPARENT

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Attribute = str | bool | int | float
TRACEPARENT_LENGTH = 55
SAMPLED = 0x01


@dataclass
class Sampling:
    """Who makes spans, and of which share of the traces."""

    ratio: float = 0.0
    tracer: "Tracer | None" = None


SAMPLING = Sampling()
NOTHING: AbstractContextManager[None] = nullcontext()


def install(tracer: "Tracer | None", ratio: float) -> None:
    """Make spans with ``tracer`` for ``ratio`` (0 to 1) of the traces that begin here."""
    SAMPLING.tracer = tracer
    SAMPLING.ratio = ratio if tracer is not None else 0.0


def sampled() -> bool:
    """Toss the coin: shall a trace begin here?"""
    return SAMPLING.ratio > 0.0 and random.random() < SAMPLING.ratio


def traceparent() -> str | None:
    """The W3C header to send on, or None: no header. Costs one look-up."""
    return TRACEPARENT.get()


def root(
    name: str, kind: Kind = "server", **attributes: Attribute
) -> AbstractContextManager["Span | None"]:
    """Begin a trace, once :func:`sampled` said so."""
    return NOTHING if SAMPLING.tracer is None else _span(name, kind, None, attributes)


def span(
    name: str, kind: Kind = "internal", **attributes: Attribute
) -> AbstractContextManager["Span | None"]:
    """A span inside the trace that is under way, if one is."""
    parent = TRACEPARENT.get()
    return NOTHING if parent is None else joined(name, parent, kind, **attributes)


def joined(
    name: str, parent: str | None, kind: Kind = "consumer", **attributes: Attribute
) -> AbstractContextManager["Span | None"]:
    """A span inside the trace that a ``traceparent`` header names, if it names a sampled one."""
    if parent is None or SAMPLING.tracer is None or (context := _context(parent)) is None:
        return NOTHING
    return _span(name, kind, context, attributes)


@contextmanager
def _span(
    name: str, kind: Kind, context: "Context | None", attributes: dict[str, Any]
) -> Generator["Span"]:
    from opentelemetry.context import Context  # noqa: PLC0415 - 60 ms of imports that only traced processes need
    from opentelemetry.trace import SpanKind  # noqa: PLC0415

    assert SAMPLING.tracer is not None
    made = SAMPLING.tracer.start_span(
        name,
        context=Context() if context is None else context,
        kind=SpanKind[kind.upper()],
        attributes=attributes,
    )
    ids = made.get_span_context()
    token = TRACEPARENT.set(f"00-{ids.trace_id:032x}-{ids.span_id:016x}-01")
    try:
        yield made
    except BaseException as error:
        made.record_exception(error)
        raise
    finally:
        TRACEPARENT.reset(token)
        made.end()


def _context(header: str) -> "Context | None":
    """The remote parent that a header names; None unless it is well-formed and sampled."""
    if len(header) < TRACEPARENT_LENGTH:
        return None
    try:
        version, trace_id, span_id, flags = (int(part, 16) for part in header.split("-")[:4])
    except ValueError:
        return None
    if version == 0xFF or not trace_id or not span_id or not flags & SAMPLED:
        return None
    from opentelemetry.trace import (  # noqa: PLC0415 - as above
        NonRecordingSpan,
        SpanContext,
        TraceFlags,
        set_span_in_context,
    )

    ids = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(SAMPLED))
    return set_span_in_context(NonRecordingSpan(ids))
