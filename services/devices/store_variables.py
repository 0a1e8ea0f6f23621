"""SQL of the device model: variables of stations and their attributes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from libs.bus import Address
from libs.contracts.device_model import Attribute, ListVariables, VariableView
from services.devices.variable import Known, Place, Told, clean

Connection = Any
Row = Any

LISTS = {"OptionList", "MemberList", "SequenceList"}


class Cursor(NamedTuple):
    """Where a page ended."""

    place: str
    type: str


class Slot(NamedTuple):
    """An attribute by its key."""

    place: str
    type: str


# -- what was told -------------------------------------------------------------------------------


async def lock(connection: Connection, to: Address) -> None:
    """Until the end of the transaction nobody else changes the model of this station."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('devices model ' || $1 || ' ' || $2, 0))",
        to.tenant,
        to.station,
    )


async def known(connection: Connection, to: Address, places: Sequence[str]) -> dict[Slot, Known]:
    """What is known of these variables."""
    rows = await connection.fetch(
        """
        SELECT place, type, value, pending, pending_at, mutability, persistent, constant,
               reported_at, source
        FROM devices.attribute
        WHERE tenant = $1 AND station = $2 AND place = ANY ($3::text[])
        """,
        to.tenant,
        to.station,
        list(places),
    )
    return {Slot(row[0], row[1]): Known(*row[2:]) for row in rows}


async def keep_names(
    connection: Connection, to: Address, told: Sequence[Told], at: datetime
) -> None:
    """Variables as they are called now; what was not told of their traits stays."""
    traits = [each.traits for each in told]
    await connection.execute(
        """
        INSERT INTO devices.variable AS old
            (tenant, station, place, component, instance, evse, connector, variable,
             variable_instance, key, data_type, unit, min_limit, max_limit, max_elements,
             values_list, supports_monitoring, named_at)
        SELECT $1, $2, t.*, $3
        FROM unnest($4::text[], $5::text[], $6::text[], $7::int[], $8::int[], $9::text[],
                    $10::text[], $11::text[], $12::text[], $13::text[], $14::float8[],
                    $15::float8[], $16::int[], $17::text[], $18::boolean[]) AS t
        ON CONFLICT (tenant, station, place) DO UPDATE SET
            (component, instance, evse, connector, variable, variable_instance, key, named_at)
            = (EXCLUDED.component, EXCLUDED.instance, EXCLUDED.evse, EXCLUDED.connector,
               EXCLUDED.variable, EXCLUDED.variable_instance, EXCLUDED.key, EXCLUDED.named_at),
            (data_type, unit, min_limit, max_limit, max_elements, values_list, supports_monitoring)
            = (SELECT EXCLUDED.data_type, EXCLUDED.unit, EXCLUDED.min_limit, EXCLUDED.max_limit,
                      EXCLUDED.max_elements, EXCLUDED.values_list, EXCLUDED.supports_monitoring
               WHERE EXCLUDED.data_type IS NOT NULL
               UNION ALL
               SELECT old.data_type, old.unit, old.min_limit, old.max_limit, old.max_elements,
                      old.values_list, old.supports_monitoring
               WHERE EXCLUDED.data_type IS NULL)
        """,
        to.tenant,
        to.station,
        at,
        [each.place.folded for each in told],
        [each.place.component for each in told],
        [each.place.instance for each in told],
        [each.place.evse for each in told],
        [each.place.connector for each in told],
        [each.place.variable for each in told],
        [each.place.variable_instance for each in told],
        [each.key for each in told],
        *([getattr(each, name, None) for each in traits] for name in TRAITS),
    )


TRAITS = (
    "data_type", "unit", "min_limit", "max_limit", "max_elements", "values_list",
    "supports_monitoring",
)  # fmt: skip


async def keep_attributes(connection: Connection, to: Address, found: dict[Slot, Known]) -> None:
    await connection.execute(
        """
        INSERT INTO devices.attribute
            (tenant, station, place, type, value, pending, pending_at, mutability, persistent,
             constant, reported_at, source)
        SELECT $1, $2, t.*
        FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[],
                    $9::boolean[], $10::boolean[], $11::timestamptz[], $12::text[]) AS t
        ON CONFLICT (tenant, station, place, type) DO UPDATE SET
            (value, pending, pending_at, mutability, persistent, constant, reported_at, source)
            = (EXCLUDED.value, EXCLUDED.pending, EXCLUDED.pending_at, EXCLUDED.mutability,
               EXCLUDED.persistent, EXCLUDED.constant, EXCLUDED.reported_at, EXCLUDED.source)
        """,
        to.tenant,
        to.station,
        [slot.place for slot in found],
        [slot.type for slot in found],
        *(list(column) for column in zip(*found.values(), strict=True)),
    )


async def forget(connection: Connection, to: Address, before: datetime) -> None:
    """What a whole inventory since then did not name is not there any more."""
    await connection.execute(
        "DELETE FROM devices.variable WHERE tenant = $1 AND station = $2 AND named_at < $3",
        to.tenant,
        to.station,
        before,
    )


async def waiting(connection: Connection, to: Address, until: datetime) -> list[Told]:
    """What was to take effect with a boot that came then, as if it were told now."""
    rows = await connection.fetch(
        """
        SELECT component, variable, instance, evse, connector, variable_instance, type, pending, key
        FROM devices.attribute JOIN devices.variable USING (tenant, station, place)
        WHERE tenant = $1 AND station = $2 AND pending IS NOT NULL AND pending_at <= $3
        """,
        to.tenant,
        to.station,
        until,
    )
    return [Told(Place(*row[:6]), row["type"], row["pending"], key=row["key"]) for row in rows]


# -- what is shown -------------------------------------------------------------------------------


async def page(
    connection: Connection, ask: ListVariables, after: Cursor | None, limit: int
) -> list[tuple[Cursor, VariableView]]:
    rows = await connection.fetch(
        """
        SELECT * FROM devices.variable JOIN devices.attribute USING (tenant, station, place)
        WHERE tenant = $1 AND station = $2
          AND ($3::text IS NULL OR lower(component) = lower($3))
          AND ($4::text IS NULL OR lower(variable) = lower($4) OR lower(key) = lower($4))
          AND ($5::int IS NULL OR evse = $5)
          AND ($6::text IS NULL OR strpos(lower(concat_ws(' ', component, instance, variable,
                                          variable_instance, key, value)), lower($6)) > 0)
          AND ($7::boolean IS NULL
               OR coalesce(mutability, 'ReadWrite') IN ('ReadWrite', 'WriteOnly') = $7)
          AND ($8::text IS NULL OR (place, type) > ($8, $9))
        ORDER BY place, type LIMIT $10
        """,
        ask.tenant,
        ask.station,
        maybe(ask.component),
        maybe(ask.variable),
        ask.evse,
        maybe(ask.search),
        ask.writable,
        after.place if after else None,
        after.type if after else None,
        limit,
    )
    return [(Cursor(row["place"], row["type"]), view(row)) for row in rows]


def maybe(text: str | None) -> str | None:
    return None if text is None else clean(text)


def view(row: Row) -> VariableView:
    given: dict[str, Any] = {name: row[name] for name in SHOWN}
    attribute: Attribute = row["type"]
    listed = (row["values_list"] or "").split(",") if row["data_type"] in LISTS else []
    values = [item.strip() for item in listed if item.strip()]
    return VariableView(attribute=attribute, values=values, **given)


SHOWN = (
    "component", "instance", "evse", "connector", "variable", "variable_instance", "key", "value",
    "pending", "mutability", "persistent", "constant", "unit", "data_type", "min_limit",
    "max_limit", "max_elements", "supports_monitoring", "reported_at", "source",
)  # fmt: skip


async def values(connection: Connection, to: Address, places: Sequence[str]) -> dict[str, str]:
    """Actual values by place; what is not known is not in it."""
    rows = await connection.fetch(
        """
        SELECT place, value FROM devices.attribute
        WHERE tenant = $1 AND station = $2 AND place = ANY ($3::text[]) AND type = 'Actual'
          AND value IS NOT NULL
        """,
        to.tenant,
        to.station,
        list(places),
    )
    return dict(rows)


# -- limits that were learned --------------------------------------------------------------------


async def learned(connection: Connection, to: Address, action: str) -> int | None:
    found: int | None = await connection.fetchval(
        """
        SELECT items_max FROM devices.batch_limit
        WHERE tenant = $1 AND station = $2 AND action = $3
        """,
        to.tenant,
        to.station,
        action,
    )
    return found


async def learn(connection: Connection, to: Address, action: str, items_max: int) -> None:
    await connection.execute(
        """
        INSERT INTO devices.batch_limit (tenant, station, action, items_max, learned_at)
        VALUES ($1, $2, $3, $4, now())
        ON CONFLICT (tenant, station, action) DO UPDATE
            SET items_max = EXCLUDED.items_max, learned_at = EXCLUDED.learned_at
        """,
        to.tenant,
        to.station,
        action,
        items_max,
    )


async def unlearn(connection: Connection, to: Address) -> None:
    """Another firmware may take more."""
    await connection.execute(
        "DELETE FROM devices.batch_limit WHERE tenant = $1 AND station = $2", to.tenant, to.station
    )
