"""What is known of how some stations speak and behave: a dialect, as data.

A field at its default says that the station is as the specification has it. Nothing here names a
maker: names stand in the files alone.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from libs.ocpp.message import Version

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")]
Count = Annotated[int, Meta(ge=1, le=10_000)]
Seconds = Annotated[float, Meta(gt=0, le=600)]
Sentence = Annotated[str, Meta(min_length=1, max_length=500)]


class Table(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A table of the file; a name that it does not know is an error, so that typing errors show."""


class Match(Table, frozen=True, kw_only=True):
    """Stations that a dialect is for: patterns as of file names (``*``, ``?``), without regard to
    case; what is not given is any.
    """

    vendor: str | None = None
    model: str | None = None
    firmware: str | None = None
    firmware_before: str | None = None
    """Only firmware older than this one: where the maker mended it."""
    version: Version | None = None


class Expects(Table, frozen=True, kw_only=True):
    quirks: tuple[Sentence, ...] = ()
    """Kinds of :mod:`libs.ocpp.repair` and of the edge that are no news from these stations."""


class Units(Table, frozen=True, kw_only=True):
    charging_rate: Literal["A", "W"] | None = None
    """The only unit that it takes in charging schedules, or that it takes better."""
    energy_register: Literal["Wh", "kWh"] = "Wh"
    """What a register counts that is labelled Wh or not at all."""
    voltage: float | None = None
    """Between phase and neutral, where watts have to be made of amperes."""


class Times(Table, frozen=True, kw_only=True):
    """How times have to be written that are sent to it."""

    fraction: bool = True
    zone: Literal["Z", "offset", "none"] = "Z"


class Timing(Table, frozen=True, kw_only=True):
    answer_seconds: Seconds | None = None
    """So long it may take to answer a CALL; it cannot take another one meanwhile."""
    call_timeout_seconds: Seconds | None = None
    """What the platform waits for an answer when it calls of its own accord."""


class Limits(Table, frozen=True, kw_only=True):
    """Items in one message, where the station's own word is missing or wrong."""

    get_configuration_keys: Count | None = None
    get_configuration_all: bool = True
    """Whether GetConfiguration without keys is answered."""
    get_variables: Count | None = None
    set_variables: Count | None = None
    get_report: Count | None = None
    local_list: Count | None = None
    schedule_periods: Count | None = None


class Order(Table, frozen=True, kw_only=True):
    """What comes earlier or later than the specification has it."""

    status_before_boot_answer: bool = False
    values_after_stop: bool = False


class Commands(Table, frozen=True, kw_only=True):
    reset: Literal["any", "hard"] = "any"
    """``hard``: a soft reset is refused or does nothing."""
    trigger: Literal["any", "extended", "none"] = "any"
    """``extended``: 1.6 stations that know ExtendedTriggerMessage alone; ``none``: neither."""
    whole_station: Literal["zero", "connectors"] = "zero"
    """``connectors``: connector 0 is refused, so each connector is named."""
    start_needs_connector: bool = False
    id_case: Literal["any", "lower", "upper"] = "any"
    """How it writes tokens, and must be sent them; they compare without case anyway."""


class Charging(Table, frozen=True, kw_only=True):
    """What it takes of charging profiles."""

    kinds: tuple[Literal["Absolute", "Recurring", "Relative"], ...] = ()
    """Empty: all."""
    purposes_refused: tuple[Sentence, ...] = ()
    stack_level_max: Annotated[int, Meta(ge=0)] | None = None
    zero: bool = True
    """Whether a limit of 0 pauses, and nothing worse."""
    phases: bool = True
    """Whether ``numberPhases`` may be said."""


class Features(Table, frozen=True, kw_only=True):
    claims_wrongly: tuple[Sentence, ...] = ()
    denies_wrongly: tuple[Sentence, ...] = ()
    """Feature profiles of 1.6 or functional blocks, and keys, whatever the station says of them."""
    readonly: tuple[Sentence, ...] = ()
    """Keys that cannot be written, though they can elsewhere."""


class Dialect(Table, frozen=True, kw_only=True):
    """How a family of stations differs from the specification."""

    name: Name
    title: Sentence
    extends: Name | None = None
    """The dialect whose tables hold where this one says nothing."""
    match: tuple[Match, ...] = ()
    """Empty: only for who is set to it, or for dialects that extend it."""
    notes: tuple[Sentence, ...] = ()
    sources: tuple[Sentence, ...] = ()
    expects: Expects = Expects()
    units: Units = Units()
    times: Times = Times()
    timing: Timing = Timing()
    limits: Limits = Limits()
    order: Order = Order()
    commands: Commands = Commands()
    charging: Charging = Charging()
    features: Features = Features()


class Speech(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of a dialect that concerns frames: all that an edge has to know."""

    expects: frozenset[str] = frozenset()
    times: Times = Times()
    answer_seconds: float | None = None
    early_status: bool = False


PLAIN = Speech()
STANDARD = Dialect(name="standard", title="As the specification has it.")


def speech(dialect: Dialect | None) -> Speech | None:
    """What an edge has to know; ``None`` when that is nothing."""
    if dialect is None:
        return None
    found = Speech(
        expects=frozenset(dialect.expects.quirks),
        times=dialect.times,
        answer_seconds=dialect.timing.answer_seconds,
        early_status=dialect.order.status_before_boot_answer,
    )
    return None if found == PLAIN else found
