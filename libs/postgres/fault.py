"""Which faults of the database pass."""

import asyncpg

from libs.bus.errors import Unavailable
from libs.runtime.configuration import ConfigError

PASSING_CLASSES = frozenset(
    {
        "08",  # connection
        "40",  # deadlock, serialization
        "53",  # out of disk, memory or connections
        "57",  # shutting down, starting up, cancelled by a time-out
        "58",  # input or output
    }
)
PASSING_STATES = frozenset(
    {
        "25006",  # read only: we still talk to what was the primary
        "25P03",  # idle in transaction for too long
        "55P03",  # lock not available in time
    }
)
LASTING_STATES = frozenset({"57P04"})  # the database was dropped
CONTENTION_CLASS = "40"
CLOSED = ("closed", "closing", "released")


class DatabaseAway(Unavailable):
    """The database cannot be used now. Whether it was committed is unknown: do it again later.

    On the bus it is what it inherits from: callers get ``Unavailable`` and may try again.
    """


def transient(error: BaseException) -> bool:
    """Is this a passing fault of the database, so that the same may succeed later?"""
    # asyncpg breaks with InternalClientError on a connection that the server ends while it is taken
    # into use; that connection is not used again.
    if isinstance(error, DatabaseAway | OSError | asyncpg.InternalClientError):
        return True
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        if state in LASTING_STATES:
            return False
        return state[:2] in PASSING_CLASSES or state in PASSING_STATES
    # asyncpg has no type for a connection that was lost between two statements.
    return isinstance(error, asyncpg.InterfaceError) and any(word in str(error) for word in CLOSED)


def misconfigured(error: BaseException) -> bool:
    """Is it the connection string that must be changed?"""
    return isinstance(
        error,
        asyncpg.ClientConfigurationError
        | asyncpg.InvalidAuthorizationSpecificationError
        | asyncpg.InvalidCatalogNameError,
    )


def dsn_refused(error: BaseException) -> ConfigError:
    return ConfigError([f"VOLTBUS_POSTGRES_DSN does not serve: {error}."])


def contended(error: BaseException) -> bool:
    """Did it only collide with another transaction, so that the same may succeed at once?"""
    return isinstance(error, asyncpg.PostgresError) and (
        (error.sqlstate or "")[:2] == CONTENTION_CLASS
    )
