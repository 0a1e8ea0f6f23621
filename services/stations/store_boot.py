"""What stations said of themselves at boot."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from libs.contracts.stations import Registration
from services.stations.boot import Boot
from services.stations.habit import Known
from services.stations.store_dialects import known

Row = Any
Connection = Any


class Booked(NamedTuple):
    """How a station is registered, and what decides on its dialect, before this boot and now."""

    registration: Registration
    before: Known
    now: Known


async def book(connection: Connection, boots: Sequence[Boot]) -> dict[tuple[str, str], Booked]:
    """Keep what stations said of themselves, and answer how each is registered; unknown ones are
    left out.

    The word of a new socket may come later than the boot on it: from its boot on, a station can be
    called in the version that it speaks.
    """
    columns = zip(
        *(
            (
                boot.tenant, boot.station, boot.at, boot.vendor, boot.model, boot.serial_number,
                boot.firmware, boot.iccid, boot.imsi, boot.reason, boot.version,
            )
            for boot in boots
        ),
        strict=True,
    )  # fmt: skip
    rows = await connection.fetch(
        """
        WITH told AS (
            SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[],
                                 $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                                 $11::text[])
                AS t (tenant, identity, at, vendor, model, serial, firmware, iccid, imsi, reason,
                      version)
        ), mine AS (
            SELECT s.key AS mine, s.vendor AS was_vendor, s.model AS was_model,
                   s.firmware AS was_firmware, told.*
            FROM stations.station s JOIN told USING (tenant, identity)
            ORDER BY s.key FOR NO KEY UPDATE OF s
        ), other AS (
            SELECT p.key, mine.version FROM stations.presence p JOIN mine ON p.key = mine.mine
            WHERE p.version IS DISTINCT FROM mine.version
            ORDER BY p.key FOR NO KEY UPDATE OF p
        ), spoken AS (
            UPDATE stations.presence p SET version = other.version
            FROM other WHERE p.key = other.key
        )
        UPDATE stations.station s
        SET vendor = mine.vendor, model = mine.model, serial_number = mine.serial,
            firmware = mine.firmware, iccid = mine.iccid, imsi = mine.imsi,
            boot_reason = mine.reason, booted_at = mine.at, boot_status = s.registration
        FROM mine WHERE s.key = mine.mine
        RETURNING s.tenant, s.identity, s.registration, s.vendor, s.model, s.firmware, s.dialect,
                  s.learned, mine.version, was_vendor, was_model, was_firmware
        """,
        *(list(column) for column in columns),
    )
    return {(row["tenant"], row["identity"]): booked(row) for row in rows}


def booked(row: Row) -> Booked:
    now = known(row, row["version"])
    before = now._replace(
        vendor=row["was_vendor"], model=row["was_model"], firmware=row["was_firmware"]
    )
    return Booked(row["registration"], before, now)
