"""SQL of monitoring: monitors of stations, base and level."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from libs.contracts.monitoring import ListMonitors, MonitoringView, MonitorView
from services.devices.monitor import Monitor

Connection = Any


class Parts(NamedTuple):
    """The report that is coming in: its number (requestId), its parts so far, which is the last."""

    number: int | None
    parts: list[int]
    last: int | None


async def state(connection: Connection, tenant: str, station: str) -> Parts:
    """What is coming in, held until the end of the transaction."""
    row = await connection.fetchrow(
        """
        INSERT INTO devices.monitoring AS m (tenant, station) VALUES ($1, $2)
        ON CONFLICT (tenant, station) DO UPDATE SET report_parts = m.report_parts
        RETURNING report, report_parts, report_last
        """,
        tenant,
        station,
    )
    return Parts(*row)


async def note(
    connection: Connection, station: tuple[str, str], parts: Parts, complete_at: datetime | None
) -> None:
    """``complete_at``: since then all monitors are known."""
    await connection.execute(
        """
        UPDATE devices.monitoring SET report = $3, report_parts = $4, report_last = $5,
            reported_at = coalesce($6, reported_at)
        WHERE tenant = $1 AND station = $2
        """,
        *station,
        *parts,
        complete_at,
    )


async def asks_for_all(connection: Connection, tenant: str, station: str, number: int) -> bool:
    """Whether the request of a report had no filter."""
    found: bool | None = await connection.fetchval(
        """
        SELECT payload->'monitoringCriteria' IS NULL AND payload->'componentVariable' IS NULL
        FROM devices.request
        WHERE tenant = $1 AND station = $2 AND family = 'monitoring' AND $3 = ANY (numbers)
        ORDER BY asked_at DESC LIMIT 1
        """,
        tenant,
        station,
        number,
    )
    return bool(found)


async def put(
    connection: Connection,
    station: tuple[str, str],
    monitors: Sequence[Monitor],
    at: datetime,
    report: int | None = None,
) -> None:
    """Monitors as they are now. ``report``: the report that names them; None: they were set."""
    if not monitors:
        return
    # Of several with one id the last counts; a statement must not touch a row twice.
    latest = list({monitor.id: monitor for monitor in monitors}.values())
    columns = [list(column) for column in zip(*latest, strict=True)]
    await connection.execute(RENAMED, *station, *columns[:10])
    await connection.execute(
        """
        INSERT INTO devices.monitor AS old
            (tenant, station, source, changed_at, report, id, component, instance, evse, connector,
             variable, variable_instance, type, value, severity, transaction, kind,
             stream_interval, stream_values)
        SELECT $1, $2, $3, $4, $5, t.*
        FROM unnest($6::bigint[], $7::text[], $8::text[], $9::int[], $10::int[], $11::text[],
                    $12::text[], $13::text[], $14::float8[], $15::int[], $16::boolean[],
                    $17::text[], $18::int[], $19::int[]) AS t
        ON CONFLICT (tenant, station, id) DO UPDATE SET
            (component, instance, evse, connector, variable, variable_instance, type, value,
             severity, transaction, kind, stream_interval, stream_values, active, source,
             changed_at, report)
            = (EXCLUDED.component, EXCLUDED.instance, EXCLUDED.evse, EXCLUDED.connector,
               EXCLUDED.variable, EXCLUDED.variable_instance, EXCLUDED.type, EXCLUDED.value,
               EXCLUDED.severity, EXCLUDED.transaction, coalesce(EXCLUDED.kind, old.kind),
               coalesce(EXCLUDED.stream_interval, old.stream_interval),
               coalesce(EXCLUDED.stream_values, old.stream_values), true, EXCLUDED.source,
               EXCLUDED.changed_at, coalesce(EXCLUDED.report, old.report))
        """,
        *station,
        "set" if report is None else "report",
        at,
        report,
        *columns,
    )


RENAMED = """
DELETE FROM devices.monitor m
USING unnest($3::bigint[], $4::text[], $5::text[], $6::int[], $7::int[], $8::text[], $9::text[],
             $10::text[], $11::float8[], $12::int[])
    AS t (id, component, instance, evse, connector, variable, variable_instance, type, value,
          severity)
WHERE m.tenant = $1 AND m.station = $2 AND m.id <> t.id
  AND lower(m.component) = lower(t.component) AND lower(m.variable) = lower(t.variable)
  AND (m.instance, m.evse, m.connector, m.variable_instance)
      IS NOT DISTINCT FROM (t.instance, t.evse, t.connector, t.variable_instance)
  AND m.type = t.type AND m.severity = t.severity
"""
"""There is one monitor of a type and severity at a variable: it has another id now."""


async def drop(connection: Connection, tenant: str, station: str, ids: Sequence[int]) -> None:
    await connection.execute(
        "DELETE FROM devices.monitor WHERE tenant = $1 AND station = $2 AND id = ANY ($3)",
        tenant,
        station,
        list(ids),
    )


async def drop_others(connection: Connection, tenant: str, station: str, report: int) -> None:
    """What a report of all monitors did not name is not there any more."""
    await connection.execute(
        """
        DELETE FROM devices.monitor
        WHERE tenant = $1 AND station = $2 AND report IS DISTINCT FROM $3
        """,
        tenant,
        station,
        report,
    )


async def drop_all(connection: Connection, tenant: str, station: str, at: datetime) -> None:
    """The station says that it has none."""
    await connection.execute(
        "DELETE FROM devices.monitor WHERE tenant = $1 AND station = $2 AND changed_at <= $3",
        tenant,
        station,
        at,
    )
    await connection.execute(
        """
        INSERT INTO devices.monitoring (tenant, station, reported_at) VALUES ($1, $2, $3)
        ON CONFLICT (tenant, station) DO UPDATE SET reported_at = EXCLUDED.reported_at
        """,
        tenant,
        station,
        at,
    )


async def forget(connection: Connection, tenant: str, station: str, at: datetime) -> None:
    """The station was removed; what was known of it since then stays."""
    await connection.execute(
        "DELETE FROM devices.monitor WHERE tenant = $1 AND station = $2 AND changed_at <= $3",
        tenant,
        station,
        at,
    )
    await connection.execute(
        """
        DELETE FROM devices.monitoring m
        WHERE tenant = $1 AND station = $2
          AND coalesce(greatest(base_at, level_at, reported_at) <= $3, true)
        """,
        tenant,
        station,
        at,
    )


async def set_base(
    connection: Connection, tenant: str, station: str, base: str, at: datetime
) -> None:
    """Monitors of operators end with every base but All; HardWiredOnly silences the maker's too
    (N05).
    """
    await connection.execute(
        """
        INSERT INTO devices.monitoring (tenant, station, base, base_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, station) DO UPDATE
            SET (base, base_at) = (EXCLUDED.base, EXCLUDED.base_at)
        """,
        tenant,
        station,
        base,
        at,
    )
    await connection.execute(
        """
        DELETE FROM devices.monitor
        WHERE tenant = $1 AND station = $2 AND $3 <> 'All' AND kind = 'CustomMonitor'
        """,
        tenant,
        station,
        base,
    )
    await connection.execute(
        """
        UPDATE devices.monitor SET active = $3 <> 'HardWiredOnly'
        WHERE tenant = $1 AND station = $2 AND kind = 'PreconfiguredMonitor'
        """,
        tenant,
        station,
        base,
    )


async def set_level(
    connection: Connection, tenant: str, station: str, level: int, at: datetime
) -> None:
    await connection.execute(
        """
        INSERT INTO devices.monitoring (tenant, station, level, level_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, station) DO UPDATE
            SET (level, level_at) = (EXCLUDED.level, EXCLUDED.level_at)
        """,
        tenant,
        station,
        level,
        at,
    )


async def view(connection: Connection, tenant: str, station: str) -> MonitoringView:
    row = await connection.fetchrow(
        """
        SELECT base, base_at, level, level_at, reported_at,
            (SELECT count(*) FROM devices.monitor WHERE tenant = $1 AND station = $2) AS monitors
        FROM (SELECT) AS always
        LEFT JOIN devices.monitoring m ON m.tenant = $1 AND m.station = $2
        """,
        tenant,
        station,
    )
    return MonitoringView(
        station=station,
        base=row["base"],
        base_set_at=row["base_at"],
        level=row["level"],
        level_set_at=row["level_at"],
        monitors=row["monitors"],
        reported_at=row["reported_at"],
    )


async def page(
    connection: Connection, ask: ListMonitors, after: int | None, limit: int
) -> list[MonitorView]:
    rows = await connection.fetch(
        """
        SELECT id, component, instance, evse, connector, variable, variable_instance, type, value,
               severity, transaction, kind, stream_interval AS stream_interval_seconds,
               stream_values, active, source, changed_at
        FROM devices.monitor
        WHERE tenant = $1 AND station = $2
          AND ($3::text IS NULL OR lower(component) = lower($3))
          AND ($4::text IS NULL OR lower(variable) = lower($4))
          AND ($5::bigint IS NULL OR id > $5)
        ORDER BY id LIMIT $6
        """,
        ask.tenant,
        ask.station,
        ask.component,
        ask.variable,
        after,
        limit,
    )
    return [MonitorView(**dict(row)) for row in rows]
