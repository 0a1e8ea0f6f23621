"""Migrations: numbered SQL files, applied once each, in order, forward only."""

import asyncio
import hashlib
import random
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from libs.postgres.fault import DatabaseAway, dsn_refused, misconfigured, transient
from libs.runtime import CannotStart, log

NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
NO_TRANSACTION = "-- no-transaction"
LOCK_TIMEOUT = "3s"
LOCK_TRIES_MAX = 20
WAIT_SECONDS = 0.1
CONNECT_SECONDS = 5.0
PATIENCE_SECONDS = 60.0

TABLE_SQL = """
CREATE SCHEMA IF NOT EXISTS "{schema}";
CREATE TABLE IF NOT EXISTS "{schema}".migration (
    version int PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""
APPLIED_SQL = 'SELECT version, name, sha256 FROM "{schema}".migration'
RECORD_SQL = 'INSERT INTO "{schema}".migration (version, name, sha256) VALUES ($1, $2, $3)'
LOCK_SQL = "SELECT pg_try_advisory_lock(hashtextextended('voltbus migration ' || $1, 0))"

logger = log.get("postgres")


class MigrationFault(CannotStart):
    """The files and the database do not fit together; the text says what to do."""


@dataclass(frozen=True)
class File:
    """One migration."""

    version: int
    name: str
    sql: str
    sha256: str

    @property
    def in_transaction(self) -> bool:
        return not self.sql.lstrip().startswith(NO_TRANSACTION)


async def migrate(
    dsn: str, schema: str, folder: Path, *, patience: float = PATIENCE_SECONDS
) -> list[str]:
    """Bring a schema up to date with ``folder/NNNN_name.sql``; the names of what was applied.

    Creates the schema, which comes first in the search path of the files. Each file is a
    transaction of its own; one that begins with ``-- no-transaction`` runs without and holds one
    statement only (CREATE INDEX CONCURRENTLY). Any number of processes may call this at once.
    MigrationFault: a file was changed, misnamed, or numbered before one that is applied.
    """
    files = read(folder)
    async with _session(dsn, schema, patience) as connection:
        await connection.execute(TABLE_SQL.format(schema=schema))
        applied = await connection.fetch(APPLIED_SQL.format(schema=schema))
        missing = pending(
            schema, files, {row["version"]: (row["name"], row["sha256"]) for row in applied}
        )
        for file in missing:
            await _apply(connection, schema, file)
            logger.info("migration applied", schema=schema, migration=file.name)
    return [file.name for file in missing]


def read(folder: Path) -> list[File]:
    """The migrations in a folder, in order."""
    files: dict[int, File] = {}
    for path in sorted(folder.glob("*.sql")):
        match = NAME.fullmatch(path.name)
        if match is None:
            raise MigrationFault(f"{path} is not named like 0001_what_it_does.sql.")
        sql = path.read_text(encoding="utf-8")
        version = int(match[1])
        if version in files:
            raise MigrationFault(f"{files[version].name} and {path.name} have the same number.")
        digest = hashlib.sha256(sql.encode()).hexdigest()
        files[version] = File(version, path.name, sql, digest)
    return list(files.values())


def pending(schema: str, files: list[File], applied: dict[int, tuple[str, str]]) -> list[File]:
    """What is still to be applied; ``applied`` is version to (name, sha256).

    A version in the database without a file is fine: an older release runs beside a newer one.
    """
    newest = max(applied, default=0)
    missing: list[File] = []
    for file in files:
        if file.version not in applied:
            if file.version < newest:
                raise MigrationFault(
                    f"Migration {file.name} of schema {schema} comes too late: "
                    f"{applied[newest][0]} is applied already. Give it the next free number."
                )
            missing.append(file)
            continue
        name, sha256 = applied[file.version]
        if sha256 != file.sha256:
            raise MigrationFault(
                f"Migration {file.name} of schema {schema} was changed after it was applied as "
                f"{name} (sha256 {sha256[:12]} then, {file.sha256[:12]} now). Restore the file and "
                "put the change into a new migration."
            )
    return missing


@asynccontextmanager
async def _session(dsn: str, schema: str, patience: float) -> AsyncGenerator[asyncpg.Connection]:
    """A connection that holds the lock of the schema's migrations."""
    connection = await _connect(dsn, schema, patience)
    try:
        # Trying instead of waiting: a waiting statement holds a snapshot, for which CREATE INDEX
        # CONCURRENTLY of the process that holds the lock would wait in turn, for ever.
        while not await connection.fetchval(LOCK_SQL, schema):  # noqa: ASYNC110 - none comes
            await asyncio.sleep(WAIT_SECONDS * random.uniform(0.5, 1.5))
        yield connection
    finally:
        await connection.close()


async def _connect(dsn: str, schema: str, patience: float) -> asyncpg.Connection:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    told = False
    while True:
        try:
            return await asyncpg.connect(
                dsn,
                timeout=CONNECT_SECONDS,
                server_settings={
                    "application_name": f"voltbus {schema} migration",
                    "search_path": f'"{schema}", public',
                    "timezone": "UTC",
                    "statement_timeout": "0",
                    "lock_timeout": LOCK_TIMEOUT,
                },
            )
        except Exception as error:
            if misconfigured(error):
                raise dsn_refused(error) from error
            if not transient(error):
                raise
            if loop.time() > deadline:
                raise DatabaseAway(
                    f"PostgreSQL did not answer for {patience:.0f} s: {error}"
                ) from error
            if not told:
                told = True
                logger.warning("database is not there yet", error=str(error))
        await asyncio.sleep(WAIT_SECONDS * random.uniform(0.5, 1.5))


async def _apply(connection: asyncpg.Connection, schema: str, file: File) -> None:
    record = RECORD_SQL.format(schema=schema)
    if not file.in_transaction:
        await connection.execute(file.sql)
        await connection.execute(record, file.version, file.name, file.sha256)
        return
    for tries_left in reversed(range(LOCK_TRIES_MAX)):
        try:
            async with connection.transaction():
                await connection.execute(file.sql)
                await connection.execute(record, file.version, file.name, file.sha256)
        except asyncpg.LockNotAvailableError:
            # Waiting longer would queue the service's statements behind us: let them pass first.
            if tries_left == 0:
                raise
            logger.warning("migration waits for a lock", schema=schema, migration=file.name)
            await asyncio.sleep(WAIT_SECONDS * random.uniform(1, 5))
        else:
            return
