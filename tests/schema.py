"""Databases with today's schema, migrated once for a test process.

Each test on SQLite gets a copy. On PostgreSQL, where a copy takes longer than to migrate (350 ms),
the tables are emptied, unless a test has changed the schema.
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
from digestmail.store.migrate import current_revision, migrate

POSTGRES = os.environ.get("DIGESTMAIL_TEST_POSTGRES", "")
_WHEN = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


def give_schema(database: Database) -> None:
    """Bring a database that nobody is connected to yet to today's schema, with nothing in it."""
    if database.path is None:
        _empty(database)
    else:
        database.path.parent.mkdir(parents=True, exist_ok=True)
        database.path.write_bytes(_sqlite())


def _empty(database: Database) -> None:
    if _shape(database) in _SHAPES:
        with database.connecting() as connection, connection.begin():
            connection.execute(_EMPTY)
    else:
        drop_all()
        migrate(database, MIGRATIONS, _WHEN)
        _SHAPES.add(_shape(database))


_Shape = tuple[str, str | None]
_SHAPES: set[_Shape] = set()  # of databases with today's schema


def _shape(database: Database) -> _Shape:
    """A print of all tables and indexes with their columns and rules, and the revision."""
    with database.connecting() as connection:
        columns = connection.execute(_COLUMNS).scalar_one() or ""
    return columns, current_revision(database) if columns else None


_COLUMNS = text(
    """
    SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
        SELECT concat(relname, attname, atttypid, attnotnull, atthasdef) AS line
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat(conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    ) AS lines
    """
)
_EMPTY = text(
    """
    DO $$
    DECLARE name text; filled boolean;
    BEGIN
        FOR name IN SELECT tablename FROM pg_tables
            WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
            IF filled THEN EXECUTE format('TRUNCATE %I CASCADE', name); END IF;
        END LOOP;
        FOR name IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL LOOP
            EXECUTE format('ALTER SEQUENCE %I RESTART', name);
        END LOOP;
    END $$
    """
)


@lru_cache
def own_postgres() -> str:
    """The address of a PostgreSQL database of this test process, beside the one that was named."""
    name = f"{make_url(POSTGRES).database}_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    execute(POSTGRES, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    execute(POSTGRES, f"CREATE DATABASE {name}")
    return make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)


def drop_all() -> None:
    """Leave nothing in the database of this test process."""
    execute(own_postgres(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public")


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
