"""Bring a database to the schema this program knows, and tell whose database it is."""

import glob
import os
import sqlite3
from contextlib import closing
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from digestmail.errors import StoreError
from digestmail.store.database import Database
from digestmail.store.table_base import metadata

_COPY = ".before-"  # between the name of a database and the time of its copy


def migrate(
    database: Database, scripts: Path, now: datetime, *, revision: str = "head"
) -> Path | None:
    """Move the schema up or down to ``revision``; returns the backup made before, if any.

    Runs with SQLite's foreign keys off, because rebuilding a parent table with them on would
    silently delete its children, and checks them afterwards. An error leaves all as it was.
    """
    _create_folder(database)
    config = _config(scripts)
    with database.connecting() as connection:
        current = _recognised(connection, database, scripts)
    target = _resolved(scripts, revision)
    if current == target:
        return None
    backup = _backup(database, now) if current else None
    with database.connecting(writing=True) as connection:
        if database.is_sqlite:  # it heeds these outside a transaction only
            connection.connection.execute("PRAGMA journal_mode = WAL")
            connection.connection.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                _wait_for_others(connection, database)
                config.attributes["connection"] = connection
                _move(config, scripts, current, target)
                _check_foreign_keys(connection, database)
        finally:
            if database.is_sqlite:
                connection.connection.execute("PRAGMA foreign_keys = ON")
    return backup


def current_revision(database: Database) -> str | None:
    """Return the schema's revision; None for an empty database."""
    with database.connecting() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_current(database: Database, scripts: Path) -> None:
    """StoreError unless the database exists, is ours and is of this program's version."""
    path = database.path
    if path is not None and not path.exists():
        raise StoreError(f"no database at {path}; run: digestmail init (or migrate)")
    with database.connecting() as connection:
        current = _recognised(connection, database, scripts)
    if current is None:
        raise StoreError(f"database {database.name} is empty; run: digestmail migrate")
    if current != _resolved(scripts, "head"):
        raise StoreError(f"database {database.name} has an older schema; run: digestmail migrate")


def _recognised(connection: Connection, database: Database, scripts: Path) -> str | None:
    tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
    connection.rollback()
    current = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    if tables and (current is None or not tables & set(metadata.tables)):
        raise StoreError(
            f"database {database.name} belongs to another program "
            f"(it has a table {min(tables)!r}); set a different one in database_url"
        )
    known = {script.revision for script in _scripts(scripts).walk_revisions()}
    if current is not None and current not in known:
        raise StoreError(
            f"database {database.name} is at revision {current!r}, which is unknown to this "
            "version of digestmail; it belongs to a newer version or to another program"
        )
    return current


def _move(config: Config, scripts: Path, current: str | None, target: str | None) -> None:
    order = [s.revision for s in reversed(list(_scripts(scripts).walk_revisions()))]
    down = current is not None and (target is None or order.index(target) < order.index(current))
    (command.downgrade if down else command.upgrade)(config, target or "base")


def _resolved(scripts: Path, revision: str) -> str | None:
    if revision == "base":
        return None
    try:
        script = _scripts(scripts).get_revision(revision)
    except CommandError:
        script = None
    if script is None:
        raise StoreError(
            f"schema revision {revision!r} does not exist; use head, base or a revision id"
        )
    return script.revision


def _config(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _scripts(scripts: Path) -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(scripts))


def _create_folder(database: Database) -> None:
    if database.path is None:
        return
    try:
        database.path.parent.mkdir(parents=True, exist_ok=True)
        database.path.touch(mode=0o600)  # it holds addresses; copies take the mode over
    except OSError as error:
        raise StoreError(
            f"cannot create the folder {database.path.parent}: {error.strerror}"
        ) from error


def _backup(database: Database, now: datetime) -> Path | None:
    """Copy SQLite's file beside itself; PostgreSQL runs migrations in one transaction instead.

    The copy is for the same eyes as the original. One that could not be finished is removed.
    """
    path = database.path
    if path is None or not path.exists():
        return None
    copy = path.with_name(f"{path.name}{_COPY}{now:%Y%m%dT%H%M%S}")
    try:
        copy = _free(copy)
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
            copy.chmod(path.stat().st_mode & 0o777)
        except BaseException:
            copy.unlink()
            raise
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"cannot back up {path} to {copy} before migrating: {error}") from error
    return copy


def _free(path: Path) -> Path:
    """Return the path, or with a number behind it where there is such a file already."""
    names = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(name for name in chain([path], names) if not name.exists())


def copies(database: Database) -> list[Path]:
    """Return the copies that migrations have left beside a SQLite file, oldest first."""
    path = database.path
    if path is None:
        return []
    beside = path.parent.glob(f"{glob.escape(path.name)}{_COPY}*")
    return sorted(copy for copy in beside if not copy.name.endswith(("-wal", "-shm")))


def _wait_for_others(connection: Connection, database: Database) -> None:
    """Let one process migrate at a time; SQLite's transaction has done so already.

    A migration of large tables takes its time, and waits for others as long as they need.
    """
    if not database.is_sqlite:
        for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(text(f"SET LOCAL {limit} = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('digestmail migrate'))"))


def _check_foreign_keys(connection: Connection, database: Database) -> None:
    if not database.is_sqlite:
        return
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise StoreError(
            f"the migration would leave rows of {broken[0]!r} without their {broken[2]!r}; "
            "nothing changed"
        )
