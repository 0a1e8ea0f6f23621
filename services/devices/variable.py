"""What stations tell of their variables, and what is known after it. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from libs.contracts.device_model import Attribute, Mutability, Source, VariableChanged
from libs.ocpp.secret import is_secret

ACTUAL: Attribute = "Actual"
SEPARATOR = "\x1f"
SECRET_WORDS = ("password", "passphrase", "secret", "privatekey")
"""Whatever is called so is never kept, even before its station said that it is write only."""


class Place(NamedTuple):
    """All names of a variable."""

    component: str
    variable: str
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable_instance: str | None = None

    @property
    def folded(self) -> str:
        """Equal for names that OCPP holds equal; sorts by component, EVSE, connector, variable."""
        parts = (
            self.component.casefold(),
            digits(self.evse),
            digits(self.connector),
            (self.instance or "").casefold(),
            self.variable.casefold(),
            (self.variable_instance or "").casefold(),
        )
        return SEPARATOR.join(parts)

    @property
    def secret(self) -> bool:
        name = self.variable.casefold()
        return is_secret(name) or any(word in name for word in SECRET_WORDS)


def digits(number: int | None) -> str:
    return "" if number is None else f"{number:010d}"


class Traits(NamedTuple):
    """Characteristics: what a variable may be."""

    data_type: str
    unit: str | None = None
    min_limit: float | None = None
    max_limit: float | None = None
    max_elements: int | None = None
    values_list: str | None = None
    supports_monitoring: bool | None = None


class Told(NamedTuple):
    """One attribute of a variable as a station told it."""

    place: Place
    type: Attribute = ACTUAL
    value: str | None = None
    pending: str | None = None
    """Accepted, but only after a reboot."""
    mutability: Mutability | None = None
    persistent: bool | None = None
    constant: bool | None = None
    traits: Traits | None = None
    key: str | None = None


class Known(NamedTuple):
    """An attribute as it is known."""

    value: str | None = None
    pending: str | None = None
    pending_at: datetime | None = None
    mutability: Mutability | None = None
    persistent: bool | None = None
    constant: bool | None = None
    reported_at: datetime | None = None
    source: Source = "report"


def merge(old: Known | None, told: Told, at: datetime, source: Source) -> Known:
    """What is known after it was told; secrets never are."""
    before = old or Known()
    mutability = told.mutability or before.mutability
    pending, pending_at = before.pending, before.pending_at
    if told.pending is not None:
        pending, pending_at = told.pending, at
    elif source == "write":
        pending = pending_at = None
    value = before.value if told.pending is not None else told.value
    if told.place.secret or mutability == "WriteOnly":
        mutability, value, pending = mutability or "WriteOnly", None, None
    if pending is None or pending == value:
        pending = pending_at = None
    return Known(
        value=value,
        pending=pending,
        pending_at=pending_at,
        mutability=mutability,
        persistent=before.persistent if told.persistent is None else told.persistent,
        constant=before.constant if told.constant is None else told.constant,
        reported_at=at,
        source=source,
    )


def news(old: Known | None, new: Known) -> bool:
    """A value that is told for the first time is no change."""
    return (
        old is not None
        and old.value is not None
        and new.value is not None
        and old.value != new.value
    )


def changed(tenant: str, station: str, told: Told, old: Known, new: Known) -> VariableChanged:
    assert old.value is not None
    assert new.value is not None
    assert new.reported_at is not None
    place = told.place
    return VariableChanged(
        tenant=tenant,
        at=new.reported_at,
        station=station,
        component=place.component,
        instance=place.instance,
        evse=place.evse,
        connector=place.connector,
        variable=place.variable,
        variable_instance=place.variable_instance,
        attribute=told.type,
        variable_key=told.key,
        value=new.value,
        previous=old.value,
        source=new.source,
    )


# -- out of messages of 2.x ----------------------------------------------------------------------


def place_of(component: Any, variable: Any) -> Place:
    """Of a Component and a Variable of either 2.x."""
    evse = component.evse
    return Place(
        component=clean(component.name),
        variable=clean(variable.name),
        instance=clean(component.instance) if component.instance else None,
        evse=evse.id if evse else None,
        connector=evse.connector_id if evse else None,
        variable_instance=clean(variable.instance) if variable.instance else None,
    )


def reported(items: Sequence[Any]) -> list[Told]:
    """Of the reportData of a NotifyReport (B07, B08)."""
    found: list[Told] = []
    for item in items:
        place, traits = place_of(item.component, item.variable), traits_of(item)
        found += [
            Told(
                place,
                attribute.type or ACTUAL,
                None if attribute.value is None else clean(attribute.value),
                mutability=attribute.mutability or "ReadWrite",
                persistent=bool(attribute.persistent),
                constant=bool(attribute.constant),
                traits=traits,
            )
            for attribute in item.variable_attribute
        ]
    return found


def traits_of(item: Any) -> Traits | None:
    given = item.variable_characteristics
    if given is None:
        return None
    return Traits(
        data_type=given.data_type,
        unit=clean(given.unit) if given.unit else None,
        min_limit=given.min_limit,
        max_limit=given.max_limit,
        max_elements=getattr(given, "max_elements", None),
        values_list=clean(given.values_list) if given.values_list else None,
        supports_monitoring=given.supports_monitoring,
    )


def clean(text: str) -> str:
    """PostgreSQL has no text with NUL; JSON has."""
    return text.replace("\x00", "\ufffd")
