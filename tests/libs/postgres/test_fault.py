import asyncpg
import pytest

from libs.bus.errors import Unavailable
from libs.postgres import DatabaseAway, transient
from libs.postgres.fault import contended


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        DatabaseAway("away"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.CrashShutdownError("terminating connection because of crash"),
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        asyncpg.DiskFullError("could not extend file"),
        asyncpg.DeadlockDetectedError("deadlock detected"),
        asyncpg.SerializationError("could not serialize access"),
        asyncpg.LockNotAvailableError("canceling statement due to lock timeout"),
        asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
        asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InterfaceError("pool is closing"),
        asyncpg.InternalClientError(
            "cannot switch to state 11; another operation (2) is in progress"
        ),
    ],
    ids=repr,
)
def test_a_fault_that_passes_is_worth_another_try(error: Exception) -> None:
    assert transient(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("seq_no"),
        asyncpg.UniqueViolationError("duplicate key"),
        asyncpg.NotNullViolationError("null value"),
        asyncpg.UndefinedTableError("relation does not exist"),
        asyncpg.InvalidPasswordError("password authentication failed"),
        asyncpg.InvalidCatalogNameError("database does not exist"),
        asyncpg.DataError("invalid input for query argument"),
        asyncpg.InterfaceError("the server expects 1 argument for this query, 2 were passed"),
    ],
    ids=repr,
)
def test_a_fault_of_what_was_asked_lasts(error: Exception) -> None:
    assert not transient(error)


def test_a_collision_of_transactions_is_worth_another_try_at_once() -> None:
    assert contended(asyncpg.DeadlockDetectedError("deadlock detected"))
    assert not contended(asyncpg.AdminShutdownError("terminating connection"))
    assert not contended(ConnectionRefusedError())


def test_callers_over_the_bus_are_told_to_try_again() -> None:
    assert isinstance(DatabaseAway("away"), Unavailable)
    assert DatabaseAway("away").code == "Unavailable"
