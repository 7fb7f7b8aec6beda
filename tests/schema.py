"""Databases with today's schema; on SQLite copies of one that was migrated once for a test process.

To migrate anew for each test takes 150 ms. On PostgreSQL a copy by CREATE DATABASE takes longer.
"""

import os
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from digestmail.resources import MIGRATIONS
from digestmail.store import Database
from digestmail.store.migrate import migrate

POSTGRES = os.environ.get("DIGESTMAIL_TEST_POSTGRES", "")
_WHEN = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


def give_schema(database: Database) -> None:
    """Bring an empty database, that nobody is connected to yet, to today's schema."""
    if database.path is None:
        migrate(database, MIGRATIONS, _WHEN)
        return
    database.path.parent.mkdir(parents=True, exist_ok=True)
    database.path.write_bytes(_sqlite())


@lru_cache
def own_postgres() -> str:
    """The address of a PostgreSQL database of this test process, beside the one that was named."""
    name = f"digestmail_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    execute(POSTGRES, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    execute(POSTGRES, f"CREATE DATABASE {name}")
    return make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)


def execute(url: str, statement: str) -> None:
    """Run a statement on PostgreSQL outside of any transaction."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    engine.dispose()


@lru_cache
def _sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "digestmail.db"
        with closing(Database(f"sqlite:///{file}")) as database:
            migrate(database, MIGRATIONS, _WHEN)
        return file.read_bytes()
