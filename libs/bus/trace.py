"""The trace that a message belongs to: a W3C ``traceparent``, a header when it is sampled."""

from contextvars import ContextVar

TRACEPARENT: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""Set by who samples; requests made under it carry it, handlers run under that of their message."""
