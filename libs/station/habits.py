"""How a virtual station misbehaves on the wire, as real ones do; inside it is as it should be."""

from typing import Literal

from msgspec import Struct


class Habits(Struct, frozen=True, kw_only=True):
    """Each at its default is as the specification has it."""

    reads_fractions: bool = True
    """Whether it can read a time with a fraction of a second; an answer with one is lost on it."""
    writes_zone: bool = True
    quotes_numbers: bool = False
    """``"16"`` for 16."""
    bare_texts: bool = False
    """16 for ``"16"``, in texts that are whole numbers."""
    letters: Literal["upper", "lower"] | None = None
    """Of values of closed sets."""
    nulls: bool = False
    """``null`` for what is absent."""
    extras: bool = False
    """Fields that no schema knows."""
    lower_tokens: bool = False
    early_status: bool = False
    """StatusNotification before BootNotification was answered."""
    keys_max: int | None = None
    """In one GetConfiguration; more gets CALLERROR."""
    keys_all: bool = True
    """Whether GetConfiguration without keys is answered at all."""
    items_max: int | None = None
    """In one GetVariables or SetVariables; more gets CALLERROR."""
    soft_reset: bool = True
    connector_zero: bool = True
    """Whether it takes commands to the whole station."""
    needs_connector: bool = False
    """A remote start without one is Rejected."""
    rate_unit: Literal["A", "W"] | None = None
    """The only one that it knows."""
    unknown: frozenset[str] = frozenset()
    """Actions that get NotImplemented."""
    answer_seconds: float = 0.0
    """Of the network's clock, before it answers a CALL."""
