"""The registry: stations, and what admission needs of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import UNSET

from libs.contracts.stations import (
    ConnectorView,
    EvseSpec,
    EvseView,
    ListStations,
    PutStation,
    Registration,
    StationView,
)
from services.stations.admission import Record
from services.stations.secret import Kept
from services.stations.store_dialects import known

Row = Any
Connection = Any

VIEW = """
SELECT s.key, s.tenant, s.identity, s.vendor, s.model, s.serial_number, s.firmware, s.iccid, s.imsi,
       s.registration, s.boot_status, s.booted_at, s.boot_reason, s.security_profile, s.strict,
       coalesce(s.dialect, CASE WHEN s.learned IS NOT NULL THEN 'learned' END) AS dialect,
       s.automatic, s.labels, s.created_at, s.secret_text IS NOT NULL AS has_password,
       p.online, p.since, p.version, p.edge,
       CASE WHEN p.online OR p.since IS NULL THEN greatest(p.since, s.booted_at, c.received_at)
            ELSE p.since END AS last_seen
FROM stations.station s JOIN stations.presence p USING (key)
LEFT JOIN LATERAL (
    SELECT max(received_at) AS received_at FROM stations.connector WHERE key = s.key
) c ON true
"""


class Changeable(NamedTuple):
    """What an operator may change, as it is now; the row is locked."""

    key: int
    registration: Registration
    strict: bool
    automatic: bool
    dialect: str | None
    labels: list[str]
    security_profile: int
    online: bool
    epoch: int


# -- admission -----------------------------------------------------------------------------------


async def records(connection: Connection, identities: Sequence[str]) -> list[Record]:
    """All stations of these identities, in any tenant."""
    rows = await connection.fetch(
        """
        SELECT tenant, identity, security_profile, secret_text, secret_octets, strict, boot_status,
               vendor, model, firmware, dialect, learned
        FROM stations.station WHERE identity = ANY($1::text[])
        """,
        identities,
    )
    return [
        Record(
            tenant=row["tenant"],
            station=row["identity"],
            security_profile=row["security_profile"],
            secret=Kept(row["secret_text"], row["secret_octets"]) if row["secret_text"] else None,
            strict=row["strict"],
            boot_status=row["boot_status"],
            habit=known(row),
        )
        for row in rows
    ]


async def register(connection: Connection, tenant: str, identities: Sequence[str]) -> list[str]:
    """Add stations; those that were not there. In order, so that two instances never dead-lock."""
    rows = await connection.fetch(
        """
        WITH added AS (
            INSERT INTO stations.station (tenant, identity)
            SELECT $1, identity FROM unnest($2::text[]) AS told (identity)
            ON CONFLICT DO NOTHING RETURNING key, identity
        ), seen AS (
            INSERT INTO stations.presence (key) SELECT key FROM added
        )
        SELECT identity FROM added
        """,
        tenant,
        sorted(identities),
    )
    return [row["identity"] for row in rows]


async def epochs(connection: Connection, count: int) -> list[int]:
    """Numbers for new sockets, growing."""
    rows = await connection.fetch(
        "SELECT nextval('stations.epoch') AS epoch FROM generate_series(1, $1)", count
    )
    return [row["epoch"] for row in rows]


async def now(connection: Connection) -> datetime:
    """The database's clock: the same for every instance."""
    return await connection.fetchval("SELECT now()")


# -- views ---------------------------------------------------------------------------------------


async def view(connection: Connection, tenant: str, station: str) -> StationView | None:
    rows = await connection.fetch(VIEW + "WHERE s.tenant = $1 AND s.identity = $2", tenant, station)
    return (await with_connectors(connection, rows))[0] if rows else None


async def page(connection: Connection, ask: ListStations, limit: int) -> list[StationView]:
    """Stations of a tenant after an identity, in the order of identities."""
    rows = await connection.fetch(
        VIEW
        + """
        WHERE s.tenant = $1 AND s.identity > $2
          AND ($3::boolean IS NULL OR p.online = $3)
          AND ($4::text IS NULL OR p.version = $4)
          AND ($5::text IS NULL
               OR strpos(lower(concat_ws(' ', s.identity, s.vendor, s.model)), lower($5)) > 0)
        ORDER BY s.identity LIMIT $6
        """,
        ask.tenant,
        ask.after or "",
        ask.online,
        ask.protocol,
        ask.search,
        limit,
    )
    return await with_connectors(connection, rows)


async def with_connectors(connection: Connection, rows: Sequence[Row]) -> list[StationView]:
    places = await connection.fetch(
        """
        SELECT key, evse, connector, type, status, error_code, info, vendor_error_code, since
        FROM stations.connector WHERE key = ANY($1::bigint[]) ORDER BY key, evse, connector
        """,
        [row["key"] for row in rows],
    )
    of_station: dict[int, list[Row]] = {}
    for place in places:
        of_station.setdefault(place["key"], []).append(place)
    return [station_view(row, of_station.get(row["key"], [])) for row in rows]


def station_view(row: Row, places: Sequence[Row]) -> StationView:
    whole = next((place["status"] for place in places if place["evse"] == 0), None)
    return StationView(
        tenant=row["tenant"],
        id=row["identity"],
        online=row["online"],
        since=row["since"],
        last_seen=row["last_seen"],
        protocol=row["version"],
        edge=row["edge"],
        vendor=row["vendor"],
        model=row["model"],
        serial_number=row["serial_number"],
        firmware=row["firmware"],
        iccid=row["iccid"],
        imsi=row["imsi"],
        registration=row["registration"],
        boot_status=row["boot_status"],
        booted_at=row["booted_at"],
        boot_reason=row["boot_reason"],
        security_profile=row["security_profile"],
        has_password=row["has_password"],
        strict=row["strict"],
        automatic=row["automatic"],
        dialect=row["dialect"],
        labels=row["labels"],
        status=whole,
        evses=evse_views(places),
        created_at=row["created_at"],
    )


def evse_views(places: Sequence[Row]) -> list[EvseView]:
    """Rows in order of EVSE and connector as EVSEs; connector 0 is the EVSE itself."""
    of_evse: dict[int, list[Row]] = {}
    for place in places:
        if place["evse"]:
            of_evse.setdefault(place["evse"], []).append(place)
    return [
        EvseView(
            id=evse,
            status=next((place["status"] for place in mine if not place["connector"]), None),
            connectors=[
                ConnectorView(
                    id=place["connector"],
                    type=place["type"],
                    status=place["status"] or "Unknown",
                    error_code=place["error_code"],
                    info=place["info"],
                    vendor_error_code=place["vendor_error_code"],
                    since=place["since"],
                )
                for place in mine
                if place["connector"]
            ],
        )
        for evse, mine in of_evse.items()
    ]


# -- changes by an operator ----------------------------------------------------------------------


async def lock(connection: Connection, tenant: str, station: str) -> Changeable | None:
    row = await connection.fetchrow(
        """
        SELECT s.key, s.registration, s.strict, s.automatic, s.dialect, s.labels,
               s.security_profile, p.online, p.epoch
        FROM stations.station s JOIN stations.presence p USING (key)
        WHERE s.tenant = $1 AND s.identity = $2 FOR UPDATE
        """,
        tenant,
        station,
    )
    return Changeable(*row) if row else None


async def change(connection: Connection, key: int, ask: PutStation, secret: Kept | None) -> None:
    """Write what was given; a password of None takes the credentials away. Who is rejected may say
    nothing any more, also on its next socket, until a boot is accepted again.
    """
    await connection.execute(
        """
        UPDATE stations.station
        SET registration = coalesce($2, registration), strict = coalesce($3, strict),
            boot_status = CASE WHEN $2 = 'Rejected' THEN 'Rejected' ELSE boot_status END,
            security_profile = coalesce($4, security_profile),
            automatic = coalesce($8, automatic),
            dialect = CASE WHEN $9 THEN $10 ELSE dialect END,
            labels = coalesce($11::text[], labels),
            secret_text = CASE WHEN $5 THEN $6 ELSE secret_text END,
            secret_octets = CASE WHEN $5 THEN $7 ELSE secret_octets END
        WHERE key = $1
        """,
        key,
        given(ask.registration),
        given(ask.strict),
        given(ask.security_profile),
        ask.password is not UNSET,
        secret.text if secret else None,
        secret.octets if secret else None,
        given(ask.automatic),
        ask.dialect is not UNSET,
        given(ask.dialect),
        given(ask.labels),
    )


async def lay_out(connection: Connection, key: int, evses: Sequence[EvseSpec]) -> None:
    """Declare EVSEs and connectors; those that are not named go, unless the station reported
    them.
    """
    places = sorted(
        {(evse.id, 0): None for evse in evses}
        | {(evse.id, spec.id): spec.type for evse in evses for spec in evse.connectors}
    )
    types = {(evse.id, spec.id): spec.type for evse in evses for spec in evse.connectors}
    await connection.execute(
        """
        WITH told AS (
            SELECT * FROM unnest($2::integer[], $3::integer[], $4::text[])
                AS t (evse, connector, type)
        ), gone AS (
            DELETE FROM stations.connector c
            WHERE key = $1 AND reported_at IS NULL
              AND NOT EXISTS (
                  SELECT FROM told t WHERE t.evse = c.evse AND t.connector = c.connector
              )
        )
        INSERT INTO stations.connector (key, evse, connector, type)
        SELECT $1, evse, connector, type FROM told
        ON CONFLICT (key, evse, connector) DO UPDATE SET type = excluded.type
        """,
        key,
        [evse for evse, _ in places],
        [connector for _, connector in places],
        [types.get(place) for place in places],
    )


async def move(connection: Connection, key: int, tenant: str) -> None:
    """To another tenant; its socket speaks for the old one, so it counts as closed."""
    await connection.execute(
        """
        WITH moved AS (UPDATE stations.station SET tenant = $2 WHERE key = $1)
        UPDATE stations.presence SET online = false, closed_epoch = epoch,
               since = CASE WHEN online THEN now() ELSE since END
        WHERE key = $1
        """,
        key,
        tenant,
    )


async def remove(connection: Connection, key: int) -> None:
    await connection.execute("DELETE FROM stations.station WHERE key = $1", key)


def given(value: Any) -> Any:
    """For coalesce: NULL stands for what was not given."""
    return None if value is UNSET else value
