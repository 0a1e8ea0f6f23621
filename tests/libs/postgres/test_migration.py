import asyncio
from pathlib import Path

import asyncpg
import pytest

from libs.postgres import DatabaseAway, MigrationFault, migrate
from libs.postgres.migration import File, pending, read

WAITS = """
SELECT count(*) > 0 FROM pg_stat_activity
WHERE application_name = $1 AND wait_event_type = 'Lock'
"""


@pytest.fixture
def schema(tenant: str) -> str:
    """A schema of the test's own."""
    return tenant


def write(folder: Path, **files: str) -> Path:
    for name, sql in files.items():
        (folder / f"{name[1:]}.sql").write_text(sql)
    return folder


async def fetch(database: str, sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(database)
    try:
        return await connection.fetch(sql)
    finally:
        await connection.close()


async def test_files_are_applied_once_and_in_order(
    database: str, schema: str, tmp_path: Path
) -> None:
    write(tmp_path, _0001_session="CREATE TABLE session (id int); INSERT INTO session VALUES (1)")
    assert await migrate(database, schema, tmp_path) == ["0001_session.sql"]
    write(tmp_path, _0002_energy="ALTER TABLE session ADD energy int DEFAULT 7")
    assert await migrate(database, schema, tmp_path) == ["0002_energy.sql"]
    assert await migrate(database, schema, tmp_path) == []
    assert [tuple(row) for row in await fetch(database, f"TABLE {schema}.session")] == [(1, 7)]
    applied = await fetch(database, f"SELECT version, name, sha256 FROM {schema}.migration")
    assert [(row["version"], row["name"], len(row["sha256"])) for row in applied] == [
        (1, "0001_session.sql", 64),
        (2, "0002_energy.sql", 64),
    ]


async def test_a_file_that_was_changed_is_refused(
    database: str, schema: str, tmp_path: Path
) -> None:
    await migrate(database, schema, write(tmp_path, _0001_session="CREATE TABLE session (id int)"))
    write(tmp_path, _0001_session="CREATE TABLE session (id bigint)")
    sentence = (
        f"Migration 0001_session.sql of schema {schema} was changed after it was applied as "
        r"0001_session.sql \(sha256 [0-9a-f]{12} then, [0-9a-f]{12} now\). Restore the file and put"
    )
    with pytest.raises(MigrationFault, match=sentence):
        await migrate(database, schema, tmp_path)


async def test_a_file_that_fails_leaves_nothing_behind(
    database: str, schema: str, tmp_path: Path
) -> None:
    write(
        tmp_path, _0001_first="CREATE TABLE first ()", _0002_bad="CREATE TABLE half (); SELECT 1/0"
    )
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(database, schema, tmp_path)
    write(tmp_path, _0002_bad="CREATE TABLE half ()")
    assert await migrate(database, schema, tmp_path) == ["0002_bad.sql"]


async def test_many_processes_may_migrate_at_once(
    database: str, schema: str, tmp_path: Path
) -> None:
    """An index made concurrently waits for all older snapshots: also for who waits for us."""
    write(
        tmp_path,
        _0001_session="CREATE TABLE session (id int); SELECT pg_sleep(0.2)",
        _0002_index="-- no-transaction\nCREATE INDEX CONCURRENTLY ON session (id)",
        _0003_row="INSERT INTO session VALUES (1)",
    )
    done = await asyncio.gather(*(migrate(database, schema, tmp_path) for _ in range(5)))
    assert sorted(map(len, done)) == [0, 0, 0, 0, 3]
    assert [row[0] for row in await fetch(database, f"TABLE {schema}.session")] == [1]


async def test_a_lock_held_by_the_service_is_waited_for_in_turns(
    database: str, schema: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long wait for a lock would queue all statements of the running service behind it."""
    monkeypatch.setattr("libs.postgres.migration.LOCK_TIMEOUT", "50ms")
    await migrate(database, schema, write(tmp_path, _0001_session="CREATE TABLE session (id int)"))
    write(tmp_path, _0002_energy="ALTER TABLE session ADD energy int")
    service = await asyncpg.connect(database)
    observer = await asyncpg.connect(database)
    async with service.transaction():
        await service.execute(f"INSERT INTO {schema}.session VALUES (1)")
        migrating = asyncio.create_task(migrate(database, schema, tmp_path))
        for waits in (True, False):
            async with asyncio.timeout(10):
                while waits != await observer.fetchval(WAITS, f"voltbus {schema} migration"):
                    await asyncio.sleep(0.005)
        assert not migrating.done()
    assert await migrating == ["0002_energy.sql"]
    await service.close()
    await observer.close()


async def test_a_newer_release_may_have_migrated_already(
    database: str, schema: str, tmp_path: Path
) -> None:
    """A rolling update: the old release starts once more beside the new one."""
    write(tmp_path, _0001_first="SELECT 1", _0002_second="SELECT 2")
    await migrate(database, schema, tmp_path)
    (tmp_path / "0002_second.sql").unlink()
    assert await migrate(database, schema, tmp_path) == []


async def test_who_waits_for_the_database_gives_up_in_the_end(tmp_path: Path) -> None:
    with pytest.raises(DatabaseAway, match="did not answer for 0 s"):
        await migrate("postgresql://u:p@127.0.0.1:1/x", "s", tmp_path, patience=0.2)


def file(version: int) -> File:
    return File(version, f"{version:04}_x.sql", "", f"{version:064}")


def test_a_file_numbered_before_an_applied_one_is_refused() -> None:
    with pytest.raises(
        MigrationFault, match=r"0002_x.sql of schema s comes too late: 0003_x.sql is applied"
    ):
        pending(
            "s", [file(1), file(2), file(3)], {n: (file(n).name, file(n).sha256) for n in (1, 3)}
        )


def test_a_file_needs_a_number_and_a_name(tmp_path: Path) -> None:
    with pytest.raises(MigrationFault, match=r"1_x.sql is not named like 0001_what_it_does.sql"):
        read(write(tmp_path, _1_x=""))


def test_a_number_is_used_once(tmp_path: Path) -> None:
    with pytest.raises(MigrationFault, match=r"0001_a.sql and 0001_b.sql have the same number"):
        read(write(tmp_path, _0001_b="", _0001_a=""))
