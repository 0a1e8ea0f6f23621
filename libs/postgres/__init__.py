"""PostgreSQL for services: pool, migrations, group commit, outbox, and a server of our own."""

from libs.postgres.fault import DatabaseAway, transient
from libs.postgres.group import GroupCommit
from libs.postgres.migration import MigrationFault, migrate
from libs.postgres.outbox import OUTBOX_SQL, OUTBOX_TABLE, Outbox, outbox_rows
from libs.postgres.patience import patiently
from libs.postgres.pool import connect, transaction

__all__ = [
    "OUTBOX_SQL",
    "OUTBOX_TABLE",
    "DatabaseAway",
    "GroupCommit",
    "MigrationFault",
    "Outbox",
    "connect",
    "migrate",
    "outbox_rows",
    "patiently",
    "transaction",
    "transient",
]
